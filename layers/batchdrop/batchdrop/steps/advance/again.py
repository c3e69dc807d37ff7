"""A route may allow the machine to pay again for what cannot be had otherwise, up to a limit for the whole job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchdrop.batches import claims
from batchdrop.batches.states import BatchRow, job_key
from batchdrop.effects import effect
from batchdrop.money import MILLI, estimate, in_milli, price_of
from batchdrop.observe import tell
from batchdrop.ports import Absent, Below, Change, Either, Is

if TYPE_CHECKING:
    from batchdrop.steps.advance.driver import Driver


def pay_again(driver: Driver, row: BatchRow) -> BatchRow | None:
    """Back to planned, when the price still fits what the route allows; None when a person must decide.

    The allowance is used up in the same transaction that frees the batch, so that it can never be used twice. A call that lost its
    reply, or its race, finds the batch changed: then it is left as it is, and the next tick reads it afresh.
    """
    route = driver.route
    price = price_of(driver.service, route)
    cost = in_milli(estimate(price, units=row.units, batches=1))
    limit = int(route.may_pay_again_up_to * MILLI)
    if cost > limit or not price.known:
        return None
    fits = Either((Absent("again_milli"), Below("again_milli", limit - cost, equal=True)))
    in_charge = (Is("run", driver.run), Absent("order"))
    taken = Change(job_key(driver.job), add={"again_milli": cost}, when=(*in_charge, fits))
    together = (taken, claims.paid_again(row))
    if not effect("pay_again", lambda: driver.table.write_together(together)):
        return None
    tell("sent again as the route allows", job=driver.job, batch=row.number, thousandths=cost)
    found = driver.table.get(row.key)
    return BatchRow.from_row(found) if found else None
