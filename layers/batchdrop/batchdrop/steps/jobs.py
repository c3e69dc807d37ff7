"""What a person orders: start, stop, delete. Orders are states in the job row first; then whoever waits is rung.

Nothing here talks to a service: the lanes carry orders out, with the credentials they have. When no execution runs any more, a
new run is started for the order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchdrop.batches import claims
from batchdrop.batches.orders import Order
from batchdrop.batches.states import BatchRow, BatchState, End, job_key, job_pk
from batchdrop.effects import effect
from batchdrop.errors import GoneMissing
from batchdrop.jobs import ENDED, WORKING, Status, execution_name
from batchdrop.observe import tell
from batchdrop.ports import Absent, Either, Is, Key, OneOf
from batchdrop.steps.journal import ORDERED
from batchdrop.steps.ringing import ring

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchdrop.ports import Clock, Condition, Machine, Row, Service, Table
    from batchdrop.steps.journal import Journal

NOT_TO_BE_DELETED = Either((Absent("order"), Is("order", Order.STOP)))
"""The condition that nobody has ordered to delete a job. One that is deleted has no order any more: its status tells."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """The orders. `services`: what each service can do, by name."""

    table: Table
    machine: Machine
    journal: Journal
    clock: Clock
    services: Mapping[str, type[Service]]

    def start(self, job: str) -> Row:
        """Let a held job go; take up a stopped or failed one again. A job that runs, or is to be deleted, is left as it is. Raises GoneMissing."""
        row = self.journal.row(job)
        if row.get("order") == Order.DELETE:  # a delete is never taken back
            return row
        if row["status"] in (Status.STOPPED, Status.FAILURE):
            return self._again(row)
        if not row.get("plan"):
            self.journal.change(job, row["run"], {"let_go": True}, when=(Absent("plan"),))
            row = self.journal.row(job)  # planned in the meantime, it is held and let go as any other
        if row["status"] == Status.SUBMITTED and row.get("attention"):
            return self._let_go(row)
        if row.get("held"):
            self.journal.change(job, row["run"], {"held": False}, when=(Is("held", value=True),))
            ring(self.table, self.machine, job_key(job))
            self.journal.show(job)
            # Sweep asks for the execution of no held job.
            if self.machine.is_running(execution_name(job, row["run"])) is not True:
                self.next_run(row)
        return self.journal.row(job)

    def _let_go(self, row: Row) -> Row:
        """A person has seen why the job waits, and lets it go: what was told is approved, what nobody told yet is not."""
        approved = sorted({*row.get("approved", ()), *row["attention"]["codes"]})
        put = {"attention": None, "held": False, "approved": approved}
        self.next_run(row, put, when=(NOT_TO_BE_DELETED, OneOf("status", WORKING)))
        self.journal.show(row["id"])
        return self.journal.row(row["id"])

    def stop(self, job: str) -> Row:
        """Stop a job: what is finished is collected, the rest stays unprocessed. An ended job is left as it is. Raises GoneMissing."""
        row = self.journal.row(job)
        if row["status"] in ENDED or row.get("order") == Order.DELETE:  # a delete is more than a stop
            return row
        return self._order(row, Order.STOP)

    def delete(self, job: str) -> Row:
        """Delete a job: its output here, the service's copy; the row stays and says so. Raises GoneMissing."""
        row = self.journal.row(job)
        return row if row["status"] == Status.DELETED else self._order(row, Order.DELETE)

    def _order(self, row: Row, order: Order) -> Row:
        job, run = row["id"], row["run"]
        put = {"order": order, "status_key": ORDERED}
        open_yet = (OneOf("status", WORKING), NOT_TO_BE_DELETED) if order is Order.STOP else ()
        if self.journal.change(job, run, put, when=open_yet) is None:
            now = self.journal.row(job)
            if now["run"] == run:  # it has ended, or is to be deleted
                return now
            raise GoneMissing(f"job {job} has begun another run: order again")
        tell("ordered", job=job, run=run, order=order)
        ring(self.table, self.machine, job_key(job))
        for lane in self.table.query(job_pk(job), "lane#"):
            ring(self.table, self.machine, Key(lane["pk"], lane["sk"]))
        if self.machine.is_running(execution_name(job, run)) is not True:
            self.next_run(row)
        return self.journal.row(job)

    def _again(self, row: Row) -> Row:
        """A stopped or failed job goes on where it stopped: nothing that has an answer is sent again."""
        job = row["id"]
        if row.get("plan"):
            can = self.services[row["route"]["service"]].can
            for found in self.table.query(job_pk(job), "batch#"):
                batch = BatchRow.from_row(found)
                if batch.state is BatchState.SETTLED and batch.ended == End.STOPPED:
                    change = claims.resumed(batch, two_phase=can.two_phase)
                    if change is not None:
                        self.table.write(change)
        put = {
            "status": Status.SUBMITTED,
            "held": False,
            "problems": [],
            "attention": None,
            "objects": [],
            "breaks": 0,
        }
        ended = OneOf("status", (Status.STOPPED, Status.FAILURE))
        self.next_run(row, put, remove=("ended", "order"), when=(NOT_TO_BE_DELETED, ended))
        self.journal.show(job)
        return self.journal.row(job)

    def drive_again(self, row: Row) -> bool:
        """Begin a run for a job that nobody drives. What a person is asked holds no longer: sweep drives no job that waits for one."""
        waits = row.get("attention") is not None and not row.get("order")
        return self.next_run(row, {"attention": None} if waits else None)

    def next_run(
        self,
        row: Row,
        put: Mapping[str, Any] | None = None,
        *,
        remove: Sequence[str] = (),
        when: Sequence[Condition] = (),
    ) -> bool:
        """Run → run + 1, by the one who wins that write, and its execution. False: somebody else was first."""
        job, run = row["id"], row["run"] + 1
        changed = self.journal.change(
            job, row["run"], {**(put or {}), "run": run, "rounds": 0}, remove=remove, when=when
        )
        if changed is None:
            return False
        effect(
            "start_execution", lambda: self.machine.start(execution_name(job, run), {"job": job, "run": run})
        )
        return True
