"""Make the rows of a plan: batches and lanes. A row that is there already stays as it is: it may have been driven since."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any

from batchdrop.batches.states import BatchState, batch_key, lane_key, tag, tag_key, tag_tail
from batchdrop.ports import Absent, Change

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from batchdrop.ports import Key, Table
    from batchdrop.steps.plan.cuts import Cut

BATCHES_PER_LANE = 500
_TOGETHER = 100  # the most rows one transaction may hold


def lanes_for(batches: int) -> list[tuple[int, int]]:
    """Lanes as (first, last) batch: as few as 500 batches a lane allow, of equal length within one."""
    lanes = -(-batches // BATCHES_PER_LANE)
    bounds = [number * batches // lanes for number in range(lanes + 1)]
    return [(start + 1, end) for start, end in pairwise(bounds)]


def file_rows(table: Table, job: str, job_hash: str, run: int, cuts: Sequence[Cut]) -> int:
    """Write every batch and lane row that is not there yet, and those that lead from the batches' tags to the job; says how many
    lanes there are.
    """
    lanes = lanes_for(len(cuts))
    whole = tag(job_hash, 0)
    _write_new(table, [_new(tag_key(each), {"job": job}) for each in (whole, tag_tail(whole))])
    _write_new(table, _batch_rows(job, cuts))
    _write_new(table, _lane_rows(job, run, lanes))
    return len(lanes)


def _batch_rows(job: str, cuts: Sequence[Cut]) -> Iterator[Change]:
    for cut in cuts:
        put = {
            "number": cut.number,
            "state": BatchState.PLANNED,
            "start": cut.start,
            "end": cut.end,
            "first": cut.first,
            "count": cut.count,
            "units": cut.units,
        }
        yield _new(batch_key(job, cut.number), put)


def _lane_rows(job: str, run: int, lanes: Sequence[tuple[int, int]]) -> Iterator[Change]:
    for number, (first, last) in enumerate(lanes, 1):
        put = {
            "number": number,
            "first_batch": first,
            "last_batch": last,
            "run": run,
            "rings": 0,
            "failures": 0,
            "ticks": 0,
        }
        yield _new(lane_key(job, number), put)


def _new(key: Key, put: dict[str, Any]) -> Change:
    return Change(key, put=put, when=(Absent("pk"),))


def _write_new(table: Table, changes: Iterable[Change]) -> None:
    changes = iter(changes)
    while group := list(islice(changes, _TOGETHER)):
        if not table.write_together(group):
            for change in group:
                table.write(change)


def lane_refs(job: str, lanes: int) -> list[dict[str, str]]:
    """The lanes as the state machine hands them to its children."""
    keys = (lane_key(job, number) for number in range(1, lanes + 1))
    return [{"pk": key.pk, "sk": key.sk} for key in keys]
