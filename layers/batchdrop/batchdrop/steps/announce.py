"""Publish the events that other steps wrote into the job's outbox: the only publisher.

At least once: a crash between publishing and marking repeats an event with the same id.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from batchdrop.batches.states import BatchState, job_pk
from batchdrop.effects import effect
from batchdrop.errors import GoneMissing, Superseded
from batchdrop.jobs import ENDED, Status, timestamp
from batchdrop.ports import Change, Exists, Key
from batchdrop.problems import attention, problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchdrop.ports import Clock, Publisher, Row, Table
    from batchdrop.steps.journal import Journal


@dataclass(frozen=True, slots=True)
class Announce:
    """The use case behind the function `announce`."""

    table: Table
    publisher: Publisher
    journal: Journal
    clock: Clock

    def __call__(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """{job, run, failed} → {outcome: done | parked | failed}. `failed`: the run broke down and cannot go on by itself."""
        job, run = payload["job"], payload["run"]
        try:
            row = self.journal.row(job, run)
        except (Superseded, GoneMissing):
            return {"outcome": "done"}
        if payload.get("failed") and row["status"] not in ENDED:
            self._give_up(row)
            row = self.journal.row(job)
        self.publish(job)
        if payload.get("failed"):
            return {"outcome": "failed"}
        return {"outcome": "done" if row["status"] in ENDED else "parked"}

    def publish(self, job: str) -> int:
        """Send what the outbox holds and mark it; says how many went out."""
        sent = 0
        for event in self.table.query(job_pk(job), "event#"):
            if event["published"]:
                continue
            effect(
                "publish",
                partial(self.publisher.publish, event["detail_type"], event["detail"], topic=True),
            )
            mark = {"published": True, "published_at": timestamp(self.clock())}
            self.table.write(Change(Key(event["pk"], event["sk"]), put=mark, when=(Exists("pk"),)))
            sent += 1
        return sent

    def _give_up(self, row: Row) -> None:
        """The run broke down. Nothing sent yet: the job fails. Something sent: it waits for a person, nothing is lost."""
        job, run = row["id"], row["run"]
        sent = any(batch["state"] != BatchState.PLANNED for batch in self.table.query(job_pk(job), "batch#"))
        if sent:
            self.journal.end(job, run, {"attention": attention("STALLED")})
        else:
            told = [problem("BROKE_DOWN").to_dict()]
            now = timestamp(self.clock())
            self.journal.end(job, run, {"status": Status.FAILURE, "ended": now, "problems": told})
        self.journal.show(job)
