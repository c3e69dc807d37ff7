"""Find what a crash, a lost event or a lost reply left behind, and drive it again.

Every five minutes, and at once when an execution fails. It acts on rows that nobody has touched for ten minutes and whose
execution is closed or missing; the row is read consistently before it acts, and only the winner of run → run + 1 starts a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchdrop.batches.states import job_key
from batchdrop.jobs import ENDED, Status, execution_name, timestamp
from batchdrop.observe import tell
from batchdrop.steps.journal import ANNOUNCING, ORDERED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batchdrop.ports import Clock, Machine, Row, Table
    from batchdrop.steps.jobs import Jobs

UNTOUCHED = 600.0
"""Seconds a row must have been untouched before it is looked into."""

MOST = 200
"""Jobs that one sweep drives again; the next one takes the rest."""


LISTED = 1_000_000
"""Jobs of one status that are looked through: all of them, for the index gives the one longest left behind last."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """The use case behind the function `sweep`."""

    table: Table
    machine: Machine
    jobs: Jobs
    clock: Clock

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """A schedule or a failed execution → {driven: jobs driven again, parked: jobs that wait for a person}."""
        driven: list[str] = []
        parked = 0
        for row in self._untouched():
            unheard = row["status_key"] in (ORDERED, ANNOUNCING) or row.get("order")
            if row.get("attention") is not None and not unheard:
                parked += 1
            elif len(driven) < MOST and self._nobody_drives(row) and self.jobs.next_run(row):
                driven.append(row["id"])
        if driven:
            tell("driven again", cause=event.get("detail-type", "schedule"), jobs=driven[:20])
        return {"driven": len(driven), "parked": parked}

    def _untouched(self) -> Iterator[Row]:
        """Jobs that may be left behind. The index may be behind: the row itself is read before anybody acts on it."""
        before = timestamp(self.clock() - UNTOUCHED)
        for status in (ORDERED, ANNOUNCING, *(status for status in Status if status not in ENDED)):
            for found in self.table.jobs(status, limit=LISTED, before=before):
                row = self.table.get(job_key(found["id"]))
                if row is not None and row["updated"] < before:
                    yield row

    def _nobody_drives(self, row: Row) -> bool:
        return self.machine.is_running(execution_name(row["id"], row["run"])) is not True
