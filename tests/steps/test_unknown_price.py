"""An API whose price nobody here knows: held until somebody means it, and never counted as one credit a record."""

from __future__ import annotations

from typing import Any

import pytest

from batchdrop.ports import Place
from batchdrop.routes import Route
from batchdrop.steps.operator import Operator
from tests.steps.world import INBOX, World

PEOPLE = b"id,address\n1,A street\n2,B street\n3,C street\n"
UNPRICED = {"service": "memory", "api": "geocode", "params": {"unpriced": True}}


def dropped(world: World, **metadata: str) -> str:
    """Drop with metadata, as `put --budget` does."""
    key = "incoming/unpriced/people.csv"
    world.store.drop(Place(INBOX, key), PEOPLE, metadata=metadata)
    job = world.submit(world.event(key))
    assert job is not None
    return job


def test_a_job_of_unknown_price_is_held_before_anything_is_sent() -> None:
    world = World()
    world.route("unpriced", **UNPRICED)
    job = world.drop(PEOPLE, route="unpriced")
    assert world.drive(job) == "Parked"
    document = world.document(job)
    assert document["attention"]["code"] == "PRICE_UNKNOWN"
    assert document["attention"]["actions"] == ["start", "delete"]
    assert document["price"] == {"unit": "credits", "dated": "2026", "unknown": True, "least": 2, "spent": 0}
    assert not world.shop.calls
    world.jobs.start(job)
    assert world.drive(job, run=1) == "Done"
    assert world.document(job)["price"]["spent"] == 1 + world.shop.calls["check"]
    assert len(world.rows(job, "results.csv")) == 3


@pytest.mark.parametrize(
    ("options", "metadata"),
    [({"prices": {"per_record": 7}}, {}), ({}, {"budget": "500"})],
)
def test_a_price_in_the_route_or_a_budget_with_the_file_lets_it_go(
    options: dict[str, Any], metadata: dict[str, str]
) -> None:
    world = World()
    world.route("unpriced", **UNPRICED, **options)
    job = dropped(world, **metadata)
    assert world.drive(job) == "Done"
    price = world.document(job)["price"]
    assert price["spent"] == (21 if options else 0) + 1 + world.shop.calls["check"]
    assert ("unknown" in price) is not bool(options)


@pytest.mark.parametrize(
    "options",
    [
        {"budget": 1_000_000},
        {"budget": {"day": 10_000}},
        {"prices": {"per_look": 2}},
        {"prices": {"factor": 0.5}},
    ],
)
def test_a_limit_of_the_route_or_other_prices_do_not_say_what_a_record_costs(options: dict[str, Any]) -> None:
    world = World()
    world.route("unpriced", **UNPRICED, **options)
    job = world.drop(PEOPLE, route="unpriced")
    assert world.drive(job) == "Parked"
    assert "PRICE_UNKNOWN" in world.document(job)["attention"]["codes"]


def test_what_is_known_of_the_price_still_counts_against_budgets() -> None:
    world = World()
    world.route("unpriced", **UNPRICED)
    job = dropped(world, budget="1")
    assert world.drive(job) == "Parked"
    assert world.document(job)["attention"]["codes"] == ["OVER_BUDGET"]


def test_the_machine_never_pays_an_unknown_price_again_by_itself() -> None:
    world = World()
    world.route("unpriced", **UNPRICED, may_pay_again_up_to=1_000_000)
    job = dropped(world, budget="500")
    payload = {"job": job, "run": 0}
    (lane,) = world.plan(payload)["lanes"]
    world.admit(payload)
    world.advance(
        {
            **payload,
            "lane": lane,
            "now": {"settled": False, "listens": False, "wait": 1, "rings": 0, "ticks": 0},
        }
    )
    world.shop.jobs.clear()  # the service has lost what was paid
    assert world.drive(job) == "Parked"
    assert world.document(job)["attention"]["code"] == "DELETED_BY_OTHER"
    assert world.shop.calls["create"] == 1
    operator = Operator(world.table, world.journal, world.jobs, world.clock, {"memory": world.kind})
    assert operator.price_of(job, [1]) == (2, "credits and a price per record that is not known")


def test_two_readings_of_a_price_are_both_shown_and_the_budget_uses_the_higher_one() -> None:
    world = World()
    world.route("disputed", service="memory", api="geocode", params={"disputed": True}, budget=4)
    job = world.drop(PEOPLE, route="disputed")
    assert world.drive(job) == "Parked"
    document = world.document(job)
    assert document["attention"]["code"] == "OVER_BUDGET"
    assert (document["price"]["estimatedLow"], document["price"]["estimated"]) == (2.5, 5)
    assert Route.from_dict(world.journal.row(job)["route"]).budget == {"job": 4}
