"""Jobs that a lost reply left at the service: deleted by their ids, and never the one that counts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from batchdrop.batches.orders import Order
from batchdrop.batches.states import tag_tail, ticket_key
from batchdrop.errors import OutcomeUnknown
from batchdrop.ports import Change, Listed, State, Ticket
from batchdrop.steps.orphans import Kin, Orphans
from tests.steps.memory_service import FINDING, TWO_PHASE, MemoryService, ServiceJob
from tests.steps.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from batchdrop.ports import Batch, Capabilities

PEOPLE = b"address\nMain Street 1\n"


class Listing(MemoryService):
    """Two phases, a list, and it can delete. The first POST's answer is lost, and its job shows up late."""

    can: ClassVar[Capabilities] = replace(TWO_PHASE, deletes=True, lists=True)
    late = False

    def create(self, batch: Batch) -> Ticket:
        ticket = super().create(batch)
        if self.shop.calls["create"] == 1:
            raise OutcomeUnknown("the answer was lost", service="memory")
        return ticket

    def find(self, batch: Batch) -> Sequence[Ticket]:
        found = super().find(batch)
        return found[1:] if self.late and self.shop.calls["create"] == 1 else found

    def list_ours(self, params: Mapping[str, Any]) -> Iterator[Listed]:
        assert params in ({}, {"projectId": "p"})
        for name, job in self.shop.jobs.items():
            yield Listed(Ticket(name), self.kept(job.tag), State.UNSTARTED, "submitted")

    @staticmethod
    def kept(tag: str) -> str:
        return tag

    def delete(self, ticket: Ticket) -> None:
        self.shop.calls["delete"] += 1
        del self.shop.jobs[ticket.id]


class Late(Listing):
    late = True


class Short(Listing):
    """Keeps the end of a tag only, and cannot delete, as HERE Tracking."""

    can: ClassVar[Capabilities] = replace(FINDING, lists=True)

    @staticmethod
    def kept(tag: str) -> str:
        return tag_tail(tag)


def orphans(world: World) -> Orphans:
    service = world.service
    assert isinstance(service, Listing)
    return Orphans(world.table, service, service, {"projectId": "p"})


def test_a_job_that_came_to_light_late_is_deleted_when_its_batch_ends() -> None:
    world = World(kind=Late)
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    assert world.shop.calls["create"] == 2
    assert list(world.shop.jobs) == ["job-2"]
    assert set(world.shop.billed.values()) == {1}
    assert list(orphans(world)()) == []


def test_a_batch_whose_post_was_clear_is_not_looked_for_again() -> None:
    world = World(kind=Listing)
    world.shop.calls["create"] = 1  # nothing is lost
    assert world.drive(world.drop(PEOPLE)) == "Done"
    assert world.shop.calls["find"] == 0


def test_the_list_tells_ours_from_orphans_adoptable_and_foreign_ones() -> None:
    world = World(kind=Listing)
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    [mine] = world.shop.jobs
    spare = replace(world.shop.jobs[mine])
    world.shop.jobs["spare"] = spare
    world.shop.jobs["strange"] = ServiceJob("0" * 64, [], None)
    found = {each.listed.ticket.id: each for each in orphans(world)()}
    assert {name: each.kin for name, each in found.items()} == {"spare": Kin.ORPHAN, "strange": Kin.FOREIGN}
    assert (found["spare"].job, found["spare"].batch) == (job, 1)
    assert orphans(world).delete(found["spare"])
    assert not orphans(world).delete(found["strange"])
    assert set(world.shop.jobs) == {mine, "strange"}


def test_a_service_that_keeps_the_end_of_a_tag_tells_whose_its_jobs_are_too_and_what_it_cannot_delete_stays() -> (
    None
):
    world = World(kind=Short)
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    [mine] = world.shop.jobs
    world.shop.jobs["spare"] = replace(world.shop.jobs[mine])
    world.shop.jobs["strange"] = ServiceJob("0" * 64, [], None)
    found = {each.listed.ticket.id: each for each in orphans(world)()}
    assert {name: each.kin for name, each in found.items()} == {"spare": Kin.ORPHAN, "strange": Kin.FOREIGN}
    assert (found["spare"].job, found["spare"].batch) == (job, 1)
    assert not orphans(world).delete(found["spare"])


def test_what_may_be_the_lost_job_is_offered_for_adoption_and_never_deleted() -> None:
    world = World(kind=Listing)
    job = world.drop(PEOPLE)
    planned = world.plan({"job": job, "run": 0})
    world.admit({"job": job, "run": 0})
    now = {"settled": False, "listens": False, "wait": 30, "rings": 0, "ticks": 0}
    world.advance({"job": job, "run": 0, "lane": planned["lanes"][0], "now": now})
    [found] = orphans(world)()
    assert found.kin is Kin.ADOPTABLE
    assert not orphans(world).delete(found)


def test_an_orphan_that_became_the_ticket_in_the_meantime_is_left_alone() -> None:
    world = World(kind=Listing)
    assert world.drive(world.drop(PEOPLE)) == "Done"
    [mine] = world.shop.jobs
    world.shop.jobs["spare"] = replace(world.shop.jobs[mine])
    [found] = orphans(world)()
    world.table.write(Change(ticket_key("memory", "spare"), put={"job": "job#x"}))
    assert not orphans(world).delete(found)


class Doubtful(Listing):
    """POST starts the job, and the service lists and deletes."""

    can: ClassVar[Capabilities] = replace(FINDING, deletes=True)


def test_deleting_a_job_whose_post_had_no_clear_outcome_deletes_what_the_service_has_of_it() -> None:
    world = World(kind=Doubtful)
    job = world.drop(PEOPLE)
    planned = world.plan({"job": job, "run": 0})
    world.admit({"job": job, "run": 0})
    now = {"settled": False, "listens": False, "wait": 30, "rings": 0, "ticks": 0}
    world.advance({"job": job, "run": 0, "lane": planned["lanes"][0], "now": now})
    assert len(world.shop.jobs) == 1
    world.machine.finish(f"{job}-r0")
    world.jobs.delete(job)
    assert world.journal.row(job)["order"] == Order.DELETE
    assert world.drive(job, run=1) == "Done"
    assert not world.shop.jobs
    assert world.document(job)["status"] == "deleted"
