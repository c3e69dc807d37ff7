"""Find what a crash, a lost event or a lost reply left behind, and drive it again. And say what waits for a person.

Every five minutes all jobs; at once the job whose execution failed. It acts on rows that nobody has touched for ten minutes and whose
execution is closed or missing; the row is read consistently before it acts, and only the winner of run → run + 1 starts a run.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from batchdrop.batches.states import BatchRow, BatchState, job_key, job_pk
from batchdrop.jobs import WORKING, Status, execution_name, job_of, timestamp
from batchdrop.observe import tell
from batchdrop.ports import Change, Is, Key
from batchdrop.steps.announce import BREAKS
from batchdrop.steps.journal import ANNOUNCING, ORDERED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from batchdrop.ports import Clock, Machine, Row, Service, Table
    from batchdrop.steps.jobs import Jobs

UNTOUCHED = 600.0
"""Seconds a row must have been untouched before it is looked into."""

LATE = 60.0
"""Seconds after its own time by which a job must have moved; after that its execution is asked for."""

MOST = 200
"""Jobs that one sweep drives again, those left behind longest first; the next one takes the rest."""

LISTED = 1_000_000
"""Jobs of one status that are looked through: all of them, as far as the time goes."""

MARGIN = 30.0
"""Seconds that must be left to go on."""

EXPIRY = 0.5
"""The share of the time a service keeps its results after which results that were not fetched raise an alarm."""

_WORKING = tuple(sorted(WORKING, key=lambda each: each != Status.IN_PROGRESS))
"""First the statuses of jobs that have been paid for."""

_LEFT_BEHIND = (ORDERED, ANNOUNCING, *_WORKING)
"""Where the index lists jobs that somebody must drive."""

DRIVING = 0.5
"""Share of the time for driving jobs; the rest is for counting what waits."""

CURSOR = Key("sweep", "cursor")
"""Row with the time of change, by status, at which the last sweep had to stop."""


OUTLIVED = 3 * 3600.0
"""Seconds after a delete in which somebody may still write for the job; an invocation lives for 15 minutes at most."""

DAY = 86_400.0

DELETED_UNTIL = Key("sweep", "deleted")
"""Row with the time of change of the newest job whose second delete was ordered."""


@dataclass(slots=True)
class Swept:
    """What one sweep found. attention: jobs that wait for a person, by code; batches: parked ones; expiring: batches.

    errors: jobs that could not be looked into. complete: all jobs were counted.
    """

    driven: list[str] = field(default_factory=list)
    attention: dict[str, int] = field(default_factory=dict)
    batches: int = 0
    expiring: int = 0
    spare: int = 0
    errors: int = 0
    complete: bool = True

    def to_dict(self) -> dict[str, Any]:
        """JSON form, for the log."""
        return {
            "driven": len(self.driven),
            "parked": sum(self.attention.values()),
            "attention": dict(self.attention),
            "batches": self.batches,
            "expiring": self.expiring,
            "spare": self.spare,
            "errors": self.errors,
            "complete": self.complete,
        }


@dataclass(frozen=True, slots=True)
class Sweep:
    """The use case behind the function `sweep`. `measure` takes a metric's name, its value and its dimensions."""

    table: Table
    machine: Machine
    jobs: Jobs
    clock: Clock
    services: Mapping[str, type[Service]]
    measure: Callable[..., None]

    def __call__(self, remaining: Callable[[], float] = lambda: 900.0) -> dict[str, Any]:
        """Drive what was left behind, and count what waits: what was found (Swept)."""
        swept = Swept()
        self._drive(swept, remaining)
        self._delete_again(swept, remaining)
        for row in chain.from_iterable(self.table.jobs(status, limit=LISTED) for status in _WORKING):
            if remaining() < MARGIN:
                swept.complete = False
                break
            errors = swept.errors
            with self._job(row, swept):
                self._count(row, swept)
            swept.complete = swept.complete and errors == swept.errors
        self._report(swept)
        return swept.to_dict()

    def drive_job(self, execution: str) -> bool:
        """Drive the job whose execution has failed, if it was left behind; False if it is too early, or nothing is to be done.

        One read for each event, because many executions fail at once on a bad day. The schedule looks again at what is too early.
        """
        row = self.table.get(job_key(job_of(execution)))
        if row is None or row.get("status_key") not in _LEFT_BEHIND:
            return False
        if "wake" in row and execution == execution_name(row["id"], row["run"]):
            # It sleeps no more, whatever it had in mind.
            self.table.write(Change(job_key(row["id"]), remove=("wake",), when=(Is("run", row["run"]),)))
            del row["wake"]
        return self._drive_row(row, timestamp(self.clock() - UNTOUCHED))

    def _drive_row(self, row: Row, before: str) -> bool:
        """Begin a run for a job that was last changed before a time and that nobody drives; False if it is to be left alone."""
        if (
            row["updated"] >= before
            or self._rests(row)
            or self._is_waiting(row)
            or not self._nobody_drives(row)
        ):
            return False
        return self.jobs.drive_again(row)

    def _drive(self, swept: Swept, remaining: Callable[[], float]) -> None:
        """Drive jobs of each status in its share of the time, from where the last sweep stopped."""
        cursor = dict((self.table.get(CURSOR) or {}).get("at", {}))
        began = dict(cursor)
        statuses = _LEFT_BEHIND
        least = max(MARGIN, remaining() * DRIVING)
        for number, status in enumerate(statuses):
            left = remaining()
            until = left - max(0.0, left - least) / (len(statuses) - number)
            stopped = self._drive_status(status, cursor.get(status, ""), swept, lambda: remaining() < until)  # noqa: B023  # called in this round only
            cursor.pop(status, None)
            if stopped:
                cursor[status] = stopped
        if cursor != began:
            self.table.write(Change(CURSOR, put={"at": cursor}))

    def _drive_status(self, status: str, start: str, swept: Swept, is_over: Callable[[], bool]) -> str:
        """Drive jobs of one status that were changed at `start` or later; return where it had to stop, "" at the end."""
        before, last = timestamp(self.clock() - UNTOUCHED), ""
        for found in self.table.jobs(status, limit=LISTED, before=before, oldest=True):
            if found["updated"] < start:
                continue
            is_between = last and found["updated"] > last  # one at least; all that were changed at one moment
            if (is_between and is_over()) or len(swept.driven) >= MOST:
                return str(found["updated"])
            last = found["updated"]
            with self._job(found, swept):
                # The index may be behind: the row itself is read before anybody acts on it.
                row = self.table.get(job_key(found["id"]))
                if row is not None and self._drive_row(row, before):
                    swept.driven.append(row["id"])
        return ""

    def _delete_again(self, swept: Swept, remaining: Callable[[], float]) -> None:
        """Order a last delete of each job, once nobody who worked for it can be alive: one may have died right after a write."""
        now = self.clock()
        seen = max(
            str((self.table.get(DELETED_UNTIL) or {}).get("updated", "")), timestamp(now - 2 * OUTLIVED - DAY)
        )
        newest, errors = seen, swept.errors
        for found in self.table.jobs(Status.DELETED, limit=LISTED, before=timestamp(now - OUTLIVED)):
            if found["updated"] <= seen:
                break
            if remaining() < MARGIN:
                return
            newest = max(newest, found["updated"])
            with self._job(found, swept):
                row = self.table.get(job_key(found["id"]))
                if row is not None and row.get("deletes") and not row.get("last_delete"):
                    self.jobs.journal.delete_again(row, last=True)
        if newest != seen and errors == swept.errors:
            self.table.write(Change(DELETED_UNTIL, put={"updated": newest}))

    @contextlib.contextmanager
    def _job(self, row: Row, swept: Swept) -> Iterator[None]:
        """Keep an error of one job from ending the sweep; it is counted, and the job is looked into again next time."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  # a throttled call, a row that cannot be read: the others must go on
            swept.errors += 1
            tell("not swept", job=row["id"], error=type(error).__name__)

    def _count(self, row: Row, swept: Swept) -> None:
        if (attention := row.get("attention")) is not None:
            code = attention["code"]
            swept.attention[code] = swept.attention.get(code, 0) + 1
            swept.batches += row.get("batches", {}).get("parked", 0)
        service = self.services.get((row.get("route") or {}).get("service", ""))
        if service is None or not row.get("started"):
            return
        keeps = service.can.keeps_results_for
        if row["started"] > timestamp(self.clock() - EXPIRY * keeps):
            return
        for batch in map(BatchRow.from_row, self.table.query(job_pk(row["id"]), "batch#")):
            waits = batch.state is BatchState.RUNNING and not batch.raw
            swept.expiring += waits and self.clock() - batch.started > EXPIRY * keeps
            swept.spare += batch.searched

    def _report(self, swept: Swept) -> None:
        """Every sweep says it anew, so that an alarm lasts for as long as somebody is needed."""
        if swept.complete:  # a number from a part of the jobs would end an alarm
            self.measure("JobsWaiting", sum(swept.attention.values()))
            for code, number in swept.attention.items():
                self.measure("JobsWaiting", number, code=code)
            self.measure("BatchesParked", swept.batches)
            self.measure("ResultsExpiring", swept.expiring)
        self.measure("JobsDrivenAgain", len(swept.driven))
        if swept.driven:
            tell("driven again", jobs=swept.driven[:20])

    def _nobody_drives(self, row: Row) -> bool:
        return self.machine.is_running(execution_name(row["id"], row["run"])) is not True

    def _is_waiting(self, row: Row) -> bool:
        """Return True if the job's own rows say that it sleeps, or is at work: DescribeExecution takes some 15 calls a second.

        A held job sleeps until an order comes; `start` sees to its execution itself.
        """
        if row.get("order") or row["status_key"] in (ORDERED, ANNOUNCING):
            return False
        if row.get("held") and row.get("plan"):
            return True
        now = self.clock()
        if max(row.get("wake", 0.0), row.get("lease_until", 0.0)) + LATE > now:
            return True
        if row["status"] not in (Status.PENDING, Status.IN_PROGRESS):
            return False
        lanes = self.table.query(job_pk(row["id"]), "lane#")
        return any(_get_next_sign(lane) + LATE > now for lane in lanes if lane["run"] == row["run"])

    def _rests(self, row: Row) -> bool:
        """Return True if the job waits for a person and nothing is left to do: no event to publish, no order, no action to carry out.

        A person's action opens batches before it begins a run: one that died in between has left them open.
        """
        attention = row.get("attention")
        if attention is None or row["status_key"] in (ORDERED, ANNOUNCING) or row.get("order"):
            return False
        if "start" in attention["actions"] or row.get("breaks", 0) >= BREAKS:
            return True  # held, or broken down too often: its batches are open, and a person is asked about the whole job
        if row.get("rested") == row["updated"]:
            return True  # seen by an earlier sweep, and nothing has changed since
        batches = map(BatchRow.from_row, self.table.query(job_pk(row["id"]), "batch#"))
        if any(batch.open for batch in batches):
            return False
        unchanged = Is("updated", row["updated"])
        self.table.write(Change(job_key(row["id"]), put={"rested": row["updated"]}, when=(unchanged,)))
        return True


def _get_next_sign(lane: Row) -> float:
    """Return when a lane that is driven shows itself next, at the latest, by the clock."""
    return max(float(lane.get("wake", 0)) - float(lane.get("ahead", 0)), float(lane.get("lease_until", 0)))
