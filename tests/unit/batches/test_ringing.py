"""Calls within one window wake a lane once, and are all seen to when it is over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from batchdrop.batches.ringing import WINDOW, noted, quiet_again
from batchdrop.batches.states import BatchRow, BatchState
from batchdrop.ports import Change, Key
from tests.ports.memory import MemoryTable

ROW = BatchRow(
    Key("job#a", "batch#00001"), 1, BatchState.RUNNING, start=0, end=9, first=1, count=1, rang=1000.0
)


@pytest.mark.parametrize(
    ("now", "left"), [(1000.0, WINDOW), (1010.0, WINDOW - 10), (999.5 + WINDOW, 0.5), (1000.0 + WINDOW, None)]
)
def test_a_lane_sleeps_no_longer_than_the_window_of_a_call(now: float, left: float | None) -> None:
    assert quiet_again(ROW, now) == left


def test_a_call_by_a_clock_far_ahead_opens_no_window() -> None:
    assert quiet_again(ROW, 900.0) is None


def test_a_batch_that_is_done_has_no_window() -> None:
    assert quiet_again(replace(ROW, state=BatchState.SETTLED), 1001.0) is None


@pytest.mark.parametrize("state", [None, BatchState.SETTLED, BatchState.PARKED, BatchState.PLANNED])
def test_a_call_that_comes_too_late_is_not_noted_and_makes_no_row(state: BatchState | None) -> None:
    table = MemoryTable()
    if state is not None:
        table.write(Change(ROW.key, put={"state": state}))
    before = table.rows()
    assert not table.write(noted(ROW.key)).done
    assert table.rows() == before
