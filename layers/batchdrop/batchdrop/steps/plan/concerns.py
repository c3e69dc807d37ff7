"""Why a planned job must not begin by itself: looked into before anything is sent."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from batchdrop.batches.states import job_key
from batchdrop.jobs import ENDED
from batchdrop.ports import Absent, Change, Either, Is, Key
from batchdrop.problems import Concern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batchdrop.ports import Table
    from batchdrop.routes import Route

_SHOWN = 12  # names of columns in a sentence

HOLD, ALLOW = "hold", "allow"
"""Values of a route's `repeats` beside `warn`."""


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


def of_repeats(route: Route, earlier: str) -> Iterator[Concern]:
    """Bytes that an earlier job of the route was made of."""
    if earlier and route.repeats == HOLD:
        yield Concern("SAME_BYTES", f"They became the job {earlier}.")


def earlier_job(table: Table, route: str, job: str, digest: str) -> str:
    """The job that was made of the same bytes in this route before; "" when there is none, or it ended without any cost.

    The pointer from the bytes to their first job is one conditional write, so of two files at once one is the first.
    """
    key = Key(f"content#{route}#{digest}", "content")
    written = table.write(Change(key, put={"job": job}, when=(Either((Absent("pk"), Is("job", job))),)))
    if written.done or written.row is None:
        return ""
    earlier = str(written.row["job"])
    before = table.get(job_key(earlier))
    if before is None or (before["status"] in ENDED and not _spent(before)):
        taken = table.write(Change(key, put={"job": job}, when=(Is("job", earlier),)))
        return "" if taken.done else earlier_job(table, route, job, digest)
    return earlier


def _spent(row: Mapping[str, object]) -> float:
    price = row.get("price") or {}
    return float(price.get("spent", 0)) if isinstance(price, dict) else 0.0
