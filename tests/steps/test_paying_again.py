"""What a route lets the machine pay again, and not a unit more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.errors import OutcomeUnknown
from batchdrop.ports import State
from tests.steps.memory_service import MemoryService
from tests.steps.world import ROUTE, World

if TYPE_CHECKING:
    from batchdrop.ports import Batch, Ticket

PEOPLE = b"address\n" + b"".join(b"Main Street %d\n" % number for number in range(3))
PRICE = 3 + 1 + 1  # records, submit, look


class Forgetful(MemoryService):
    """Takes the batch and loses the answer, the first `losses` times."""

    losses = 1

    def create(self, batch: Batch) -> Ticket:
        ticket = super().create(batch)
        if self.shop.calls["create"] <= self.losses:
            raise OutcomeUnknown("the answer was lost", service="memory")
        return ticket


class Twice(Forgetful):
    losses = 2


def story(kind: type[MemoryService], limit: float, **options: Any) -> tuple[World, str, str]:
    world = World(kind=kind)
    world.route("memory-geocode", **ROUTE, may_pay_again_up_to=limit, **options)
    job = world.drop(PEOPLE)
    return world, job, world.drive(job)


@pytest.mark.parametrize(("limit", "end"), [(0, "Parked"), (PRICE - 0.5, "Parked"), (PRICE, "Done")])
def test_an_unknown_outcome_is_sent_again_only_within_the_limit(limit: float, end: str) -> None:
    world, job, ended = story(Forgetful, limit)
    assert ended == end
    assert world.shop.calls["create"] == (2 if end == "Done" else 1)
    document = world.document(job)
    assert document["price"].get("again", 0) == (PRICE if end == "Done" else 0)


def test_the_limit_is_for_the_whole_job_and_not_for_each_time() -> None:
    world, job, ended = story(Twice, PRICE)
    assert ended == "Parked"
    assert world.shop.calls["create"] == 2
    assert world.document(job)["attention"]["code"] == "AMBIGUOUS_SEND"


def test_the_limit_is_shared_by_the_batches_of_a_job() -> None:
    _, _, ended = story(Twice, 2 * (1 + 1 + 1) - 1, batch_records=1)
    assert ended == "Parked"
    world, job, ended = story(Twice, 2 * (1 + 1 + 1), batch_records=1)
    assert ended == "Done"
    assert world.document(job)["records"]["matched"] == 3


def test_results_that_somebody_deleted_are_paid_for_again() -> None:
    world = World()
    world.route("memory-geocode", **ROUTE, may_pay_again_up_to=PRICE)
    world.shop.status = lambda job: State.GONE if job is world.shop.jobs["job-1"] else None
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    assert world.shop.calls["create"] == 2
