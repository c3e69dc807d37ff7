"""The outbox: each change of status is written with its event or not at all, numbered, sent once by whoever is first, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.batches.states import job_key, job_pk
from batchdrop.effects import probing
from batchdrop.errors import BatchdropError, ServiceDenied
from batchdrop.ports import Change, Is, Key
from batchdrop.steps.announce import TAKEN, Announce
from tests.steps.test_operator import operator
from tests.steps.test_orders import HELD, PEOPLE
from tests.steps.test_sweep import Crash, crash_before
from tests.steps.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batchdrop.ports import Batch, Row, Ticket


def outbox(world: World, job: str) -> list[Row]:
    """Its rows, in order."""
    return list(world.table.query(job_pk(job), "event#"))


def told(world: World, job: str) -> list[str]:
    """What the outbox says, in order."""
    return [row["detail"]["attention"] or row["detail"]["status"] for row in outbox(world, job)]


def announce(world: World) -> Announce:
    return Announce(world.table, world.publisher, world.journal, world.clock, world.reporting, world.spending)


def crash_after(effect: str) -> Callable[[str, Callable[[], Any]], Any]:
    def probe(name: str, act: Callable[[], Any]) -> Any:
        answer = act()
        if name == effect:
            raise Crash
        return answer

    return probe


def meanwhile(effect: str, other: Callable[[], Any]) -> Callable[[str, Callable[[], Any]], Any]:
    """Right before the first such effect somebody else acts."""
    once = iter([True])

    def probe(name: str, act: Callable[[], Any]) -> Any:
        if name == effect and next(once, False):
            other()
        return act()

    return probe


def test_every_status_is_told_in_order_of_numbers_and_ticks_are_not() -> None:
    world = World()
    world.shop.works_for = 5_000.0
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    assert world.trail.count("advance") > 5
    assert told(world, job) == ["submitted", "pending", "inProgress", "completed"]
    assert [row["sk"] for row in outbox(world, job)] == [f"event#0000{number}" for number in (1, 2, 3, 4)]
    sent = [event.detail for event in world.publisher.published]
    assert [detail["sequence"] for detail in sent] == [1, 2, 3, 4]
    assert len({detail["eventId"] for detail in sent}) == 4
    assert [event.topic for event in world.publisher.published] == [False, False, False, True]
    assert [detail["time"] for detail in sent] == sorted(detail["time"] for detail in sent)


@pytest.mark.parametrize(("crash", "rows"), [(crash_before, 1), (crash_after, 2)])
def test_a_status_and_its_event_are_written_together_or_not_at_all(
    crash: Callable[[str], Callable[[str, Callable[[], Any]], Any]], rows: int
) -> None:
    world = World()
    job = world.drop(PEOPLE)
    with pytest.raises(Crash), probing(crash("change_status")):
        world.plan({"job": job, "run": 0})
    assert len(outbox(world, job)) == rows
    assert world.journal.row(job)["status"] == told(world, job)[-1]
    assert world.drive(job) == "Done"
    assert told(world, job) == ["submitted", "pending", "inProgress", "completed"]


@pytest.mark.parametrize(("crash", "rows"), [(crash_before, 0), (crash_after, 1)])
def test_a_claim_and_its_event_are_written_together_or_not_at_all(
    crash: Callable[[str], Callable[[str, Callable[[], Any]], Any]], rows: int
) -> None:
    world = World()
    with pytest.raises(Crash), probing(crash("claim")):
        world.drop(PEOPLE)
    assert len([row for row in world.table.rows() if row["sk"] == "job"]) == rows
    assert len([row for row in world.table.rows() if row["sk"].startswith("event#")]) == rows
    job = world.drop(PEOPLE) if not rows else world.submit(world.event("incoming/memory-geocode/people.csv"))
    assert told(world, str(job)) == ["submitted"]


def test_two_who_see_the_first_ticket_at_once_tell_of_it_once() -> None:
    world = World()
    job = world.drop(PEOPLE)
    put = {"status": "inProgress", "started": "2027-01-15T08:00:00.000000Z"}
    still = world.journal.still("submitted", "pending")

    def begin() -> Any:
        return world.journal.change(job, 0, put, when=(still,))

    with probing(meanwhile("change_status", begin)):
        assert begin() is None
    assert told(world, job) == ["submitted", "inProgress"]


def test_who_is_overtaken_by_another_status_takes_the_next_number() -> None:
    world = World()
    job = world.drop(PEOPLE)
    overtake = meanwhile("change_status", lambda: world.journal.change(job, 0, {"status": "pending"}))
    with probing(overtake):
        row = world.journal.change(job, 0, {"status": "queued"})
    assert row is not None
    assert (row["status"], row["status_key"]) == ("queued", "queued")
    assert told(world, job) == ["submitted", "pending", "queued"]


def test_a_condition_that_does_not_hold_writes_nothing() -> None:
    world = World()
    job = world.drop(PEOPLE)
    before = world.journal.row(job)
    assert world.journal.change(job, 0, {"status": "queued"}, when=(Is("held", value=True),)) is None
    assert world.journal.change(job, 1, {"status": "queued"}) is None
    assert (world.journal.row(job), told(world, job)) == (before, ["submitted"])


def test_a_job_from_before_events_were_numbered_begins_at_one() -> None:
    world = World()
    job = world.drop(PEOPLE)
    world.table.write(Change(job_key(job), remove=("events", "told")))
    for row in outbox(world, job):
        world.table.write(Change(Key(row["pk"], row["sk"]), delete=True))
    assert world.drive(job) == "Done"
    assert [row["detail"]["sequence"] for row in outbox(world, job)] == [1, 2, 3]


def test_a_held_job_says_that_it_waits() -> None:
    world = World()
    world.route("held", **HELD)
    job = world.drop(PEOPLE, route="held")
    assert world.drive(job) == "Hold"
    assert told(world, job) == ["submitted", "pending", "submitted"]
    assert announce(world).publish(job) == 0
    assert world.publisher.on_topic == []


def denied(world: World, times: int) -> None:
    """The service refuses our credentials so many times."""
    create, left = world.service.create, iter(range(times))

    def refuse(batch: Batch) -> Ticket:
        if next(left, None) is not None:
            raise ServiceDenied("no", status=401)
        return create(batch)

    world.service.create = refuse  # type: ignore[method-assign]  # the service is ours to break


def test_a_job_that_is_taken_up_again_tells_of_the_same_status_under_another_id() -> None:
    world = World()
    job = world.drop(PEOPLE)
    world.jobs.stop(job)
    assert world.drive(job) == "Done"
    world.jobs.start(job)
    assert world.drive(job, run=1) == "Done"
    assert told(world, job) == ["submitted", "pending", "stopped", "submitted", "inProgress", "completed"]
    sent = [event.detail for event in world.publisher.published]
    assert [detail["run"] for detail in sent] == [0, 0, 0, 1, 1, 1]
    assert len({detail["eventId"] for detail in sent}) == 6
    assert "ended" not in sent[3]
    assert "total" not in sent[3]["durations"]


def test_a_call_that_is_repeated_in_one_run_is_one_event_and_in_the_next_run_another() -> None:
    world = World()
    denied(world, times=2)
    job = world.drop(PEOPLE)
    with pytest.raises(Crash), probing(crash_after("finish")):
        world.drive(job)
    world.clock.advance(1_000)
    assert (
        world.collect({"job": job, "run": 0})["outcome"] == "parked"
    )  # the machine calls once more: it heard no answer
    assert world.drive(job) == "Parked"
    assert told(world, job) == ["submitted", "pending", "DENIED"]
    operator(world).redrive(job)
    assert world.drive(job, run=1) == "Parked"
    assert told(world, job)[-2:] == ["DENIED", "DENIED"]
    assert len({event.detail["eventId"] for event in world.publisher.on_topic}) == 2


def test_who_comes_second_leaves_the_events_to_the_first() -> None:
    world = World()
    job = world.drop(PEOPLE)
    world.plan({"job": job, "run": 0})
    left: list[int] = []
    with probing(meanwhile("publish", lambda: left.append(announce(world).publish(job)))):
        assert announce(world).publish(job) == 0
    assert left == [2]
    assert [event.detail["sequence"] for event in world.publisher.published] == [1, 2]


def test_what_a_dead_sender_had_taken_is_sent_when_its_time_is_over() -> None:
    world = World()
    job = world.drop(PEOPLE)
    with pytest.raises(Crash), probing(crash_before("publish")):
        announce(world).publish(job)
    assert announce(world).publish(job) == 1
    world.clock.advance(TAKEN + 1)
    assert announce(world).publish(job) == 0
    assert [event.detail["status"] for event in world.publisher.published] == ["submitted"]


def test_what_could_not_be_sent_is_free_for_the_next_at_once() -> None:
    class Refuses:
        """A bus that takes nothing."""

        def publish(self, detail_type: str, detail: Mapping[str, Any], *, topic: bool) -> None:
            raise BatchdropError(f"{detail_type} {topic} {len(detail)}")

    world = World()
    job = world.drop(PEOPLE)
    with pytest.raises(BatchdropError):
        Announce(world.table, Refuses(), world.journal, world.clock, world.reporting, world.spending).publish(
            job
        )
    assert announce(world).publish(job) == 0
    assert len(world.publisher.published) == 1


def test_an_end_that_another_is_sending_stays_where_sweep_would_find_it() -> None:
    world = World()
    job = world.drop(PEOPLE)
    with pytest.raises(Crash), probing(crash_before("publish")):
        world.drive(job)
    assert world.announce({"job": job, "run": 0, "failed": False}) == {"outcome": "done"}
    assert world.journal.row(job)["status_key"] == "announcing"
    world.clock.advance(TAKEN + 1)
    announce(world).publish(job)
    assert world.journal.row(job)["status_key"] == "completed"


def test_job_json_says_it_before_anybody_hears_it() -> None:
    world = World()
    job = world.drop(PEOPLE)
    shown: list[str] = []

    def look(name: str, act: Callable[[], Any]) -> Any:
        if name == "publish":
            shown.append(world.document(job)["status"])
        return act()

    with pytest.raises(Crash), probing(crash_after("change_status")):
        world.plan({"job": job, "run": 0})
    assert world.document(job)["status"] == "submitted"
    with probing(look):
        announce(world).publish(job)
    assert shown == ["pending", "pending"]
