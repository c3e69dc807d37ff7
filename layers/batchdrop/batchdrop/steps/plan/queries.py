"""What is to be sent of each record of a file, whatever form the file has."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from batchdrop.errors import ConfigurationError
from batchdrop.ports import Takes
from batchdrop.problems import Problem
from batchdrop.records.columns import check_fields
from batchdrop.records.dialect import CSV
from batchdrop.records.elements import Devices, Inputs, Members
from batchdrop.records.mapping import QueryMaker, map_columns
from batchdrop.records.objects import ObjectQueries
from batchdrop.records.own_params import native_columns
from batchdrop.records.reading import Tally, records, sample_cells
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


class Queries(Protocol):
    """recId and query, or what is wrong with it, of each record: to be read once. Raises BadFile for the file as a whole.

    columns: field → column, as far as they are known. blank_lines: how many were skipped so far.
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


def queries_of(
    source: Source,
    dialect: Dialect,
    header: Header,
    api: Api,
    route: Route,
    own: str,
    told: Callable[[Mark], object] = lambda _mark: None,
) -> Queries:
    """The queries of a file that stands at its first record. own: the member of the service's own request. told: hears, where errors
    were dropped back, whose record each was.

    Raises BadFile WRONG_COLUMNS.
    """
    if dialect.format == CSV:
        return TableQueries(source, dialect, header, api, route, told)
    if own and dialect.member == own:
        return ObjectQueries(source, dialect, header, Inputs(brought(api)), told)
    if api.takes in DEVICES and not route.columns:
        return ObjectQueries(source, dialect, header, Devices(api.takes), told)
    maker = Members(
        api.takes, route.columns, structured=route.structured, define=partial(format_definition, route)
    )
    return ObjectQueries(source, dialect, header, maker, told)


def format_definition(route: Route, columns: Mapping[str, str]) -> str:
    """Return a definition to paste that says which columns are meant: a whole one, or what to add to the route's own."""
    base = get_base_name(route)
    entry = {"extends": base, "columns": dict(columns)} if base == route.name else {"columns": dict(columns)}
    text = json.dumps(entry, ensure_ascii=False)
    return text if "extends" in entry else f"{text} in routes/{route.name}.json"


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
    ) -> None:
        self._told = told if header.own else None
        native = native_columns(header.names, api.own_columns)
        mapped = map_columns(
            header.names,
            api.takes,
            route.columns,
            rows=sample_cells(source, dialect, header) if api.takes is Takes.PLACE else (),
            structured=route.structured,
            define=partial(format_definition, route),
        )
        mapped.update({field: name for field, name in native.items() if field not in mapped})
        self.columns: Mapping[str, str] = mapped
        self.names = header.names
        maker = self._maker = QueryMaker(header.names, mapped, api.takes, structured=route.structured)
        self._looks_like = mapped.unsent
        harmed = bool(header.own) and route.excel
        self._make = (lambda cells: maker.make([*map(as_it_was, cells)])) if harmed else maker.make
        self._tally = Tally()
        self._records = records(source, dialect, header, tally=self._tally)

    @property
    def blank_lines(self) -> int:
        """Lines without anything in them."""
        return self._tally.blank_lines

    @property
    def unsent(self) -> Mapping[str, str]:
        """Column that looks like a part of an address, had a value and was not sent → the field it looks like."""
        return {name: field for name, field in self._looks_like.items() if name in self._maker.unsent}

    def __iter__(self) -> Iterator[tuple[int, dict[str, str] | Problem]]:
        told, make = self._told, self._make
        for rec_id, line, _, cells, wrong, mark in self._records:
            if told:
                told(mark)
            query = wrong or make(cells)
            if wrong is None and isinstance(query, Problem):
                query = replace(query, line=line, rec_id=rec_id)
            yield rec_id, query
