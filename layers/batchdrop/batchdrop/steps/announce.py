"""Publish the events that other steps wrote into the job's outbox: the only publisher.

Called by the table's stream whenever an event was written, and at the end of a run. At least once: a crash between publishing and
marking repeats an event with the same id.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from batchdrop.batches.orders import Order
from batchdrop.batches.states import BatchState, job_key, job_pk
from batchdrop.effects import effect
from batchdrop.errors import GoneMissing, Superseded
from batchdrop.jobs import ENDED, WORKING, Status, timestamp
from batchdrop.ports import Absent, Below, Change, Either, Exists, Is, Key
from batchdrop.problems import attention, problem
from batchdrop.steps.journal import ANNOUNCING, ORDERED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchdrop.ports import Clock, Publisher, Row, Table
    from batchdrop.steps.journal import Journal
    from batchdrop.steps.reporting import Reporting
    from batchdrop.steps.spending import Spending

BREAKS = 3
"""Runs that may break down before a person is called."""

TAKEN = 60.0
"""Seconds for which an event is its sender's alone: no invocation of announce lives longer (its Timeout in the template)."""


@dataclass(frozen=True, slots=True)
class Announce:
    """The use case behind the function `announce`."""

    table: Table
    publisher: Publisher
    journal: Journal
    clock: Clock
    reporting: Reporting
    spending: Spending

    def __call__(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """{job, run, failed} → {outcome: done | parked | failed}. `failed`: the run broke down and cannot go on by itself."""
        job, run = payload["job"], payload["run"]
        try:
            row = self.journal.row(job, run)
        except (Superseded, GoneMissing):
            return {"outcome": "done"}
        if payload.get("failed") and row["status"] not in ENDED:
            with self.journal.writing_objects(job):
                self._give_up(row)
            row = self.journal.row(job)
        self.publish(job)
        if payload.get("failed"):
            return {"outcome": "failed"}
        return {"outcome": "done" if row["status"] in ENDED else "parked"}

    def publish(self, job: str) -> int:
        """Send what the outbox holds, in order, and mark it; says how many events are left, because somebody else is sending them.

        job.json says the same before anybody hears of it: the step that wrote the event may have died before it could show it.
        """
        row = self.table.get(job_key(job))
        waiting = [event for event in self.table.query(job_pk(job), "event#") if not event["published"]]
        is_announcing = row is not None and row.get("status_key") == ANNOUNCING
        if waiting or is_announcing:  # a second delete ends without an event
            self.journal.show(job)
        for sent, event in enumerate(waiting):
            if not self._mine(event):
                return len(waiting) - sent
            self._send(event)
        if row is not None and row.get("status_key") == ANNOUNCING:
            self._all_said(row)
        return 0

    def _mine(self, event: Row) -> bool:
        """Whether this event is ours to send: the end of a run and the table's stream call us at nearly the same time."""
        now = self.clock()
        free = Either((Absent("taken_until"), Below("taken_until", now)))
        take = Change(
            _key(event), put={"taken_until": now + TAKEN}, when=(Is("published", value=False), free)
        )
        return self.table.write(take).done

    def _send(self, event: Row) -> None:
        send = partial(self.publisher.publish, event["detail_type"], event["detail"], topic=event["topic"])
        try:
            effect("publish", send)
        except Exception:
            self.table.write(
                Change(_key(event), remove=("taken_until",), when=(Is("published", value=False),))
            )
            raise
        mark = {"published": True, "published_at": timestamp(self.clock())}
        self.table.write(Change(_key(event), put=mark, remove=("taken_until",), when=(Exists("pk"),)))

    def _all_said(self, row: Row) -> None:
        """The end, or the call, is out. An event that was written after the row was read is for the next call: the row has
        changed with it.
        """
        unchanged = (Is("updated", row["updated"]), Is("status_key", ANNOUNCING))
        # A job that ended by itself while somebody ordered to delete it: sweep must find the order.
        unheard = row["status"] in ENDED and row.get("order") == Order.DELETE
        found_by = ORDERED if unheard else row["status"]
        self.table.write(Change(job_key(row["id"]), put={"status_key": found_by}, when=unchanged))

    def _give_up(self, row: Row) -> None:
        """The run broke down. Sweep drives it again, a few times; after that it fails where nothing was sent, and else waits
        for a person: nothing that was paid for is lost.
        """
        if row.get("attention"):
            return  # a person is asked already, and sweep goes on trying until an order is carried out
        job, run, breaks = row["id"], row["run"], row.get("breaks", 0) + 1
        if breaks <= BREAKS:
            self.journal.change(job, run, {"breaks": breaks})
            return
        now = timestamp(self.clock())
        if any(batch["state"] != BatchState.PLANNED for batch in self.table.query(job_pk(job), "batch#")):
            put: dict[str, Any] = {"attention": attention("STALLED")}
            self.reporting.if_possible(row, put, now)
            self.journal.end(job, run, put, when=(self.journal.still(*WORKING),))
        else:
            self.spending.settle(row, (row.get("price") or {}).get("spent", 0))
            put = {"status": Status.FAILURE, "ended": now, "problems": [problem("BROKE_DOWN").to_dict()]}
            self.reporting.if_possible(row, put, now)
            self.journal.fail(job, run, put, when=(self.journal.still(*WORKING),))
        self.journal.show(job)


def _key(event: Row) -> Key:
    return Key(event["pk"], event["sk"])
