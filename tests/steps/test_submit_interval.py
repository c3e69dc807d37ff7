"""A service that wants no more than one job a minute from an account: all lanes of all jobs keep to it, and nothing stalls."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from batchdrop.errors import ServiceBusy
from tests.steps.memory_service import TWO_PHASE, MemoryService
from tests.steps.world import SEEDS, World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchdrop.ports import Capabilities, Ticket

TEN = b"id,address\n" + b"".join(b"%d,Street %d\n" % (number, number) for number in range(10))


class OneAMinute(MemoryService):
    """In two phases, one job a minute, as HERE."""

    can: ClassVar[Capabilities] = replace(TWO_PHASE, batch_records=1, submit_interval=60.0)


class OneAMinuteOnPost(MemoryService):
    """Started by the POST."""

    can: ClassVar[Capabilities] = replace(TWO_PHASE, two_phase=False, batch_records=1, submit_interval=60.0)


def together(world: World, jobs: Sequence[str], *, most: int = 5000) -> None:
    """Drive the lanes of several jobs as the machine does: each wakes when it is due, the earliest first."""
    lanes: list[dict[str, Any]] = []
    for job in jobs:
        payload = {"job": job, "run": 0}
        found = world.plan(payload)["lanes"]
        lanes += [{**payload, "lane": lane, "now": dict(SEEDS), "due": world.clock()} for lane in found]
        assert world.admit(payload)["outcome"] == "go"
    for _ in range(most):
        if not lanes:
            break
        lane = min(lanes, key=lambda each: float(each["due"]))
        world.clock.advance(max(0.0, lane["due"] - world.clock()))
        lane["now"] = world.advance({name: lane[name] for name in ("job", "run", "lane", "now")})
        lane["due"] = world.clock() + lane["now"]["wait"]
        if lane["now"]["settled"]:
            lanes.remove(lane)
    assert not lanes, "a lane never settles"
    for job in jobs:
        assert world.drive(job) == "Done"


def begun(world: World) -> list[float]:
    """When the service's jobs began, in order."""
    return sorted(job.started or 0.0 for job in world.shop.jobs.values())


def gaps(times: Sequence[float]) -> list[float]:
    return [after - before for before, after in pairwise(times)]


def test_ten_batches_of_one_job_begin_a_minute_apart_and_none_waits_much_longer() -> None:
    for kind in (OneAMinute, OneAMinuteOnPost):
        world = World(kind)
        job = world.drop(TEN)
        together(world, [job])
        assert len(begun(world)) == 10
        assert min(gaps(begun(world))) >= 60
        assert max(gaps(begun(world))) <= 90
        assert set(world.shop.billed.values()) == {1}
        assert len(world.rows(job, "results.csv")) == 10


def test_two_jobs_of_one_account_share_the_minute() -> None:
    world = World(OneAMinute)
    jobs = [world.drop(TEN, name=name) for name in ("one.csv", "two.csv")]
    together(world, jobs)
    assert len(begun(world)) == 20
    assert min(gaps(begun(world))) >= 60
    assert max(gaps(begun(world))) <= 120
    assert all(len(world.rows(job, "results.csv")) == 10 for job in jobs)


def test_another_secret_is_another_account() -> None:
    world = World(OneAMinute, secrets=frozenset({"acme"}))
    world.route("other", service="memory", api="geocode", secret="acme")
    jobs = [world.drop(TEN, name="one.csv"), world.drop(TEN, route="other", name="two.csv")]
    together(world, jobs)
    assert begun(world)[-1] - begun(world)[0] < 10 * 90


def test_a_route_may_name_another_interval_or_none() -> None:
    for seconds in (0, 7, 200):
        world = World(OneAMinute)
        world.route("paced", service="memory", api="geocode", pace={"submit_interval": seconds})
        together(world, [world.drop(TEN, route="paced")])
        assert min(gaps(begun(world))) >= seconds
        assert max(gaps(begun(world))) <= 1.5 * seconds + 1


def test_looks_at_batches_that_are_at_work_do_not_wait_for_the_next_start() -> None:
    world = World(OneAMinute)
    world.shop.works_for = 6.0
    job = world.drop(TEN)
    payload: dict[str, Any] = {"job": job, "run": 0}
    (lane,) = world.plan(payload)["lanes"]
    world.admit(payload)
    now = dict(SEEDS)
    began = world.clock()
    while world.clock() < began + 50:
        now = world.advance({**payload, "lane": lane, "now": now})
        world.clock.advance(now["wait"])
    document = world.document(job)
    assert document["batches"]["settled"] == 1, "the first batch came home while the second one waited"
    assert len(world.shop.jobs) <= 2


def test_a_start_that_is_tried_again_keeps_the_minute_too() -> None:
    world = World(OneAMinute)
    start, refusals = world.service.start, [1, 1, 1]

    def busy_at_first(ticket: Ticket) -> None:
        if refusals:
            refusals.pop()
            raise ServiceBusy("later", retry_after=5)
        start(ticket)

    world.service.start = busy_at_first  # type: ignore[method-assign]  # the service is ours to break
    together(world, [world.drop(TEN)])
    assert len(begun(world)) == 10
    assert min(gaps(begun(world))) >= 60
