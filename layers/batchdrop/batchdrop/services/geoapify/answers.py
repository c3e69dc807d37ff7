"""From one item of `results` to an outcome: matched, no match or failed. Pure.

Both formats are read: json (`results`) and geojson (`features`); see docs/services/geoapify.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchdrop.ports import Outcome, OutcomeKind
from batchdrop.redaction import redact
from batchdrop.services.geoapify import apis
from batchdrop.services.geoapify.geometry import wkt
from batchdrop.services.json_items import Constant, written
from batchdrop.services.positions import is_position

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Row = tuple[str, ...]
    Reader = Callable[[Mapping[str, Any]], Row | None]


class OddAnswer(ValueError):
    """The result does not have the agreed form."""


_FAILED_WORDS = ("failed", "error")


def of_item(api: str, ordinal: int, item: Mapping[str, Any]) -> Outcome | None:
    """What became of one input; None for an item that has neither a result nor an error. Raises OddAnswer or geometry.OddGeometry.

    Where the error of an input stands is not documented: in its `result` [client], or in place of it [assumed].
    """
    result = item.get("result")
    if result is None or result == {}:
        about = _error_of(item)
        if about is not None or result is None:
            return None if about is None else _failed(ordinal, about)
    return outcome(api, ordinal, result)


def _error_of(item: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The members of an item that tell of an error, those of an object `error` among them; None when nothing does."""
    inner = item.get("error")
    about = {**item, **inner} if isinstance(inner, dict) else item
    code = cell(about.get("statusCode")) or cell(about.get("status")) or cell(about.get("code"))
    refused = code.isdigit() and int(code) >= 400
    if not (inner or about.get("message") or refused or code.lower() in _FAILED_WORDS):
        return None
    return {**about, "statusCode": "" if code.lower() in _FAILED_WORDS else code}


def outcome(api: str, ordinal: int, result: Any) -> Outcome:
    """What a result says of one input. Raises OddAnswer or geometry.OddGeometry."""
    if api == apis.ANY:
        return _anything(ordinal, result)
    if not isinstance(result, dict):
        raise OddAnswer
    found = result.get("results", result.get("features"))
    if found is None:
        return _failed(ordinal, result)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise OddAnswer
    rows = tuple(row for row in map(_READERS[api], found) if row is not None)
    if rows:
        return Outcome(ordinal, OutcomeKind.MATCHED, answers=rows)
    properties = result.get("properties")
    if api == "isoline" and isinstance(properties, dict) and properties.get("id"):
        # the single call answers so with 202 when it takes long [spec]; inside a batch: not an empty area [assumed]
        return Outcome(
            ordinal, OutcomeKind.FAILED, "NOT_COMPUTED", "The service did not finish the calculation."
        )
    return _nothing(ordinal)


def _anything(ordinal: int, result: Any) -> Outcome:
    """The result of an API that is not known here, as it came. Its errors and its empty lists have the house's form."""
    entry = result if isinstance(result, dict) else {}
    if cell(entry.get("statusCode")) and entry.keys() & {"error", "message"}:
        return _failed(ordinal, entry)
    lists = [entry[name] for name in ("results", "features") if name in entry]
    if lists and not any(lists):
        return _nothing(ordinal)
    return Outcome(ordinal, OutcomeKind.MATCHED, answers=((written(result),),))


def _nothing(ordinal: int) -> Outcome:
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
    if isinstance(value, str):
        return "" if type(value) is Constant else str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return ""


def _place(fields: apis.Fields, *, geometry: bool = False) -> Reader:
    """A row of these fields. Latitude and longitude come first: without them it is only an echo of the query."""

    def row(found: Mapping[str, Any]) -> Row | None:
        place = _properties(found)
        cells = tuple(_at(place, path) for path in fields.values())
        shape = (wkt(found.get("geometry", place.get("geometry"))),) if geometry else ()
        if not is_position(cells[0], cells[1]):
            if cells[0] or cells[1] or any(isinstance(place.get(name), Constant) for name in ("lat", "lon")):
                raise OddAnswer
            if not any(shape):
                return None
        return (*cells, *shape)

    return row


def _route(found: Mapping[str, Any]) -> Row:
    properties = _properties(found)
    return cell(properties.get("distance")), cell(properties.get("time")), wkt(found.get("geometry"))


def _ring(found: Mapping[str, Any]) -> Row:
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
    """The scalar at the end of a path; of a list its scalars, joined by commas."""
    value: Any = place
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return ",".join(filter(None, map(cell, value))) if isinstance(value, list) else cell(value)


_READERS: Mapping[str, Reader] = {
    "geocode": _place(apis.PLACE_FIELDS),
    "reverse": _place(apis.REVERSE_FIELDS),
    "routing": _route,
    "mapmatching": _route,
    "isoline": _ring,
    "places": _place(apis.POI_FIELDS),
    "place-details": _place(apis.DETAIL_FIELDS, geometry=True),
    "part-of": _place(apis.AREA_FIELDS, geometry=True),
    "consists-of": _place(apis.AREA_FIELDS, geometry=True),
    "postcode": _place(apis.POSTCODE_FIELDS),
}
