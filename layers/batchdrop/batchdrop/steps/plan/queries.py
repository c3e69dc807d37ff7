"""What is to be sent of each record of a file, whatever form the file has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from batchdrop.errors import ConfigurationError
from batchdrop.ports import Takes
from batchdrop.problems import Problem
from batchdrop.records.columns import check_fields
from batchdrop.records.dialect import CSV
from batchdrop.records.elements import Devices, Inputs, Members
from batchdrop.records.mapping import QueryMaker, map_columns
from batchdrop.records.notes import Notes
from batchdrop.records.objects import ObjectQueries
from batchdrop.records.own_params import native_columns
from batchdrop.records.reading import Tally, records
from batchdrop.records.spreadsheets import as_it_was
from batchdrop.steps.plan.requests import brought

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from batchdrop.ports import Api
    from batchdrop.records.dialect import Dialect
    from batchdrop.records.owncells import Mark
    from batchdrop.records.reading import Header, Source
    from batchdrop.routes import Route

DEVICES = frozenset({Takes.DEVICE, Takes.DEVICE_DELETE})


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
    maker = Members(api.takes, route.columns, structured=route.structured)
    return ObjectQueries(source, dialect, header, maker, told, notes)


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
        native = native_columns(named, api.own_columns)
        mapped = map_columns(named, api.takes, route.columns)
        self.columns: Mapping[str, str] = {**native, **mapped} if native else mapped
        maker = QueryMaker(header.names, self.columns, api.takes, structured=route.structured)
        harmed = bool(header.own) and route.excel
        self._make = (lambda cells: maker.make([*map(as_it_was, cells)])) if harmed else maker.make
        self._tally = Tally()
        self._records = records(source, dialect, header, tally=self._tally)

    @property
    def blank_lines(self) -> int:
        """Lines without anything in them."""
        return self._tally.blank_lines

    @property
    def extra_cells(self) -> int:
        """Empty cells behind the last column that has a name."""
        return self._tally.extra_cells

    def __iter__(self) -> Iterator[tuple[int, dict[str, str] | Problem]]:
        told, make, encoding = self._told, self._make, self._encoding
        for rec_id, line, raw, cells, wrong, mark in self._records:
            if not raw.isascii():
                self._notes.check_letters(raw, line, encoding)
            if told:
                told(mark)
            query = wrong or make(cells)
            if wrong is None and isinstance(query, Problem):
                query = replace(query, line=line, rec_id=rec_id)
            yield rec_id, query
        if self._tally.blank_rows:
            self._notes.add("BLANK_ROWS", self._tally.first_blank_row, count=self._tally.blank_rows)
