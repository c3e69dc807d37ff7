"""What is to be sent of each record of a file, whatever form the file has."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from batchdrop.errors import ConfigurationError
from batchdrop.ports import Takes
from batchdrop.problems import Problem, problem
from batchdrop.records.columns import check_fields
from batchdrop.records.dialect import CSV, HEAD
from batchdrop.records.elements import Devices, Inputs, Members
from batchdrop.records.empty_query import empty_query
from batchdrop.records.mapping import QueryMaker, map_columns
from batchdrop.records.notes import Notes
from batchdrop.records.objects import ObjectQueries
from batchdrop.records.own_params import native_columns
from batchdrop.records.placeholders import KINDS, Placeholders
from batchdrop.records.reading import Tally, column_of, records, sample_cells
from batchdrop.records.repeated_header import RepeatedHeader
from batchdrop.records.screen import Screen
from batchdrop.records.spreadsheets import as_it_was
from batchdrop.routes import get_base_name
from batchdrop.steps.plan.requests import brought

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from batchdrop.ports import Api
    from batchdrop.records.dialect import Dialect
    from batchdrop.records.owncells import Mark
    from batchdrop.records.reading import Header, Source
    from batchdrop.routes import Route

DEVICES = frozenset({Takes.DEVICE, Takes.DEVICE_DELETE})

_LINE_ENDS = (b"\n", b"\r")


class Queries(Protocol):
    """recId and query, or what is wrong with it, of each record: to be read once. Raises BadFile for the file as a whole.

    columns: field → column, as far as they are known. blank_lines: how many were skipped so far. extra_cells: see Dialect.
    """

    @property
    def columns(self) -> Mapping[str, str]:
        """Which column became what."""
        ...

    @property
    def blank_lines(self) -> int:
        """Lines without anything in them."""
        ...

    @property
    def extra_cells(self) -> int:
        """Empty cells behind the last column that has a name."""
        ...

    @property
    def names(self) -> Sequence[str]:
        """The columns of the file, as far as they were seen."""
        ...

    @property
    def unsent(self) -> Mapping[str, str]:
        """Column that looks like a part of an address, had a value and was not sent → the field it looks like."""
        ...

    def __iter__(self) -> Iterator[tuple[int, dict[str, str] | Problem]]: ...


def check_options(route: Route, api: Api) -> None:
    """Raises ConfigurationError for a mapping of fields that such records do not have, or parts of an address nobody wants."""
    check_fields(route.columns, api.takes)
    if route.structured and not api.structured:
        raise ConfigurationError(f"{route.service} {route.api} takes no structured addresses")


def queries_of(  # noqa: PLR0913, PLR0917  # what is read, for whom, and who hears of it
    source: Source,
    dialect: Dialect,
    header: Header,
    api: Api,
    route: Route,
    own: str,
    told: Callable[[Mark], object] = lambda _mark: None,
    notes: Notes | None = None,
) -> Queries:
    """The queries of a file that stands at its first record. own: the member of the service's own request. told: hears, where errors
    were dropped back, whose record each was. notes: takes the remarks about the records while they are read.

    Raises BadFile WRONG_COLUMNS.
    """
    notes = Notes() if notes is None else notes
    if dialect.format == CSV:
        return TableQueries(source, dialect, header, api, route, told, notes)
    if own and dialect.member == own:
        return ObjectQueries(source, dialect, header, Inputs(brought(api)), told, notes)
    if api.takes in DEVICES and not route.columns:
        return ObjectQueries(source, dialect, header, Devices(api.takes), told, notes)
    define = partial(format_definition, route)
    maker = Members(api.takes, route.columns, structured=route.structured, define=define, notes=notes)
    return ObjectQueries(source, dialect, header, maker, told, notes)


def _cleaner(
    source: Source, dialect: Dialect, header: Header, api: Api, maker: QueryMaker, notes: Notes
) -> Callable[[Sequence[str], int], Sequence[str]]:
    """Return what empties cells that stand for a missing value: see placeholders.py. The second argument is the line."""
    if api.takes not in KINDS:
        return lambda cells, _line: cells
    place = maker.at.get("country")
    countries = partial(column_of, source.peek(HEAD), dialect, header, place) if place is not None else tuple
    return Placeholders(maker.at, notes, countries).clear


def format_definition(route: Route, columns: Mapping[str, str]) -> str:
    """Return a definition to paste that says which columns are meant: a whole one, or what to add to the route's own."""
    base = get_base_name(route)
    entry = {"extends": base, "columns": dict(columns)} if base == route.name else {"columns": dict(columns)}
    text = json.dumps(entry, ensure_ascii=False)
    return text if "extends" in entry else f"{text} in routes/{route.name}.json"


def _sample(source: Source, dialect: Dialect, header: Header) -> list[list[str]]:
    """The cells of the first records, without those of columns that have no name."""
    at = [index for index, name in enumerate(header.names) if name]
    rows = sample_cells(source, dialect, header)
    return [[row[index] for index in at] for row in rows if len(row) >= len(header.names)]


class TableQueries:
    """The queries of a table of text."""

    def __init__(
        self,
        source: Source,
        dialect: Dialect,
        header: Header,
        api: Api,
        route: Route,
        told: Callable[[Mark], object],
        notes: Notes,
    ) -> None:
        self._told = told if header.own else None
        self._notes = notes
        self._encoding = dialect.read_as
        named = [name for name in header.names if name]
        mapped = map_columns(
            named,
            api.takes,
            route.columns,
            rows=_sample(source, dialect, header) if api.takes is Takes.PLACE else (),
            structured=route.structured,
            define=partial(format_definition, route),
        )
        native = native_columns(named, api.own_columns)
        mapped.update({field: name for field, name in native.items() if field not in mapped})
        self.columns: Mapping[str, str] = mapped
        self.names: Sequence[str] = named
        self._looks_like = mapped.unsent
        maker = self._maker = QueryMaker(header.names, mapped, api.takes, structured=route.structured)
        self._make = maker.make
        self._empty = empty_query(api.takes, self.columns)
        self._clear = _cleaner(source, dialect, header, api, maker, notes)
        self._as_it_was = bool(header.own) and route.excel
        self._tally = Tally()
        first = 0 in maker.at.values() or bool(header.own_at)
        self._header = RepeatedHeader(header.raw, header.names, dialect.read_as)
        self._screen = Screen(source, dialect, at_line_start=first, header=self._header.begins)
        self._records = records(self._screen, dialect, header, tally=self._tally)

    @property
    def blank_lines(self) -> int:
        """Lines without anything in them."""
        return self._tally.blank_lines

    @property
    def extra_cells(self) -> int:
        """Empty cells behind the last column that has a name."""
        return self._tally.extra_cells

    @property
    def unsent(self) -> Mapping[str, str]:
        """Column that looks like a part of an address, had a value and was not sent → the field it looks like."""
        return {name: field for name, field in self._looks_like.items() if name in self._maker.unsent}

    def __iter__(self) -> Iterator[tuple[int, dict[str, str] | Problem]]:
        told, make, screen, harmed = self._told, self._make, self._screen, self._as_it_was
        for rec_id, line, raw, cells, wrong, mark in self._records:
            if told:
                told(mark)
            if harmed or screen.has_any:
                cells, wrong = self._look(rec_id, line, raw, cells, wrong)  # noqa: PLW2901  # the record as it is read from here on
            if wrong is not None:
                if wrong.code == "MISSING_CELLS" and not raw.endswith(_LINE_ENDS):
                    self._notes.add("TRUNCATED", line)
                yield rec_id, wrong
                continue
            query = make(cells)
            yield rec_id, query if type(query) is dict else self._placed(query, line, rec_id)
        if self._tally.blank_rows:
            self._notes.add("BLANK_ROWS", self._tally.first_blank_row, count=self._tally.blank_rows)

    def _look(
        self, rec_id: int, line: int, raw: bytes, cells: Sequence[str], wrong: Problem | None
    ) -> tuple[Sequence[str], Problem | None]:
        """Return the cells as the user wrote them and without placeholders, and what is wrong with the record. Notes are made of what is
        remarkable in it.
        """
        screen = self._screen
        if screen.has_headers and self._header.match(raw):
            self._notes.add("JOINED_FILES", line)
            return cells, problem("REPEATED_HEADER", line=line, rec_id=rec_id)
        if self._as_it_was:  # a spreadsheet was given them in another form
            cells = [*map(as_it_was, cells)]
        if screen.has_damage:
            self._notes.check_letters(raw, line, self._encoding)
        return (self._clear(cells, line) if screen.has_words and wrong is None else cells), wrong

    def _placed(self, query: dict[str, str] | Problem, line: int, rec_id: int) -> dict[str, str] | Problem:
        """Return a problem with its place."""
        if not isinstance(query, Problem):
            return query
        return replace(self._empty if query.code == self._empty.code else query, line=line, rec_id=rec_id)
