"""What the jobs of a service share: slots and the service's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.ports import Change, Key
from batchdrop.sharing import BLOCK_SECONDS, SLOT_LEASE, Slots, Submissions, Tokens
from tests.ports.memory import MemoryTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchdrop.ports import Row, Written

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


def queued(slots: Slots, service: str = "geoapify", now: float = NOW) -> list[str]:
    return [row["job"] for row in slots.queued(service, now)]


def test_those_who_have_waited_longest_are_next_as_many_as_there_are_free_slots() -> None:
    slots = Slots(MemoryTable(), 3)
    for job, since in (("c", "2026-01-03"), ("a", "2026-01-01"), ("d", "2026-01-04"), ("b", "2026-01-02")):
        slots.line_up("geoapify", job, since)
    slots.line_up("here_batch_v7", "other", "2025-01-01")
    slots.line_up("geoapify", "a", "2026-01-01")  # once more
    assert queued(slots) == ["a", "b", "c"]
    slots.take("geoapify", "x", NOW)
    assert queued(slots) == ["a", "b"]
    slots.take("geoapify", "y", NOW)
    slots.take("geoapify", "z", NOW)
    assert queued(slots) == []
    assert queued(slots, now=NOW + SLOT_LEASE) == []  # a lease that ends this very moment still holds
    assert queued(slots, now=NOW + SLOT_LEASE + 1) == ["a", "b", "c"]
    assert queued(slots, "here_batch_v7") == ["other"]


def test_who_steps_out_of_the_queue_is_gone_and_the_others_stay() -> None:
    slots = Slots(MemoryTable(), 3)
    for job in ("a", "b"):
        slots.line_up("geoapify", job, "2026-01-01")
    slots.step_out("geoapify", "a", "2026-01-01")
    slots.step_out("geoapify", "a", "2026-01-01")  # harmless
    slots.step_out("here_batch_v7", "b", "2026-01-01")
    assert queued(slots) == ["b"]


def test_more_jobs_at_work_than_slots_let_nobody_in() -> None:
    table = MemoryTable()
    for number in range(3):
        Slots(table, 3).take("geoapify", f"job-{number}", NOW)
    Slots(table, 3).line_up("geoapify", "a", "2026-01-01")
    assert queued(Slots(table, 2)) == []


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


class Overtaken(MemoryTable):
    """Somebody else's writes come between our reading and our writing, as often as there are any."""

    def __init__(self, *between: Change) -> None:
        super().__init__()
        self.between = list(between)

    def write(self, change: Change) -> Written:
        if self.between:
            super().write(self.between.pop(0))
        return super().write(change)


def slot(number: int, **put: Any) -> Change:
    return Change(Key("service#geoapify", f"slot#{number:03d}"), put=put)


def holders(table: MemoryTable) -> dict[str, Any]:
    return {row["sk"]: row.get("job") for row in table.rows()}


def test_a_slot_says_who_has_it_and_until_when() -> None:
    table = MemoryTable()
    assert Slots(table, 1).take("geoapify", "a", NOW)
    assert table.rows() == [
        {"pk": "service#geoapify", "sk": "slot#000", "job": "a", "lease_until": NOW + SLOT_LEASE}
    ]


def test_a_slot_that_is_asked_for_again_is_held_for_longer() -> None:
    table = MemoryTable()
    for moment in (NOW, NOW + 100):
        assert Slots(table, 3).take("geoapify", "a", moment)
    assert [row["lease_until"] for row in table.rows()] == [NOW + 100 + SLOT_LEASE]


def test_a_slot_that_another_took_a_moment_before_stays_his() -> None:
    table = Overtaken(slot(0, job="b", lease_until=NOW + 9))
    assert not Slots(table, 1).take("geoapify", "a", NOW)
    assert holders(table) == {"slot#000": "b"}


def test_who_is_overtaken_at_one_slot_tries_the_others() -> None:
    table = Overtaken(slot(0, job="b", lease_until=NOW + 9), slot(1, job="c", lease_until=NOW + 9))
    assert Slots(table, 3).take("geoapify", "\x03", NOW)  # the name that begins with the first slot
    assert holders(table) == {"slot#000": "b", "slot#001": "c", "slot#002": "\x03"}


def test_jobs_that_come_together_begin_at_different_slots() -> None:
    first = []
    for job in ("a", "b", "c"):
        table = MemoryTable()
        Slots(table, 3).take("geoapify", job, NOW)
        first += list(holders(table))
    assert sorted(first) == ["slot#000", "slot#001", "slot#002"]


def test_only_slots_that_look_free_are_tried() -> None:
    """A hundred waiting jobs that each tried every slot in vain would cost a hundred writes a slot."""
    table = MemoryTable()
    for number in range(50):
        table.write(slot(number, job=f"job-{number}", lease_until=NOW))
    table.write(slot(50, job="job-50", lease_until=NOW - 1))
    table.write(Change(Key("service#geoapify", "rate"), put={"open_at": NOW}))
    tried: list[Change] = []

    class Counting(Overtaken):
        def write(self, change: Change) -> Written:
            tried.append(change)
            return table.write(change)

        def query(self, pk: str, prefix: str = "", **more: str) -> Iterator[Row]:
            return table.query(pk, prefix, **more)

    assert not Slots(Counting(), 50).take("geoapify", "a", NOW)
    assert not tried
    assert Slots(Counting(), 51).take("geoapify", "a", NOW)
    assert [change.key.sk for change in tried] == ["slot#050"]


def test_a_slot_whose_row_names_nobody_is_free() -> None:
    table = MemoryTable()
    table.write(slot(0, note="made by hand"))
    assert Slots(table, 1).take("geoapify", "a", NOW)


def test_a_slot_is_given_back_by_its_holder_only_and_nothing_else_goes_with_it() -> None:
    clock = Key("service#geoapify", "rate")
    table = Overtaken()
    table.write(Change(clock, put={"open_at": NOW, "job": "a"}))
    Slots(table, 2).take("geoapify", "a", NOW)
    Slots(table, 2).take("geoapify", "b", NOW)
    Slots(table, 2).give_back("geoapify", "a")
    assert sorted(map(str, holders(table).values())) == ["a", "b"]
    assert table.get(clock) is not None


def test_a_slot_that_changed_hands_while_it_was_given_back_stays_with_its_next_holder() -> None:
    table = Overtaken()
    Slots(table, 1).take("geoapify", "a", NOW)
    table.between = [slot(0, job="b", lease_until=NOW + 9)]
    Slots(table, 1).give_back("geoapify", "a")
    assert holders(table) == {"slot#000": "b"}


RATE = Key("service#geoapify", "rate")


def open_at(table: MemoryTable) -> float:
    row = table.get(RATE)
    assert row is not None
    return float(row["open_at"])


@pytest.mark.parametrize("row", [None, {}, {"open_at": 0}, {"open_at": NOW - 500}])
def test_a_clock_that_stood_still_begins_now(row: Row | None) -> None:
    table = MemoryTable()
    if row is not None:
        table.write(Change(RATE, put={"other": 1, **row}))
    assert Tokens(table, "geoapify", 4.0, NOW, want=100).take()
    assert open_at(table) == NOW + BLOCK_SECONDS


def test_a_block_is_two_seconds_worth_or_what_is_wanted_if_that_is_less() -> None:
    for want, taken in ((100, 8), (8, 8), (3, 3), (0, 1)):
        table = MemoryTable()
        tokens = Tokens(table, "geoapify", 4.0, NOW, want=want)
        assert tokens.take()
        assert tokens.left == taken - 1
        assert open_at(table) == NOW + taken / 4.0


def test_a_slow_service_is_asked_one_thing_at_a_time() -> None:
    table = MemoryTable()
    assert Tokens(table, "geoapify", 0.1, NOW, want=100).take()
    assert open_at(table) == NOW + 10
    late = Tokens(table, "geoapify", 0.1, NOW)
    assert not late.take()
    assert late.wait == 10 - BLOCK_SECONDS / 2


def test_two_invocations_that_read_the_clock_at_once_never_take_the_same_block() -> None:
    for first in (None, NOW):
        table = Overtaken()
        if first is not None:
            table.write(Change(RATE, put={"open_at": first}))
        table.between = [Change(RATE, put={"open_at": NOW + 2.0})]
        assert Tokens(table, "geoapify", 4.0, NOW, want=100).take()
        assert open_at(table) == NOW + 4.0


def test_who_is_overtaken_again_and_again_comes_back_in_a_second() -> None:
    table = Overtaken(*(Change(RATE, put={"open_at": NOW + step / 100}) for step in range(1, 9)))
    tokens = Tokens(table, "geoapify", 4.0, NOW, want=100)
    assert not tokens.take()
    assert tokens.wait == 1.0
    assert not tokens.take()


def test_a_service_without_a_limit_is_asked_for_its_clock_once_an_invocation() -> None:
    reads = 0

    class Counting(MemoryTable):
        def get(self, key: Key) -> Row | None:
            nonlocal reads
            reads += 1
            return super().get(key)

    tokens = Tokens(Counting(), "geoapify", None, NOW)
    assert all(tokens.take() for _ in range(10))
    assert reads == 1


@pytest.mark.parametrize(
    ("seconds", "wait"), [(None, 1.0), (0.5, 1.0), (1, 1.0), (1.5, 1.5), (2, 2), (120, 120), (86_400, 600)]
)
def test_who_hears_later_stays_away_for_as_long(seconds: float | None, wait: float) -> None:
    table = MemoryTable()
    tokens = Tokens(table, "geoapify", None, NOW)
    tokens.close(seconds)
    assert tokens.wait == wait
    assert not tokens.take()
    assert (table.get(RATE) is None) is (wait == 1.0)


@pytest.mark.parametrize(("outages", "wait"), [(0, 1.0), (1, 2.0), (5, 32.0), (9, 300.0), (900, 300.0)])
def test_a_service_that_stays_out_of_order_is_left_alone_for_longer_each_time(
    outages: int, wait: float
) -> None:
    tokens = Tokens(MemoryTable(), "geoapify", None, NOW, outages=outages)
    tokens.close(None)
    assert tokens.wait == wait
    assert tokens.count_outages() == outages + 1


def test_one_answer_ends_an_outage_and_a_tick_without_requests_does_not() -> None:
    tokens = Tokens(MemoryTable(), "geoapify", None, NOW, outages=4)
    assert tokens.count_outages() == 4
    tokens.is_answered = True
    tokens.close(None)
    assert tokens.count_outages() == 0


@pytest.mark.parametrize("seconds", [0.5, 120])
def test_later_with_a_time_is_no_outage(seconds: float) -> None:
    tokens = Tokens(MemoryTable(), "geoapify", None, NOW)
    tokens.close(seconds)
    assert tokens.count_outages() == 0


def test_a_word_without_a_time_does_not_shorten_what_is_known() -> None:
    tokens = Tokens(MemoryTable(), "geoapify", None, NOW)
    tokens.close(120)
    tokens.close(None)
    assert tokens.wait == 120


def test_a_longer_later_moves_a_clock_that_is_closed_already() -> None:
    table = MemoryTable()
    Tokens(table, "geoapify", None, NOW).close(10)
    Tokens(table, "geoapify", None, NOW).close(300)
    assert table.get(RATE) == {"pk": RATE.pk, "sk": RATE.sk, "closed_until": NOW + 300}


@pytest.mark.parametrize("per_second", [0.1, 1.0, 5.0, 12.5])
def test_what_a_clock_that_goes_wrong_has_booked_holds_up_nobody(per_second: float) -> None:
    table = MemoryTable()
    assert Tokens(table, "geoapify", per_second, NOW + 80, want=100).take()
    assert Tokens(table, "geoapify", per_second, NOW, want=100).take()
    assert open_at(table) < NOW + 80


def test_a_closed_service_stays_closed_whatever_was_booked() -> None:
    table = MemoryTable()
    tokens = Tokens(table, "geoapify", 5.0, NOW, want=100)
    assert tokens.take()
    tokens.close(120)
    other = Tokens(table, "geoapify", 5.0, NOW + 10)
    assert not other.take()
    assert other.wait == pytest.approx(110)
    assert Tokens(table, "geoapify", 5.0, NOW + 121).take()


def submissions(table: MemoryTable, now: float, interval: float = 60.0, account: str = "here") -> Submissions:
    return Submissions(table, account, interval, lambda: now)


def test_one_job_an_interval_may_be_begun_whoever_asks() -> None:
    table = MemoryTable()
    assert submissions(table, NOW).reserve() == 0
    assert [submissions(table, NOW + second).reserve() for second in (0, 1, 59.9)] == [NOW + 60] * 3
    assert submissions(table, NOW + 60).reserve() == 0
    assert submissions(table, NOW + 61).reserve() == NOW + 120


def test_who_was_told_to_wait_does_not_ask_the_table_again_in_the_meantime() -> None:
    table = MemoryTable()
    now = [NOW]
    mine = Submissions(table, "here", 60.0, lambda: now[0])
    assert mine.reserve() == 0
    assert mine.reserve() == NOW + 60
    now[0] = NOW + 60
    assert mine.reserve() == 0


def test_without_an_interval_nothing_is_asked_or_kept() -> None:
    table = MemoryTable()
    assert [submissions(table, NOW, 0.0).reserve() for _ in range(3)] == [0, 0, 0]
    assert not table.rows()


def test_each_account_has_an_interval_of_its_own_and_each_route_may_name_another_one() -> None:
    table = MemoryTable()
    assert submissions(table, NOW).reserve() == 0
    assert submissions(table, NOW, account="here/acme").reserve() == 0
    assert submissions(table, NOW + 10, 10.0).reserve() == 0
    assert submissions(table, NOW + 20).reserve() == NOW + 70


def test_a_clock_far_ahead_stops_nobody() -> None:
    table = MemoryTable()
    assert submissions(table, NOW + 100_000).reserve() == 0
    assert submissions(table, NOW).reserve() == 0
    assert submissions(table, NOW + 1).reserve() == NOW + 60


def test_of_two_who_ask_at_once_one_may_begin() -> None:
    table = Racing()
    table.rival = lambda: submissions(table, NOW).reserve()
    assert submissions(table, NOW).reserve() == NOW + 60
    assert table.outcome == 0


class Racing(MemoryTable):
    """Somebody else writes between the first read and the write."""

    rival: Any = None
    outcome: float = -1

    def write(self, change: Change) -> Written:
        if self.rival:
            other, self.rival = self.rival, None
            self.outcome = other()
        return super().write(change)
