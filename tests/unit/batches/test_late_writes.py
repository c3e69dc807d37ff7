"""Whoever writes late changes nothing: the batch has moved on meanwhile, or is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchdrop.batches import claims
from batchdrop.batches.states import BatchState, End
from batchdrop.ports import Change
from tests.ports.memory import MemoryTable
from tests.unit.batches.rows import KEY, SENT, put, raw

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchdrop.batches.states import BatchRow

    Write = Callable[[BatchRow], Change]

RUNNING: dict[str, Write] = {
    "looked": lambda batch: claims.looked(batch, {"done": 1}),
    "still_running": lambda batch: claims.still_running(batch, {"done": 1}),
    "withheld": lambda batch: claims.withheld(batch, 9.0, "404", "completed", 10.0),
    "restarted": lambda batch: claims.restarted(batch, 9.0),
    "count_look": claims.count_look,
    "raw_saved": lambda batch: claims.raw_saved(batch, ["a"], End.COMPLETED),
    "read_again": lambda batch: claims.read_again(batch, 9.0),
    "stopping": lambda batch: claims.stopping(batch, 9.0),
}
PARKED: dict[str, Write] = {
    "sent_again": claims.sent_again,
    "fetched_again": claims.fetched_again,
    "accepted": claims.accepted,
    "driven_again": lambda batch: claims.driven_again(batch, 9.0),
}
ANY: dict[str, Write] = {
    "missed": lambda batch: claims.missed(batch, 9.0),
    "postponed": lambda batch: claims.postponed(batch, 9.0),
    "settled": lambda batch: claims.settled(batch, End.COMPLETED, {}),
    "refused": lambda batch: claims.refused(batch, {}),
    "parked": lambda batch: claims.parked(batch, "STALLED"),
    "stopped": claims.stopped,
    "forgotten": claims.forgotten,
    "cleared": claims.cleared,
    "paid_again": claims.paid_again,
}
WRITES: list[tuple[str, Write, BatchState]] = [
    ("mark_posting", lambda batch: claims.mark_posting(batch, "another", 1.0), BatchState.PLANNED),
    ("started", lambda batch: claims.started(batch, 1.0, 9.0), BatchState.CREATED),
    *((name, write, BatchState.RUNNING) for name, write in RUNNING.items()),
    *((name, write, BatchState.PARKED) for name, write in PARKED.items()),
    *((name, write, state) for name, write in ANY.items() for state in BatchState),
]
CASES = [pytest.param(write, state, id=f"{name} of {state}") for name, write, state in WRITES]


@pytest.mark.parametrize(("write", "state"), CASES)
def test_a_batch_that_moved_on_meanwhile_is_left_as_it_is(write: Write, state: BatchState) -> None:
    table = MemoryTable()
    change = write(put(table, state, SENT))
    for other in BatchState:
        put(table, other, SENT)
        before = raw(table)
        assert table.write(change).done is (other is state)
        assert other is state or raw(table) == before


@pytest.mark.parametrize(("write", "state"), CASES)
def test_a_batch_that_is_gone_does_not_come_back_as_a_ghost(write: Write, state: BatchState) -> None:
    table = MemoryTable()
    change = write(put(table, state, SENT))
    table.write(Change(KEY, delete=True))
    assert not table.write(change).done
    assert table.rows() == []
