"""Orders that cross what is under way: they never cost anything, never get lost, never come round for ever."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from batchdrop.batches.states import job_key
from batchdrop.errors import OutcomeUnknown, ServiceBusy, ServiceRefused
from batchdrop.ports import Key, Place, Row, State, Ticket
from tests.steps.memory_service import MemoryService, TwoPhaseService
from tests.steps.test_orders import PEOPLE, WHOLE, Stoppable, under_way
from tests.steps.world import INBOX, World

if TYPE_CHECKING:
    from batchdrop.ports import Batch


def in_doubt(kind: type[MemoryService], *, arrives: bool) -> tuple[World, str]:
    """A job whose only POST has an unknown outcome."""
    world = World(kind)
    create, once = world.service.create, iter([True])

    def lost(batch: Batch) -> Ticket:
        if not next(once, False):
            return create(batch)
        if arrives:
            create(batch)
        raise OutcomeUnknown("read time-out")

    world.service.create = lost  # type: ignore[method-assign]  # the service is ours to break
    job = world.drop(PEOPLE)
    payload = {"job": job, "run": 0}
    world.lane(payload, world.plan(payload)["lanes"][0], ticks=1)
    return world, job


def test_a_doubtful_batch_that_was_stopped_is_not_sent_again_when_the_job_is_started() -> None:
    world, job = in_doubt(MemoryService, arrives=True)
    world.jobs.stop(job)
    assert world.drive(job) == "Done"
    assert world.document(job)["status"] == "stopped"
    world.jobs.start(job)
    assert world.drive(job, run=1) == "Parked"
    assert world.document(job)["attention"]["code"] == "AMBIGUOUS_SEND"
    assert set(world.shop.billed.values()) == {1}


def test_a_lost_job_that_is_found_after_a_stop_is_not_started() -> None:
    world, job = in_doubt(TwoPhaseService, arrives=True)
    world.jobs.stop(job)
    assert world.drive(job) == "Done"
    assert world.document(job)["status"] == "stopped"
    assert not world.shop.billed


def test_a_lost_job_that_is_not_found_after_a_stop_is_not_made_anew() -> None:
    world, job = in_doubt(TwoPhaseService, arrives=False)
    world.jobs.stop(job)
    assert world.drive(job) == "Done"
    assert world.document(job)["status"] == "stopped"
    assert not world.shop.jobs


def test_an_unstarted_job_that_cannot_be_deleted_yet_is_not_started_meanwhile() -> None:
    world = World(Stoppable)
    busy = iter([True])
    start, delete = world.service.start, world.service.delete

    def not_yet(ticket: Ticket) -> None:
        if next(busy, False):
            raise ServiceBusy("too many jobs")
        start(ticket)

    world.service.start = not_yet  # type: ignore[method-assign]  # the service is ours to break
    job = world.drop(PEOPLE)
    payload = {"job": job, "run": 0}
    world.lane(payload, world.plan(payload)["lanes"][0], ticks=1)
    later = iter([True])

    def cannot_now(ticket: Ticket) -> None:
        if next(later, False):
            raise ServiceBusy("later")
        delete(ticket)

    world.service.delete = cannot_now  # type: ignore[method-assign]  # see above
    world.jobs.delete(job)
    assert world.drive(job) == "Done"
    assert world.document(job)["status"] == "deleted"
    assert not world.shop.billed
    assert not world.shop.jobs


def test_a_job_the_service_has_not_started_is_not_started_after_a_stop() -> None:
    world, job = under_way(TwoPhaseService, WHOLE)
    world.shop.status = lambda _job: State.UNSTARTED
    starts = world.shop.calls["start"]
    world.jobs.stop(job)
    assert world.drive(job) == "Done"
    assert world.document(job)["status"] == "stopped"
    assert world.shop.calls["start"] == starts


def test_a_stop_that_comes_just_after_the_end_does_not_come_round_for_ever() -> None:
    world = World()
    job = world.drop(PEOPLE)
    before = world.journal.row(job)
    assert world.drive(job) == "Done"
    get, once = world.table.get, iter([before])

    def behind(key: Key) -> Row | None:
        return next(once, None) or get(key)

    world.table.get = behind  # type: ignore[method-assign]  # the order was on its way when the job ended
    world.jobs.stop(job)
    assert world.drive(job, run=1) == "Done"
    assert world.document(job)["status"] == "completed"
    world.clock.advance(601)
    assert world.sweep()["driven"] == 0
    assert "order" not in (world.table.get(job_key(job)) or {})
    assert len(world.publisher.on_topic) == 1


def ordering(world: World, job: str, order: Any, *, at: int = 1) -> None:
    """Give an order at the moment the input is opened for the n-th time."""
    open_object, seen = world.store.open, iter(range(1, 100))

    def interrupted(place: Place, start: int = 0, end: int | None = None) -> IO[bytes]:
        if place.bucket == INBOX and next(seen) == at:
            order(job)
        return open_object(place, start, end)

    world.store.open = interrupted  # type: ignore[method-assign]  # a person orders meanwhile


def test_a_delete_during_the_plan_of_a_refused_file_is_carried_out() -> None:
    world = World()
    job = world.drop(b"colour\nred\n")
    ordering(world, job, world.jobs.delete)
    assert world.drive(job) == "Done"
    assert world.document(job)["status"] == "failure"
    world.clock.advance(601)
    assert world.sweep()["driven"] == 1
    assert world.drive(job, run=1) == "Done"
    assert world.document(job)["status"] == "deleted"


def test_a_stop_during_the_plan_of_a_refused_file_is_forgotten_when_the_job_is_started_again() -> None:
    world = World()
    job = world.drop(b"colour\nred\n")
    ordering(world, job, world.jobs.stop)
    assert world.drive(job) == "Done"
    world.jobs.start(job)
    assert "order" not in world.journal.row(job)


def test_an_order_while_a_large_result_is_written_finds_the_walk_from_its_start() -> None:
    world = World()
    job = world.drop(
        b"address,n\n" + b"".join(b"Street %d,%s\n" % (number % 9, b"x" * 480) for number in range(25_000))
    )
    payload = {"job": job, "run": 0}
    world.lane(payload, world.plan(payload)["lanes"][0])
    left = iter((900.0, 900.0, 0.0))
    world.left = lambda: next(left, 900.0)
    assert world.collect(payload)["outcome"] == "more"
    ordering(world, job, world.jobs.stop)
    outcomes = [world.collect(payload)["outcome"]]
    while outcomes[-1] == "more":
        outcomes.append(world.collect(payload)["outcome"])
    assert outcomes[-1] == "done"
    entry = world.document(job)
    assert (entry["status"], entry["attention"]) == ("completed", None)
    assert world.output(job, "results.csv").count(b"\n") == 25_001


def test_a_job_that_goes_on_after_a_stop_says_that_it_is_in_progress() -> None:
    world, job = under_way(Stoppable, WHOLE)
    world.jobs.stop(job)
    world.drive(job)
    world.jobs.start(job)
    payload = {"job": job, "run": 1}
    world.lane(payload, world.plan(payload)["lanes"][0], ticks=1)
    assert world.document(job)["status"] == "inProgress"


def test_a_job_whose_input_is_gone_can_be_stopped() -> None:
    world = World()
    job = world.drop(PEOPLE)
    payload = {"job": job, "run": 0}
    world.lane(payload, world.plan(payload)["lanes"][0])
    world.store.delete_all(INBOX, "incoming/")
    assert world.drive(job) == "Parked"
    assert world.document(job)["attention"]["code"] == "INPUT_GONE"
    world.jobs.stop(job)
    assert world.drive(job, run=1) == "Done"
    entry = world.document(job)
    assert (entry["status"], entry["attention"], entry["resultsHref"]) == ("stopped", None, "")
    assert (entry["records"]["valid"], entry["records"]["unprocessed"]) == (3, 3)
    assert [event.detail["status"] for event in world.publisher.on_topic] == ["inProgress", "stopped"]


def test_an_unstarted_job_that_a_stop_deleted_is_made_anew_when_the_job_is_started() -> None:
    world = World(Stoppable)
    start, busy = world.service.start, iter([True])

    def not_yet(ticket: Ticket) -> None:
        if next(busy, False):
            raise ServiceBusy("too many jobs")
        if ticket.id not in world.shop.jobs:
            raise ServiceRefused("not found", status=404)
        start(ticket)

    world.service.start = not_yet  # type: ignore[method-assign]  # the service is ours to break
    job = world.drop(PEOPLE)
    payload = {"job": job, "run": 0}
    world.lane(payload, world.plan(payload)["lanes"][0], ticks=1)
    world.jobs.stop(job)
    assert world.drive(job) == "Done"
    assert not world.shop.jobs
    world.jobs.start(job)
    assert world.drive(job, run=1) == "Done"
    assert world.document(job)["status"] == "completed"
    assert set(world.shop.billed.values()) == {1}


def test_a_stop_does_not_take_back_a_delete() -> None:
    world, job = under_way(Stoppable, WHOLE)
    world.jobs.delete(job)
    world.jobs.stop(job)
    assert world.drive(job) == "Done"
    assert world.document(job)["status"] == "deleted"
