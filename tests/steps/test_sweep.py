"""Sweep finds what nobody drives."""

from __future__ import annotations

from batchdrop.steps.sweep import UNTOUCHED, Sweep
from tests.steps.world import World

PEOPLE = b"address\nMain Street 1\n"


def sweep(world: World) -> int:
    left: int = Sweep(world.table, world.machine, world.clock)({"detail-type": "Scheduled Event"})["left"]
    return left


def test_a_job_whose_execution_is_closed_is_found_after_ten_minutes() -> None:
    world = World()
    job = world.drop(PEOPLE)
    world.machine.finish(f"{job}-r0")
    assert sweep(world) == 0
    world.clock.advance(UNTOUCHED + 1)
    assert sweep(world) == 1


def test_a_job_that_is_driven_is_left_alone() -> None:
    world = World()
    world.drop(PEOPLE)
    world.clock.advance(UNTOUCHED + 1)
    assert sweep(world) == 0


def test_a_job_that_waits_for_a_person_is_left_alone() -> None:
    world = World()
    world.shop.body = lambda _body: b"<html>"
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    world.machine.finish(f"{job}-r0")
    world.clock.advance(UNTOUCHED + 1)
    assert sweep(world) == 0
