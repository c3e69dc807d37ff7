"""Find what a crash, a lost event or a lost reply left behind, and drive it again. And say what waits for a person.

Every five minutes, and at once when an execution fails. It acts on rows that nobody has touched for ten minutes and whose
execution is closed or missing; the row is read consistently before it acts, and only the winner of run → run + 1 starts a run.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from batchdrop.batches.states import BatchRow, BatchState, job_key, job_pk
from batchdrop.jobs import ENDED, Status, execution_name, timestamp
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

_WORKING = tuple(
    sorted((status for status in Status if status not in ENDED), key=lambda each: each != Status.IN_PROGRESS)
)
"""Statuses of jobs that go on; first those that have been paid for."""

DRIVING = 0.5
"""Share of the time for driving jobs; the rest is for counting what waits."""

CURSOR = Key("sweep", "cursor")
"""Row with the time of change, by status, at which the last sweep had to stop."""


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

    def __call__(
        self, event: Mapping[str, Any], remaining: Callable[[], float] = lambda: 900.0
    ) -> dict[str, Any]:
        """A schedule or a failed execution → what was found (Swept)."""
        swept = Swept()
        self._drive(swept, remaining)
        if event.get("detail-type") == "Step Functions Execution Status Change":
            return swept.to_dict()  # comes in numbers when many fail at once; the schedule counts
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

    def _drive(self, swept: Swept, remaining: Callable[[], float]) -> None:
        """Drive jobs of each status in its share of the time, from where the last sweep stopped."""
        cursor = dict((self.table.get(CURSOR) or {}).get("at", {}))
        began = dict(cursor)
        statuses = (ORDERED, ANNOUNCING, *_WORKING)
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
                if row is None or row["updated"] >= before or self._rests(row) or self._is_waiting(row):
                    continue
                if self._nobody_drives(row) and self.jobs.drive_again(row):
                    swept.driven.append(row["id"])
        return ""

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
        """Return True if the job waits for a person, and nobody waits to hear of it or to see an order or an action carried out.

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
