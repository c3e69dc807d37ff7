"""What a job costs."""

from __future__ import annotations

from typing import Any

from batchdrop.money import cost, estimate, in_milli, price_of
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
