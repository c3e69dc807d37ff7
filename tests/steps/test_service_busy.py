"""A service that says "later" and nothing else: waited for, but not for ever without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchdrop.errors import OutcomeUnknown, ServiceBusy
from batchdrop.steps.operator import Operator
from tests.steps.memory_service import FindingService
from tests.steps.world import ROUTE, World

if TYPE_CHECKING:
    from batchdrop.ports import Ticket

PEOPLE = b"id,address\n1,A street\n2,B street\n"
DAY = 86_400.0


def busy_until(world: World, end: float) -> list[float]:
    """The service takes nothing until then; when it was asked."""
    create, asked = world.service.create, list[float]()

    def create_or_not(batch: object) -> Ticket:
        asked.append(world.clock())
        if world.clock() < end:
            raise ServiceBusy("too many requests", status=429)
        return create(batch)  # type: ignore[arg-type]  # handed through

    world.service.create = create_or_not  # type: ignore[method-assign]  # the service is ours to break
    return asked


@pytest.mark.parametrize("hours", [1, 23])
def test_a_service_that_is_busy_for_hours_is_waited_for(hours: int) -> None:
    world = World()
    asked = busy_until(world, world.clock() + hours * 3600)
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    assert len(asked) > hours * 10
    assert world.document(job)["attention"] is None


def test_after_a_day_a_person_is_called_nothing_was_sent_and_redrive_goes_on() -> None:
    world = World()
    began = world.clock()
    asked = busy_until(world, began + 1.5 * DAY)
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    document = world.document(job)
    assert document["attention"]["code"] == "SERVICE_BUSY"
    assert document["attention"]["actions"] == ["redrive", "stop"]
    assert DAY <= world.clock() - began <= DAY + 1200
    assert document["price"]["spent"] == 0
    times = len(asked)
    Operator(world.table, world.journal, world.jobs, world.clock, {"memory": world.kind}).redrive(job)
    assert world.drive(job, run=1) == "Done"
    assert len(asked) > times + 1, "the day starts anew"
    assert set(world.shop.billed.values()) == {1}


def test_a_search_for_a_lost_job_that_is_always_answered_later_calls_a_person_too() -> None:
    world = World(FindingService)

    def lost(batch: object) -> Ticket:  # noqa: ARG001  # the port's signature
        raise OutcomeUnknown("no answer")

    def later(batch: object) -> list[Ticket]:  # noqa: ARG001  # the port's signature
        raise ServiceBusy("too many requests", status=429)

    world.service.create = lost  # type: ignore[method-assign]  # the service is ours to break
    world.service.find = later  # type: ignore[method-assign]  # the service is ours to break
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    assert world.document(job)["attention"]["code"] == "AMBIGUOUS_SEND"


def test_looks_at_many_batches_of_a_service_that_is_down_for_hours_end_in_no_stuck_lane() -> None:
    """Each failed look once closed the clock for a second only: 1,000 ticks an hour, five rounds, LANE_STUCK after some four hours."""
    world = World()
    world.route("memory-geocode", **ROUTE, batch_records=1)
    job = world.drop(b"id,address\n" + b"".join(b"%d,Street %d\n" % (number, number) for number in range(60)))
    check, asked, ends = world.service.check, list[float](), list[float]()

    def check_or_not(ticket: Ticket) -> object:
        asked.append(world.clock())
        ends[:] = ends or [world.clock() + 6 * 3600]
        if world.clock() < ends[0]:
            raise OutcomeUnknown("no connection")
        return check(ticket)

    world.service.check = check_or_not  # type: ignore[method-assign, assignment]  # the service is ours to break
    assert world.drive(job) == "Done"
    down = [when for when in asked if when < ends[0]]
    assert len(down) < 8 * (6 * 12 + 20), "each of eight lanes asks once in five minutes"
    assert world.document(job)["attention"] is None
