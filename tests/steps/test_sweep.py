"""Sweep drives again what nobody drives."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.effects import probing
from batchdrop.steps.admit import SLOT_SLEEP
from batchdrop.steps.operator import Operator
from batchdrop.steps.sweep import CURSOR, MOST, UNTOUCHED
from tests.steps.memory_service import ONE_PHASE, TwoPhaseService
from tests.steps.world import SEEDS, World

if TYPE_CHECKING:
    from collections.abc import Callable

PEOPLE = b"address\nMain Street 1\n"


class Crash(BaseException):
    """The process dies."""


def crash_before(effect: str) -> Callable[[str, Callable[[], Any]], Any]:
    def probe(name: str, act: Callable[[], Any]) -> Any:
        if name == effect:
            raise Crash
        return act()

    return probe


def test_a_job_whose_execution_is_closed_is_driven_again_after_ten_minutes() -> None:
    world = World()
    job = world.drop(PEOPLE)
    world.machine.finish(f"{job}-r0")
    assert world.sweep()["driven"] == 0
    world.clock.advance(UNTOUCHED + 1)
    assert world.sweep()["driven"] == 1
    assert world.machine.started[f"{job}-r1"] == {"job": job, "run": 1}
    assert world.drive(job, run=1) == "Done"
    assert set(world.shop.billed.values()) == {1}


def test_a_job_that_was_claimed_and_never_started_is_started() -> None:
    world = World()
    with pytest.raises(Crash), probing(crash_before("start_execution")):
        world.drop(PEOPLE)
    assert not world.machine.started
    world.clock.advance(UNTOUCHED + 1)
    assert world.sweep()["driven"] == 1
    [name] = world.machine.started
    assert world.drive(name.removesuffix("-r1"), run=1) == "Done"


def test_an_end_that_was_never_announced_is_announced() -> None:
    world = World()
    job = world.drop(PEOPLE)
    with pytest.raises(Crash), probing(crash_before("publish")):
        world.drive(job)
    world.machine.finish(f"{job}-r0")
    world.clock.advance(UNTOUCHED + 1)
    assert world.sweep()["driven"] == 1
    assert world.plan({"job": job, "run": 1})["outcome"] == "over"
    assert world.announce({"job": job, "run": 1, "failed": False})["outcome"] == "done"
    [event] = world.publisher.on_topic
    assert (event.detail["status"], event.detail["run"]) == ("completed", 0)
    world.machine.finish(f"{job}-r1")
    world.clock.advance(UNTOUCHED + 1)
    assert world.sweep()["driven"] == 0


def test_a_job_that_is_driven_is_left_alone() -> None:
    world = World()
    world.drop(PEOPLE)
    world.clock.advance(UNTOUCHED + 1)
    assert world.sweep()["driven"] == 0


def test_two_sweeps_at_once_start_one_run() -> None:
    world = World()
    job = world.drop(PEOPLE)
    world.machine.finish(f"{job}-r0")
    world.clock.advance(UNTOUCHED + 1)
    row = world.journal.row(job)
    assert world.jobs.next_run(row)
    assert not world.jobs.next_run(row)
    assert list(world.machine.started) == [f"{job}-r0", f"{job}-r1"]


def test_a_job_that_waits_for_a_person_is_left_to_the_person() -> None:
    world = World()
    world.shop.body = lambda _body: b"<html>"
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    world.clock.advance(UNTOUCHED + 1)
    found = world.sweep()
    assert (found["driven"], found["attention"], found["batches"]) == (0, {"GAPS": 1}, 1)
    assert (
        world.metrics["JobsWaiting"],
        world.metrics["JobsWaiting GAPS"],
        world.metrics["BatchesParked"],
    ) == (1, 1, 1)


def test_the_alarm_ends_when_nobody_is_needed_any_more() -> None:
    world = World()
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    world.sweep()
    assert set(world.metrics) == {"JobsWaiting", "BatchesParked", "ResultsExpiring", "JobsDrivenAgain"}
    assert set(world.metrics.values()) == {0}


def test_results_that_lie_at_the_service_for_half_their_time_raise_an_alarm() -> None:
    world = World()
    world.shop.works_for = 1e9
    job = world.drop(PEOPLE)
    planned = world.plan({"job": job, "run": 0})
    world.admit({"job": job, "run": 0})
    now = world.advance({"job": job, "run": 0, "lane": planned["lanes"][0], "now": dict(SEEDS)})
    assert not now["settled"]
    world.clock.advance(0.5 * ONE_PHASE.keeps_results_for - 60)
    world.sweep()
    assert world.metrics["ResultsExpiring"] == 0
    world.clock.advance(120)
    world.sweep()
    assert world.metrics["ResultsExpiring"] == 1


def test_of_many_jobs_left_behind_the_oldest_are_driven_first() -> None:
    world = World()
    jobs = []
    for number in range(MOST + 5):
        jobs.append(world.drop(PEOPLE, name=f"{number}.csv"))
        world.machine.finish(f"{jobs[-1]}-r0")
        world.clock.advance(1)
    world.clock.advance(UNTOUCHED + 1)
    assert world.sweep()["driven"] == MOST
    driven = [job for job in jobs if f"{job}-r1" in world.machine.started]
    assert driven == jobs[:MOST]
    assert world.sweep()["driven"] == 5


def test_a_failed_execution_drives_its_own_job_once_it_is_left_behind() -> None:
    world = World()
    job, other = world.drop(PEOPLE), world.drop(PEOPLE, name="other.csv")
    for each in (job, other):
        world.machine.finish(f"{each}-r0")
    assert not world.sweeper.drive_job(
        f"{job}-r0"
    )  # too early: an execution just started may not be seen yet
    world.clock.advance(UNTOUCHED + 1)
    assert world.sweeper.drive_job(f"{job}-r0")
    assert f"{job}-r1" in world.machine.started
    assert f"{other}-r1" not in world.machine.started  # one read for each event: the schedule looks at all
    assert not world.metrics


def test_failed_executions_that_come_in_hundreds_list_no_jobs() -> None:
    world = World()
    jobs = [world.drop(PEOPLE, name=f"{number}.csv") for number in range(200)]
    for job in jobs:
        world.machine.finish(f"{job}-r0")
    world.clock.advance(UNTOUCHED + 1)

    def listed(*_: object, **__: object) -> Any:
        raise AssertionError("each of hundreds of events would list all jobs")

    world.table.jobs = listed  # type: ignore[method-assign]  # the table is this world's own
    assert all(world.sweeper.drive_job(f"{job}-r0") for job in jobs)


@pytest.mark.parametrize("execution", ["", "people", "unknown-0123456789abcdef-r0", "a-rx"])
def test_an_execution_of_no_job_drives_nothing(execution: str) -> None:
    assert not World().sweeper.drive_job(execution)


def test_a_failed_execution_of_a_job_that_has_ended_drives_nothing() -> None:
    world = World()
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    world.clock.advance(UNTOUCHED + 1)
    assert not world.sweeper.drive_job(f"{job}-r0")


def test_a_job_left_behind_is_found_among_hundreds_that_are_driven() -> None:
    world = World()
    job = world.drop(PEOPLE)
    world.machine.finish(f"{job}-r0")
    for number in range(120):
        world.clock.advance(1)
        world.drop(PEOPLE, name=f"{number}.csv")
    world.clock.advance(UNTOUCHED + 1)
    assert world.sweep()["driven"] == 1
    assert f"{job}-r1" in world.machine.started


def test_an_order_on_a_job_that_waits_for_a_person_is_found_whatever_the_index_says() -> None:
    world = World()
    world.shop.body = lambda _body: b"<html>"
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    world.journal.change(job, 0, {"order": "stop", "status": "inProgress"})
    world.clock.advance(UNTOUCHED + 1)
    assert world.sweep()["driven"] == 1
    assert world.drive(job, run=1) == "Done"


class Throttled(Exception):
    """A call of AWS that was refused."""


class Waning:
    """Time that grows less with every look at it."""

    def __init__(self, seconds: float, each: float) -> None:
        self.left, self._each = seconds, each

    def __call__(self) -> float:
        self.left -= self._each
        return self.left


def _waits_for_a_person(world: World) -> str:
    world.shop.body = lambda _body: b"<html>"
    job = world.drop(PEOPLE, name="waits.csv")
    assert world.drive(job) == "Parked"
    return job


def _queued_with_executions(world: World, many: int) -> list[str]:
    """Jobs that are healthy: their executions run."""
    made = []
    for number in range(many):
        made.append(world.drop(PEOPLE, name=f"q{number}.csv"))
        world.clock.advance(number % 2)  # two at a time
    return made


QUIET = 3_000


class DeadJobs:
    """The function of a person's action dies before the next run begins."""

    def next_run(self, *_: object, **__: object) -> None:
        raise Crash


def _count_calls(world: World) -> Counter[str]:
    """Count what sweep asks of the machine and of the table."""
    calls: Counter[str] = Counter()
    is_running, query = world.machine.is_running, world.table.query

    def counted(name: str) -> bool | None:
        calls["is_running"] += 1
        return is_running(name)

    def queried(pk: str, prefix: str = "", **bounds: str) -> Any:
        calls[f"query {prefix}"] += 1
        return query(pk, prefix, **bounds)

    world.machine.is_running = counted  # type: ignore[method-assign]  # calls are counted
    world.table.query = queried  # type: ignore[method-assign]  # calls are counted
    return calls


def _copy(world: World, job: str, copies: int) -> None:
    """More jobs that stand as this one does: their rows only."""
    found = [key for key in world.table._items if key[0] == f"job#{job}" and not key[1].startswith("event#")]
    for number in range(copies):
        for pk, sk in found:
            item = {**world.table._items[pk, sk], "pk": {"S": f"{pk}{number}"}}
            if sk == "job":
                item |= {"id": {"S": f"{job}{number}"}}
            world.table._items[f"{pk}{number}", sk] = item


def _at_work(world: World) -> tuple[str, dict[str, Any]]:
    world.shop.works_for = 1e9
    job = world.drop(PEOPLE)
    payload = {"job": job, "run": 0}
    lane = world.plan(payload)["lanes"][0]
    world.admit(payload)
    return job, {**payload, "lane": lane, "now": world.advance({**payload, "lane": lane, "now": dict(SEEDS)})}


def test_nobody_asks_for_executions_of_quiet_jobs_whose_lanes_wait_for_their_time() -> None:
    world = World(TwoPhaseService)
    world.route("memory-geocode", service="memory", api="geocode", prices={"per_look": 0})
    job, payload = _at_work(world)
    for _ in range(30):
        world.clock.advance(payload["now"]["wait"])
        payload["now"] = world.advance(payload)
    _copy(world, job, 500)
    calls = _count_calls(world)
    assert world.sweep()["driven"] == 0
    assert calls["is_running"] == 0
    world.clock.advance(payload["now"]["wait"] + UNTOUCHED)
    world.machine.finish(f"{job}-r0")
    world.sweep()
    assert f"{job}-r1" in world.machine.started


@pytest.mark.parametrize("held", [True, False], ids=["held", "queued"])
def test_nobody_asks_for_executions_of_jobs_that_wait_before_they_begin(held: bool) -> None:
    world = World(at_once=0)
    world.route("memory-geocode", service="memory", api="geocode", hold=held)
    job = world.drop(PEOPLE)
    payload = {"job": job, "run": 0}
    world.plan(payload)
    world.admit(payload)
    world.clock.advance(SLOT_SLEEP - 1)
    _copy(world, job, QUIET - 1)
    calls = _count_calls(world)
    assert world.sweep()["driven"] == 0
    assert calls["is_running"] == 0


@pytest.mark.parametrize("is_heard", [True, False], ids=["its event came", "its event was lost"])
def test_a_queued_job_whose_execution_died_is_driven_again(is_heard: bool) -> None:
    world = World(at_once=0)
    job = world.drop(PEOPLE)
    payload = {"job": job, "run": 0}
    world.plan(payload)
    world.admit(payload)
    world.machine.finish(f"{job}-r0")
    if is_heard:
        assert not world.sweeper.drive_job(f"{job}-r0")  # too early
    world.clock.advance(UNTOUCHED + 1)
    assert world.sweep()["driven"] == int(is_heard)
    world.clock.advance(SLOT_SLEEP)
    assert is_heard or world.sweep()["driven"] == 1


def test_a_held_job_whose_execution_died_is_driven_when_it_is_started() -> None:
    world = World()
    world.route("memory-geocode", service="memory", api="geocode", hold=True)
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Hold"
    world.machine.finish(f"{job}-r0")
    world.jobs.start(job)
    assert world.drive(job, run=1) == "Done"


def test_the_batches_of_a_job_that_waits_for_a_person_are_looked_at_once() -> None:
    world = World()
    _waits_for_a_person(world)
    world.clock.advance(UNTOUCHED + 1)
    calls = _count_calls(world)
    for _ in range(5):
        world.sweep()
        world.clock.advance(300)
    assert calls["query batch#"] == 1


def test_they_are_looked_at_again_when_a_persons_action_was_cut_off() -> None:
    world = World()
    job = _waits_for_a_person(world)
    world.shop.body = lambda body: body
    world.clock.advance(UNTOUCHED + 1)
    assert world.sweep()["driven"] == 0
    jobs: Any = DeadJobs()
    with pytest.raises(Crash):
        Operator(world.table, world.journal, jobs, world.clock, {"memory": world.kind}).recollect(job, [1])
    assert world.sweep()["driven"] == 0  # somebody is at it
    world.clock.advance(UNTOUCHED + 1)
    assert world.sweep()["driven"] == 1


def test_an_error_of_one_job_does_not_end_the_sweep() -> None:
    world = World()
    jobs = [world.drop(PEOPLE, name=f"{number}.csv") for number in range(3)]
    for job in jobs:
        world.machine.finish(f"{job}-r0")
    world.clock.advance(UNTOUCHED + 1)
    is_running = world.machine.is_running

    def throttled(name: str) -> bool | None:
        if name.startswith(jobs[0]):
            raise Throttled
        return is_running(name)

    world.machine.is_running = throttled  # type: ignore[method-assign]  # AWS refuses it
    found = world.sweep()
    assert (found["driven"], found["errors"], found["complete"]) == (2, 1, True)


@pytest.mark.parametrize("each", [0.2, 1.0, 5.0])
def test_a_job_left_behind_is_driven_however_many_healthy_ones_stand_before_it(each: float) -> None:
    world = World()
    _queued_with_executions(world, 60)
    lost = world.drop(PEOPLE, name="lost.csv")
    world.machine.finish(f"{lost}-r0")
    world.clock.advance(UNTOUCHED + 1)
    for _ in range(100):
        world.sweep(Waning(120, each))
        if f"{lost}-r1" in world.machine.started:
            return
    raise AssertionError("never driven")


def test_a_paid_job_is_driven_before_those_that_wait_for_their_turn() -> None:
    world = World()
    world.shop.works_for = 1e9
    paid = world.drop(PEOPLE, name="paid.csv")
    planned = world.plan({"job": paid, "run": 0})
    world.admit({"job": paid, "run": 0})
    world.advance({"job": paid, "run": 0, "lane": planned["lanes"][0], "now": dict(SEEDS)})
    waiting = [world.drop(PEOPLE, name=f"{number}.csv") for number in range(3)]
    for job in (paid, *waiting):
        world.machine.finish(f"{job}-r0")
    world.clock.advance(UNTOUCHED + 1)
    world.sweep()
    assert next(name for name in world.machine.started if name.endswith("-r1")) == f"{paid}-r1"


def test_no_number_comes_from_a_count_that_was_not_finished() -> None:
    world = World()
    _waits_for_a_person(world)
    world.shop.body = lambda body: body
    _queued_with_executions(world, 40)
    found = world.sweep(Waning(60, 1.0))
    assert not found["complete"]
    assert set(world.metrics) == {"JobsDrivenAgain"}
    found = world.sweep()
    assert found["complete"]
    assert world.metrics["JobsWaiting"] == 1


def test_driving_leaves_time_to_count() -> None:
    world = World()
    jobs = []
    for number in range(40):
        jobs.append(world.drop(PEOPLE, name=f"{number}.csv"))
        world.clock.advance(1)
    for job in jobs:
        world.machine.finish(f"{job}-r0")
    world.clock.advance(UNTOUCHED + 1)
    found = world.sweep(Waning(400, 3.0))
    assert 0 < found["driven"] < 40
    assert found["complete"]


def test_a_sweep_that_looks_at_all_forgets_where_it_stopped() -> None:
    world = World()
    _queued_with_executions(world, 20)
    world.clock.advance(UNTOUCHED + 1)
    world.sweep(Waning(60, 2.0))
    row = world.table.get(CURSOR)
    assert row is not None
    assert row["at"]
    world.sweep()
    world.sweep()
    row = world.table.get(CURSOR)
    assert row is not None
    assert row["at"] == {}
