"""Orders and actions last until they are carried out, and a delete is final."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.batches import claims
from batchdrop.batches.states import BatchRow, batch_key, job_key
from batchdrop.effects import probing
from batchdrop.errors import ServiceRefused
from batchdrop.ports import Change, Is, State
from batchdrop.steps.operator import Operator
from tests.steps.test_crossing_orders import ordering
from tests.steps.test_operator import ambiguous
from tests.steps.test_orders import PEOPLE, WHOLE, Stoppable, held, under_way
from tests.steps.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchdrop.ports import Ticket, Written


def stopped() -> tuple[World, str]:
    world, job = under_way(Stoppable, WHOLE)
    world.jobs.stop(job)
    assert world.drive(job) == "Done"
    return world, job


def refused() -> tuple[World, str]:
    world = World()
    job = world.drop(b"colour\nred\n")
    assert world.drive(job) == "Done"
    return world, job


def working() -> tuple[World, str]:
    return under_way(Stoppable, WHOLE)


@pytest.mark.parametrize("begin", [stopped, refused, held, working])
def test_a_start_does_not_take_back_a_delete(begin: Callable[[], tuple[World, str]]) -> None:
    world, job = begin()
    world.jobs.delete(job)
    run = world.journal.row(job)["run"]
    world.jobs.start(job)
    assert world.journal.row(job)["run"] == run
    assert world.drive(job, run=run) == "Done"
    assert world.document(job)["status"] == "deleted"


def test_a_start_that_read_the_job_before_the_delete_does_not_take_it_back() -> None:
    world, job = stopped()
    query, once = world.table.query, iter([True])

    def interrupted(pk: str, prefix: str = "", *, first: str = "", last: str = ""):  # type: ignore[no-untyped-def]  # the port's
        if prefix == "batch#" and next(once, False):
            world.jobs.delete(job)
        return query(pk, prefix, first=first, last=last)

    world.table.query = interrupted  # type: ignore[method-assign]  # a person orders meanwhile
    world.jobs.start(job)
    row = world.journal.row(job)
    assert row["order"] == "delete"
    assert world.drive(job, run=row["run"]) == "Done"
    assert world.document(job)["status"] == "deleted"


def test_a_stop_during_the_plan_of_a_refused_file_does_not_come_round_for_ever() -> None:
    world = World()
    job = world.drop(b"colour\nred\n")
    ordering(world, job, world.jobs.stop)
    assert world.drive(job) == "Done"
    assert "order" not in world.journal.row(job)
    world.clock.advance(601)
    assert world.sweep()["driven"] == 0


def test_a_stop_that_an_older_version_left_on_a_failed_job_is_taken_off() -> None:
    world, job = refused()
    world.table.write(
        Change(job_key(job), put={"order": "stop", "status_key": "ordered"}, when=(Is("run", 0),))
    )
    world.clock.advance(601)
    assert world.sweep()["driven"] == 1
    assert world.drive(job, run=1) == "Done"
    world.clock.advance(601)
    assert world.sweep()["driven"] == 0
    assert "order" not in world.journal.row(job)


@pytest.mark.parametrize("order", ["stop", "delete"])
@pytest.mark.parametrize("sent", [True, False])
def test_an_order_outlives_any_number_of_breakdowns(order: str, sent: bool) -> None:
    world = World()
    job = world.drop(PEOPLE)
    if sent:
        world.lane({"job": job, "run": 0}, world.plan({"job": job, "run": 0})["lanes"][0], ticks=1)
    getattr(world.jobs, order)(job)
    run = 0
    for run in range(8):
        world.announce({"job": job, "run": run, "failed": True})
        world.machine.finish(f"{job}-r{run}")
        world.clock.advance(601)
        if not world.sweep()["driven"]:
            break
    row = world.journal.row(job)
    if order == "stop" and not sent:  # it has failed: there is nothing left to stop
        assert (row["status"], "order" in row) == ("failure", False)
        return
    assert row["order"] == order
    assert len([event for event in world.publisher.on_topic if event.detail.get("attention")]) <= 1
    assert world.drive(job, run=row["run"]) == "Done"
    entry = world.document(job)
    assert entry["status"] == ("deleted" if order == "delete" else "completed")
    assert entry["attention"] is None


def test_an_action_that_died_before_its_run_began_is_driven_by_sweep() -> None:
    world, job = ambiguous(taken=False)
    row = world.table.get(batch_key(job, 1))
    assert row is not None
    world.table.write(claims.sent_again(BatchRow.from_row(row)))  # and here the function died
    world.clock.advance(601)
    assert world.sweep()["driven"] == 1
    assert world.drive(job, run=1) == "Done"
    assert world.document(job)["status"] == "completed"


def test_a_job_that_waits_for_a_person_is_left_alone_by_sweep() -> None:
    world, _ = ambiguous(taken=False)
    world.clock.advance(601)
    assert world.sweep()["driven"] == 0


def test_a_stop_of_a_stalled_job_asks_the_service_to_stop() -> None:
    class Slow(Stoppable):
        can = replace(Stoppable.can, deadline=600.0)

    world, job = under_way(Slow, WHOLE)
    world.shop.status = lambda _job: State.RUNNING
    assert world.drive(job) == "Parked"
    assert world.document(job)["attention"]["code"] == "STALLED"
    world.jobs.stop(job)
    assert world.drive(job, run=1) == "Done"
    assert world.shop.calls["stop"] == 1
    assert world.document(job)["status"] == "stopped"


def test_a_held_job_that_is_driven_again_still_says_that_it_is_held() -> None:
    world, job = held()
    world.machine.finish(f"{job}-r0")
    run = world.journal.row(job)["run"]
    world.journal.end(job, run, {"attention": {"code": "STALLED", "actions": ["redrive", "stop"]}})
    Operator(world.table, world.journal, world.jobs, world.clock, {"memory": world.kind}).redrive(job)
    assert world.document(job)["held"] is True


class RefusingToDelete(Stoppable):
    """A service that does not delete what it works on, nor anything before `until`."""

    until = 0.0

    def delete(self, ticket: Ticket) -> None:
        job = self.shop.jobs[ticket.id]
        if self.shop.clock() < self.until or (job.started is not None and self.shop.status(job) is None):
            raise ServiceRefused("not now", service="memory", status=400)
        super().delete(ticket)


def test_a_delete_stops_a_job_whose_start_was_answered_but_not_kept() -> None:
    world, job = under_way(RefusingToDelete, WHOLE)
    world.shop.works_for = 86_400.0
    world.table.write(
        Change(batch_key(job, 1), put={"state": "created"})
    )  # the function died right after the start
    world.jobs.delete(job)
    assert world.drive(job) == "Done"
    assert (world.shop.calls["stop"], world.shop.jobs) == (1, {})


def test_a_delete_that_the_service_refuses_for_half_an_hour_is_carried_out() -> None:
    world, job = under_way(RefusingToDelete, WHOLE)
    assert isinstance(world.service, RefusingToDelete)
    world.service.until = world.clock() + 1800.0
    world.jobs.delete(job)
    assert world.drive(job) == "Done"
    assert world.document(job)["status"] == "deleted"
    assert world.shop.jobs == {}
    assert world.shop.calls["stop"] < 20


def test_a_stop_that_comes_while_a_batch_is_being_parked_is_carried_out() -> None:
    world, job = under_way()
    world.shop.jobs.clear()  # whoever deleted them was not us

    def looking(name: str, act: Callable[[], Any]) -> Any:
        answer = act()
        if name == "look" and world.shop.calls["check"] == 3 * 2:
            world.jobs.stop(job)
        return answer

    with probing(looking):
        assert world.drive(job) == "Done"
    entry = world.document(job)
    assert (entry["status"], entry["attention"]) == ("stopped", None)
    assert "order" not in world.journal.row(job)


def test_a_breakdown_of_a_job_that_waits_for_a_person_changes_nothing_of_what_it_waits_for() -> None:
    world = World()
    world.route("dear", service="memory", api="geocode", max_invalid=0)
    job = world.drop(b"id,address\n7,Main Street 1\n8,\n", route="dear")
    assert world.drive(job) == "Parked"
    before = world.document(job)
    for _ in range(5):  # the answers of admit were lost
        world.announce({"job": job, "run": 0, "failed": True})
    assert world.document(job) == before
    assert before["attention"]["code"] == "MANY_INVALID"


def test_an_action_that_falls_behind_a_delete_does_not_bring_the_job_back() -> None:
    world, job = ambiguous(taken=False)
    world.machine.is_running = lambda _name: True  # type: ignore[method-assign, assignment]  # the run is at other batches
    write, once = world.table.write, iter([True])

    def late(change: Change) -> Written:
        written = write(change)
        if change.key == batch_key(job, 1) and next(once, False):
            world.jobs.delete(job)
            assert world.drive(job) == "Done"
            assert world.document(job)["status"] == "deleted"
        return written

    world.table.write = late  # type: ignore[method-assign]  # the person's function is slow
    operator = Operator(world.table, world.journal, world.jobs, world.clock, {"memory": world.kind})
    operator.resubmit(job, [1])
    row = world.journal.row(job)
    assert (row["status"], row["run"]) == ("deleted", 0)
