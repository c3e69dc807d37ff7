"""The conditional writes of a batch, on the table in memory: who wins, and who must not act."""

from __future__ import annotations

import pytest

from batchdrop.batches import claims
from batchdrop.batches.states import BatchRow, BatchState, End, ticket_key
from batchdrop.ports import Change, Key, Ticket
from tests.ports.memory import MemoryTable

KEY = Key("job#j", "batch#00001")
LANE = Key("job#j", "lane#0001")
RUNNING = {"state": BatchState.RUNNING, "started": 1.0}


@pytest.fixture
def table() -> MemoryTable:
    made = MemoryTable()
    made.write(
        Change(KEY, put={"number": 1, "state": "planned", "start": 0, "end": 9, "first": 1, "count": 3})
    )
    return made


def batch(table: MemoryTable) -> BatchRow:
    row = table.get(KEY)
    assert row is not None
    return BatchRow.from_row(row)


def posting(table: MemoryTable, owner: str = "me") -> BatchRow:
    assert claims.won(table.write(claims.mark_posting(batch(table), owner, now=5.0)), owner)
    return batch(table)


def test_only_one_of_two_owners_wins_the_right_to_post(table: MemoryTable) -> None:
    planned = batch(table)
    assert claims.won(table.write(claims.mark_posting(planned, "first", 1.0)), "first")
    assert not claims.won(table.write(claims.mark_posting(planned, "second", 1.0)), "second")


def test_a_lost_reply_to_our_own_claim_is_recognised(table: MemoryTable) -> None:
    change = claims.mark_posting(batch(table), "me", 1.0)
    table.write(change)
    assert claims.won(table.write(change), "me")


def test_a_ticket_is_written_by_its_owner_only(table: MemoryTable) -> None:
    row = posting(table)
    assert not table.write_together(
        claims.write_ticket(row, "another", LANE, "geoapify", Ticket("t1"), RUNNING)
    )
    assert table.write_together(claims.write_ticket(row, "me", LANE, "geoapify", Ticket("t1"), RUNNING))
    assert batch(table).ticket == Ticket("t1")
    assert table.get(ticket_key("geoapify", "t1")) is not None


def test_a_second_ticket_never_replaces_the_first(table: MemoryTable) -> None:
    row = posting(table)
    table.write_together(claims.write_ticket(row, "me", LANE, "geoapify", Ticket("t1"), RUNNING))
    assert not table.write_together(claims.write_ticket(row, "me", LANE, "geoapify", Ticket("t2"), RUNNING))


def test_a_late_reply_lifts_an_ambiguous_batch_again(table: MemoryTable) -> None:
    row = posting(table)
    assert table.write(claims.parked(row, "AMBIGUOUS_SEND")).done
    assert table.write_together(claims.write_ticket(row, "me", LANE, "geoapify", Ticket("t1"), RUNNING))
    assert batch(table).state is BatchState.RUNNING
    assert batch(table).code == ""


def test_a_batch_parked_for_another_reason_stays_parked(table: MemoryTable) -> None:
    row = posting(table)
    table.write(claims.parked(row, "DENIED"))
    assert not table.write_together(claims.write_ticket(row, "me", LANE, "geoapify", Ticket("t1"), RUNNING))


def test_a_definite_no_gives_the_batch_back_and_uncounts_the_submit(table: MemoryTable) -> None:
    row = posting(table)
    assert table.write(claims.back_to_planned(row, "me", next_look=99.0)).done
    again = batch(table)
    assert (again.state, again.submits, again.owner, again.next_look) == (BatchState.PLANNED, 0, "", 99.0)


def test_a_batch_with_a_ticket_never_goes_back_to_planned(table: MemoryTable) -> None:
    row = posting(table)
    created = {"state": BatchState.POSTING}
    table.write_together(claims.write_ticket(row, "me", LANE, "geoapify", Ticket("t1"), created))
    assert not table.write(claims.back_to_planned(row, "me", next_look=0)).done


def test_a_batch_settles_once(table: MemoryTable) -> None:
    row = posting(table)
    assert table.write(claims.settled(row, End.COMPLETED, {"matched": 3})).done
    assert not table.write(claims.settled(row, End.FAILED, {})).done
    assert batch(table).counts == {"matched": 3}
