"""What a drawn plan costs, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchdrop.money import cost, estimate, lowest_share, price_of

if TYPE_CHECKING:
    from batchdrop.ports import Price, Service
    from batchdrop.steps.plan.drawing import Drawn


@dataclass(frozen=True, slots=True)
class Worth:
    """What the plan costs."""

    price: Price
    """What holds for the route."""
    estimated: float
    """For the whole job. Where the price of a record is not known, the part that is: submits and looks."""
    low: float
    """The same by the lowest reading of the service's pages; equal to `estimated` where there is one reading only."""
    saved: float
    """What equal records would have cost."""

    def to_dict(self) -> dict[str, Any]:
        """As in job.json: unit, dated, estimated, estimatedLow where it differs, saved, and spent, which is nothing yet.

        A price that is not known has no `estimated`: it is `unknown`, with the `least` that the job costs.
        """
        entry: dict[str, Any] = {"unit": self.price.unit, "dated": self.price.dated}
        if not self.price.known:
            return {**entry, "unknown": True, "least": self.estimated, "spent": 0}
        entry |= {"estimated": self.estimated, "saved": self.saved, "spent": 0}
        return entry if self.low == self.estimated else {**entry, "estimatedLow": self.low}


def worth_of(drawn: Drawn, service: type[Service]) -> Worth:
    """The plan's worth. Pure."""
    price = price_of(service, drawn.route)
    units = sum(cut.units for cut in drawn.cuts)
    estimated = estimate(price, units=units, batches=len(drawn.cuts))
    return Worth(
        price=price,
        estimated=estimated,
        low=round(estimated * lowest_share(service, drawn.route), 4),
        saved=cost(price, units=drawn.units - units, submits=0, looks=0),
    )
