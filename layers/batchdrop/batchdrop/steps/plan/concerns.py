"""Why a planned job must not begin by itself: looked into before anything is sent."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from batchdrop.problems import Concern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batchdrop.routes import Route

_SHOWN = 12  # names of columns in a sentence


def of_records(route: Route, *, total: int, invalid: int) -> Iterator[Concern]:
    """More invalid records than the route's share (below 1) or number."""
    most = route.max_invalid
    if invalid > (most * total if most < 1 else most):
        allowed = f"{100 * most:.4g} % of them" if 0 < most < 1 else f"{most:,.0f}"
        yield Concern(
            "MANY_INVALID", f"{invalid:,} of {total:,} records are invalid; at most {allowed} may be."
        )


def of_columns(columns: Mapping[str, str], unsent: Mapping[str, str], definition: str) -> Iterator[Concern]:
    """Columns that look like parts of an address and are not sent. definition: with the columns that may be meant."""
    if unsent:
        missing = ", ".join(repr(name[:40]) for name in islice(unsent, _SHOWN))
        sent = ", ".join(f"{field} = {name[:40]}" for field, name in islice(columns.items(), _SHOWN))
        yield Concern(
            "PARTIAL_COLUMNS",
            f"Not sent: {missing}. Sent: {sent}.",
            definition,
        )


def of_price(estimated: float, budget: float | None, unit: str) -> Iterator[Concern]:
    """A price over the budget of one job."""
    if budget is not None and estimated > budget:
        yield Concern("OVER_BUDGET", f"It is {estimated:,g} {unit}; a job may cost {budget:,g}.")


def of_unknown_price(known: bool, least: float, budget: float | None, unit: str) -> Iterator[Concern]:
    """A price that nobody knows, unless the dropped object itself names a budget: then somebody means it."""
    if not known and budget is None:
        yield Concern("PRICE_UNKNOWN", f"Submits and looks cost {least:,g} {unit}; the records come on top.")


def of_repeats(job: str, earlier: str, *, whose: str = "They became") -> Iterator[Concern]:
    """Bytes that an earlier job was made of, or that it wrote; earlier: "" for none."""
    if earlier:
        yield Concern(
            "SAME_BYTES",
            f"{whose} the job {earlier}. `batchdrop start {job}` lets this one go and pays for them again.",
        )
