"""Read the file once and write the plan's objects: queries, firsts, invalid records. Bounded memory, whatever the file's size.

The same object version and route always give the same bytes, so drawing a plan again after a crash does no harm.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from batchdrop.batches.states import MOST_BATCHES
from batchdrop.errors import BadFile
from batchdrop.jobs import folder
from batchdrop.ports import Place
from batchdrop.problems import Problem, problem
from batchdrop.records.dialect import CSV
from batchdrop.records.digesting import Digesting
from batchdrop.records.duplicates import Distinct
from batchdrop.records.notes import Notes
from batchdrop.records.outcomes import invalid_line, pack_firsts
from batchdrop.records.own_params import given
from batchdrop.records.reading import open_table, read_header
from batchdrop.records.recids import Numbering
from batchdrop.records.writing import ObjectWriter
from batchdrop.steps.plan.advice import explain_refusal
from batchdrop.steps.plan.cuts import Cutter
from batchdrop.steps.plan.families import renumbered
from batchdrop.steps.plan.options import check_outputs, spoken
from batchdrop.steps.plan.queries import check_options, queries_of
from batchdrop.steps.plan.requests import asked_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batchdrop.jobs import Input
    from batchdrop.ports import Service, Store
    from batchdrop.problems import Note
    from batchdrop.records.dialect import Dialect
    from batchdrop.records.reading import Header
    from batchdrop.records.recids import Family, Renumbered
    from batchdrop.routes import Route
    from batchdrop.steps.plan.cuts import Cut
    from batchdrop.steps.plan.queries import Queries

MAX_BYTES = 5 * 1024**3
MAX_RECORDS = 10_000_000
PROBLEMS_SHOWN = 20
_NAMES_KEPT = 100  # of columns that are not sent
_FLUSH, _HELD = 16_384, 1024 * 1024  # records and bytes of queries that are held until they are written


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a drawn plan comes to. route: with the API and the parameters of the file, where it is a request itself, and with the
    language as a parameter. codes: invalid records by code; units: what all valid records would cost, in records; answers: the
    columns that the service gives; digest: of the file's bytes, as hex digits; names: the header's; sample: the fields of the first
    valid record; kept: of the numbers that records had before, where errors were dropped back; notes: remarks that stop nothing.
    """

    route: Route
    dialect: Dialect
    columns: Mapping[str, str]
    total: int
    invalid: int
    distinct: int
    cuts: tuple[Cut, ...]
    problems: tuple[Problem, ...]
    codes: Mapping[str, int]
    units: int
    answers: tuple[str, ...]
    digest: str
    names: tuple[str, ...]
    sample: Mapping[str, str]
    unsent: Mapping[str, str] = field(default_factory=dict)
    """Column that looks like a part of an address, has values and is not sent → the field it looks like."""
    kept: Renumbered | None = None
    notes: tuple[Note, ...] = ()

    @property
    def not_sent(self) -> list[str]:
        """Columns of the file of which nothing is sent."""
        sent = set(self.columns.values())
        return [name for name in self.names if name not in sent]


def draw(  # noqa: PLR0913, PLR0917  # what is read, where to, and for whom
    store: Store,
    bucket: str,
    job: str,
    dropped: Input,
    route: Route,
    service: type[Service],
    family: Callable[[str], Family | None] = lambda _job: None,
    parent: str = "",
) -> Drawn:
    """Read the file and write the plan's objects. family, parent: see Numbering, for errors that were dropped back.

    Raises BadFile with problems, GoneMissing when the object is gone, ConfigurationError when the API does not take the
    parameters that route and columns give.
    """
    try:
        return _drawn(store, bucket, job, dropped, route, service, family, parent)
    except BadFile as bad:
        raise explain_refusal(bad, store, dropped, route, service.apis[route.api].takes) from None


def _drawn(  # noqa: PLR0913, PLR0917  # as draw
    store: Store,
    bucket: str,
    job: str,
    dropped: Input,
    route: Route,
    service: type[Service],
    family: Callable[[str], Family | None],
    parent: str,
) -> Drawn:
    if dropped.size > MAX_BYTES:
        raise BadFile([problem("TOO_LARGE", what="at most 5 GB")])
    route = spoken(asked_for(store, dropped, route, service), service)
    api = service.apis[route.api]
    check_options(route, api)
    with store.open(Place.of(dropped)) as bytes_:
        stream = Digesting(bytes_)
        own = service.can.requests.member if service.can.requests else ""
        source, dialect = open_table(
            stream, name=dropped.key, encoding=route.encoding, delimiter=route.delimiter, own=own
        )
        header = read_header(source, dialect)
        recids = ObjectWriter(store, Place(bucket, f"{folder(job)}work/recids"), "application/octet-stream")
        numbering = Numbering(recids.write, family, parent)
        if header.own:
            numbering.begin()
        notes = Notes()
        queries = queries_of(source, dialect, header, api, route, own, numbering.take, notes)
        if dialect.format == CSV:  # before it is read; the members of objects are known only then
            _answers(service, route, queries)
        sheet = _Sheet(store, Place(bucket, folder(job)), route, service)
        sheet.fill(queries, numbering.place)
        digest = stream.rest()
    dialect = replace(dialect, blank_lines=queries.blank_lines, extra_cells=queries.extra_cells)
    drawn = sheet.close(dialect, queries, header, _answers(service, route, queries), digest)
    kept = numbering.end()
    if kept is not None:
        recids.close()
    return replace(drawn, kept=kept, notes=notes.get_all())


def _answers(service: type[Service], route: Route, queries: Queries) -> tuple[str, ...]:
    """The columns that the service answers with. Raises ConfigurationError."""
    answers = service.columns_for(route.api, given(route.params, queries.columns))
    check_outputs(route, answers)
    return answers


class _Sheet:
    """The three objects of a plan while they are written."""

    def __init__(self, store: Store, base: Place, route: Route, service: type[Service]) -> None:
        api, can = service.apis[route.api], service.can

        def writer(name: str, kind: str) -> ObjectWriter:
            return ObjectWriter(store, Place(base.bucket, f"{base.key}work/{name}"), kind)

        self._queries = writer("queries.ndjson", "application/x-ndjson")
        self._firsts = writer("firsts", "application/octet-stream")
        self._invalid = writer("invalid.ndjson", "application/x-ndjson")
        self._cutter = Cutter(min(route.batch_records or can.batch_records, can.max_records), can.max_bytes)
        self._distinct = Distinct(dedupe=route.dedupe and api.dedupe, ignores_case=api.ignores_case)
        self._units_of = service.units_of(route.api, route.params)
        self._route = route
        self._units = 0
        self._codes: Counter[str] = Counter()
        self._sample: Mapping[str, str] = {}
        self._total = self._bad = 0
        self._problems: list[Problem] = []

    def fill(self, queries: Queries, place: Callable[[int], int]) -> None:
        """File every record: as a distinct query, as an equal of an earlier one, or as invalid. place: see Numbering.

        Raises BadFile when there are too many.
        """
        # This loop runs for every record: what it has at hand need not be looked up.
        line_of, cut, units_of = self._distinct.line, self._cutter.add, self._units_of
        units, paid, total, held = 1, 0, 0, 0
        ordinals: list[int] = []
        lines: list[bytes] = []
        for rec_id, query in queries:
            total += 1
            if isinstance(query, Problem):
                self._reject(rec_id, replace(query, rec_id=place(rec_id)))
                ordinals.append(0)
            else:
                ordinal, line = line_of(query)
                if units_of:
                    units = units_of(query)
                paid += units
                if line is not None:
                    size = len(line)
                    cut(size, units)
                    lines.append(line)
                    held += size
                    self._sample = self._sample or query
                ordinals.append(ordinal)
            if len(ordinals) >= _FLUSH or held >= _HELD:
                self._flush(ordinals, lines, total)
                held = 0
        self._flush(ordinals, lines, total)
        self._units = paid

    def _reject(self, rec_id: int, why: Problem) -> None:
        self._bad += 1
        self._codes[why.code] += 1
        self._invalid.write(invalid_line(rec_id, why.code, why.message))
        if len(self._problems) < PROBLEMS_SHOWN:
            self._problems.append(why)

    def _flush(self, ordinals: list[int], lines: list[bytes], total: int) -> None:
        if total > MAX_RECORDS:
            raise BadFile([problem("TOO_LARGE", what="at most 10,000,000 records")])
        self._check_batches()
        self._total = total
        self._firsts.write(pack_firsts(ordinals))
        self._queries.write(b"".join(lines))
        ordinals.clear()
        lines.clear()

    def _check_batches(self) -> None:
        """Refuse what would not fit into the numbers of batches, before more of it is read."""
        if len(self._cutter.cuts) > MOST_BATCHES:
            size = (
                f"{self._route.batch_records} records" if self._route.batch_records else "the service's size"
            )
            raise BadFile([problem("TOO_MANY_BATCHES", limit=f"{MOST_BATCHES:,}", size=size)])

    def close(
        self,
        dialect: Dialect,
        queries: Queries,
        header: Header,
        answers: tuple[str, ...],
        digest: str,
    ) -> Drawn:
        """Finish the objects. Raises BadFile when there is no record, or none that can be used."""
        if not self._total:
            raise BadFile([problem("NO_ROWS", line=header.end_line)])
        if not self._distinct.count:
            raise BadFile([problem("NO_VALID_ROWS"), *renumbered(self._problems)])
        self._cutter.close()
        self._check_batches()
        for writer in (self._queries, self._firsts, self._invalid):
            writer.close()
        return Drawn(
            route=self._route,
            dialect=dialect,
            columns=queries.columns,
            total=self._total,
            invalid=self._bad,
            distinct=self._distinct.count,
            cuts=tuple(self._cutter.cuts),
            problems=tuple(self._problems),
            codes=dict(self._codes.most_common()),
            units=self._units,
            answers=answers,
            digest=digest,
            names=tuple(name for name in queries.names if name),
            sample=self._sample,
            unsent=dict(queries.unsent),
        )


def plan_entry(drawn: Drawn, lanes: int) -> dict[str, Any]:
    """What the job row keeps of the plan."""
    return {
        "dialect": drawn.dialect.to_dict(),
        "columns": dict(drawn.columns),
        "not_sent": drawn.not_sent[:_NAMES_KEPT],
        "unsent": dict(islice(drawn.unsent.items(), _NAMES_KEPT)),
        "lanes": lanes,
        "batches": len(drawn.cuts),
        "total": drawn.total,
        "distinct": drawn.distinct,
        "answers": list(drawn.answers),
    }
