"""A service in two phases without a list (HERE Geocoder 6.2): an upload that was lost is made again, and nothing is billed twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchdrop.batches.sending import POSTS_BEFORE_PARKING, QUIET
from batchdrop.batches.states import batch_key
from batchdrop.errors import OutcomeUnknown, ServiceRefused
from tests.steps.memory_service import UploadingService
from tests.steps.world import World

if TYPE_CHECKING:
    from batchdrop.ports import Batch, Ticket

PEOPLE = b"address\nMain Street 1\nSide Street 2\n"


def lose_replies(world: World, times: int, *, arrives: bool = True) -> None:
    """The next uploads end without an answer."""
    create, left = world.service.create, iter(range(times))

    def lost(batch: Batch) -> Ticket:
        for _ in left:
            if arrives:
                create(batch)
            else:
                world.shop.calls["create"] += 1
            raise OutcomeUnknown("read time-out")
        return create(batch)

    world.service.create = lost  # type: ignore[method-assign]  # the service is ours to break


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("times", [1, POSTS_BEFORE_PARKING - 1])
def test_a_lost_upload_is_made_again_after_the_quiet_time_and_billed_once(times: int, arrives: bool) -> None:
    world = World(UploadingService)
    lose_replies(world, times, arrives=arrives)
    start = world.clock()
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    assert world.clock() - start >= QUIET * times
    assert (world.shop.calls["create"], world.shop.calls["find"]) == (times + 1, 0)
    assert world.shop.billed == {"Main Street 1": 1, "Side Street 2": 1}
    assert world.document(job)["records"]["matched"] == 2


def test_uploads_that_are_always_lost_end_with_a_person_and_cost_nothing() -> None:
    world = World(UploadingService)
    lose_replies(world, 99)
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    assert world.shop.calls["create"] == POSTS_BEFORE_PARKING
    assert not world.shop.billed
    assert world.document(job)["attention"]["code"] == "AMBIGUOUS_SEND"


def test_an_upload_with_a_ticket_counts_from_nothing_again() -> None:
    world = World(UploadingService)
    lose_replies(world, 2)
    job = world.drop(PEOPLE)
    world.drive(job)
    row = world.table.get(batch_key(job, 1))
    assert row is not None
    assert row["misses"] == 0


@pytest.mark.parametrize(
    ("status", "ended"), [(400, ("Done", "completed", "")), (404, ("Parked", "", "DELETED_BY_OTHER"))]
)
def test_a_start_the_service_refuses_fails_the_batch_but_a_job_that_is_gone_calls_a_person(
    status: int, ended: tuple[str, str, str]
) -> None:
    world = World(UploadingService)

    def refuse(_ticket: Ticket) -> None:
        raise ServiceRefused("the request was not accepted", code=str(status), status=status)

    world.service.start = refuse  # type: ignore[assignment,method-assign]  # the service is ours to break
    job = world.drop(PEOPLE)
    state, said, code = ended
    assert world.drive(job) == state
    entry = world.document(job)
    assert (entry["attention"] or {}).get("code", "") == code
    if said:
        assert entry["status"] == said
        assert [row["bd_code"] for row in world.rows(job, "errors.csv")] == ["BATCH_REFUSED"] * 2
    assert not world.shop.billed
