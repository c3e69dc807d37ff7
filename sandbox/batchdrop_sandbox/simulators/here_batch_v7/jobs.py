"""One HERE job: its state, its counters, and how it is shown."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from batchdrop_sandbox.simulators.here_batch_v7.output import errors_header
from batchdrop_sandbox.simulators.here_batch_v7.submission import Submission
from batchdrop_sandbox.simulators.here_batch_v7.work import Worker

ENDED = ("completed", "failure", "stopped", "deleted")
STARTABLE = ("submitted", "queued", "failure")  # [doc: limits]
_ID = re.compile(r"JOB-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # [spec] JOB-<uuid>
LISTED = (
    "submitted",
    "queued",
    "pending",
    "inProgress",
    "completed",
    "stopped",
    "failure",
)  # [spec] no deleted


@dataclass
class Job:
    """A job and its books. Not thread-safe. Times are epoch seconds; `entered` is when the status began.

    `valid` holds (number, line) of the records to process, `processed` how many of them are done, `base` how many
    were done when the present stretch of work began at `entered`.
    """

    id: str
    asked: Submission = field(repr=False)
    worker: Worker = field(repr=False)
    created: float
    fails: bool = False
    status: str = "submitted"
    entered: float = 0.0
    started: float | None = None
    ended: float | None = None
    stop_at: float | None = None
    read: bool = False
    valid: list[tuple[int, str]] = field(default_factory=list, repr=False)
    invalid: int = 0
    base: int = 0
    processed: int = 0
    succeeded: int = 0
    failed: int = 0
    rows: list[bytes] = field(default_factory=list, repr=False)
    errors: list[bytes] = field(default_factory=list, repr=False)
    last_counters: dict[str, int] | None = None

    @property
    def running(self) -> bool:
        """Whether it holds one of the places for running jobs."""
        return self.status in ("pending", "inProgress")

    def counters(self) -> dict[str, int]:
        """The seven counters with the rules of each status [seed]."""
        estimate = len(self.asked.lines)  # header and empty lines are counted
        if self.status == "failure":
            return _counters(total=estimate, invalid=estimate, failed=estimate)
        if not self.read:
            return _counters(total=estimate)
        working = self.status not in ENDED
        return _counters(
            total=len(self.valid) + self.invalid,
            valid=len(self.valid),
            invalid=self.invalid,
            processed=self.processed,
            pending=len(self.valid) - self.processed if working else 0,  # 0 also when stopped half-way
            succeeded=self.succeeded,
            failed=self.failed,
        )

    def forget(self) -> None:
        """Deleted: the counters of this moment stay, if it ever started; the files go [seed]."""
        if self.status == "deleted":
            return
        self.last_counters = self.counters() if self.started is not None else None
        self.status = "deleted"
        self.valid, self.rows, self.errors = [], [], []

    def has_results(self) -> bool:
        """Whether there is something to fetch."""
        return self.status in ("completed", "stopped") and bool(self.rows)

    def has_errors(self) -> bool:
        """Whether there are errors to fetch."""
        return self.status in ("completed", "stopped", "failure") and bool(self.errors)

    def results_file(self, *, shuffled: bool) -> Iterator[bytes]:
        """The results, line by line; the order of rows is stated nowhere [assumed]."""
        yield self.worker.writer.header()
        if not shuffled:
            yield from self.rows
            return
        order = list(range(len(self.rows)))
        random.Random(self.id).shuffle(order)  # noqa: S311 - the same disorder each time, no secret
        for index in order:
            yield self.rows[index]

    def errors_file(self) -> Iterator[bytes]:
        """The errors, line by line."""
        yield errors_header(self.worker.settings)
        yield from self.errors


def _counters(
    *,
    total: int,
    valid: int = 0,
    invalid: int = 0,
    processed: int = 0,
    pending: int = 0,
    succeeded: int = 0,
    failed: int = 0,
) -> dict[str, int]:
    return {
        "total": total,
        "valid": valid,
        "invalid": invalid,
        "processed": processed,
        "pending": pending,
        "succeeded": succeeded,
        "failed": failed,
    }


def is_job_id(text: str) -> bool:
    """Whether this has the form of a job id."""
    return _ID.fullmatch(text) is not None


def iso(seconds: float) -> str:
    """ISO 8601 UTC with microseconds [seed]."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def brief(job: Job, status: str, base: str) -> dict[str, Any]:
    """JobResponse: the answer to submit, start and stop [spec]."""
    return {
        "id": job.id,
        "serviceHrn": job.asked.hrn,
        **({"tag": job.asked.tag} if job.asked.tag is not None else {}),
        "billingTags": list(job.asked.billing_tags),
        "status": status,
        "href": f"{base}/batch/jobs/{job.id}",
    }


def detail(job: Job, status: str, base: str) -> dict[str, Any]:
    """JobDetailResponse: unset hrefs are "", not absent; times are absent until they are known [seed]."""
    href = f"{base}/batch/jobs/{job.id}"
    records = job.last_counters if job.status == "deleted" else job.counters()
    shown: dict[str, Any] = {**brief(job, status, base), "created": iso(job.created)}
    if job.started is not None:
        shown["started"] = iso(job.started)
    if job.ended is not None:
        shown["ended"] = iso(job.ended)
    if records is not None:
        shown["records"] = records
    shown["resultsHref"] = f"{href}/results" if job.has_results() else ""
    shown["errorsHref"] = f"{href}/errors" if job.has_errors() else ""
    if job.status != "failure":
        shown["outputType"] = job.asked.output_type
    if job.asked.notification_ids:
        shown["notificationIds"] = list(job.asked.notification_ids)
    return shown
