"""What is sent of one record, made from its cells: the same text for the same input, always.

columns = map_columns(header.names, api.takes)
made = QueryMaker(header.names, columns, api.takes).make(record.cells)
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

from batchdrop.ports.service import OWN_PARAM, Takes
from batchdrop.problems import Problem, problem
from batchdrop.records import devices
from batchdrop.records.columns import map_columns
from batchdrop.records.own_params import input_maker, with_own

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Cells = Sequence[str]
    Maker = Callable[[Cells], "dict[str, str] | Problem"]

__all__ = ["QueryMaker", "clean", "map_columns"]

_PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_SCIENTIFIC = re.compile(_PLAIN.pattern + r"[eE][+-]?[0-9]{1,3}")
_LONGEST_NUMBER = 40  # a number of 5,000 digits is none [catalogue F32]


class _BadNumber(Exception):
    """A latitude or longitude that is none. The text of the cell is not kept: it is the user's data."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class QueryMaker:
    """Makes queries out of the cells of records. One object a file: the columns are looked up once.

    make(cells) gives the fields to send, or a Problem with code EMPTY_QUERY, NOT_A_NUMBER, LAT_RANGE, LON_RANGE or
    WAYPOINTS, or of devices.checked. Fields by kind (ports.service.Takes): PLACE text; POINT lat, lon; ID id; WAYPOINTS
    waypoints; DEVICE and DEVICE_DELETE device; INPUT input; and for all kinds `param:<name>`, see own_params.
    The caller adds line and recId to a Problem. `cells` must have as many cells as the header has names.
    """

    def __init__(self, names: Sequence[str], mapping: Mapping[str, str], takes: Takes) -> None:
        self.mapping = mapping
        at = {field: list(names).index(name) for field, name in mapping.items()}
        self.make = with_own(_maker(at, mapping, takes), at)


def _maker(at: Mapping[str, int], mapping: Mapping[str, str], takes: Takes) -> Maker:
    if takes is Takes.PLACE:
        return _place(at)
    if takes is Takes.POINT:
        return _point(at, mapping)
    if takes is Takes.INPUT:
        return input_maker(at)
    if takes in (Takes.DEVICE, Takes.DEVICE_DELETE):
        return devices.maker(_without_own(at), mapping, takes)
    return _id(at) if takes is Takes.ID else _waypoints(at, mapping)


def _without_own(at: Mapping[str, int]) -> dict[str, int]:
    """A list of a device may be called like a parameter: `param:` is neither."""
    return {field: place for field, place in at.items() if not field.startswith(OWN_PARAM)}


_EMPTY = problem("EMPTY_QUERY")


def clean(text: str) -> str:
    """Runs of white space become one space, and so do control characters; nothing else changes (no normalisation)."""
    text = " ".join(text.split())
    if not text.isprintable():
        spaced = (" " if unicodedata.category(letter) == "Cc" else letter for letter in text)
        text = " ".join("".join(spaced).split())
    return text


def _place(at: Mapping[str, int]) -> Maker:
    """One text as a person writes an address. House number and street stand as in the file; a full text wins."""
    street = sorted(at[field] for field in ("housenumber", "address1") if field in at)
    region = [at[field] for field in ("state", "postcode") if field in at]
    one = {field: [at[field]] if field in at else [] for field in ("name", "address2", "city", "country")}
    parts = (one["name"], street, one["address2"], one["city"], region, one["country"])
    pairs = [(part[0], part[-1] if len(part) > 1 else -1) for part in parts if part]
    whole = at.get("text", -1)

    def make(cells: Cells) -> dict[str, str] | Problem:
        if whole >= 0 and (text := clean(cells[whole])):
            return {"text": text}
        found = []
        for place, beside in pairs:
            part = cells[place]
            if beside >= 0 and (other := cells[beside]):
                part = f"{part} {other}" if part else other
            if part:
                found.append(part)
        text = ", ".join(found)
        # Nearly every address is clean as it is; finding that out is cheaper than cleaning.
        if not text.isprintable() or "  " in text or " ," in text or text[:1] == " " or text[-1:] == " ":
            text = ", ".join(filter(None, map(clean, found)))
        return {"text": text} if text else _EMPTY

    return make


def _id(at: Mapping[str, int]) -> Maker:
    place = at["id"]

    def make(cells: Cells) -> dict[str, str] | Problem:
        text = clean(cells[place])
        return {"id": text} if text else _EMPTY

    return make


def _point(at: Mapping[str, int], mapping: Mapping[str, str]) -> Maker:
    if "lat" in at and "lon" in at:
        columns = (("lat", at["lat"]), ("lon", at["lon"]))
        return lambda cells: _checked([(mapping[axis], axis, cells[place]) for axis, place in columns])
    place, name = at["at"], mapping["at"]

    def make(cells: Cells) -> dict[str, str] | Problem:
        if not cells[place].strip():
            return _EMPTY
        lat, lon = _pair(cells[place])
        return _checked([(name, "lat", lat), (name, "lon", lon)])

    return make


def _checked(parts: list[tuple[str, str, str]]) -> dict[str, str] | Problem:
    """Fields of (column, axis, text) triples, or why not."""
    if not any(text.strip() for _, _, text in parts):
        return _EMPTY
    fields = {}
    for column, axis, text in parts:
        try:
            fields[axis] = _degrees(text, axis)
        except _BadNumber as error:
            return problem(error.code, column=column, name=column)
    return fields


def _pair(text: str) -> tuple[str, str]:
    """Two texts of `lat,lon`; what has not exactly one comma gives at least one that is no number."""
    lat, comma, lon = text.partition(",")
    return (lat, lon) if comma and "," not in lon else (text, "")


def _degrees(text: str, axis: str) -> str:
    """The user's decimal text when it is a plain number in range; 5.2e1 is written out."""
    text = text.strip()
    if len(text) > _LONGEST_NUMBER:
        raise _BadNumber("NOT_A_NUMBER")
    if not _PLAIN.fullmatch(text):
        if not _SCIENTIFIC.fullmatch(text) or not math.isfinite(float(text)):
            raise _BadNumber("NOT_A_NUMBER")
        text = _written_out(float(text), axis)
    if not abs(float(text)) <= (90 if axis == "lat" else 180):
        raise _BadNumber("LAT_RANGE" if axis == "lat" else "LON_RANGE")
    return text


def _written_out(value: float, axis: str) -> str:
    if abs(value) > 180:  # not written out in 300 digits
        raise _BadNumber("LAT_RANGE" if axis == "lat" else "LON_RANGE")
    return f"{value:.12f}".rstrip("0").rstrip(".")


def _waypoints(at: Mapping[str, int], mapping: Mapping[str, str]) -> Maker:
    """Two or more points as lat,lon|lat,lon. From one column, else from a column per end, else from two per end."""
    if "waypoints" in at:
        place = at["waypoints"]
        return lambda cells: _joined(cells[place].split("|"), mapping["waypoints"])
    if "from" in at and "to" in at:
        places = (at["from"], at["to"])
        return lambda cells: _joined([cells[place] for place in places], None)
    ends = [(at[f"{end}_lat"], at[f"{end}_lon"]) for end in ("from", "to")]
    return lambda cells: _joined([f"{cells[lat]},{cells[lon]}" for lat, lon in ends], None)


def _joined(points: list[str], column: str | None) -> dict[str, str] | Problem:
    if not any(point.strip(" ,") for point in points):
        return _EMPTY
    if len(points) < 2 or not all(point.strip(" ,") for point in points):
        return problem("WAYPOINTS", column=column)
    checked = []
    for number, point in enumerate(points, start=1):
        lat, lon = _pair(point)
        fields = _checked([(f"waypoint {number}", "lat", lat), (f"waypoint {number}", "lon", lon)])
        if isinstance(fields, Problem):
            return replace(fields, column=column)
        checked.append(f"{fields['lat']},{fields['lon']}")
    return {"waypoints": "|".join(checked)}
