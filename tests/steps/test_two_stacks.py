"""Two stacks on one inbox and one account at the service: each finds, counts and deletes its own jobs only."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from batchdrop.batches.states import get_tag_base, job_key, tag, tag_key, tag_tail
from batchdrop.errors import OutcomeUnknown
from batchdrop.ports import Change, Listed, State, Ticket
from batchdrop.steps.orphans import Kin, Orphans
from tests.steps.memory_service import TWO_PHASE, MemoryService
from tests.steps.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batchdrop.ports import Batch, Capabilities

PEOPLE = b"address\nMain Street 1\nMain Street 2\n"
KEY = "incoming/memory-geocode/people.csv"


class LosesReply(MemoryService):
    """Two phases, a list, and it can delete. The answers of the POSTs in `lost` never arrive."""

    can: ClassVar[Capabilities] = replace(TWO_PHASE, deletes=True, lists=True)
    lost: ClassVar[set[int]] = {2}

    def create(self, batch: Batch) -> Ticket:
        ticket = super().create(batch)
        if self.shop.calls["create"] in self.lost:
            raise OutcomeUnknown("the answer was lost", service="memory")
        return ticket

    def list_ours(self, _params: Mapping[str, Any]) -> Iterator[Listed]:
        for name, job in self.shop.jobs.items():
            yield Listed(Ticket(name), job.tag, State.UNSTARTED, "submitted")

    def delete(self, ticket: Ticket) -> None:
        self.shop.calls["delete"] += 1
        del self.shop.jobs[ticket.id]


def two_stacks() -> tuple[World, World, str]:
    """Two stacks with one inbox and one account, and the id that the same object has as a job in both."""
    first = World(kind=LosesReply)
    second = World(kind=LosesReply, store=first.store, clock=first.clock, results="other-results")
    second.shop, second.service = first.shop, first.service
    job = first.drop(PEOPLE)
    assert second.submit(first.event(KEY)) == job
    return first, second, job


def test_a_stack_adopts_and_deletes_none_of_the_other_s_jobs() -> None:
    first, second, job = two_stacks()
    payload = {"job": job, "run": 0}
    [lane] = first.plan(payload)["lanes"]
    first.lane(payload, lane, ticks=3)  # its job is at work
    [running] = first.shop.jobs
    assert second.drive(job) == "Done"  # the answer of its own POST is lost
    assert running in first.shop.jobs
    assert first.drive(job) == "Done"
    for world in (first, second):
        assert world.document(job)["records"]["matched"] == 2
    assert set(first.shop.billed.values()) == {2}  # both were asked to do it, each did it once


def test_the_other_stack_s_jobs_are_foreign_to_orphans() -> None:
    first, second, job = two_stacks()
    payload = {"job": job, "run": 0}
    [lane] = first.plan(payload)["lanes"]
    second.plan(payload)
    first.lane(payload, lane, ticks=1)
    listing: Any = second.service
    orphans = Orphans(second.table, listing, listing)
    [found] = orphans()
    assert found.kin is Kin.FOREIGN
    assert not orphans.delete(found)


def test_tags_differ_by_stack_and_by_input_and_are_the_same_on_every_try() -> None:
    first, second, job = two_stacks()
    rows = [world.table.get(job_key(job)) for world in (first, second)]
    tags = [tag(get_tag_base(row), 1) for row in rows if row is not None]
    assert len(set(tags)) == len({tag_tail(each) for each in tags}) == 2
    first.submit(first.event(KEY))
    assert first.table.get(job_key(job)) == rows[0]


@pytest.mark.parametrize("crashed", ["planned", "posted"])
def test_a_job_in_flight_that_an_older_version_claimed_keeps_its_tags(crashed: str) -> None:
    world = World(kind=LosesReply)
    job = world.drop(PEOPLE)
    world.table.write(Change(job_key(job), remove=("tag_hash",)))  # it wrote none
    row = world.table.get(job_key(job))
    assert row is not None
    old = tag(row["hash"], 1)
    payload = {"job": job, "run": 0}
    [lane] = world.plan(payload)["lanes"]
    assert world.table.get(tag_key(old)) is not None
    if crashed == "posted":
        world.shop.calls["create"] = (
            1  # the answer of the next POST is lost, so its job is looked for by the tag
        )
        world.lane(payload, lane, ticks=1)
    assert world.drive(job) == "Done"
    assert {each.tag for each in world.shop.jobs.values()} <= {old}
    assert set(world.shop.billed.values()) == {1}
