"""How a batch ends or comes to wait for a person, and what of it is kept."""

from __future__ import annotations

import pytest

from batchdrop.batches import claims
from batchdrop.batches.states import BatchState, End
from tests.ports.memory import MemoryTable
from tests.unit.batches.rows import NEVER_SENT, SENT, difference, put


@pytest.fixture
def table() -> MemoryTable:
    return MemoryTable()


def test_a_settled_batch_is_done_with_all_its_records_and_counts_their_outcomes(table: MemoryTable) -> None:
    batch = put(table, BatchState.RUNNING)
    counts = {"matched": 2, "noMatch": 1}
    assert difference(table, claims.settled(batch, End.FAILED, counts)) == (
        {"state": "settled", "ended": "failed", "counts": counts, "done": 3},
        set(),
    )


def test_a_batch_whose_post_was_refused_has_failed_and_was_never_submitted(table: MemoryTable) -> None:
    batch = put(table, BatchState.POSTING, NEVER_SENT, submits=1)
    assert difference(table, claims.refused(batch, {"failed": 3})) == (
        {"state": "settled", "ended": "failed", "counts": {"failed": 3}, "done": 3, "submits": 0},
        set(),
    )


def test_a_batch_whose_start_was_refused_has_been_submitted(table: MemoryTable) -> None:
    batch = put(table, BatchState.CREATED, NEVER_SENT, submits=1)
    assert difference(table, claims.refused(batch, {"failed": 3})) == (
        {"state": "settled", "ended": "failed", "counts": {"failed": 3}, "done": 3},
        set(),
    )


def test_a_parked_batch_keeps_the_state_to_come_back_to_and_what_was_counted(table: MemoryTable) -> None:
    batch = put(table, BatchState.RUNNING)
    assert difference(table, claims.parked(batch, "STALLED")) == (
        {"state": "parked", "code": "STALLED", "parked_from": "running"},
        set(),
    )


def test_a_batch_that_is_parked_for_gaps_says_what_there_is(table: MemoryTable) -> None:
    batch = put(table, BatchState.RUNNING)
    for counts in ({"matched": 2}, {}):
        put(table, BatchState.RUNNING)
        changed, gone = difference(table, claims.parked(batch, "GAPS", counts))
        assert changed == {"state": "parked", "code": "GAPS", "parked_from": "running", "counts": counts}
        assert not gone


ODD = {"odd": 2, "named": ["results.txt line 3: its recId was never sent"]}


def test_a_batch_keeps_what_was_odd_about_its_answer_and_why_it_is_parked(table: MemoryTable) -> None:
    batch = put(table, BatchState.RUNNING)
    assert difference(table, claims.parked(batch, "GAPS", {}, detail="Why.", notes=ODD)) == (
        {
            "state": "parked",
            "code": "GAPS",
            "parked_from": "running",
            "counts": {},
            "detail": "Why.",
            "notes": ODD,
        },
        set(),
    )
    batch = put(table, BatchState.RUNNING)
    changed, gone = difference(table, claims.settled(batch, End.COMPLETED, {"matched": 3}, ODD))
    assert (changed["notes"], gone) == (ODD, set())


def test_what_was_odd_about_an_earlier_reading_is_gone_after_the_next(table: MemoryTable) -> None:
    batch = put(table, BatchState.RUNNING, notes=ODD, detail="Why.")
    assert difference(table, claims.settled(batch, End.COMPLETED, {"matched": 3}))[1] == {"notes", "detail"}
    batch = put(table, BatchState.RUNNING, notes=ODD, detail="Why.")
    assert difference(table, claims.parked(batch, "GAPS", {}))[1] == {"notes", "detail"}
    batch = put(table, BatchState.RUNNING, notes=ODD, detail="Why.")
    changed, gone = difference(table, claims.parked(batch, "GAPS", {}, detail="Still.", notes={"odd": 1}))
    assert (changed["detail"], changed["notes"], gone) == ("Still.", {"odd": 1}, set())


def test_a_stopped_batch_keeps_what_it_has_and_its_job_at_the_service(table: MemoryTable) -> None:
    batch = put(table, BatchState.PARKED, code="STALLED")
    assert difference(table, claims.stopped(batch)) == ({"state": "settled", "ended": "stopped"}, {"code"})
    planned = put(table, BatchState.PLANNED, NEVER_SENT)
    assert difference(table, claims.stopped(planned)) == (
        {"state": "settled", "ended": "stopped", "counts": {}},
        set(),
    )


def test_a_stopped_batch_whose_job_is_deleted_has_no_ticket_any_more(table: MemoryTable) -> None:
    batch = put(table, BatchState.PARKED, code="STALLED")
    assert difference(table, claims.stopped(batch, deleted=True)) == (
        {"state": "settled", "ended": "stopped"},
        {"code", "ticket"},
    )


@pytest.mark.parametrize("ended", [End.COMPLETED, End.FAILED])
def test_a_batch_the_service_forgot_ended_as_it_did(table: MemoryTable, ended: End) -> None:
    batch = put(table, BatchState.SETTLED, ended=ended, code="GAPS")
    assert difference(table, claims.forgotten(batch)) == ({"forgotten": True}, {"code"})


def test_a_batch_the_service_forgot_before_it_ended_was_stopped(table: MemoryTable) -> None:
    batch = put(table, BatchState.RUNNING, {**SENT, "ended": ""})
    assert difference(table, claims.forgotten(batch)) == (
        {"state": "settled", "forgotten": True, "ended": "stopped"},
        set(),
    )
