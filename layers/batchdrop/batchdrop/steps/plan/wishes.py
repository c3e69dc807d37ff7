"""What the dropped object's metadata says of its own job, as people set it: `start: false`, `budget: 500`, `again: true`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchdrop.errors import BadFile
from batchdrop.problems import problem

if TYPE_CHECKING:
    from batchdrop.ports import Stored
    from batchdrop.routes import Route


@dataclass(frozen=True, slots=True)
class Wishes:
    """wait: the job waits until a person starts it, as HERE's startJob=false does. most: what the job may cost, None = unsaid.
    again: the same bytes may be paid again.
    """

    wait: bool = False
    most: float | None = None
    again: bool = False

    @classmethod
    def of(cls, stored: Stored | None) -> Wishes:
        """From the object's metadata. Raises BadFile (METADATA_INVALID): a budget nobody can read must not be overlooked."""
        said = stored.metadata if stored is not None else {}
        text = said.get("budget", "").strip()
        return cls(
            wait=said.get("start", "").strip().lower() == "false",
            most=_amount(text) if text else None,
            again=said.get("again", "").strip().lower() == "true",
        )

    def budget(self, route: Route) -> float | None:
        """What the job may cost: the lower of the object's and the route's word."""
        words = [most for most in (self.most, route.budget.get("job")) if most is not None]
        return min(words) if words else None


def _amount(text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = math.nan
    if not (amount >= 0 and math.isfinite(amount)):
        raise BadFile([problem("METADATA_INVALID", name="budget", kind="a number from 0 on")])
    return amount
