"""A job that failed at the service is started again once, where the service can go on with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import pytest

from batchdrop.errors import ServiceBusy, ServiceRefused
from batchdrop.ports import State
from tests.steps.memory_service import TWO_PHASE, TwoPhaseService
from tests.steps.world import World

if TYPE_CHECKING:
    from batchdrop.ports import Capabilities, Ticket

PEOPLE = b"id,address\n7,Main Street 1\n8,Side Street 2\n"


class Restarting(TwoPhaseService):
    """Starts failed jobs again. `no`: what it says to the second start, once."""

    can: ClassVar[Capabilities] = replace(TWO_PHASE, restarts=True)
    no: Exception | None = None

    def start(self, ticket: Ticket) -> None:
        super().start(ticket)
        if self.shop.calls["start"] > 1 and self.no is not None:
            no, self.no = self.no, None
            raise no


def failing(kind: type[TwoPhaseService], starts: int) -> tuple[World, str]:
    """A job whose service fails until it was started so often; driven to its end."""
    world = World(kind)
    world.shop.status = lambda _: State.FAILED if world.shop.calls["start"] < starts else None
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    return world, job


def test_a_failed_job_is_started_again_and_nothing_is_sent_or_billed_twice() -> None:
    world, job = failing(Restarting, starts=2)
    assert (world.shop.calls["start"], world.shop.calls["create"]) == (2, 1)
    assert world.document(job)["records"]["matched"] == 2
    assert set(world.shop.billed.values()) == {1}


def test_a_job_that_fails_again_has_failed() -> None:
    world = World(Restarting)
    world.shop.status = lambda _: State.FAILED
    world.shop.body = lambda _: b"[]"
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    assert world.shop.calls["start"] == 2
    assert [row["bd_code"] for row in world.rows(job, "errors.csv")] == ["SERVICE_ERROR"] * 2


def test_a_service_that_cannot_start_a_job_again_is_not_asked_to() -> None:
    world, _ = failing(TwoPhaseService, starts=2)
    assert world.shop.calls["start"] == 1


@pytest.mark.parametrize(
    ("no", "starts", "matched"),
    [(ServiceBusy("not now", retry_after=5), 3, 2), (ServiceRefused("never", code="E1", status=400), 2, 0)],
)
def test_a_start_that_is_put_off_is_asked_for_again_and_one_that_is_refused_is_not(
    no: Exception, starts: int, matched: int
) -> None:
    class Refusing(Restarting):
        pass

    Refusing.no = no
    world = World(Refusing)
    world.shop.status = lambda _: State.FAILED if world.shop.calls["start"] < 3 else None
    world.shop.answer = lambda text: {"lat": "1", "label": text} if world.shop.calls["start"] > 2 else None
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    assert world.shop.calls["start"] == starts
    assert world.document(job)["records"]["matched"] == matched
