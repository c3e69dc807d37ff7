"""What is written of a batch whose results stay away, and of one that the service turns away."""

from __future__ import annotations

from typing import Any

import pytest

from batchdrop.batches import claims
from batchdrop.batches.states import BatchState, End, tag, tag_key, tag_tail, tagged_number
from batchdrop.ports import Ticket
from tests.ports.memory import MemoryTable
from tests.unit.batches.rows import LANE, NEVER_SENT, difference, put, raw

AWAY: dict[str, Any] = {"ended_at": 50.0, "withheld": 3, "withheld_by": "404"}


@pytest.fixture
def table() -> MemoryTable:
    return MemoryTable()


def test_the_first_time_results_stay_away_is_kept_with_what_they_answered(table: MemoryTable) -> None:
    batch = put(table, BatchState.RUNNING, misses=2)
    assert difference(table, claims.withheld(batch, 100.0, "404", "completed", 130.0)) == (
        {
            "ended_at": 100.0,
            "withheld": 1,
            "withheld_by": "404",
            "service_status": "completed",
            "next_look": 130.0,
            "misses": 0,
        },
        set(),
    )


def test_further_times_are_counted_and_the_first_one_stays(table: MemoryTable) -> None:
    batch = put(table, BatchState.RUNNING, **AWAY, misses=0, service_status="completed")
    assert difference(table, claims.withheld(batch, 100.0, "503", "completed", 130.0)) == (
        {"withheld": 4, "withheld_by": "503", "next_look": 130.0},
        set(),
    )


@pytest.mark.parametrize("state", [state for state in BatchState if state is not BatchState.RUNNING])
def test_only_a_batch_at_work_can_have_results_that_stay_away(table: MemoryTable, state: BatchState) -> None:
    batch = put(table, state)
    assert not table.write(claims.withheld(batch, 100.0, "404", "completed", 130.0)).done


def test_a_service_that_works_on_starts_the_time_anew(table: MemoryTable) -> None:
    batch = put(table, BatchState.RUNNING, **AWAY)
    assert difference(table, claims.still_running(batch, {"next_look": 9.0})) == (
        {"next_look": 9.0},
        set(AWAY),
    )
    batch = put(table, BatchState.RUNNING)
    assert difference(table, claims.still_running(batch, {"next_look": 9.0})) == ({"next_look": 9.0}, set())
    assert not claims.still_running(batch, {}).remove, "most looks have nothing to forget"


def test_an_answer_that_came_forgets_that_it_stayed_away(table: MemoryTable) -> None:
    batch = put(table, BatchState.RUNNING, **AWAY)
    _, gone = difference(table, claims.raw_saved(batch, ["a"], End.COMPLETED))
    assert set(AWAY) <= gone


def test_a_person_who_fetches_or_sends_again_starts_the_time_anew(table: MemoryTable) -> None:
    for again in (claims.fetched_again, claims.sent_again):
        batch = put(table, BatchState.PARKED, **AWAY, code="RESULTS_WITHHELD", ticket=Ticket("t1").to_dict())
        _, gone = difference(table, again(batch))
        assert set(AWAY) <= gone


def test_a_post_that_was_turned_away_keeps_since_when(table: MemoryTable) -> None:
    batch = put(table, BatchState.POSTING, NEVER_SENT, owner="me", submits=1, refusals=0, misses=1)
    assert difference(table, claims.turned_away(batch, "me", 70.0, 99.0)) == (
        {
            "state": "planned",
            "next_look": 99.0,
            "misses": 0,
            "submits": 0,
            "refusals": 1,
            "refused_since": 70.0,
        },
        {"owner"},
    )
    batch = put(table, BatchState.POSTING, NEVER_SENT, owner="me", submits=1, refused_since=50.0)
    table.write(claims.turned_away(batch, "me", 70.0, 99.0))
    assert raw(table)["refused_since"] == 50.0


def test_a_post_that_was_taken_or_a_person_who_drives_it_again_forgets_since_when(table: MemoryTable) -> None:
    batch = put(table, BatchState.POSTING, NEVER_SENT, owner="me", refused_since=50.0)
    assert table.write_together(
        claims.write_ticket(batch, "me", LANE, "s", Ticket("t1"), {"state": "running"})
    )
    assert "refused_since" not in raw(table)
    batch = put(
        table, BatchState.PARKED, NEVER_SENT, code="SERVICE_BUSY", parked_from="planned", refused_since=50.0
    )
    changed, gone = difference(table, claims.driven_again(batch, 900.0))
    assert changed["state"] == "planned"
    assert {"code", "refused_since"} <= gone


def test_the_end_of_a_tag_names_the_batch_and_leads_to_a_row_of_its_own() -> None:
    whole = tag("ab" * 16 + "cd" * 16, 41)
    assert tag_tail(whole) == whole[-32:]
    assert tagged_number(whole) == tagged_number(tag_tail(whole)) == 41
    assert tag_key(whole) == tag_key(tag("ab" * 16 + "cd" * 16, 7))
    assert tag_key(tag_tail(whole)).pk == f"tag#{whole[32:56]}"
    assert tag_key(tag_tail(whole)) != tag_key(whole)
