"""What is written while a job is deleted, or after it: nothing of it stays."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.batches.states import job_key
from batchdrop.errors import Superseded
from batchdrop.jobs import folder
from batchdrop.ports import Key, Place
from tests.steps.memory_service import MemoryService
from tests.steps.world import INBOX, World

if TYPE_CHECKING:
    from collections.abc import Callable

PEOPLE = b"address\nMain Street 1\nMain Street 2\n"
TWO_HOURS = 7200.0
"""Longer than any lease: whoever sleeps for so long is held for dead."""


def delete_meanwhile(world: World, job: str) -> None:
    """The caller sleeps; a person deletes the job, and that is carried out."""
    world.clock.advance(TWO_HOURS)
    world.jobs.delete(job)
    assert world.drive(job, run=world.journal.row(job)["run"]) == "Done"
    assert world.document(job)["status"] == "deleted"


def left(world: World, job: str) -> list[str]:
    """What the results bucket has of the job beside job.json."""
    base = folder(job)
    names = [key.removeprefix(base) for key in world.store.list(world.results, base)]
    return sorted({*names} - {"job.json"})


def interrupt(world: World, key_ends: str, act: Callable[[], None]) -> None:
    """Act once, when an object whose key ends so is opened."""
    opened, once = world.store.open, iter([True])

    def open_(place: Place, start: int = 0, end: int | None = None) -> Any:
        if place.key.endswith(key_ends) and next(once, False):
            act()
        return opened(place, start, end)

    world.store.open = open_  # type: ignore[method-assign]  # the store is this story's own


def sweep_up(world: World, job: str) -> None:
    """Ten minutes later sweep finds the job, if there is anything to do, and its run goes to its end."""
    world.clock.advance(601)
    if world.sweep()["driven"]:
        assert world.drive(job, run=world.journal.row(job)["run"]) == "Done"


def planning(world: World) -> str:
    job = world.drop(PEOPLE)
    interrupt(world, "people.csv", lambda: delete_meanwhile(world, job))
    world.plan({"job": job, "run": 0})
    return job


def refusing(world: World) -> str:
    job = world.drop(b"colour\nred\n")
    interrupt(world, "people.csv", lambda: delete_meanwhile(world, job))
    world.plan({"job": job, "run": 0})
    return job


def advancing(world: World) -> str:
    job = world.drop(PEOPLE)
    lane = world.plan({"job": job, "run": 0})["lanes"][0]
    world.admit({"job": job, "run": 0})
    fetched, once = world.shop.body, iter([True])

    def body(answer: bytes) -> bytes:
        if next(once, False):
            delete_meanwhile(world, job)
        return fetched(answer)

    world.shop.body = body
    world.lane({"job": job, "run": 0}, lane)
    return job


def collecting(world: World) -> str:
    job = world.drop(PEOPLE)
    lane = world.plan({"job": job, "run": 0})["lanes"][0]
    world.admit({"job": job, "run": 0})
    world.lane({"job": job, "run": 0}, lane)
    interrupt(world, "people.csv", lambda: delete_meanwhile(world, job))
    world.collect({"job": job, "run": 0})
    return job


def announcing(world: World) -> str:
    job = world.drop(PEOPLE)
    world.plan({"job": job, "run": 0})
    for _ in range(3):
        world.announce({"job": job, "run": 0, "failed": True})
    reporter, once = world.reporting.reporter, iter([True])

    def report(told: Any) -> bytes:
        if next(once, False):
            delete_meanwhile(world, job)
        return reporter(told)

    object.__setattr__(world.reporting, "reporter", report)
    world.announce({"job": job, "run": 0, "failed": True})
    return job


@pytest.mark.parametrize("act", [planning, refusing, advancing, collecting, announcing])
def test_what_somebody_writes_after_the_delete_is_deleted_too(act: Callable[[World], str]) -> None:
    world = World()
    job = act(world)
    sweep_up(world, job)
    assert not left(world, job)
    assert world.document(job)["status"] == "deleted"
    assert "order" not in world.journal.row(job)
    told = [event for event in world.publisher.on_topic if event.detail["status"] == "deleted"]
    assert len(told) == 1


def test_what_somebody_left_who_died_right_after_the_write_is_deleted_within_hours() -> None:
    world = World()
    job = world.drop(PEOPLE)
    world.jobs.delete(job)
    assert world.drive(job) == "Done"
    world.store.put(Place(world.results, f"{folder(job)}work/queries.ndjson"), b"Main Street 1")
    world.clock.advance(3 * 3600 + 1)
    world.sweep()
    sweep_up(world, job)
    assert not left(world, job)
    run = world.journal.row(job)["run"]
    for _ in range(100):
        world.clock.advance(3600)
        assert world.sweep()["driven"] == 0
    assert world.journal.row(job)["run"] == run


def test_a_second_delete_that_came_early_is_not_the_last() -> None:
    world = World()
    job = planning(world)
    sweep_up(world, job)
    world.store.put(
        Place(world.results, f"{folder(job)}work/queries.ndjson"), b"Main Street 1"
    )  # by yet another
    world.clock.advance(3 * 3600 + 1)
    world.sweep()
    sweep_up(world, job)
    assert not left(world, job)


def test_a_last_delete_that_could_not_be_ordered_is_ordered_by_the_next_sweep() -> None:
    world = World()
    job = world.drop(PEOPLE)
    world.jobs.delete(job)
    assert world.drive(job) == "Done"
    world.clock.advance(3 * 3600 + 1)
    get, throttled = world.table.get, iter([True])

    def fails_once(key: Key) -> Any:
        if key == job_key(job) and next(throttled, False):
            raise ConnectionError
        return get(key)

    world.table.get = fails_once  # type: ignore[method-assign]  # the table is this story's own
    assert world.sweep()["errors"] == 1
    world.sweep()
    assert world.journal.row(job)["last_delete"] is True


def test_what_is_written_between_the_deletion_and_the_word_that_it_is_done_is_deleted_too() -> None:
    world = World()
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    delete_all, once = world.store.delete_all, iter([True])

    def interrupted(bucket: str, prefix: str) -> int:
        gone = delete_all(bucket, prefix)
        if next(once, False):
            with world.journal.writing_objects(job):
                world.store.put(Place(world.results, f"{folder(job)}work/queries.ndjson"), b"Main Street 1")
        return gone

    world.store.delete_all = interrupted  # type: ignore[method-assign]  # the store is this story's own
    world.jobs.delete(job)
    assert world.drive(job, run=1) == "Done"
    assert world.document(job)["status"] == "deleted"
    assert not left(world, job)


def test_an_input_is_not_deleted_with_the_job() -> None:
    world = World(MemoryService)
    job = world.drop(PEOPLE)
    world.jobs.delete(job)
    world.drive(job)
    assert world.store.head(Place(INBOX, "incoming/memory-geocode/people.csv")) is not None


@pytest.mark.parametrize("asleep", ["before", "after"])
def test_a_slow_delete_that_another_one_overtook_leaves_job_json_there(asleep: str) -> None:
    world = World()
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    delete_all, once = world.store.delete_all, iter([True])

    def slow(bucket: str, prefix: str) -> int:
        late = next(once, False)
        gone = delete_all(bucket, prefix) if late and asleep == "after" else 0
        if late:
            world.clock.advance(TWO_HOURS)
            world.machine.finish(f"{job}-r1")
            assert world.sweep()["driven"] == 1
            assert world.drive(job, run=2) == "Done"
        return gone or delete_all(bucket, prefix)

    world.store.delete_all = slow  # type: ignore[method-assign]  # the store is this story's own
    world.jobs.delete(job)
    with suppress(Superseded):
        world.drive(job, run=1)
    assert world.document(job)["status"] == "deleted"
    assert not left(world, job)


def test_a_second_delete_whose_function_dies_at_its_end_leaves_job_json_there() -> None:
    world = World()
    job = world.drop(PEOPLE)
    world.jobs.delete(job)
    assert world.drive(job) == "Done"
    world.clock.advance(3 * 3600 + 1)
    world.sweep()
    world.clock.advance(601)
    assert world.sweep()["driven"] == 1
    show = world.store.put_if
    world.store.put_if = no_answer  # type: ignore[method-assign]  # the function dies here
    with pytest.raises(ConnectionError):
        world.drive(job, run=1)
    world.store.put_if = show  # type: ignore[method-assign]  # and this is another one
    world.announce({"job": job, "run": 1, "failed": True})
    assert world.document(job)["status"] == "deleted"


def no_answer(*_of: Any, **_what: Any) -> Any:
    raise ConnectionError
