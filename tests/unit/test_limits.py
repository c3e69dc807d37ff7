"""Leases: one driver at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchdrop.limits import GRACE, Lease, Refused, release, take
from batchdrop.ports import Change, Key
from tests.ports.memory import MemoryTable

if TYPE_CHECKING:
    from batchdrop.ports import Row

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


@pytest.mark.parametrize(
    ("until", "wait"),
    [
        (100.0, 1),
        (100.5, 1),
        (100.7, 1),
        (101.0, 2),
        (160.0, 61),
        (699.0, 600),
        (700.0, 600),
        (99_999.0, 600),
    ],
)
def test_who_waits_for_a_lease_asks_again_right_after_it_at_the_latest_in_ten_minutes(
    until: float, wait: int
) -> None:
    assert Refused({"lease_until": until}).wait(100.0) == wait


@pytest.mark.parametrize("row", [None, {}, {"run": 3}, {"lease_until": 40.0}])
def test_who_was_refused_though_nobody_holds_the_lease_asks_again_at_once(row: Row | None) -> None:
    assert Refused(row).wait(100.0) == 1


def test_a_lease_says_whose_it_is_and_what_the_row_says_with_it(table: MemoryTable) -> None:
    lease = take(table, KEY, "a", run=0, now=100, remaining=60, add={"ticks": 2})
    assert isinstance(lease, Lease)
    assert (lease.key, lease.owner) == (KEY, "a")
    assert lease.row == table.get(KEY)
    assert {name: lease.row[name] for name in ("lease_owner", "lease_until", "run", "ticks")} == {
        "lease_owner": "a",
        "lease_until": 160 + GRACE,
        "run": 0,
        "ticks": 2,
    }


def test_a_newer_run_takes_the_row_over_with_the_lease(table: MemoryTable) -> None:
    assert isinstance(take(table, KEY, "a", run=2, now=100, remaining=60), Lease)
    row = table.get(KEY)
    assert row is not None
    assert row["run"] == 2


def test_a_lease_of_another_run_is_not_our_own_lost_write(table: MemoryTable) -> None:
    take(table, KEY, "a", run=1, now=100, remaining=60)
    assert isinstance(take(table, KEY, "a", run=0, now=101, remaining=60), Refused)
    assert isinstance(take(table, KEY, "a", run=2, now=101, remaining=60), Refused)


def test_giving_a_lease_back_writes_what_was_found_and_leaves_no_trace_of_the_lease(
    table: MemoryTable,
) -> None:
    lease = take(table, KEY, "a", run=0, now=100, remaining=60, add={"ticks": 1})
    assert isinstance(lease, Lease)
    assert release(table, lease, put={"rings": 3}, remove=("ticks",))
    assert table.get(KEY) == {"pk": KEY.pk, "sk": KEY.sk, "run": 0, "rings": 3}
    assert isinstance(take(table, KEY, "b", run=0, now=101, remaining=60), Lease)
