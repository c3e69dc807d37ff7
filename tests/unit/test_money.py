"""What a job costs."""

from __future__ import annotations

from typing import Any

from batchdrop.money import cost, estimate, in_milli, lowest_share, price_of
from batchdrop.ports import Price
from batchdrop.routes import Route
from batchdrop.services.geoapify import Geoapify

CREDITS = Price("credits", per_record=1, per_submit=1, per_look=1)


def route(**options: Any) -> Route:
    return Route("r", "geoapify", "geocode", **options)


def test_a_thousand_inputs_and_one_look_are_the_service_s_own_example() -> None:
    """[seed] Geoapify: 1000 inputs + 1 job call + 1 result call = 1002 API calls."""
    assert estimate(CREDITS, units=1000, batches=1) == 1002


def test_priority_lowers_everything() -> None:
    price = price_of(Geoapify, route(params={"priority": 0.5}))
    assert estimate(price, units=1000, batches=1) == 501


def test_looks_are_paid_one_by_one() -> None:
    assert cost(CREDITS, units=10, submits=1, looks=3) == 14


def test_a_route_s_own_prices_replace_what_they_name_and_priority_holds_for_them_too() -> None:
    price = price_of(Geoapify, route(prices={"per_record": 0.5}, params={"priority": 0.5}))
    assert (price.per_record, price.per_submit, price.unit, price.dated) == (0.25, 0.5, "credits", "route")
    assert price_of(Geoapify, route()).dated == "2026"


def test_thousandths_are_never_less_than_the_amount() -> None:
    assert [in_milli(amount) for amount in (0, 1, 0.0001, 2.5, 0.1 + 0.2)] == [0, 1000, 1, 2500, 300]


def test_both_readings_of_geoapify_s_pages_give_a_range_and_the_higher_one_is_the_price() -> None:
    assert [
        lowest_share(Geoapify, route(params=params)) for params in ({}, {"priority": 0.5}, {"priority": 0.8})
    ] == [
        0.5,
        1.0,
        0.625,
    ]
    assert estimate(price_of(Geoapify, route()), units=1000, batches=1) == 1002


def test_a_route_that_says_what_its_plan_makes_of_prices_has_no_range() -> None:
    half = route(prices={"factor": 0.5}, params={"priority": 0.8})
    assert lowest_share(Geoapify, half) == 1
    assert estimate(price_of(Geoapify, half), units=1000, batches=1) == 501
    assert price_of(Geoapify, half).dated == "route"
    contract = route(prices={"per_record": 3, "factor": 2})
    assert price_of(Geoapify, contract).per_record == 6
    assert lowest_share(Geoapify, contract) == 1


def test_a_price_that_nobody_knows_is_never_counted_as_one() -> None:
    unknown = Route("r", "geoapify", "any", params={"path": "/v1/ipinfo"})
    price = price_of(Geoapify, unknown)
    assert not price.known
    assert cost(price, units=1000, submits=1, looks=1) == 2
    named = Route("r", "geoapify", "any", params={"path": "/v1/ipinfo"}, prices={"per_record": 2})
    assert price_of(Geoapify, named).known
    assert cost(price_of(Geoapify, named), units=1000, submits=1, looks=1) == 2002
    assert not price_of(
        Geoapify, Route("r", "geoapify", "any", params={"path": "/v1/ipinfo"}, prices={"factor": 0.5})
    ).known
