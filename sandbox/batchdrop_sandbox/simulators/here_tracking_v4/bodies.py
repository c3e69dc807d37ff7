"""The body of an upload, JSON or CSV, as plain rows."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from batchdrop_sandbox.simulators.here_tracking_v4.refusals import Refused, bad_request

_KNOWN = frozenset(
    {"name", "deviceId", "externalId", "externalDeviceId", "connectorId", "trackingId", "type"}
    | {"sendMs", "sampleMs", "distanceM", "areaBased", "unclaimOnly", "removeFromConnectorOnly"}
    | {"tags", "rules", "geofences"}
)
_PREFIXES = {"tag": "tags", "rule": "rules", "geofence": "geofences"}
_LISTS = tuple(_PREFIXES.values())


def read_rows(content_type: str, body: bytes) -> Iterator[Any]:
    """`text/csv` or `application/json` [spec]; another type is a 400 [assumed]. Raises Refused."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return iter(_from_json(body))
    if kind == "text/csv":
        return _from_csv(body)
    raise Refused(bad_request("Content-Type must be text/csv or application/json."))


def _from_json(body: bytes) -> list[Any]:
    try:
        rows = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(bad_request("The body is not JSON.")) from None
    if not isinstance(rows, list):
        raise Refused(bad_request("The body is not an array."))
    return rows


def _from_csv(body: bytes) -> Iterator[dict[str, Any]]:
    """Comma, first row the names, an empty cell is not given [spec]."""
    try:
        lines = list(csv.reader(io.StringIO(body.decode(), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise Refused(bad_request("The body is not CSV in UTF-8.")) from None
    names = lines[0] if lines else []
    unknown = [name for name in names if name not in _KNOWN and not _listed(name)]
    if unknown or len(set(names)) != len(names):
        raise Refused(bad_request("The first row has a column that is unknown or there twice."))
    for line in lines[1:]:
        if line and len(line) != len(names):
            raise Refused(bad_request("A row has more or fewer cells than the first one."))
        if any(line):
            yield _row(names, line)


def _listed(name: str) -> tuple[str, str] | None:
    """A column like `tag:food`: the list it belongs to and its entry."""
    prefix, colon, entry = name.partition(":")
    return (_PREFIXES[prefix], entry) if colon and entry and prefix in _PREFIXES else None


def _row(names: list[str], cells: list[str]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, cell in zip(names, cells, strict=True):
        if not cell:
            continue
        if listed := _listed(name):
            if cell != "1":  # [spec]
                raise Refused(bad_request(f"{name.partition(':')[0]} columns hold 1 or nothing."))
            row.setdefault(listed[0], []).append(listed[1])
        elif name in _LISTS:  # [spec] joined by |; a `;` of one of its samples is part of the text
            row.setdefault(name, []).extend(cell.split("|"))
        else:
            row[name] = _VALUES.get(name, str)(cell)
    return row


def _number(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell  # the schema refuses it


def _flag(cell: str) -> bool | str:
    """[spec] true or 1."""
    return {"1": True, "true": True, "0": False, "false": False}.get(cell.lower(), cell)


_VALUES: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(("sendMs", "sampleMs", "distanceM"), _number),
    **dict.fromkeys(("areaBased", "unclaimOnly", "removeFromConnectorOnly"), _flag),
}
