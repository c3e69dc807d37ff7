"""A service that starts on POST and can list its jobs: what was lost is found and adopted, and never sent a second time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchdrop.errors import OutcomeUnknown, ServiceBusy, ServiceSpokeUnknown
from batchdrop.ports import Ticket
from tests.steps.memory_service import FindingService
from tests.steps.world import SEEDS, World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchdrop.ports import Batch

PEOPLE = b"address\nMain Street 1\nSide Street 2\n"


def lose_the_reply(world: World, *, arrives: bool) -> None:
    """From here on nobody hears what became of a POST."""
    create = world.service.create

    def lost(batch: Batch) -> Ticket:
        if arrives:
            create(batch)
        else:
            world.shop.calls["create"] += 1
        raise OutcomeUnknown("read time-out")

    world.service.create = lost  # type: ignore[method-assign]  # the service is ours to break


def search_with(world: World, search: Callable[[Batch, Sequence[Ticket]], Sequence[Ticket]]) -> None:
    """The list of jobs as a test wants it."""
    find = world.service.find
    world.service.find = lambda batch: search(batch, find(batch))  # type: ignore[method-assign]  # see above


def test_a_lost_job_that_carries_our_tag_is_adopted_after_the_quiet_time() -> None:
    world = World(FindingService)
    lose_the_reply(world, arrives=True)
    start = world.clock()
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    assert (world.shop.calls["create"], world.shop.calls["find"]) == (1, 1)
    assert world.clock() - start >= 60
    assert set(world.shop.billed.values()) == {1}
    assert world.document(job)["records"]["matched"] == 2


def test_a_list_that_is_behind_is_looked_at_again() -> None:
    world = World(FindingService)
    lose_the_reply(world, arrives=True)
    behind = iter([True])
    search_with(world, lambda _batch, found: [] if next(behind, False) else found)
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    assert (world.shop.calls["create"], world.shop.calls["find"]) == (1, 2)


def test_a_job_that_is_not_found_is_left_to_a_person_and_never_sent_again() -> None:
    world = World(FindingService)
    lose_the_reply(world, arrives=False)
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    assert world.document(job)["attention"]["code"] == "AMBIGUOUS_SEND"
    assert (world.shop.calls["create"], world.shop.calls["find"]) == (1, 2)


def test_of_two_jobs_with_our_tag_a_person_chooses() -> None:
    world = World(FindingService)
    lose_the_reply(world, arrives=True)
    search_with(world, lambda _batch, found: [*found, Ticket("another")])
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    assert world.document(job)["attention"]["code"] == "AMBIGUOUS_SEND"
    assert (world.shop.calls["create"], world.shop.calls["find"]) == (1, 1)


@pytest.mark.parametrize("odd", [1, 9])
def test_a_list_that_makes_no_sense_is_looked_at_again_and_then_left_to_a_person(odd: int) -> None:
    world = World(FindingService)
    lose_the_reply(world, arrives=True)
    left = iter(range(odd))

    def search(_batch: Batch, found: Sequence[Ticket]) -> Sequence[Ticket]:
        for _ in left:
            raise ServiceSpokeUnknown("the list does not end")
        return found

    search_with(world, search)
    job = world.drop(PEOPLE)
    assert world.drive(job) == ("Done" if odd == 1 else "Parked")
    assert world.shop.calls["create"] == 1
    assert world.shop.calls["find"] == (2 if odd == 1 else 3)


def test_a_list_that_cannot_be_had_says_nothing_of_the_job() -> None:
    world = World(FindingService)
    lose_the_reply(world, arrives=True)
    seen = iter(["busy", "behind"])

    def search(_batch: Batch, found: Sequence[Ticket]) -> Sequence[Ticket]:
        match next(seen, ""):
            case "busy":
                raise ServiceBusy("out of order")
            case "behind":
                return []
        return found

    search_with(world, search)
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    assert (world.shop.calls["create"], world.shop.calls["find"]) == (1, 3)


def test_a_service_that_is_always_busy_is_asked_less_and_less_often() -> None:
    world = World()

    def busy(_batch: Batch) -> Ticket:
        world.shop.calls["create"] += 1
        raise ServiceBusy("too many requests")

    world.service.create = busy  # type: ignore[method-assign,assignment]  # the service is ours to break
    job = world.drop(PEOPLE)
    payload = {"job": job, "run": 0}
    start, lane, now = world.clock(), world.plan(payload)["lanes"][0], dict(SEEDS)
    while world.clock() < start + 3600:
        now = world.advance({**payload, "lane": lane, "now": now})
        world.clock.advance(now["wait"])
    assert 10 <= world.shop.calls["create"] <= 25
