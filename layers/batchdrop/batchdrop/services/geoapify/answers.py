"""From one item of `results` to an outcome: matched, no match or failed. Pure.

Both formats are read: json (`results`) and geojson (`features`); see facts/geoapify.md 5 and 10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchdrop.ports import Outcome, OutcomeKind
from batchdrop.redaction import redact
from batchdrop.services.geoapify.apis import PLACE_FIELDS, REVERSE_FIELDS
from batchdrop.services.geoapify.geometry import wkt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Row = tuple[str, ...]


class OddAnswer(ValueError):
    """The result does not have the agreed form."""


def outcome(api: str, ordinal: int, result: Any) -> Outcome:
    """What became of one input. Raises OddAnswer or geometry.OddGeometry."""
    if not isinstance(result, dict):
        raise OddAnswer
    found = result.get("results", result.get("features"))
    if found is None:
        return _failed(ordinal, result)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise OddAnswer
    rows = tuple(row for row in map(_ROWS[api], found) if row is not None)
    if rows:
        return Outcome(ordinal, OutcomeKind.MATCHED, answers=rows)
    properties = result.get("properties")
    if api == "isoline" and isinstance(properties, dict) and properties.get("id"):
        # the single call answers so with 202 when it takes long [spec]; inside a batch: not an empty area [assumed]
        return Outcome(
            ordinal, OutcomeKind.FAILED, "NOT_COMPUTED", "The service did not finish the calculation."
        )
    return Outcome(ordinal, OutcomeKind.NO_MATCH, "NO_MATCH", "The service found nothing.")


def _failed(ordinal: int, result: Mapping[str, Any]) -> Outcome:
    """The input's own error `{statusCode, error, message}` [assumed: house style]."""
    code = cell(result.get("statusCode")) or "SERVICE_ERROR"
    message = (
        cell(result.get("message"))
        or cell(result.get("error"))
        or "The service could not process this record."
    )
    return Outcome(ordinal, OutcomeKind.FAILED, code[:64], redact(message[:1000]))


def cell(value: Any) -> str:
    """A JSON scalar as text; numbers come as their text already. Nothing for null, arrays and objects."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else ""


def _place(fields: Mapping[str, tuple[str, ...]]) -> Callable[[Mapping[str, Any]], Row | None]:
    def row(found: Mapping[str, Any]) -> Row | None:
        place = _properties(found)
        cells = tuple(_at(place, path) for path in fields.values())
        return cells if cells[0] and cells[1] else None  # without a position it is only an echo of the query

    return row


def _route(found: Mapping[str, Any]) -> Row:
    properties = _properties(found)
    return cell(properties.get("distance")), cell(properties.get("time")), wkt(found.get("geometry"))


def _area(found: Mapping[str, Any]) -> Row:
    properties = _properties(found)
    return cell(properties.get("range")), cell(properties.get("mode")), wkt(found.get("geometry"))


def _properties(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """A geojson feature's properties; in format json the object itself."""
    if found.get("type") != "Feature":
        return found
    properties = found.get("properties")
    if not isinstance(properties, dict):
        raise OddAnswer
    return properties


def _at(place: Mapping[str, Any], path: tuple[str, ...]) -> str:
    value: Any = place
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return cell(value)


_ROWS: Mapping[str, Callable[[Mapping[str, Any]], Row | None]] = {
    "geocode": _place(PLACE_FIELDS),
    "reverse": _place(REVERSE_FIELDS),
    "routing": _route,
    "isoline": _area,
}
