"""What the jobs of a route may spend in a day and a month: one sum for each, kept by conditional writes.

A job's share is reserved when it begins and corrected when it ends. The job row says what of it stands in which day's sum, and
both are written together, so that a repeat changes nothing. Days are those of UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchdrop.batches.states import job_key
from batchdrop.effects import effect
from batchdrop.jobs import timestamp
from batchdrop.money import MILLI, in_milli
from batchdrop.ports import Absent, Below, Change, Either, Is, Key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from batchdrop.ports import Clock, Condition, Row, Table

DAY, MONTH = "day", "month"
_LENGTHS = {DAY: 10, MONTH: 7}  # of 2026-11-27, of 2026-11
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Spending:
    """The sums. Routes without a budget of a day or a month have none."""

    table: Table
    clock: Clock

    def reserve(self, row: Row, *, whatever_it_is: bool = False) -> str:
        """Put the job's estimate into the sums; the span (day, month) whose budget it does not fit into, else "".

        whatever_it_is: a person has let the job go, so it is counted and not judged.
        """
        limits = _limits(row)
        if not limits:
            return ""
        amount = row["price"].get("estimated", row["price"].get("least", 0))
        return self._charge(row, in_milli(amount), {} if whatever_it_is else limits)

    def settle(self, row: Row, spent: float) -> None:
        """Correct the sums by what the job has really spent."""
        if _limits(row) and row.get("charged") is not None:
            self._charge(row, in_milli(spent), {})

    def sum_of(self, route: str, span: str) -> float:
        """What stands in the sum of today or of this month."""
        found = self.table.get(sum_key(route, span, timestamp(self.clock())))
        return float((found or {}).get("milli", 0)) / MILLI

    def _charge(self, row: Row, amount: int, limits: Mapping[str, float]) -> str:
        job, run = row["id"], row["run"]
        for _ in range(_TRIES):
            charged: dict[str, int] = row.get("charged") or {}
            more = amount - sum(charged.values())
            if not more and charged:
                return ""
            day = timestamp(self.clock())[: _LENGTHS[DAY]] if more >= 0 else max(charged)
            after = {**charged, day: charged.get(day, 0) + more}
            unchanged = Is("charged", charged) if charged else Absent("charged")
            changes = (
                Change(job_key(job), put={"charged": after}, when=(Is("run", run), unchanged)),
                *_sums(row["route_name"], day, more, limits),
            )
            over = next((span for span, limit in limits.items() if more > in_milli(limit)), "")
            if not over and self._write(changes):
                return ""
            over = over or self._over(row["route_name"], day, more, limits)
            if over:
                return over
            row = self.table.get(job_key(job)) or row  # another driver was first, or the sums have moved on
        raise RuntimeError("the sums of a route changed again and again")

    def _write(self, changes: Sequence[Change]) -> bool:
        return effect("spend", lambda: self.table.write_together(changes))

    def _over(self, route: str, day: str, more: int, limits: Mapping[str, float]) -> str:
        for span, limit in limits.items():
            found = self.table.get(sum_key(route, span, day)) or {}
            if found.get("milli", 0) + more > in_milli(limit):
                return span
        return ""


def sum_key(route: str, span: str, time: str) -> Key:
    """The row of one sum; time: ISO 8601, a day at least."""
    return Key(f"budget#{route}", f"{span}#{time[: _LENGTHS[span]]}")


def _limits(row: Row) -> dict[str, float]:
    budget = (row.get("route") or {}).get("budget", {})
    return {span: budget[span] for span in (DAY, MONTH) if span in budget}


def _sums(route: str, day: str, more: int, limits: Mapping[str, float]) -> Iterator[Change]:
    for span in (DAY, MONTH):
        fits: tuple[Condition, ...] = ()
        if span in limits:
            room = in_milli(limits[span]) - more
            fits = (Either((Absent("milli"), Below("milli", room, equal=True))),)
        yield Change(sum_key(route, span, day), add={"milli": more}, when=fits)
