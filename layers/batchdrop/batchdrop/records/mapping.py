"""What is sent of one record, made from its cells: the same text for the same input, always.

columns = map_columns(header.names, api.takes)
made = QueryMaker(header.names, columns, api.takes).make(record.cells)
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from batchdrop.ports import OWN_PARAM, Takes
from batchdrop.problems import Problem, problem
from batchdrop.records import devices
from batchdrop.records.columns import map_columns, points
from batchdrop.records.coordinates import BadNumber, degrees, pair, range_hint, split_points
from batchdrop.records.duplicates import UNSENT
from batchdrop.records.own_params import input_maker, with_own
from batchdrop.records.queries.address_text import clean, make_parts, make_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Cells = Sequence[str]
    Maker = Callable[[Cells], "dict[str, str] | Problem"]

__all__ = ["QueryMaker", "clean", "map_columns"]


class QueryMaker:
    """Makes queries out of the cells of records. One object a file: the columns are looked up once.

    make(cells) gives the fields to send, or a Problem with code EMPTY_QUERY, NOT_A_NUMBER, LAT_RANGE, LON_RANGE or
    WAYPOINTS, or of devices.checked. Fields by kind (ports.Takes): PLACE text, or when `structured` the parts of the address;
    POINT lat, lon; ID id; WAYPOINTS waypoints; DEVICE and DEVICE_DELETE device; INPUT input; and for all kinds `param:<name>`, see
    own_params.
    The caller adds line and recId to a Problem. `cells` must have as many cells as the header has names.
    """

    def __init__(
        self, names: Sequence[str], mapping: Mapping[str, str], takes: Takes, *, structured: bool = False
    ) -> None:
        self.mapping = mapping
        self.at = {field: list(names).index(name) for field, name in mapping.items()}
        """Field → index of its cell."""
        self.unsent: set[str] = set()
        """Columns that look like parts of an address, are not sent, and had a value so far."""
        make = with_own(_maker(self.at, mapping, takes, structured=structured), self.at)
        apart = {column: list(names).index(column) for column in getattr(mapping, "unsent", ())}
        self.indexes = (*self.at.values(), *apart.values())
        """Of all cells that are looked at."""
        self.make = self._keep_apart(make, apart) if apart else make

    def _keep_apart(self, make: Maker, apart: Mapping[str, int]) -> Maker:
        """The maker, whose queries are equal only where these columns are, which are not sent."""
        unsent = self.unsent

        def made(cells: Cells) -> dict[str, str] | Problem:
            query = make(cells)
            if not isinstance(query, Problem):
                values = [cells[index].strip() for index in apart.values()]
                if any(values):
                    query[UNSENT] = "\x1f".join(values)
                    unsent.update(column for column, value in zip(apart, values, strict=True) if value)
            return query

        return made


def _maker(at: Mapping[str, int], mapping: Mapping[str, str], takes: Takes, *, structured: bool) -> Maker:
    if takes is Takes.PLACE:
        checked = not getattr(mapping, "named", False)
        if structured:
            return make_parts(at, checked=checked)
        return make_text(at, mapping, repeated=getattr(mapping, "repeated", False), checked=checked)
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
        lat, lon = pair(cells[place])
        return _checked([(name, "lat", lat), (name, "lon", lon)])

    return make


def _checked(parts: list[tuple[str, str, str]]) -> dict[str, str] | Problem:
    """Fields of (column, axis, text) triples, or why not."""
    if not any(text.strip() for _, _, text in parts):
        return _EMPTY
    fields = {}
    for column, axis, text in parts:
        try:
            fields[axis] = degrees(text, axis)
        except BadNumber as error:
            hint, variant = error.hint, ""
            if error.code != "NOT_A_NUMBER":
                hint, variant = range_hint(parts[0][2], parts[1][2], text)
            return problem(error.code, column=column, name=column, hint=hint, variant=variant)
    return fields


def _waypoints(at: Mapping[str, int], mapping: Mapping[str, str]) -> Maker:
    """Two or more points as lat,lon|lat,lon: from one column, else from those of `columns.points`. Numbered ones may be empty."""
    if "waypoints" in at:
        place = at["waypoints"]
        return lambda cells: _joined(split_points(cells[place]), mapping["waypoints"])
    places = [[at[field] for field in point] for point in points(at)]
    needed = [point[0].split("_")[0] in ("from", "to") for point in points(at)]

    def make(cells: Cells) -> dict[str, str] | Problem:
        found = [",".join([cells[place] for place in point]) for point in places]
        return _joined(
            [text for text, must in zip(found, needed, strict=True) if must or text.strip(" ,")], None
        )

    return make


def _joined(points: list[str], column: str | None) -> dict[str, str] | Problem:
    if not any(point.strip(" ,") for point in points):
        return _EMPTY
    if len(points) < 2 or not all(point.strip(" ,") for point in points):
        return problem("WAYPOINTS", column=column)
    checked = []
    for number, point in enumerate(points, start=1):
        lat, lon = pair(point)
        fields = _checked([(f"waypoint {number}", "lat", lat), (f"waypoint {number}", "lon", lon)])
        if isinstance(fields, Problem):
            return replace(fields, column=column)
        checked.append(f"{fields['lat']},{fields['lon']}")
    return {"waypoints": "|".join(checked)}
