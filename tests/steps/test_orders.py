"""What people order: hold and start, stop, delete, start again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.batches.states import job_key
from batchdrop.effects import probing
from batchdrop.errors import GoneMissing
from batchdrop.jobs import timestamp
from batchdrop.ports import Change, Place, State, Ticket
from tests.ports.memory import MemoryStore
from tests.steps.memory_service import TWO_PHASE, MemoryService, TwoPhaseService
from tests.steps.world import INBOX, RESULTS, World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PEOPLE = b"id,address\n7,Main Street 1\n8,Side Street 2\n9,Main Street 1\n"
HELD = {"service": "memory", "api": "geocode", "hold": True}
ONE_EACH = {"service": "memory", "api": "geocode", "batch_records": 1}


def held() -> tuple[World, str]:
    world = World()
    world.route("held", **HELD)
    job = world.drop(PEOPLE, route="held")
    assert world.drive(job) == "Hold"
    return world, job


def under_way(
    kind: type[MemoryService] = MemoryService, route: Mapping[str, object] | None = None
) -> tuple[World, str]:
    """A job whose batches are all at the service."""
    world = World(kind)
    world.route("r", **(route or ONE_EACH))
    job = world.drop(PEOPLE, route="r")
    payload = {"job": job, "run": 0}
    world.lane(payload, world.plan(payload)["lanes"][0], ticks=1)
    return world, job


def test_a_held_job_is_planned_and_priced_but_nothing_is_sent() -> None:
    world, job = held()
    entry = world.document(job)
    assert entry["status"] == "submitted"
    assert entry["price"]["estimated"] == 4
    assert entry["records"]["total"] == 3
    assert not world.shop.calls


def test_a_held_job_goes_on_the_next_day_when_it_is_started() -> None:
    world, job = held()
    world.clock.advance(86_400)
    world.jobs.start(job)
    assert world.drive(job) == "Done"
    assert world.document(job)["status"] == "completed"


@pytest.mark.parametrize("when", ["before the plan", "while the file is read"])
def test_a_start_is_not_lost_when_it_comes_before_the_job_is_held(when: str) -> None:
    world = World()
    world.route("held", **HELD)
    job = world.drop(PEOPLE, route="held")
    if when == "before the plan":
        world.jobs.start(job)
        assert world.drive(job) == "Done"
        return

    def reading(name: str, act: Callable[[], Any]) -> Any:
        if name == "read_input" and not world.journal.row(job).get("plan"):
            world.jobs.start(job)
        return act()

    with probing(reading):
        assert world.drive(job) == "Done"
    assert world.document(job)["status"] == "completed"


def test_starting_rings_whoever_holds_the_job() -> None:
    world, job = held()
    seen = world.admit({"job": job, "run": 0})["rings"]
    world.table.write(Change(job_key(job), put={"token": "the hold's token"}))
    world.jobs.start(job)
    assert world.machine.rung == ["the hold's token"]
    assert world.admit({"job": job, "run": 0})["rings"] == seen + 1


def test_an_object_may_say_itself_that_its_job_waits() -> None:
    class Saying(MemoryStore):
        def head(self, place: Place) -> object:  # type: ignore[override]  # what a real object's metadata would say
            stored = super().head(place)
            if stored is not None and place.bucket == INBOX:
                return type(stored)(stored.size, stored.etag, stored.version, {"start": "False"})
            return stored

    world = World(store=Saying())
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Hold"


def test_a_stopped_job_keeps_what_is_finished_and_leaves_the_rest_unprocessed() -> None:
    world, job = under_way()
    world.jobs.stop(job)
    assert world.drive(job) == "Done"
    entry = world.document(job)
    # The service starts on POST and cannot be stopped: what runs is paid for, so it is collected.
    assert (entry["status"], entry["records"]["matched"]) == ("completed", 3)


def test_what_was_not_sent_before_a_stop_is_never_sent() -> None:
    world, job = held()
    world.jobs.stop(job)
    assert world.drive(job) == "Done"
    entry = world.document(job)
    assert entry["status"] == "stopped"
    assert entry["records"]["unprocessed"] == 3
    assert [row["bd_outcome"] for row in world.rows(job, "errors.csv")] == ["unprocessed"] * 3
    assert not world.shop.calls


class Stoppable(TwoPhaseService):
    """A service that stops when it is asked to, and goes on when it is started again."""

    can = replace(TWO_PHASE, stops=True, deletes=True)

    def stop(self, ticket: Ticket) -> None:
        """Halfway: the first record of the job is done."""
        self.shop.calls["stop"] += 1
        job = self.shop.jobs[ticket.id]
        done = {text for _, text in job.inputs[:1]}
        self.shop.status = lambda _job: State.STOPPED
        self.shop.answer = lambda text: {"lat": "1", "label": text} if text in done else {"missing": True}

    def start(self, ticket: Ticket) -> None:
        """From where it stopped."""
        super().start(ticket)
        self.shop.status = lambda _job: None
        self.shop.answer = lambda text: {"lat": "1", "label": text}

    def delete(self, ticket: Ticket) -> None:
        """Gone."""
        self.shop.calls["delete"] += 1
        del self.shop.jobs[ticket.id]


WHOLE = {"service": "memory", "api": "geocode"}


def test_a_service_that_can_is_stopped_and_its_partial_results_are_collected() -> None:
    world, job = under_way(Stoppable, WHOLE)
    world.jobs.stop(job)
    assert world.drive(job) == "Done"
    entry = world.document(job)
    assert entry["status"] == "stopped"
    assert (entry["records"]["matched"], entry["records"]["unprocessed"]) == (2, 1)
    assert entry["records"]["processed"] < entry["records"]["valid"]
    assert world.shop.calls["stop"] == 1


def test_a_stopped_job_goes_on_where_it_stopped_when_it_is_started_again() -> None:
    world, job = under_way(Stoppable, WHOLE)
    world.jobs.stop(job)
    world.drive(job)
    world.jobs.start(job)
    assert world.document(job)["run"] == 1
    assert world.drive(job, run=1) == "Done"
    entry = world.document(job)
    assert (entry["status"], entry["records"]["matched"]) == ("completed", 3)
    assert world.shop.calls["create"] == 1


def test_a_job_stopped_before_it_was_sent_is_sent_when_it_is_started_again() -> None:
    world, job = held()
    world.jobs.stop(job)
    world.drive(job)
    world.jobs.start(job)
    assert world.drive(job, run=1) == "Done"
    assert world.document(job)["status"] == "completed"
    assert set(world.shop.billed.values()) == {1}


def test_a_job_that_broke_down_can_be_started_again() -> None:
    world = World()
    job = world.drop(PEOPLE)
    world.journal.end(job, 0, {"status": "failure", "ended": timestamp(world.clock()), "problems": []})
    world.machine.finish(f"{job}-r0")
    world.announce({"job": job, "run": 0, "failed": False})
    world.jobs.start(job)
    assert world.drive(job, run=1) == "Done"
    assert world.document(job)["status"] == "completed"


def test_a_deleted_job_leaves_no_version_of_its_output_and_nothing_at_the_service() -> None:
    world, job = under_way(Stoppable, WHOLE)
    world.drive(job)
    world.jobs.delete(job)
    assert world.drive(job, run=1) == "Done"
    entry = world.document(job)
    assert entry["status"] == "deleted"
    assert (entry["resultsHref"], entry["errorsHref"]) == ("", "")
    assert entry["records"]["matched"] == 3
    assert list(world.store.list(RESULTS, f"jobs/{job}/")) == [f"jobs/{job}/job.json"]
    assert not world.shop.jobs
    assert [event.detail["status"] for event in world.publisher.on_topic] == ["completed", "deleted"]


def test_a_job_deleted_before_it_started_shows_no_counters() -> None:
    world, job = held()
    world.jobs.delete(job)
    assert world.drive(job) == "Done"
    entry = world.document(job)
    assert entry["status"] == "deleted"
    assert "records" not in entry


def test_a_refused_job_can_be_deleted() -> None:
    world = World()
    job = world.drop(b"colour\nred\n")
    world.drive(job)
    world.jobs.delete(job)
    assert world.drive(job, run=1) == "Done"
    assert world.document(job)["status"] == "deleted"


def test_an_order_that_found_no_running_execution_begins_a_run_by_itself() -> None:
    world, job = under_way()
    world.machine.finish(f"{job}-r0")
    world.jobs.stop(job)
    assert f"{job}-r1" in world.machine.started


def test_an_order_nobody_carried_out_is_found_by_sweep() -> None:
    world, job = under_way()
    world.jobs.delete(job)  # the execution seems to run, and ends at the same moment
    world.machine.finish(f"{job}-r0")
    world.clock.advance(601)
    assert world.sweep()["driven"] == 1
    assert world.drive(job, run=1) == "Done"
    assert world.document(job)["status"] == "deleted"


def test_orders_that_change_nothing_are_harmless() -> None:
    world = World()
    job = world.drop(PEOPLE)
    world.drive(job)
    before = world.document(job)
    world.jobs.start(job)
    world.jobs.stop(job)
    assert world.document(job) == before
    assert list(world.machine.started) == [f"{job}-r0"]


def test_a_job_that_does_not_exist_cannot_be_ordered() -> None:
    with pytest.raises(GoneMissing):
        World().jobs.stop("nothing-0123456789abcdef")
