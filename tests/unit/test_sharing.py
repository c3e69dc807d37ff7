"""What the jobs of a service share: slots and the service's clock."""

from __future__ import annotations

import pytest

from batchdrop.sharing import BLOCK_SECONDS, SLOT_LEASE, Slots, Tokens
from tests.ports.memory import MemoryTable

NOW = 1000.0


def test_no_more_jobs_are_at_work_than_there_are_slots() -> None:
    slots = Slots(MemoryTable(), 3)
    assert [slots.take("geoapify", f"job-{number}", NOW) for number in range(5)] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_each_service_has_slots_of_its_own() -> None:
    table = MemoryTable()
    assert Slots(table, 1).take("geoapify", "a", NOW)
    assert Slots(table, 1).take("here_batch_v7", "b", NOW)


def test_a_job_keeps_its_one_slot_however_often_it_asks() -> None:
    table = MemoryTable()
    slots = Slots(table, 3)
    assert all(slots.take("geoapify", "a", NOW + second) for second in range(5))
    assert len(table.rows()) == 1


def test_a_slot_given_back_is_free_for_another() -> None:
    slots = Slots(MemoryTable(), 1)
    slots.take("geoapify", "a", NOW)
    slots.give_back("geoapify", "a")
    assert slots.take("geoapify", "b", NOW)


def test_a_slot_that_nobody_renews_expires() -> None:
    slots = Slots(MemoryTable(), 1)
    slots.take("geoapify", "a", NOW)
    assert not slots.take("geoapify", "b", NOW + SLOT_LEASE)
    assert slots.take("geoapify", "b", NOW + SLOT_LEASE + 1)


def test_giving_back_never_takes_a_slot_from_its_next_holder() -> None:
    slots = Slots(MemoryTable(), 1)
    slots.take("geoapify", "a", NOW)
    slots.take("geoapify", "b", NOW + SLOT_LEASE + 1)
    slots.give_back("geoapify", "a")
    assert not slots.take("geoapify", "c", NOW + SLOT_LEASE + 2)


@pytest.mark.parametrize("per_second", [1.0, 5.0, 12.5])
def test_over_a_minute_no_more_is_asked_than_the_service_allows(per_second: float) -> None:
    table, asked = MemoryTable(), 0
    for tick in range(60):
        for _ in range(3):  # three lanes at once
            tokens = Tokens(table, "geoapify", per_second, NOW + tick, want=100)
            asked += sum(tokens.take() for _ in range(100))
    assert asked <= per_second * (60 + 2 * BLOCK_SECONDS) + 1
    assert asked >= per_second * 50


def test_whoever_is_refused_is_told_how_long() -> None:
    table = MemoryTable()
    first, second = (Tokens(table, "geoapify", 1.0, NOW, want=9) for _ in range(2))
    assert first.take()
    assert second.take()
    third = Tokens(table, "geoapify", 1.0, NOW)
    assert not third.take()
    assert 0 < third.wait <= 2 * BLOCK_SECONDS


def test_who_wants_little_leaves_the_rest_to_others() -> None:
    table = MemoryTable()
    assert all(Tokens(table, "geoapify", 5.0, NOW, want=1).take() for _ in range(10))
    taken = [Tokens(table, "geoapify", 5.0, NOW, want=1).take() for _ in range(10)]
    assert not all(taken)


def test_a_service_that_says_later_is_left_alone_by_everybody() -> None:
    table = MemoryTable()
    one = Tokens(table, "here_batch_v7", None, NOW)
    assert one.take()
    one.close(120)
    other = Tokens(table, "here_batch_v7", None, NOW + 1)
    assert not other.take()
    assert other.wait == pytest.approx(119)
    assert Tokens(table, "here_batch_v7", None, NOW + 121).take()
    assert Tokens(table, "geoapify", None, NOW + 1).take()


def test_a_shorter_later_does_not_open_a_clock_that_is_closed_for_longer() -> None:
    table = MemoryTable()
    Tokens(table, "geoapify", None, NOW).close(300)
    Tokens(table, "geoapify", None, NOW).close(10)
    assert not Tokens(table, "geoapify", None, NOW + 200).take()


def test_a_service_that_says_later_without_a_time_is_left_alone_for_this_invocation_only() -> None:
    table = MemoryTable()
    tokens = Tokens(table, "geoapify", None, NOW)
    tokens.close(None)
    assert not tokens.take()
    assert Tokens(table, "geoapify", None, NOW).take()


def test_nothing_closes_for_longer_than_ten_minutes() -> None:
    table = MemoryTable()
    Tokens(table, "geoapify", None, NOW).close(86_400)
    assert Tokens(table, "geoapify", None, NOW + 601).take()
