"""Find what a crash, a lost event or a lost reply left behind.

It reports for now: jobs that nobody drives, by name, one metric. Driving them again is the next part's work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchdrop.jobs import ENDED, Status, execution_name, timestamp
from batchdrop.observe import tell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batchdrop.ports import Clock, Machine, Row, Table

UNTOUCHED = 600.0
"""Seconds a job must have been untouched before it is looked into."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """The use case behind the function `sweep`."""

    table: Table
    machine: Machine
    clock: Clock

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """A schedule or a failed execution → {left: number of jobs that nobody drives}."""
        left = [row["id"] for row in self._left_behind()]
        if left:
            tell("jobs that nobody drives", cause=event.get("detail-type", "schedule"), jobs=left[:20])
        return {"left": len(left)}

    def _left_behind(self) -> Iterator[Row]:
        before = timestamp(self.clock() - UNTOUCHED)
        for status in (status for status in Status if status not in ENDED):
            for row in self.table.jobs(status, before=before):
                parked = row.get("attention") is not None
                if not parked and self.machine.is_running(execution_name(row["id"], row["run"])) is not True:
                    yield row
