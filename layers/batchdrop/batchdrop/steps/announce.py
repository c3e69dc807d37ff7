"""Publish the events that other steps wrote into the job's outbox: the only publisher.

At least once: a crash between publishing and marking repeats an event with the same id.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from batchdrop.batches.orders import Order
from batchdrop.batches.states import BatchState, job_key, job_pk
from batchdrop.effects import effect
from batchdrop.errors import GoneMissing, Superseded
from batchdrop.jobs import ENDED, Status, timestamp
from batchdrop.ports import Change, Exists, Is, Key
from batchdrop.problems import attention, problem
from batchdrop.steps.journal import ANNOUNCING, ORDERED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchdrop.ports import Clock, Publisher, Row, Table
    from batchdrop.steps.journal import Journal

BREAKS = 3
"""Runs that may break down before a person is called."""


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
        """Send what the outbox holds and mark it; says how many went out. job.json says the same before anybody hears of it: the
        step that wrote the event may have died before it could show it.
        """
        row = self.table.get(job_key(job))
        waiting = [event for event in self.table.query(job_pk(job), "event#") if not event["published"]]
        if waiting:
            self.journal.show(job)
        for event in waiting:
            effect(
                "publish",
                partial(self.publisher.publish, event["detail_type"], event["detail"], topic=True),
            )
            mark = {"published": True, "published_at": timestamp(self.clock())}
            self.table.write(Change(Key(event["pk"], event["sk"]), put=mark, when=(Exists("pk"),)))
        if row is not None and row.get("status_key") == ANNOUNCING:
            # An event that was written after the row was read is for the next call: the row has changed with it.
            unchanged = (Is("updated", row["updated"]), Is("status_key", ANNOUNCING))
            # A job that ended by itself while somebody ordered to delete it: sweep must find the order.
            unheard = row["status"] in ENDED and row.get("order") == Order.DELETE
            found_by = ORDERED if unheard else row["status"]
            self.table.write(Change(job_key(job), put={"status_key": found_by}, when=unchanged))
        return len(waiting)

    def _give_up(self, row: Row) -> None:
        """The run broke down. Sweep drives it again, a few times; after that it fails where nothing was sent, and else waits
        for a person: nothing that was paid for is lost.
        """
        job, run, breaks = row["id"], row["run"], row.get("breaks", 0) + 1
        if breaks <= BREAKS:
            self.journal.change(job, run, {"breaks": breaks})
            return
        if any(batch["state"] != BatchState.PLANNED for batch in self.table.query(job_pk(job), "batch#")):
            self.journal.end(job, run, {"attention": attention("STALLED")}, unless=("order",))
        else:
            told = [problem("BROKE_DOWN").to_dict()]
            now = timestamp(self.clock())
            self.journal.end(job, run, {"status": Status.FAILURE, "ended": now, "problems": told})
        self.journal.show(job)
