"""The life of bulk jobs on the clock: pending, ongoing, completed or failed, row after row."""

import json
from collections.abc import Callable

from batchdrop_sandbox.simulators.here_tracking_v4.devices import Change, Devices, RowFailed, identifiers
from batchdrop_sandbox.simulators.here_tracking_v4.jobs import Job, complaint
from batchdrop_sandbox.simulators.here_tracking_v4.rows import Row, Variant
from batchdrop_sandbox.simulators.here_tracking_v4.settings import Settings

Bill = Callable[[Job, list[tuple[int, str]]], None]


class Life:
    """Moves jobs on, in the order in which they were made. Not thread-safe: its owner holds the lock.

    `bill` hears of the rows that really changed a device, when they do.
    """

    def __init__(self, settings: Callable[[], Settings], devices: Devices, bill: Bill) -> None:
        self._settings = settings
        self._devices = devices
        self._bill = bill
        self._active: dict[str, Job] = {}

    def start(self, job: Job) -> None:
        """A job was made."""
        self._active[job.id] = job

    def cancel(self, job: Job, now: float) -> None:
        """Stop the rows that are still pending; what is done stays done [spec]."""
        self._end(job, "cancelled", now)

    def clear(self) -> None:
        """Forget all jobs."""
        self._active.clear()

    def settle(self, now: float) -> None:
        """Let everything happen that is due by `now`."""
        for job in tuple(self._active.values()):
            self._move(job, now)

    def _move(self, job: Job, now: float) -> None:
        settings = self._settings()
        if job.status == "pending":
            begin = job.entered + settings.pending_seconds
            if now < begin:
                return
            job.status, job.entered = "ongoing", begin
            if job.fails:
                self._end(job, "failed", begin)
                return
        rows = len(job.upload.rows)
        self._work(job, min(rows, int((now - job.entered) * settings.rows_per_second)))
        if job.done == rows:
            self._end(job, "completed", job.entered + rows / settings.rows_per_second)

    def _work(self, job: Job, upto: int) -> None:
        changed: list[tuple[int, str]] = []
        for place in range(job.done, upto):
            variant, row = job.upload.rows[place]
            try:
                change = self._change(job, place, variant, row)
            except RowFailed as failed:
                job.count({**identifiers(row), "errors": [complaint(failed)]}, changed=False)
            else:
                errors = [complaint(one) for one in change.problems]
                job.count({**change.shown, **({"errors": errors} if errors else {})}, changed=True)
                changed.append((place, _canonical(job, row)))
        if changed:
            self._bill(job, changed)

    def _change(self, job: Job, place: int, variant: Variant, row: Row) -> Change:
        settings = self._settings()
        if place in settings.failed_rows:
            raise RowFailed(500, "Internal error.", "The device could not be changed")
        if job.upload.adds:
            change = self._devices.add(job.project, row, variant, settings.unknown_ids)
        else:
            change = self._devices.delete(job.project, row)
        if place in settings.partial_rows:
            problem = RowFailed(500, "Internal error.", "Not everything could be set")
            return Change(change.shown, (*change.problems, problem))
        return change

    def _end(self, job: Job, status: str, moment: float) -> None:
        self._active.pop(job.id, None)
        job.status, job.entered = status, moment


def _canonical(job: Job, row: Row) -> str:
    return json.dumps([job.project, job.kind, row], sort_keys=True)
