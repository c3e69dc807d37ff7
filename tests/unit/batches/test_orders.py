"""How a batch obeys the order to stop or to delete."""

from __future__ import annotations

from dataclasses import replace

import pytest

from batchdrop.batches.orders import Obey, Order, obey
from batchdrop.batches.states import BatchRow, BatchState
from batchdrop.ports import Key
from tests.steps.memory_service import ONE_PHASE

BATCH = BatchRow(Key("job#j", "batch#00001"), 1, BatchState.RUNNING, start=0, end=10, first=1, count=2)
STOPS = replace(ONE_PHASE, stops=True)


@pytest.mark.parametrize("state", [BatchState.PLANNED, BatchState.CREATED, BatchState.PARKED])
def test_what_does_not_run_is_dropped_when_its_job_is_stopped(state: BatchState) -> None:
    assert obey(Order.STOP, replace(BATCH, state=state), STOPS) is Obey.DROP
    assert obey(Order.STOP, replace(BATCH, state=state), ONE_PHASE) is Obey.DROP


def test_what_runs_is_stopped_where_the_service_can_stop_it() -> None:
    assert obey(Order.STOP, BATCH, STOPS) is Obey.ASK_TO_STOP


def test_what_runs_and_cannot_be_stopped_is_paid_for_and_finishes() -> None:
    assert obey(Order.STOP, BATCH, ONE_PHASE) is Obey.GO_ON


def test_a_service_is_asked_to_stop_once() -> None:
    assert obey(Order.STOP, replace(BATCH, stopping=True), STOPS) is Obey.GO_ON


def test_an_answer_that_is_here_already_is_read() -> None:
    assert obey(Order.STOP, replace(BATCH, raw=("answer.json",)), STOPS) is Obey.GO_ON


@pytest.mark.parametrize("state", [BatchState.POSTING, BatchState.SETTLED])
def test_a_post_under_way_and_a_settled_batch_go_on_as_without_an_order(state: BatchState) -> None:
    assert obey(Order.STOP, replace(BATCH, state=state), STOPS) is Obey.GO_ON


@pytest.mark.parametrize("state", BatchState)
def test_the_service_forgets_every_batch_of_a_deleted_job_once(state: BatchState) -> None:
    batch = replace(BATCH, state=state)
    assert obey(Order.DELETE, batch, ONE_PHASE) is Obey.FORGET
    assert obey(Order.DELETE, replace(batch, forgotten=True), ONE_PHASE) is Obey.LEAVE
