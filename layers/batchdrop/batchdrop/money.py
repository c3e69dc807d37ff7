"""What a job costs, in the service's own unit. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batchdrop.ports import Price, Service
    from batchdrop.routes import Route

MILLI = 1000
"""The table adds whole numbers: sums are kept in thousandths of the unit."""


def price_of(service: type[Service] | Service, route: Route) -> Price:
    """What holds for a route: the service's prices, the route's own over them, times what the parameters or the route's plan make of
    them. Where the service's pages can be read in two ways, the higher one; see `lowest_share`.
    """
    price, own = service.apis[route.api].price, route.prices
    factor = own.get("factor", service.factor(route.params))
    known = "per_record" in own or service.is_price_known(route.api, route.params)
    return replace(
        price,
        known=known,
        per_record=own.get("per_record", price.per_record) * factor if known else 0.0,
        per_submit=own.get("per_submit", price.per_submit) * factor,
        per_look=own.get("per_look", price.per_look) * factor,
        dated="route" if own else price.dated,
    )


def lowest_share(service: type[Service] | Service, route: Route) -> float:
    """Return what share of a price is left by the lowest reading of the service's pages: 1 where there is one reading only, or the
    route says what its contract makes of it.
    """
    if route.prices:
        return 1.0
    return min(1.0, service.lowest_factor(route.params) / service.factor(route.params))


def cost(price: Price, *, units: int, submits: int, looks: int) -> float:
    """The price of records, submits and looks. units: records, each as often as it counts (Service.units_of)."""
    return round(price.per_record * units + price.per_submit * submits + price.per_look * looks, 4)


def estimate(price: Price, *, units: int, batches: int) -> float:
    """The price before anything is sent: each batch is sent once, and looked at once, at its estimated finish."""
    return cost(price, units=units, submits=batches, looks=batches)


def in_milli(amount: float) -> int:
    """An amount in thousandths, rounded up: what is kept is never less than what is spent."""
    return -int(-round(amount * MILLI, 3) // 1)
