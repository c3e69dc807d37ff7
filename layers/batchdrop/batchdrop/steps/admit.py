"""May this job run now? Called before the lanes are spread out, because open Map Runs are limited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchdrop.batches.states import job_key
from batchdrop.errors import GoneMissing, Superseded
from batchdrop.jobs import ENDED, Status
from batchdrop.observe import tell
from batchdrop.ports import Absent, Change, Is
from batchdrop.problems import Concern, held

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchdrop.ports import Clock, Row
    from batchdrop.sharing import Slots
    from batchdrop.steps.journal import Journal
    from batchdrop.steps.spending import Spending

_OVER = "OVER_BUDGET"
_WAITING = (Status.SUBMITTED, Status.QUEUED, Status.PENDING)

SLOT_SLEEP = 21_600.0
"""Seconds for which the machine sleeps until a slot is given back, at most: the TimeoutSeconds of WaitForSlot."""

QUEUE_WAIT = 60
LONGEST_QUEUE_WAIT = 600
"""Seconds between two tries for a slot where the machine cannot sleep on a token: a tenth of the time that the job has queued."""


@dataclass(frozen=True, slots=True)
class Admit:
    """The use case behind the function `admit`."""

    journal: Journal
    slots: Slots
    clock: Clock
    spending: Spending

    def __call__(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """{job, run} → {outcome: go | queue | hold | parked | over | superseded, wait: seconds, rings}.

        parked: a person must look at the job before anything is sent (OVER_BUDGET, MANY_INVALID, SAME_BYTES).

        rings: the job's counter as it was before its state was read, for Hold to compare.
        """
        try:
            row = self.journal.row(payload["job"], payload["run"])
        except (Superseded, GoneMissing):
            return {"outcome": "superseded", "wait": 1, "rings": 0}
        outcome = self._outcome(row)
        self._note_sleep(row, is_asleep=outcome == "queue")
        return {"outcome": outcome, "wait": self._wait(row), "rings": row.get("rings", 0)}

    def _note_sleep(self, row: Row, *, is_asleep: bool) -> None:
        """Say for sweep until when nobody needs to ask whether the execution runs."""
        key, still = job_key(row["id"]), (Is("run", row["run"]),)
        if is_asleep:
            self.journal.table.write(Change(key, put={"wake": self.clock() + SLOT_SLEEP}, when=still))
        elif "wake" in row:
            self.journal.table.write(Change(key, remove=("wake",), when=still))

    def _wait(self, row: Row) -> int:
        since = row.get("queued_at", self.clock())
        return int(min(LONGEST_QUEUE_WAIT, max(QUEUE_WAIT, (self.clock() - since) / 10)))

    def _outcome(self, row: Row) -> str:
        if row.get("order"):
            return "go"  # the lanes carry orders out
        if row["status"] in ENDED:
            return "over"
        if self._doubtful(row):
            return "parked"
        if row.get("held"):
            return "hold"
        return "go" if self._takes_slot(row) else "queue"

    def _takes_slot(self, row: Row) -> bool:
        """Take a slot; False where there is none: then the job stands in the queue, and sleeps until one is given back."""
        service, job, since = row["route"]["service"], row["id"], row["created"]
        if self.slots.take(service, job, self.clock()):
            if row["status"] == Status.QUEUED:
                self.slots.step_out(service, job, since)
            return True
        waits = {Status.SUBMITTED, Status.PENDING}
        if row["status"] in waits and self.journal.change(
            job,
            row["run"],
            {"status": Status.QUEUED, "queued_at": self.clock()},
            when=(self.journal.still(*waits),),
        ):
            self.journal.show(job)
        self.slots.line_up(service, job, since)
        # Whoever gave a slot back before this job stood in the queue could not wake it.
        if not self.slots.take(service, job, self.clock()):
            return False
        self.slots.step_out(service, job, since)
        return True

    def _doubtful(self, row: Row) -> bool:
        """Whether something about the job needs a person's word, and nobody has given it. Then the job waits, and an event says so."""
        if row.get("attention"):
            return True  # this very call, once more
        approved = row.get("approved", ())
        concerns = [Concern(**found) for found in row.get("concerns", ()) if found["code"] not in approved]
        span = "" if concerns else self.spending.reserve(row, whatever_it_is=_OVER in approved)
        if span:
            concerns = [Concern(_OVER, self._beside(row, span))]
        if not concerns:
            return False
        put = {"status": Status.SUBMITTED, "attention": held(concerns)}
        undecided = (self.journal.still(*_WAITING), Absent("order"))
        done = self.journal.end(row["id"], row["run"], put, when=undecided)
        self.journal.show(row["id"])
        tell("held", job=row["id"], codes=[concern.code for concern in concerns])
        return done

    def _beside(self, row: Row, span: str) -> str:
        """The figures of a budget for many jobs."""
        price, limit = row["price"], row["route"]["budget"][span]
        before = self.spending.sum_of(row["route_name"], span)
        return (
            f"It is {price.get('estimated', price.get('least', 0)):,g} {price['unit']} beside {before:,g} of other jobs; "
            f"the route may spend {limit:,g} a {span}."
        )
