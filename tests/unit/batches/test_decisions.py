"""What a person decides about a batch that waits for one, and what it costs."""

from __future__ import annotations

from typing import Any

import pytest

from batchdrop.batches import claims
from batchdrop.batches.states import BatchState, ticket_key
from tests.ports.memory import MemoryTable
from tests.unit.batches.rows import KEY, LANE, NEVER_SENT, SENT, TICKET, difference, put, raw

STOPPED: dict[str, Any] = {**SENT, "ended": "stopped", "stopping": True, "code": "DENIED"}
GONE_WITH_A_STOP = {"ended", "counts", "raw", "stopping"}


@pytest.fixture
def table() -> MemoryTable:
    return MemoryTable()


def resume(table: MemoryTable, row: dict[str, Any], *, two_phase: bool) -> tuple[dict[str, Any], set[str]]:
    change = claims.resumed(put(table, BatchState.SETTLED, row), two_phase=two_phase)
    assert change is not None
    return difference(table, change)


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in STOPPED.items() if name not in names}


def test_a_stopped_job_goes_on_where_the_service_can_start_it_again(table: MemoryTable) -> None:
    assert resume(table, STOPPED, two_phase=True) == (
        {"state": "created", "next_look": 0, "misses": 0, "done": 0},
        GONE_WITH_A_STOP | {"code"},
    )


def test_a_stopped_job_stays_as_it_is_where_it_would_have_to_be_paid_again(table: MemoryTable) -> None:
    batch = put(table, BatchState.SETTLED, STOPPED)
    assert claims.resumed(batch, two_phase=False) is None


@pytest.mark.parametrize(("two_phase", "submits"), [(True, 1), (True, 0), (False, 0)])
def test_a_stopped_batch_without_a_job_is_sent_where_that_pays_nothing_twice(
    table: MemoryTable, two_phase: bool, submits: int
) -> None:
    assert resume(table, {**without("ticket"), "submits": submits}, two_phase=two_phase) == (
        {"state": "planned", "next_look": 0, "misses": 0, "done": 0},
        GONE_WITH_A_STOP | {"code"},
    )


def test_a_stopped_batch_whose_post_nobody_knows_about_is_doubtful_again(table: MemoryTable) -> None:
    assert resume(table, without("ticket"), two_phase=False) == (
        {"state": "parked", "code": "AMBIGUOUS_SEND", "parked_from": "posting"},
        GONE_WITH_A_STOP,
    )


@pytest.mark.parametrize(
    ("state", "ended", "row", "two_phase"),
    [
        (BatchState.SETTLED, "completed", STOPPED, True),
        (BatchState.RUNNING, "stopped", STOPPED, True),
        (BatchState.SETTLED, "completed", without("ticket"), False),
        (BatchState.RUNNING, "stopped", without("ticket"), False),
    ],
)
def test_only_what_was_stopped_goes_on(
    table: MemoryTable, state: BatchState, ended: str, row: dict[str, Any], two_phase: bool
) -> None:
    change = claims.resumed(put(table, BatchState.SETTLED, row), two_phase=two_phase)
    assert change is not None
    put(table, state, row, ended=ended)
    assert not table.write(change).done


def test_a_job_that_a_person_found_is_the_batchs_own(table: MemoryTable) -> None:
    batch = put(table, BatchState.PARKED, NEVER_SENT, code="AMBIGUOUS_SEND", misses=2)
    running = {"state": BatchState.RUNNING, "started": 7.0}
    assert table.write_together(claims.adopted(batch, LANE.sk, "geoapify", TICKET, running))
    row = raw(table)
    assert (row["ticket"], row["state"], row["started"], row["misses"]) == (
        TICKET.to_dict(),
        "running",
        7.0,
        0,
    )
    assert "code" not in row
    found = table.get(ticket_key("geoapify", "t1"))
    assert found is not None
    assert (found["job"], found["batch"], found["lane"]) == (KEY.pk, KEY.sk, LANE.sk)


@pytest.mark.parametrize(("state", "row"), [(BatchState.POSTING, NEVER_SENT), (BatchState.PARKED, SENT)])
def test_nothing_is_adopted_by_a_batch_that_does_not_wait_or_has_a_job(
    table: MemoryTable, state: BatchState, row: dict[str, Any]
) -> None:
    batch = put(table, state, row)
    assert not table.write_together(
        claims.adopted(batch, LANE.sk, "geoapify", TICKET, {"state": BatchState.RUNNING})
    )
    assert table.get(ticket_key("geoapify", "t1")) is None


def test_a_batch_that_is_sent_again_begins_anew_and_remembers_that_it_was_paid_for(
    table: MemoryTable,
) -> None:
    batch = put(table, BatchState.PARKED, started=0.5, code="RESULT_EXPIRED", resent=1, stopping=True)
    changed, _ = difference(table, claims.sent_again(batch))
    assert changed == {"state": "planned", "next_look": 0, "resent": 2, "searched": True}
    assert {name: value for name, value in raw(table).items() if name not in ("pk", "sk")} == {
        **NEVER_SENT,
        "state": "planned",
        "next_look": 0,
        "posted": 10.0,
        "submits": 1,
        "looks": 4,
        "resent": 2,
        "searched": True,
    }


def test_a_batch_that_was_never_started_is_sent_again_without_having_been_paid_for(
    table: MemoryTable,
) -> None:
    batch = put(table, BatchState.PARKED, {**SENT, "started": 0}, code="DENIED")
    assert batch.resent == 0
    changed, _ = difference(table, claims.sent_again(batch))
    assert changed.get("resent", 0) == 0


@pytest.mark.parametrize(
    ("submits", "searched", "then"), [(0, False, False), (1, False, True), (0, True, True)]
)
def test_only_a_batch_that_was_ever_posted_may_have_another_job_at_the_service(
    table: MemoryTable, submits: int, searched: bool, then: bool
) -> None:
    batch = put(table, BatchState.PARKED, NEVER_SENT, submits=submits, searched=searched)
    table.write(claims.sent_again(batch))
    assert raw(table)["searched"] is then


@pytest.mark.parametrize("state", [BatchState.POSTING, BatchState.RUNNING])
def test_a_route_that_allows_it_pays_again_as_a_person_would(table: MemoryTable, state: BatchState) -> None:
    batch = put(table, state)
    table.write(claims.paid_again(batch))
    by_machine = raw(table)
    table.write(claims.sent_again(put(table, BatchState.PARKED)))
    assert by_machine == raw(table)


def test_nobody_pays_again_for_a_batch_that_has_another_owner_meanwhile(table: MemoryTable) -> None:
    for owner, then in (("me", "another"), ("", "another")):
        mine = {**NEVER_SENT, "owner": owner} if owner else NEVER_SENT
        change = claims.paid_again(put(table, BatchState.POSTING, mine))
        put(table, BatchState.POSTING, NEVER_SENT, owner=then)
        assert not table.write(change).done


def test_a_batch_that_nobody_owns_is_paid_for_again_too(table: MemoryTable) -> None:
    assert table.write(claims.paid_again(put(table, BatchState.POSTING, NEVER_SENT))).done


def test_results_that_are_fetched_again_keep_what_was_read_and_forget_what_failed(table: MemoryTable) -> None:
    batch = put(table, BatchState.PARKED, code="GAPS")
    assert difference(table, claims.fetched_again(batch)) == (
        {"state": "running", "next_look": 0, "misses": 0, "rereads": 0},
        {"code", "raw", "ended"},
    )


def test_nothing_can_be_fetched_again_that_has_no_job(table: MemoryTable) -> None:
    batch = put(table, BatchState.PARKED, NEVER_SENT)
    assert not table.write(claims.fetched_again(batch)).done


@pytest.mark.parametrize(
    ("counts", "accepted"),
    [
        ({"matched": 1, "failed": 1}, {"matched": 1, "failed": 2}),
        ({"matched": 1}, {"matched": 1, "failed": 2}),
        ({}, {"failed": 3}),
        ({"matched": 3}, {"matched": 3, "failed": 0}),
    ],
)
def test_gaps_that_a_person_accepts_count_as_failed(
    table: MemoryTable, counts: dict[str, int], accepted: dict[str, int]
) -> None:
    batch = put(table, BatchState.PARKED, {**SENT, "ended": "", "raw": [""]}, code="GAPS", counts=counts)
    assert difference(table, claims.accepted(batch)) == (
        {"state": "settled", "ended": "completed", "accepted": True, "counts": accepted},
        {"code"},
    )


def test_a_saved_answer_of_which_nothing_was_read_is_read_before_its_gaps_are_accepted(
    table: MemoryTable,
) -> None:
    batch = put(table, BatchState.PARKED, code="GAPS", counts={})
    assert difference(table, claims.accepted(batch)) == (
        {"state": "running", "next_look": 0, "accepted": True},
        {"code"},
    )
    batch = put(table, BatchState.RUNNING, accepted=True)
    assert difference(table, claims.accepted_as_read(batch, {"matched": 1, "failed": 1}, {"odd": 1})) == (
        {"state": "settled", "counts": {"matched": 1, "failed": 2}, "done": 3, "notes": {"odd": 1}},
        set(),
    )


def test_a_batch_that_is_driven_again_goes_on_from_where_it_was_parked(table: MemoryTable) -> None:
    batch = put(table, BatchState.PARKED, code="DENIED", parked_from="created")
    assert difference(table, claims.driven_again(batch, now=900.0)) == (
        {"state": "created", "next_look": 0, "misses": 0, "rereads": 0},
        {"code"},
    )


def test_a_batch_that_does_not_know_where_it_was_is_sent_as_if_for_the_first_time(table: MemoryTable) -> None:
    batch = put(table, BatchState.PARKED, NEVER_SENT, code="DENIED")
    changed, _ = difference(table, claims.driven_again(batch, now=900.0))
    assert changed["state"] == "planned"


def test_a_stalled_job_that_is_waited_for_gets_its_deadline_once_more(table: MemoryTable) -> None:
    batch = put(table, BatchState.PARKED, code="STALLED", parked_from="created")
    changed, _ = difference(table, claims.driven_again(batch, now=900.0))
    assert (changed["posted"], "started" in changed) == (
        900.0,
        False,
    )  # one that was never started is not billed either
    batch = put(table, BatchState.PARKED, code="STALLED", parked_from="running")
    changed, _ = difference(table, claims.driven_again(batch, now=900.0))
    assert (changed["state"], changed["started"]) == ("running", 900.0)
