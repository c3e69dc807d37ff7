"""Makers of what is sent: of one value of a JSON file each, whichever form its records have."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol

from batchdrop.errors import BadFile
from batchdrop.ports import OWN_PARAM, Takes
from batchdrop.problems import Problem, problem
from batchdrop.records.cells import CellReader
from batchdrop.records.columns import ColumnMap, format_definition
from batchdrop.records.devices import checked
from batchdrop.records.empty_query import empty_query
from batchdrop.records.mapping import QueryMaker, map_columns
from batchdrop.records.native import input_query, is_input
from batchdrop.records.notes import Notes
from batchdrop.records.placeholders import KINDS, Placeholders
from batchdrop.records.queries.names import read_name
from batchdrop.records.reading import MAX_COLUMNS
from batchdrop.records.values import Numeral

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Made = dict[str, str] | Problem

_CONTROLS = dict.fromkeys(code for code in range(32) if code not in (9, 10, 13))
_SHAPES = 1000  # kinds of objects, by their members, that are kept in mind
_SCALARS = {Takes.PLACE: "text", Takes.ID: "id", Takes.POINT: "at", Takes.WAYPOINTS: "waypoints"}


class ElementMaker(Protocol):
    """Makes what is sent of one value. exact: whether it wants numbers as Numerals. columns: field → member, as far as seen.

    line: of the value that is given next. head: the first bytes of the values.
    """

    exact: bool
    columns: dict[str, str]
    line: int
    head: bytes
    names: dict[str, None]
    """Members that were seen, in their order."""

    @property
    def unsent(self) -> Mapping[str, str]:
        """Member that looks like a part of an address, had a value and was not sent → the field it looks like."""
        ...

    def make(self, found: Any) -> Made:
        """The fields to send, or a Problem without a place."""
        ...

    def finish(self) -> None:
        """Called after the last record; raises BadFile when the file as a whole was of no use."""
        ...


class _Whole:
    """What makers of records have that are sent as they are."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        self.unsent: Mapping[str, str] = {}


class Inputs(_Whole):
    """For the service's own requests: each element is an input."""

    exact = False

    def __init__(self, columns: Mapping[str, str]) -> None:
        super().__init__()
        self.columns = dict(columns)
        self.line, self.head = 0, b""

    def make(self, found: Any) -> Made:
        """An input has params, body or both."""
        return input_query(found)

    def finish(self) -> None:
        """Nothing is left to say."""


class Devices(_Whole):
    """For devices to add or to delete, as Tracking writes them."""

    exact = False

    def __init__(self, takes: Takes) -> None:
        super().__init__()
        self.columns: dict[str, str] = {}
        self.line, self.head = 0, b""
        self._takes = takes

    def make(self, found: Any) -> Made:
        """A checked device."""
        if isinstance(found, dict):
            return checked(found, self._takes)
        return problem("WRONG_TYPE", name="The record", kind="an object")

    def finish(self) -> None:
        """Nothing is left to say."""


class Members:
    """For everything else: objects whose members are columns, or plain values. The first record says which.

    chosen, structured: of the route. Objects may differ in their members; each kind is mapped by itself.
    """

    def __init__(
        self,
        takes: Takes,
        chosen: Mapping[str, str],
        *,
        structured: bool = False,
        define: Callable[[Mapping[str, str]], str] = format_definition,
        notes: Notes | None = None,
    ) -> None:
        self.columns: dict[str, str] = {}
        self.names: dict[str, None] = {}
        self.line, self.head = 0, b""
        self._notes = Notes() if notes is None else notes
        self._unsent: dict[str, str] = {}
        self._define = define
        self.exact = takes is not Takes.INPUT  # an input goes out as JSON, where numbers are numbers
        self._takes = takes
        self._chosen = chosen
        self._structured = structured
        self._makers: dict[tuple[str, ...], _Shape | None] = {}
        self._scalars: bool | None = None
        self._useless: BadFile | None = None
        self._useful = False

    def make(self, found: Any) -> Made:
        """Fields of an object by its members' names, or of a plain value."""
        scalar = isinstance(found, str)
        if not scalar and not isinstance(found, dict):
            return problem("WRONG_TYPE", name="The record", kind="an object or a text")
        if self._scalars is None:
            self._scalars = scalar
        if scalar != self._scalars:
            return problem("WRONG_TYPE", name="The record", kind="of the same kind as the first one")
        return self._scalar(found) if scalar else self._object(found)

    @property
    def unsent(self) -> Mapping[str, str]:
        """Member that looks like a part of an address, had a value and was not sent → the field it looks like."""
        for shape in self._makers.values():
            self._note_unsent(shape)
        return self._unsent

    def _note_unsent(self, shape: _Shape | None) -> None:
        if shape is not None and isinstance(shape.maker.mapping, ColumnMap):
            looks = shape.maker.mapping.unsent
            self._unsent |= {name: looks[name] for name in shape.maker.unsent}

    def finish(self) -> None:
        """Raises the refusal of the first object when no object had anything to use."""
        if self._useless is not None and not self._useful:
            raise self._useless

    def _scalar(self, found: str) -> Made:
        field = _SCALARS.get(self._takes)
        if field is None:
            return problem("WRONG_TYPE", name="The record", kind="an object")
        self._useful = True
        self.columns.setdefault(field, "value")
        text = _text(found, "The record", field)
        if isinstance(text, Problem):
            return text
        names = ("value",)
        shape = self._makers[names] = self._makers.get(names) or self._shape(names, {field: "value"})
        return shape.make([text], self.line)

    def _object(self, found: dict[str, Any]) -> Made:
        if len(found) > MAX_COLUMNS:
            raise BadFile([problem("TOO_MANY_COLUMNS", count=len(found), limit=MAX_COLUMNS)])
        if isinstance(found.get("api"), str) and isinstance(found.get("inputs"), list):
            raise BadFile([problem("MIXED_SERVICES")])
        if self._takes is Takes.INPUT and is_input(found):
            self._useful = True
            return input_query(found)
        found = _flat(found)
        if self._takes is Takes.PLACE and any(isinstance(value, dict) for value in found.values()):
            found = _spread(found)
        shape = self._shape_of(found)
        if shape is None:
            return empty_query(self._takes, None)
        cells = [""] * len(found)
        values = list(found.values())
        for field, place in shape.maker.at.items():
            text = _text(values[place], shape.maker.mapping[field], field)
            if isinstance(text, Problem):
                return text
            cells[place] = text
        for place in shape.maker.indexes[len(shape.maker.at) :]:
            text = _text(values[place], "", "")
            cells[place] = "" if isinstance(text, Problem) else text
        return shape.make(cells, self.line)

    def _shape_of(self, found: Mapping[str, Any]) -> _Shape | None:
        names = tuple(found)
        if names not in self._makers:
            if len(self._makers) >= _SHAPES:
                for shape in self._makers.values():
                    self._note_unsent(shape)
                self._makers.clear()
            if len(self.names) < MAX_COLUMNS:
                self.names |= dict.fromkeys(names)
            row = [value if isinstance(value, str) else "" for value in found.values()]
            try:
                mapping = map_columns(
                    names,
                    self._takes,
                    self._chosen,
                    all_there=False,
                    rows=(row,),
                    structured=self._structured,
                    define=self._define,
                )
            except BadFile as useless:
                self._makers[names] = None
                self._useless = self._useless or useless
            else:
                self._useful = True
                self.columns = {**mapping, **self.columns}
                self._makers[names] = self._shape(names, mapping)
        return self._makers[names]

    def _shape(self, names: Sequence[str], mapping: Mapping[str, str]) -> _Shape:
        maker = QueryMaker(names, mapping, self._takes, structured=self._structured)
        placeholders = None
        if self._takes in KINDS:
            countries = partial(_texts_of, self.head, mapping.get("country", ""))
            placeholders = Placeholders(maker.at, self._notes, countries)
        return _Shape(maker, placeholders, empty_query(self._takes, mapping))


@dataclass(frozen=True, slots=True)
class _Shape:
    """What is done with objects of the same members."""

    maker: QueryMaker
    placeholders: Placeholders | None
    empty: Problem

    def make(self, cells: list[str], line: int) -> Made:
        """Return what is sent of these cells."""
        made = self.maker.make(self.placeholders.clear(cells, line) if self.placeholders else cells)
        return self.empty if isinstance(made, Problem) and made.code == self.empty.code else made


def _texts_of(head: bytes, member: str) -> list[str]:
    """Return the texts of a member in the first bytes of a file, as far as they are written plainly."""
    found = re.findall(rb'"%b"\s*:\s*"([^"\\]*)"' % re.escape(json.dumps(member)[1:-1].encode()), head)
    return [text.decode("utf-8", "replace") for text in found]


def _spread(found: Mapping[str, Any], levels: int = 3) -> dict[str, Any]:
    """An object whose members are objects as one: `{"address": {"city": "Berlin"}}` has a member address.city."""
    flat: dict[str, Any] = {}
    for name, value in found.items():
        inner = _spread(value, levels - 1) if isinstance(value, dict) and levels else {}
        if any(map(read_name, inner)):
            flat |= {f"{name}.{member}": one for member, one in inner.items()}
        else:
            flat[name] = value
    return flat


def _flat(found: dict[str, Any]) -> dict[str, Any]:
    """A GeoJSON feature's properties and its point as members; any other object as it is."""
    inner, shape = found.get("properties"), found.get("geometry")
    if found.get("type") != "Feature" or not isinstance(inner, dict | None):
        return found
    flat = {**({"id": found["id"]} if "id" in found else {}), **(inner or {})}
    if (
        isinstance(shape, dict)
        and shape.get("type") == "Point"
        and isinstance(shape.get("coordinates"), list)
    ):
        place = [*shape["coordinates"], "", ""]
        flat |= {"lat": place[1], "lon": place[0]}  # longitude first [RFC 7946, 3.1.1]
    return flat


def _text(value: Any, name: str, field: str) -> str | Problem:
    """The text that a cell of a table would hold."""
    text = _plain(value, field)
    if text is None:
        kind = (
            "a list of {lat, lon}"
            if isinstance(value, list) and field == "waypoints"
            else "a text or a number"
        )
        return problem("WRONG_TYPE", column=name, name=name, kind=kind)
    if len(text) > CellReader.max_length:
        return problem("FIELD_TOO_LONG", column=name, limit=CellReader.max_length)
    return problem("CONTROL_CHAR", column=name) if len(text.translate(_CONTROLS)) < len(text) else text


def _plain(value: Any, field: str) -> str | None:
    """A text for a value that has one; None for what is nested where text is wanted."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return str(value).lower() if field.startswith(OWN_PARAM) else None
    if isinstance(value, int | float):
        return str(value)
    if field == "body":
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if field == "waypoints" and isinstance(value, list):
        points = [_point(one) for one in value]
        return "|".join(points) if all(points) else None
    is_place = field in ("at", "from", "to") or field.startswith("waypoint")
    return (_point(value) or None) if is_place else None


def _point(value: Any) -> str:
    """lat,lon of an object that says which is which, or of a text; empty for anything else: an array does not say it."""
    if isinstance(value, str) and not isinstance(value, Numeral):
        return value
    if isinstance(value, dict):
        low = {name.lower(): one for name, one in value.items()}
        lat = [low[name] for name in ("lat", "latitude") if name in low]
        lon = [low[name] for name in ("lon", "lng", "longitude") if name in low]
        if len(lat) == len(lon) == 1 and all(isinstance(one, str) for one in chain(lat, lon)):
            return f"{lat[0]},{lon[0]}"
    return ""
