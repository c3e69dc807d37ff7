"""Leases: one driver at a time."""

from __future__ import annotations

import pytest

from batchdrop.limits import GRACE, Lease, Refused, release, take
from batchdrop.ports import Change, Key
from tests.ports.memory import MemoryTable

KEY = Key("job#j", "lane#0001")


@pytest.fixture
def table() -> MemoryTable:
    made = MemoryTable()
    made.write(Change(KEY, put={"run": 0}))
    return made


def test_the_second_driver_is_told_how_long_the_first_may_take(table: MemoryTable) -> None:
    assert isinstance(take(table, KEY, "a", run=0, now=100, remaining=60), Lease)
    loser = take(table, KEY, "b", run=0, now=101, remaining=60)
    assert isinstance(loser, Refused)
    assert loser.wait(101) == 60 + GRACE


def test_a_lease_that_ran_out_is_free_for_another(table: MemoryTable) -> None:
    take(table, KEY, "a", run=0, now=100, remaining=60)
    assert isinstance(take(table, KEY, "b", run=0, now=100 + 60 + GRACE + 1, remaining=60), Lease)


def test_our_own_lost_write_counts_as_taken(table: MemoryTable) -> None:
    take(table, KEY, "a", run=0, now=100, remaining=60)
    assert isinstance(take(table, KEY, "a", run=0, now=101, remaining=60), Lease)


def test_an_older_run_never_gets_the_lease_of_a_newer_one(table: MemoryTable) -> None:
    lease = take(table, KEY, "new", run=1, now=100, remaining=60)
    assert isinstance(lease, Lease)
    release(table, lease)
    assert isinstance(take(table, KEY, "old", run=0, now=200, remaining=60), Refused)


def test_who_lost_the_lease_writes_nothing_when_giving_it_back(table: MemoryTable) -> None:
    lease = take(table, KEY, "a", run=0, now=100, remaining=60)
    assert isinstance(lease, Lease)
    take(table, KEY, "b", run=0, now=1000, remaining=60)
    assert not release(table, lease, put={"ticks": 7})
    row = table.get(KEY)
    assert row is not None
    assert "ticks" not in row


def test_a_row_that_is_gone_has_no_lease() -> None:
    refused = take(MemoryTable(), KEY, "a", run=0, now=0, remaining=1)
    assert isinstance(refused, Refused)
    assert refused.row is None
