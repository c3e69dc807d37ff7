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
"""Seconds between two tries for a slot."""


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
        return {"outcome": self._outcome(row), "wait": QUEUE_WAIT, "rings": row.get("rings", 0)}

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
            row["id"], row["run"], {"status": Status.QUEUED}, when=(self.journal.still(*waits),)
        ):
            self.journal.show(row["id"])
        return "queue"
