"""A job has at most as many batches as their numbers put in order: five digits."""

from __future__ import annotations

import pytest

from batchdrop.batches.states import MOST_BATCHES, batch_key
from batchdrop.errors import BadFile
from batchdrop.jobs import Input
from batchdrop.ports import Place
from batchdrop.routes import Route
from batchdrop.steps.plan import review
from tests.steps.memory_service import MemoryService
from tests.steps.world import INBOX, RESULTS, ROUTE, World


def body(records: int) -> bytes:
    return b"address\n" + b"".join(b"Street %d\n" % number for number in range(records))


def plan(records: int, batch_records: int) -> int:
    """Review a file; gives the number of its batches."""
    world, data = World(), body(records)
    world.store.put(Place(INBOX, "incoming/m/people.csv"), data)
    route = Route("m", "memory", "geocode", batch_records=batch_records)
    dropped = Input(INBOX, "incoming/m/people.csv", "", len(data), versioned=False)
    found = review(world.store, RESULTS, "job", dropped, route, {"memory": MemoryService})
    return len(found.drawn.cuts)


def test_the_order_of_batches_in_the_table_is_that_of_their_numbers() -> None:
    keys = [batch_key("job", number).sk for number in (1, 9, 10, 99, 9_999, 10_000, MOST_BATCHES)]
    assert keys == sorted(keys)
    assert batch_key("job", MOST_BATCHES + 1).sk < batch_key("job", MOST_BATCHES).sk


@pytest.mark.parametrize(
    ("records", "batch_records", "batches"),
    [(MOST_BATCHES, 1, MOST_BATCHES), (MOST_BATCHES + 1, 2, 50_000)],
)
def test_as_many_batches_as_can_be_numbered_are_planned(
    records: int, batch_records: int, batches: int
) -> None:
    assert plan(records, batch_records) == batches


@pytest.mark.parametrize("more", [1, 20_001])
def test_one_batch_more_refuses_the_file_with_the_limit_and_a_remedy(more: int) -> None:
    with pytest.raises(BadFile) as refused:
        plan(MOST_BATCHES + more, 1)
    [problem] = refused.value.problems
    assert problem.code == "TOO_MANY_BATCHES"
    assert "99,999 batches" in problem.message
    assert "`batch_records`" in problem.remedy


def test_nothing_is_sent_of_such_a_file_and_its_job_says_why() -> None:
    world = World()
    world.route("memory-geocode", **ROUTE, batch_records=1)
    job = world.drop(body(MOST_BATCHES + 1))
    assert world.drive(job) == "Done"
    document = world.document(job)
    assert (document["status"], document["problems"][0]["code"]) == ("failure", "TOO_MANY_BATCHES")
    assert not world.shop.calls
