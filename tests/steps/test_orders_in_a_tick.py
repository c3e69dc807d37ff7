"""An order that comes in the middle of a tick is obeyed before the next thing is begun at the service."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from batchdrop.batches.orders import DELETES
from batchdrop.batches.states import batch_key
from batchdrop.errors import OutcomeUnknown
from batchdrop.ports import State
from tests.steps.memory_service import FINDING, ONE_PHASE, TWO_PHASE, MemoryService
from tests.steps.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchdrop.ports import Batch, Capabilities, Ticket

BATCHES = 40
KINDS = {
    "starts on POST": replace(ONE_PHASE, deletes=True),
    "starts on POST, is found": replace(FINDING, deletes=True, stops=True),
    "two phases": replace(TWO_PHASE, deletes=True, stops=True),
}


def service_of(
    can: Capabilities, order: Callable[[str], None], *, at: str, after: int
) -> type[MemoryService]:
    """A service during whose call number `after` of the kind `at` a person orders something."""
    capabilities = can

    class Ordering(MemoryService):
        can = capabilities

        def create(self, batch: Batch) -> Ticket:
            ticket = super().create(batch)
            self._happens("create")
            return ticket

        def start(self, ticket: Ticket) -> None:
            super().start(ticket)
            self._happens("start")

        def stop(self, ticket: Ticket) -> None:
            self.shop.calls[f"stop {ticket.id}"] += 1

        def delete(self, ticket: Ticket) -> None:
            self.shop.calls[f"delete {ticket.id}"] += 1

        def _happens(self, what: str) -> None:
            if what == at and self.shop.calls[what] == after:
                order(what)

    return Ordering


@pytest.mark.parametrize("order", ["stop", "delete"])
@pytest.mark.parametrize(("kind", "at"), [*((kind, "create") for kind in KINDS), ("two phases", "start")])
def test_after_an_order_in_the_middle_of_a_tick_nothing_more_is_begun(kind: str, at: str, order: str) -> None:
    done: list[str] = []

    def give(_what: str) -> None:
        getattr(world.jobs, order)(job)
        done.append(order)

    world = World(service_of(KINDS[kind], give, at=at, after=3))
    world.route("memory-geocode", service="memory", api="geocode", batch_records=1)
    job = world.drop(b"address\n" + b"".join(b"Street %d\n" % number for number in range(BATCHES)))
    world.drive(job)
    assert done == [order]
    assert world.shop.calls["create"] == 3
    begun = sum(entry.started is not None for entry in world.shop.jobs.values())
    assert begun == (2 if (kind, at) == ("two phases", "create") else 3)
    assert max(world.shop.billed.values(), default=0) <= 1
    assert world.document(job)["status"] == ("deleted" if order == "delete" else "stopped")


def test_a_failed_job_is_not_started_again_after_an_order_that_came_while_it_was_asked_for() -> None:
    class Asked(MemoryService):
        can = replace(TWO_PHASE, restarts=True, stops=True)

        def check(self, ticket: Ticket):  # type: ignore[no-untyped-def]  # the port's
            world.jobs.stop(job)
            return super().check(ticket)

    world = World(Asked)
    job = world.drop(b"address\nMain Street 1\n")
    world.shop.status = lambda _job: State.FAILED
    world.drive(job)
    assert world.shop.calls["start"] == 1
    assert world.document(job)["status"] in ("stopped", "completed")


def test_a_batch_that_was_found_is_not_started_after_an_order() -> None:
    class Lost(MemoryService):
        can = replace(TWO_PHASE, stops=True, deletes=True)

        def create(self, batch: Batch) -> Ticket:
            super().create(batch)
            raise OutcomeUnknown("no answer", service="memory")

        def find(self, batch: Batch):  # type: ignore[no-untyped-def]  # the port's
            world.jobs.stop(job)
            return super().find(batch)

    world = World(Lost)
    job = world.drop(b"address\nMain Street 1\n")
    world.drive(job)
    assert world.shop.calls["start"] == 0
    assert not world.shop.billed
    assert world.document(job)["status"] == "stopped"


def test_a_run_that_was_taken_over_sends_no_more() -> None:
    def take_over(_what: str) -> None:
        world.jobs.next_run(world.journal.row(job))

    world = World(service_of(KINDS["starts on POST"], take_over, at="create", after=3))
    world.route("memory-geocode", service="memory", api="geocode", batch_records=1)
    job = world.drop(b"address\n" + b"".join(b"Street %d\n" % number for number in range(BATCHES)))
    plan = world.plan({"job": job, "run": 0})
    world.admit({"job": job, "run": 0})
    now = world.lane({"job": job, "run": 0}, plan["lanes"][0])
    assert now["settled"]
    assert world.shop.calls["create"] == 3
    assert world.drive(job, run=1) == "Done"
    assert world.document(job)["status"] == "completed"
    assert world.shop.billed.total() == BATCHES


def test_a_route_that_may_pay_again_does_not_after_a_stop() -> None:
    class Lost(MemoryService):
        can = ONE_PHASE

        def create(self, batch: Batch) -> Ticket:
            super().create(batch)
            raise OutcomeUnknown("no answer", service="memory")

    world = World(Lost)
    world.route("memory-geocode", service="memory", api="geocode", may_pay_again_up_to=100)
    job = world.drop(b"address\nMain Street 1\n")
    write = world.table.write_together

    def interrupted(changes):  # type: ignore[no-untyped-def]  # the port's
        if any("again_milli" in change.add for change in changes):
            world.jobs.stop(job)
        return write(changes)

    world.table.write_together = interrupted  # type: ignore[method-assign]  # a person orders right before
    world.drive(job)
    assert world.shop.calls["create"] == 1
    row = world.table.get(batch_key(job, 1))
    assert row is not None
    assert row["submits"] == 1


def test_a_service_that_refuses_to_delete_a_running_job_is_not_looked_at_meanwhile() -> None:
    class Stubborn(MemoryService):
        can = replace(TWO_PHASE, deletes=True)

        def delete(self, ticket: Ticket) -> None:
            self.shop.calls["delete"] += 1
            super().delete(ticket)

    world = World(Stubborn)
    job = world.drop(b"address\nMain Street 1\n")
    plan = world.plan({"job": job, "run": 0})
    world.admit({"job": job, "run": 0})
    world.lane({"job": job, "run": 0}, plan["lanes"][0], ticks=1)
    world.jobs.delete(job)
    assert world.drive(job) == "Done"
    assert (world.shop.calls["check"], world.shop.calls["delete"]) == (0, DELETES)
    assert world.document(job)["status"] == "deleted"
