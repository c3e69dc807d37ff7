"""May this job run now? Called before the lanes are spread out, because open Map Runs are limited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchdrop.errors import GoneMissing, Superseded
from batchdrop.jobs import ENDED, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchdrop.ports import Clock, Row
    from batchdrop.sharing import Slots
    from batchdrop.steps.journal import Journal

QUEUE_WAIT = 60
LONGEST_QUEUE_WAIT = 600
"""Seconds between two tries for a slot: a tenth of the time that the job has queued, so that an execution's history lasts for weeks."""


@dataclass(frozen=True, slots=True)
class Admit:
    """The use case behind the function `admit`."""

    journal: Journal
    slots: Slots
    clock: Clock

    def __call__(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """{job, run} → {outcome: go | queue | hold | over | superseded, wait: seconds, rings}.

        rings: the job's counter as it was before its state was read, for Hold to compare.
        """
        try:
            row = self.journal.row(payload["job"], payload["run"])
        except (Superseded, GoneMissing):
            return {"outcome": "superseded", "wait": 1, "rings": 0}
        return {"outcome": self._outcome(row), "wait": self._wait(row), "rings": row.get("rings", 0)}

    def _wait(self, row: Row) -> int:
        since = row.get("queued_at", self.clock())
        return int(min(LONGEST_QUEUE_WAIT, max(QUEUE_WAIT, (self.clock() - since) / 10)))

    def _outcome(self, row: Row) -> str:
        if row.get("order"):
            return "go"  # the lanes carry orders out
        if row["status"] in ENDED:
            return "over"
        if row.get("held"):
            return "hold"
        if self.slots.take(row["route"]["service"], row["id"], self.clock()):
            return "go"
        waits = {Status.SUBMITTED, Status.PENDING}
        if row["status"] in waits and self.journal.change(
            row["id"],
            row["run"],
            {"status": Status.QUEUED, "queued_at": self.clock()},
            when=(self.journal.still(*waits),),
        ):
            self.journal.show(row["id"])
        return "queue"
