"""What the jobs of a route may spend in a day and a month."""

from __future__ import annotations

from typing import Any

import pytest

from batchdrop.effects import probing
from batchdrop.ports import Place
from batchdrop.steps.announce import BREAKS
from batchdrop.steps.spending import sum_key
from tests.steps.test_holding import attention
from tests.steps.world import INBOX, SEEDS, World

DAY = 86_400
BODY = b"address\nMain Street 1\nMain Street 2\n"
PRICE = 4


def world_with(**budget: float) -> World:
    world = World()
    world.shop.works_for = 10  # the first look finds it done, as the estimate has it
    world.route("mine", service="memory", api="geocode", budget=budget, repeats="allow")
    return world


def spent(world: World, span: str = "day") -> float:
    return world.spending.sum_of("mine", span)


def drop(world: World, number: int = 0) -> str:
    return world.drop(BODY, route="mine", name=f"people-{number}.csv")


def test_jobs_of_a_day_share_its_budget_and_the_next_day_has_a_new_one() -> None:
    world = world_with(day=2.5 * PRICE)
    first, second, third = (drop(world, number) for number in range(3))
    assert [world.drive(job) for job in (first, second, third)] == ["Done", "Done", "Parked"]
    assert attention(world, third)["code"] == "OVER_BUDGET"
    assert (
        "It is 4 credits beside 8 of other jobs; the route may spend 10 a day."
        in attention(world, third)["message"]
    )
    assert world.shop.calls["create"] == 2
    world.clock.advance(DAY)
    assert world.drive(drop(world, 4)) == "Done"


def test_a_month_has_a_budget_too() -> None:
    world = world_with(day=100, month=1.5 * PRICE)
    assert world.drive(drop(world, 1)) == "Done"
    world.clock.advance(DAY)
    job = drop(world, 2)
    assert world.drive(job) == "Parked"
    assert "may spend 6 a month" in attention(world, job)["message"]
    assert (spent(world), spent(world, "month")) == (0, PRICE)


def test_a_person_may_go_over_and_what_that_costs_counts() -> None:
    world = world_with(day=1)
    job = drop(world)
    assert world.drive(job) == "Parked"
    assert spent(world) == 0
    world.jobs.start(job)
    assert world.drive(job, run=1) == "Done"
    assert spent(world) == PRICE


def test_the_sum_is_corrected_by_what_was_really_spent() -> None:
    world = world_with(day=100)
    world.shop.works_for = 200  # more looks than were foreseen
    job = drop(world)
    assert world.drive(job) == "Done"
    cost = world.document(job)["price"]["spent"]
    assert cost > PRICE
    assert spent(world) == spent(world, "month") == cost


def test_a_job_that_ends_before_it_is_sent_gives_its_share_back() -> None:
    world = world_with(day=100)
    job = drop(world)
    payload = {"job": job, "run": 0}
    world.plan(payload)
    assert world.admit(payload)["outcome"] == "go"
    assert spent(world) == PRICE
    world.jobs.stop(job)
    world.drive(job)
    assert world.document(job)["status"] == "stopped"
    assert spent(world) == 0


def test_a_deleted_job_has_spent_what_it_has_spent() -> None:
    world = world_with(day=100)
    job = drop(world)
    assert world.drive(job) == "Done"
    world.jobs.delete(job)
    world.drive(job, run=1)
    assert world.document(job)["status"] == "deleted"
    assert spent(world) == PRICE


def test_a_job_that_breaks_down_before_it_is_sent_gives_its_share_back() -> None:
    world = world_with(day=100)
    job = drop(world)
    payload = {"job": job, "run": 0}
    world.plan(payload)
    assert world.admit(payload)["outcome"] == "go"
    for _ in range(BREAKS + 1):
        world.announce({**payload, "failed": True})
    assert world.document(job)["problems"][0]["code"] == "BROKE_DOWN"
    assert spent(world) == spent(world, "month") == 0


def test_a_job_that_broke_down_and_is_started_again_is_counted_again() -> None:
    world = world_with(day=100)
    job = drop(world)
    payload = {"job": job, "run": 0}
    world.plan(payload)
    world.admit(payload)
    for _ in range(BREAKS + 1):
        world.announce({**payload, "failed": True})
    world.jobs.start(job)
    assert world.drive(job, run=1) == "Done"
    assert spent(world) == world.document(job)["price"]["spent"] == PRICE


def test_a_stopped_job_whose_input_is_gone_has_spent_what_it_has_spent() -> None:
    world = world_with(day=100)
    world.shop.works_for = 200
    job = drop(world)
    payload = {"job": job, "run": 0}
    for lane in world.plan(payload)["lanes"]:
        world.admit(payload)
        world.lane(payload, lane)
    world.store.lose(Place(INBOX, "incoming/mine/people-0.csv"))
    world.jobs.stop(job)
    world.collect(payload)
    document = world.document(job)
    assert (document["status"], document["problems"][0]["code"]) == ("stopped", "OBJECT_GONE")
    assert spent(world) == document["price"]["spent"] > PRICE


def test_a_job_deleted_before_its_counters_were_written_has_spent_what_it_has_spent() -> None:
    world = world_with(day=100)
    job = drop(world)
    payload = {"job": job, "run": 0}
    [lane] = world.plan(payload)["lanes"]
    world.admit(payload)

    def die(name: str, act: Any) -> Any:
        answer = act()
        if name == "write_ticket":
            raise KeyboardInterrupt
        return answer

    with probing(die), pytest.raises(KeyboardInterrupt):
        world.advance({**payload, "lane": lane, "now": dict(SEEDS)})
    world.clock.advance(2000)
    world.jobs.delete(job)
    assert world.drive(job) == "Done"
    assert world.document(job)["status"] == "deleted"
    assert spent(world) == PRICE - 1  # two records and a submit; nobody has looked


def test_asking_again_and_again_counts_once() -> None:
    world = world_with(day=100)
    job = drop(world)
    payload = {"job": job, "run": 0}
    world.plan(payload)
    for _ in range(3):
        assert world.admit(payload)["outcome"] == "go"
        world.clock.advance(DAY / 2)
    assert spent(world, "month") == PRICE


def test_a_restarted_job_is_counted_for_what_it_still_has_to_spend_on_the_day_it_does() -> None:
    world = world_with(month=100)
    job = drop(world)
    world.plan({"job": job, "run": 0})
    world.jobs.stop(job)
    world.drive(job)
    world.clock.advance(DAY)
    world.jobs.start(job)
    assert world.drive(job, run=1) == "Done"
    assert spent(world) == spent(world, "month") == PRICE


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("nth", [1, 2])
def test_a_crash_around_the_write_of_a_sum_neither_loses_nor_doubles_it(before: bool, nth: int) -> None:
    world = world_with(day=100)
    world.shop.works_for = 200
    job = drop(world)
    seen = 0

    def crash(name: str, act: Any) -> Any:
        nonlocal seen
        seen += name == "spend"
        if name != "spend" or seen != nth:
            return act()
        if not before:
            act()
        raise ConnectionError("cut off")

    with probing(crash), pytest.raises(ConnectionError):
        world.drive(job)
    world.clock.advance(2000)  # the lease of whoever was cut off
    assert world.drive(job) == "Done"
    assert spent(world) == world.document(job)["price"]["spent"]


def test_two_drivers_at_once_reserve_once() -> None:
    world = world_with(day=100)
    job = drop(world)
    payload = {"job": job, "run": 0}
    world.plan(payload)
    row = world.journal.row(job)
    assert world.spending.reserve(row) == ""
    assert world.spending.reserve(row) == ""  # with the row as it was before
    assert spent(world) == PRICE


def test_two_jobs_at_once_do_not_both_get_the_last_of_a_budget() -> None:
    world = world_with(day=1.5 * PRICE)
    jobs = [drop(world, number) for number in range(2)]
    for job in jobs:
        world.plan({"job": job, "run": 0})
    rows = [world.journal.row(job) for job in jobs]
    assert [world.spending.reserve(row) for row in rows] == ["", "day"]
    assert world.table.get(sum_key("mine", "day", world.journal.row(jobs[0])["updated"])) is not None


def test_a_route_without_such_a_budget_keeps_no_sums() -> None:
    world = World()
    job = world.drop(BODY)
    world.drive(job)
    assert not [row for row in world.table.rows() if row["pk"].startswith("budget#")]
    assert world.store.head(Place(INBOX, "incoming/memory-geocode/people.csv")) is not None
