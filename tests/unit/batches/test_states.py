"""A row of the table read as a batch, and the keys everything of a job is found by."""

from __future__ import annotations

from typing import Any

import pytest

from batchdrop.batches import states
from batchdrop.batches.states import BatchRow, BatchState
from batchdrop.ports import Key, Ticket

PLANNED: dict[str, Any] = {
    "pk": "job#j",
    "sk": "batch#00007",
    "number": 7,
    "state": "planned",
    "start": 100,
    "end": 200,
    "first": 11,
    "count": 5,
    "units": 8,
}
USED: dict[str, Any] = {
    "owner": "me",
    "ticket": Ticket("t1").to_dict(),
    "next_look": 1,
    "posted": 2,
    "started": 3,
    "submits": 4,
    "refusals": 5,
    "resent": 6,
    "looks": 7,
    "misses": 8,
    "rereads": 9,
    "restarts": 10,
    "done": 11,
    "raw": ["a", "b"],
    "code": "STALLED",
    "ended": "failed",
    "counts": {"matched": 12},
    "said": {"succeeded": 12},
    "rung": True,
    "rang": 13,
    "stopping": True,
    "forgotten": True,
    "searched": True,
    "accepted": True,
    "parked_from": "running",
}


def test_a_planned_row_reads_as_a_batch_with_which_nothing_was_done() -> None:
    assert BatchRow.from_row(PLANNED) == BatchRow(
        Key("job#j", "batch#00007"), 7, BatchState.PLANNED, start=100, end=200, first=11, count=5, units=8
    )


def test_a_batch_from_before_records_had_prices_costs_one_unit_a_record() -> None:
    row = {name: value for name, value in PLANNED.items() if name != "units"}
    assert BatchRow.from_row(row).units == 5


def test_everything_that_was_done_with_a_batch_is_read() -> None:
    batch = BatchRow.from_row({**PLANNED, "state": "parked", **USED})
    assert batch == BatchRow(
        Key("job#j", "batch#00007"),
        7,
        BatchState.PARKED,
        start=100,
        end=200,
        first=11,
        count=5,
        units=8,
        owner="me",
        ticket=Ticket("t1"),
        next_look=1.0,
        posted=2.0,
        started=3.0,
        submits=4,
        refusals=5,
        resent=6,
        looks=7,
        misses=8,
        rereads=9,
        restarts=10,
        done=11,
        raw=("a", "b"),
        code="STALLED",
        ended="failed",
        counts={"matched": 12},
        said={"succeeded": 12},
        rung=True,
        rang=13.0,
        stopping=True,
        forgotten=True,
        searched=True,
        accepted=True,
        parked_from="running",
    )


def test_times_are_fractions_of_seconds_even_where_the_table_has_a_whole_number() -> None:
    batch = BatchRow.from_row({**PLANNED, **USED})
    assert all(isinstance(each, float) for each in (batch.next_look, batch.posted, batch.started, batch.rang))


@pytest.mark.parametrize("state", BatchState)
def test_a_batch_is_open_until_it_is_settled_or_waits_for_a_person(state: BatchState) -> None:
    batch = BatchRow.from_row({**PLANNED, "state": state})
    assert batch.open is (state not in ("settled", "parked"))


def test_keys_keep_everything_of_a_job_together_and_in_order() -> None:
    """They are in tables of users: another spelling would lose what stands there."""
    assert states.job_key("j") == Key("job#j", "job")
    assert states.batch_key("j", 12) == Key("job#j", "batch#00012")
    assert states.lane_key("j", 3) == Key("job#j", "lane#0003")
    assert states.ticket_key("geoapify", "T-1") == Key("ticket#geoapify#T-1", "ticket")
    assert BatchRow.from_row(PLANNED).name == "00007"


HASH = "0123456789abcdef" * 4


def test_a_tag_names_the_job_by_its_hash_and_the_batch_by_its_number() -> None:
    """It is what a lost job is found by at the service: another spelling would not find it."""
    tag = states.tag(HASH, 300)
    assert tag == HASH[:56] + "0000012c"
    assert states.tagged_number(tag) == 300


def test_all_tags_of_a_job_lead_to_the_same_row() -> None:
    assert (
        states.tag_key(states.tag(HASH, 1))
        == states.tag_key(states.tag(HASH, 2))
        == Key(f"tag#{HASH[:56]}", "tag")
    )
