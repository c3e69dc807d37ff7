"""What is written of a batch while the service has it: each write says what happened and leaves the rest as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchdrop.batches import claims
from batchdrop.batches.sending import QUIET
from batchdrop.batches.states import BatchState, End, ticket_key
from batchdrop.ports import Change, Ticket
from tests.ports.memory import MemoryTable
from tests.unit.batches.rows import KEY, LANE, NEVER_SENT, SENT, TICKET, difference, put, raw

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchdrop.batches.states import BatchRow


@pytest.fixture
def table() -> MemoryTable:
    return MemoryTable()


def test_a_claim_names_its_owner_counts_the_submit_and_asks_for_a_look_after_the_quiet_time(
    table: MemoryTable,
) -> None:
    batch = put(table, BatchState.PLANNED, NEVER_SENT)
    assert difference(table, claims.mark_posting(batch, "me", now=5.0)) == (
        {"state": "posting", "owner": "me", "posted": 5.0, "next_look": 5.0 + QUIET, "submits": 1},
        set(),
    )


def test_somebody_elses_claim_is_not_ours_whatever_state_it_is_in(table: MemoryTable) -> None:
    batch = put(table, BatchState.PLANNED, NEVER_SENT)
    again = claims.mark_posting(batch, "me", 5.0)
    for state, owner in (
        (BatchState.POSTING, "another"),
        (BatchState.CREATED, "me"),
        (BatchState.PARKED, "me"),
    ):
        put(table, state, NEVER_SENT, owner=owner)
        assert not claims.won(table.write(again), "me")
    put(table, BatchState.POSTING, NEVER_SENT)  # of a hand-made row without an owner
    assert not claims.won(table.write(again), "me")


def test_a_claim_on_a_batch_that_is_gone_is_lost(table: MemoryTable) -> None:
    batch = put(table, BatchState.PLANNED, NEVER_SENT)
    table.write(Change(KEY, delete=True))
    assert not claims.won(table.write(claims.mark_posting(batch, "me", 5.0)), "me")
    assert table.rows() == []


def test_a_ticket_leads_back_to_its_batch_and_its_lane(table: MemoryTable) -> None:
    batch = put(table, BatchState.POSTING, NEVER_SENT, owner="me", misses=2, code="")
    running = {"state": BatchState.RUNNING, "started": 7.0}
    assert table.write_together(claims.write_ticket(batch, "me", LANE, "geoapify", TICKET, running))
    row = raw(table)
    assert (row["ticket"], row["misses"], row["started"]) == (TICKET.to_dict(), 0, 7.0)
    assert "code" not in row
    key = ticket_key("geoapify", "t1")
    assert table.get(key) == {
        "pk": key.pk,
        "sk": key.sk,
        "job": KEY.pk,
        "batch": KEY.sk,
        "lane": LANE.sk,
    }


@pytest.mark.parametrize(("job", "batch"), [("job#another", KEY.sk), (KEY.pk, "batch#00002")])
def test_a_ticket_of_another_batch_is_never_taken(table: MemoryTable, job: str, batch: str) -> None:
    """The service gave one id twice: neither batch may be read from the other's answer."""
    mine = put(table, BatchState.POSTING, NEVER_SENT, owner="me")
    key = ticket_key("geoapify", "t1")
    table.write(Change(key, put={"job": job, "batch": batch, "lane": "lane#0009"}))
    running = {"state": BatchState.RUNNING}
    assert not table.write_together(claims.write_ticket(mine, "me", LANE, "geoapify", TICKET, running))
    parked = put(table, BatchState.PARKED, NEVER_SENT)
    assert not table.write_together(claims.adopted(parked, LANE.sk, "geoapify", TICKET, running))
    assert raw(table)["state"] == "parked"
    found = table.get(key)
    assert found is not None
    assert found["lane"] == "lane#0009"


def test_a_ticket_that_is_written_twice_is_still_ours(table: MemoryTable) -> None:
    batch = put(table, BatchState.POSTING, NEVER_SENT, owner="me")
    running = {"state": BatchState.RUNNING}
    key = ticket_key("geoapify", "t1")
    table.write(Change(key, put={"job": KEY.pk, "batch": KEY.sk, "lane": LANE.sk}))
    assert table.write_together(claims.write_ticket(batch, "me", LANE, "geoapify", TICKET, running))


def test_a_late_reply_does_not_replace_a_ticket_that_was_written_meanwhile(table: MemoryTable) -> None:
    """A person has adopted the job and parked the batch again: what he found stays."""
    batch = put(table, BatchState.POSTING, NEVER_SENT, owner="me")
    put(table, BatchState.PARKED, SENT, code="AMBIGUOUS_SEND")
    late = claims.write_ticket(batch, "me", LANE, "geoapify", Ticket("t2"), {"state": BatchState.RUNNING})
    assert not table.write_together(late)
    assert raw(table)["ticket"] == TICKET.to_dict()


def test_a_definite_no_forgets_the_owner_and_counts_a_refusal_instead_of_a_submit(table: MemoryTable) -> None:
    batch = put(table, BatchState.POSTING, NEVER_SENT, owner="me", submits=1, refusals=2, misses=3)
    assert difference(table, claims.back_to_planned(batch, "me", next_look=99.0)) == (
        {"state": "planned", "next_look": 99.0, "misses": 0, "submits": 0, "refusals": 3},
        {"owner"},
    )


def test_a_post_in_vain_is_counted_as_a_miss_and_stays_a_submit(table: MemoryTable) -> None:
    batch = put(table, BatchState.POSTING, NEVER_SENT, owner="me", submits=1, misses=3)
    assert difference(table, claims.sent_in_vain(batch, "me", next_look=99.0)) == (
        {"state": "planned", "next_look": 99.0, "misses": 4, "searched": True},
        {"owner"},
    )


def test_a_post_that_the_services_list_does_not_have_may_still_come_to_light(table: MemoryTable) -> None:
    batch = put(table, BatchState.POSTING, NEVER_SENT, owner="me", submits=1, refusals=2, misses=3)
    assert difference(table, claims.not_there(batch, "me", next_look=99.0)) == (
        {"state": "planned", "next_look": 99.0, "misses": 0, "submits": 0, "refusals": 3, "searched": True},
        {"owner"},
    )


def test_a_batch_whose_other_jobs_are_deleted_need_not_be_searched_for_again(table: MemoryTable) -> None:
    batch = put(table, BatchState.RUNNING, searched=True)
    assert difference(table, claims.cleared(batch)) == ({}, {"searched"})


@pytest.mark.parametrize("give_back", [claims.back_to_planned, claims.sent_in_vain, claims.not_there])
def test_only_its_owner_gives_a_batch_back_and_only_while_it_has_no_ticket(
    table: MemoryTable, give_back: Callable[[BatchRow, str, float], Change]
) -> None:
    batch = put(table, BatchState.POSTING, NEVER_SENT, owner="me")
    assert not table.write(give_back(batch, "another", 99.0)).done
    put(table, BatchState.POSTING, NEVER_SENT, owner="me", ticket=TICKET.to_dict())
    assert not table.write(give_back(batch, "me", 99.0)).done
    put(table, BatchState.RUNNING, NEVER_SENT, owner="me")
    assert not table.write(give_back(batch, "me", 99.0)).done


def test_what_the_service_does_not_know_is_counted_and_asked_for_later(table: MemoryTable) -> None:
    batch = put(table, BatchState.RUNNING)
    assert difference(table, claims.missed(batch, 99.0)) == ({"next_look": 99.0, "misses": 3}, set())


def test_a_look_that_learned_nothing_is_no_miss(table: MemoryTable) -> None:
    batch = put(table, BatchState.RUNNING)
    assert difference(table, claims.postponed(batch, 99.0)) == ({"next_look": 99.0}, set())


def test_a_start_forgets_the_misses_of_the_search(table: MemoryTable) -> None:
    batch = put(table, BatchState.CREATED)
    assert difference(table, claims.started(batch, 70.0, 99.0)) == (
        {"state": "running", "started": 70.0, "next_look": 99.0, "misses": 0},
        set(),
    )


def test_a_look_is_counted_before_it_is_made_and_hears_every_call_so_far(table: MemoryTable) -> None:
    batch = put(table, BatchState.RUNNING)
    assert difference(table, claims.count_look(batch)) == ({"looks": 5}, {"rung"})


def test_the_findings_of_a_look_are_written_as_they_are(table: MemoryTable) -> None:
    batch = put(table, BatchState.RUNNING)
    found = {"done": 3, "next_look": 99.0}
    assert difference(table, claims.looked(batch, found)) == (found, set())


def test_a_job_that_is_started_again_is_counted(table: MemoryTable) -> None:
    batch = put(table, BatchState.RUNNING)
    assert difference(table, claims.restarted(batch, 99.0)) == ({"next_look": 99.0, "restarts": 2}, set())


def test_a_saved_answer_is_named_part_by_part_with_the_end_it_tells_of(table: MemoryTable) -> None:
    batch = put(table, BatchState.RUNNING, {**NEVER_SENT, "misses": 2})
    assert difference(table, claims.raw_saved(batch, ("a.json", "b.json"), End.FAILED)) == (
        {"raw": ["a.json", "b.json"], "ended": "failed", "misses": 0},
        set(),
    )


def test_what_the_service_counts_is_kept_beside_its_answer(table: MemoryTable) -> None:
    batch = put(table, BatchState.RUNNING)
    changed, _ = difference(table, claims.raw_saved(batch, ("b",), End.COMPLETED, {"succeeded": 3}))
    assert changed == {"raw": ["b"], "said": {"succeeded": 3}, "misses": 0}


def test_an_answer_that_cannot_be_read_is_forgotten_and_fetched_later(table: MemoryTable) -> None:
    batch = put(table, BatchState.RUNNING)
    assert difference(table, claims.read_again(batch, 99.0)) == ({"next_look": 99.0, "rereads": 2}, {"raw"})


def test_an_answer_that_is_read_again_keeps_what_was_read(table: MemoryTable) -> None:
    for counts, kept in (({"matched": 2}, {"matched": 2}), ({}, None)):
        batch = put(table, BatchState.RUNNING, raw=["x"])
        changed, _ = difference(table, claims.read_again(batch, 99.0, counts))
        assert changed.get("counts") == kept


def test_a_service_that_was_asked_to_stop_is_looked_at_until_it_has(table: MemoryTable) -> None:
    batch = put(table, BatchState.RUNNING)
    assert difference(table, claims.stopping(batch, 99.0)) == ({"stopping": True, "next_look": 99.0}, set())
