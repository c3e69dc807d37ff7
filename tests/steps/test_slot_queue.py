"""Jobs that wait for a slot: who is woken when one is given back, and that nobody sleeps on beside a free one."""

from __future__ import annotations

from batchdrop.batches.states import job_key
from batchdrop.ports import Change
from batchdrop.sharing import Slots
from batchdrop.steps.admit import Admit
from tests.steps.world import World

PEOPLE = b"id,address\n1,A street\n"
SERVICE = "memory"


def planned(world: World, count: int) -> list[str]:
    """Drop files, a second apart, and plan their jobs."""
    jobs = []
    for number in range(count):
        jobs.append(world.drop(PEOPLE + b"%d,x\n" % number, name=f"{number}.csv"))
        world.plan({"job": jobs[-1], "run": 0})
        world.clock.advance(1)
    return jobs


def asks(world: World, job: str) -> str:
    outcome: str = world.admit({"job": job, "run": 0})["outcome"]
    return outcome


def rings(world: World, jobs: list[str]) -> list[int]:
    return [int((world.table.get(job_key(job)) or {}).get("rings", 0)) for job in jobs]


def queue(world: World) -> list[str]:
    return [row["job"] for row in world.table.query(f"service#{SERVICE}", "queue#")]


def test_a_slot_that_is_given_back_wakes_the_job_that_has_waited_longest() -> None:
    world = World(at_once=1)
    first, *others = planned(world, 4)
    assert asks(world, first) == "go"
    assert [asks(world, job) for job in reversed(others)] == ["queue"] * 3
    assert queue(world) == others
    assert world.drive(first) == "Done"
    assert rings(world, others) == [1, 0, 0]
    assert asks(world, others[0]) == "go"
    assert queue(world) == others[1:]


def test_as_many_are_woken_as_there_are_free_slots_so_that_a_lost_call_is_made_up_for() -> None:
    world = World(at_once=2)
    first, second, *others = planned(world, 5)
    assert [asks(world, job) for job in (first, second)] == ["go", "go"]
    assert [asks(world, job) for job in others] == ["queue"] * 3
    Slots(world.table, 2).give_back(SERVICE, second)  # by somebody who died before the call
    assert world.drive(first) == "Done"
    assert rings(world, others) == [1, 1, 0]


def test_a_slot_that_is_given_back_while_a_job_lines_up_is_taken_at_once() -> None:
    world = World(at_once=1)
    first, second = planned(world, 2)
    assert asks(world, first) == "go"

    class Late(Slots):
        """The first job gives its slot back just before the second stands in the queue."""

        def line_up(self, service: str, job: str, since: str) -> None:
            Slots.give_back(self, service, first)
            Slots.line_up(self, service, job, since)

    admit = Admit(world.journal, Late(world.table, 1), world.clock, world.spending)
    assert admit({"job": second, "run": 0})["outcome"] == "go"
    assert queue(world) == []


def test_a_job_that_left_the_queue_in_another_way_wakes_nobody_and_is_struck_off() -> None:
    world = World(at_once=1)
    first, second, third = planned(world, 3)
    assert [asks(world, job) for job in (first, second, third)] == ["go", "queue", "queue"]
    world.table.write(Change(job_key(second), put={"status": "failure"}))
    assert world.drive(first) == "Done"
    assert queue(world) == [third]
    Slots(world.table, 1).step_out(SERVICE, "nobody", "2026")  # harmless
    world.slots.give_back(SERVICE, "nobody")
    assert rings(world, [second, third]) == [0, 1]


def test_a_stop_reaches_a_job_that_waits_for_a_slot() -> None:
    world = World(at_once=1)
    first, second = planned(world, 2)
    assert [asks(world, job) for job in (first, second)] == ["go", "queue"]
    world.jobs.stop(second)
    assert rings(world, [second]) == [1]
    assert asks(world, second) == "go"  # the lanes carry orders out
