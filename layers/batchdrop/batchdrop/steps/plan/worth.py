"""What a drawn plan costs, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchdrop.money import cost, estimate, price_of

if TYPE_CHECKING:
    from batchdrop.ports import Price, Service
    from batchdrop.steps.plan.drawing import Drawn


@dataclass(frozen=True, slots=True)
class Worth:
    """price: what holds for the route; estimated: for the whole job; saved: what equal records would have cost."""

    price: Price
    estimated: float
    saved: float

    def to_dict(self) -> dict[str, Any]:
        """As in job.json: unit, dated, estimated, saved, and spent, which is nothing yet."""
        return {
            "unit": self.price.unit,
            "dated": self.price.dated,
            "estimated": self.estimated,
            "saved": self.saved,
            "spent": 0,
        }


def worth_of(drawn: Drawn, service: type[Service]) -> Worth:
    """The plan's worth. Pure."""
    price = price_of(service, drawn.route)
    units = sum(cut.units for cut in drawn.cuts)
    return Worth(
        price=price,
        estimated=estimate(price, units=units, batches=len(drawn.cuts)),
        saved=cost(price, units=drawn.units - units, submits=0, looks=0),
    )
