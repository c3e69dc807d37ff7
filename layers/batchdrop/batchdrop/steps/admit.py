"""May this job run now? Called before the lanes are spread out, because open Map Runs are limited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchdrop.errors import GoneMissing, Superseded
from batchdrop.jobs import ENDED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchdrop.steps.journal import Journal


@dataclass(frozen=True, slots=True)
class Admit:
    """The use case behind the function `admit`."""

    journal: Journal

    def __call__(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """{job, run} → {outcome: go | queue | hold | over | superseded, wait: seconds}."""
        try:
            row = self.journal.row(payload["job"], payload["run"])
        except (Superseded, GoneMissing):
            return {"outcome": "superseded", "wait": 1}
        return {"outcome": "over" if row["status"] in ENDED else "go", "wait": 1}
