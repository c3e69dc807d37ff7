"""The road of a file through records/ alone, in memory: what plan and collect make of its bytes. For properties and fuzzing."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from batchdrop.ports import Outcome, OutcomeKind, Takes
from batchdrop.problems import Problem
from batchdrop.records.columns import map_columns
from batchdrop.records.elements import Devices, Inputs, Members
from batchdrop.records.joining import Join, Streams
from batchdrop.records.mapping import QueryMaker
from batchdrop.records.objects import ObjectQueries
from batchdrop.records.outcomes import invalid_line, outcome_line, pack_firsts
from batchdrop.records.reading import Tally, open_again, open_table, read_header, records, skip
from batchdrop.records.rendering import layout_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batchdrop.records.dialect import Dialect
    from batchdrop.records.reading import Header, Source

    Made = tuple[int, dict[str, str] | Problem]

COLUMNS = ("bd_lat", "bd_label")
LABEL = 'Москва; "Straße", 東京'


class Driven(NamedTuple):
    """What came out. made: recId and query, or Problem, of each record."""

    dialect: Dialect
    made: list[Made]
    results: bytes
    errors: bytes


def queries(
    source: Source,
    dialect: Dialect,
    header: Header,
    takes: Takes = Takes.PLACE,
    chosen: Mapping[str, str] = {},
    own: str = "",
    tally: Tally | None = None,
) -> Iterator[Made]:
    """recId and query, or what is wrong with it, of each record."""
    if dialect.format == "csv":
        named = [name for name in header.names if name]
        maker = QueryMaker(header.names, map_columns(named, takes, chosen), takes)
        for record in records(source, dialect, header, tally=tally):
            yield record.rec_id, record.problem or maker.make(record.cells)
    elif own and dialect.member == own:
        yield from ObjectQueries(source, dialect, header, Inputs({}))
    else:
        device = takes in (Takes.DEVICE, Takes.DEVICE_DELETE)
        yield from ObjectQueries(
            source, dialect, header, Devices(takes) if device else Members(takes, chosen)
        )


def drive(
    data: bytes,
    name: str,
    *,
    takes: Takes = Takes.PLACE,
    chosen: Mapping[str, str] = {},
    own: str = "",
    leave_after: tuple[int, ...] = (),
    **told: str,
) -> Driven:
    """Plan's and collect's ways together; the walk is left and gone on with. Every third query has no match, others one answer or two.

    told: encoding and delimiter of the route. Raises BadFile, ConfigurationError as records/ does.
    """
    source, dialect = open_table(io.BytesIO(data), name=name, own=own, **told)
    header = read_header(source, dialect)
    tally = Tally()
    made = list(queries(source, dialect, header, takes, chosen, own, tally))
    dialect = replace(dialect, extra_cells=tally.extra_cells)
    firsts: list[int] = []
    invalid, outcomes = b"", []
    for rec_id, query in made:
        if isinstance(query, Problem):
            invalid += invalid_line(rec_id, query.code, query.message)
            firsts.append(0)
            continue
        ordinal = max(firsts, default=0) + 1
        firsts.append(ordinal)
        answers = (("1.5", LABEL),) * (ordinal % 3)
        kind = OutcomeKind.MATCHED if answers else OutcomeKind.NO_MATCH
        outcomes.append(outcome_line(Outcome(ordinal, kind, "", "", answers)))
    written = [io.BytesIO(), io.BytesIO()]
    state: dict[str, Any] | None = None
    for most in (*leave_after, 10**9):
        source = open_again(io.BytesIO(data), dialect)
        skip(source, state["offset"] if state else header.size)
        with TemporaryDirectory() as folder:
            streams = Streams(source, io.BytesIO(pack_firsts(firsts)), io.BytesIO(invalid), iter(outcomes))
            layout = layout_for(dialect, header, COLUMNS)
            with Join(streams, layout, written[0].write, written[1].write, Path(folder), state=state) as join:
                join.step(most)
                state = join.state
    return Driven(dialect, made, written[0].getvalue(), written[1].getvalue())
