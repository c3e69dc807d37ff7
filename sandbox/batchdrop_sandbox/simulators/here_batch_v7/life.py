"""The life of HERE jobs on the clock: what has happened by now, in the order in which it happened."""

from collections.abc import Callable, Iterator

from batchdrop_sandbox.simulators.here_batch_v7.columns import BadLine
from batchdrop_sandbox.simulators.here_batch_v7.jobs import Job
from batchdrop_sandbox.simulators.here_batch_v7.settings import Settings

Bill = Callable[[Job, list[tuple[int, str]]], None]


class Life:
    """Moves jobs from queued to their end [seed]. Not thread-safe: its owner holds the lock.

    `bill` hears of records when they are processed, never before; `ended` hears of each end at its time.
    """

    def __init__(self, settings: Callable[[], Settings], bill: Bill, ended: Callable[[Job], None]) -> None:
        self._settings = settings
        self._bill = bill
        self._ended = ended
        self._active: dict[str, Job] = {}
        self._last = 0.0  # when the last thing happened

    def start(self, job: Job, now: float) -> None:
        """Queue a job: a new one, a stopped one (it goes on where it stopped [spec]) or a failed one (anew)."""
        if job.status == "failure":
            job.fails, job.errors = False, []
        job.ended = None
        self._enter(job, "queued", now)
        self._active[job.id] = job

    def stop(self, job: Job, now: float) -> None:
        """Schedule a halt [spec]."""
        if job.id in self._active and job.stop_at is None:
            job.stop_at = now + self._settings().stop_seconds

    def drop(self, job: Job) -> None:
        """The job is deleted: nothing happens to it any more."""
        self._active.pop(job.id, None)

    def clear(self) -> None:
        """Forget all jobs."""
        self._active.clear()

    def count_started(self) -> int:
        """Jobs that are queued or running."""
        return len(self._active)

    def settle(self, now: float) -> None:
        """Let everything happen that is due by `now`."""
        while due := min(self._due(now), key=lambda one: one[0], default=None):
            moment, job = due
            self._last = moment
            self._happens(job, moment)
        for job in self._active.values():
            if job.status == "inProgress":
                self._work(job, self._done_by(job, now))

    def _due(self, now: float) -> Iterator[tuple[float, Job]]:
        free = sum(job.running for job in self._active.values()) < self._settings().max_running
        for job in self._active.values():
            moment = self._next(job, free=free)
            if job.stop_at is not None:
                moment = min(moment, job.stop_at)
            if moment <= now:
                yield moment, job

    def _next(self, job: Job, *, free: bool) -> float:
        """When the job leaves its status by itself."""
        settings = self._settings()
        if job.status == "queued":
            # A job waits in queued while too many run [seed]; the first in the queue is the next.
            return max(job.entered + settings.queue_seconds, self._last) if free else float("inf")
        if job.status == "pending":
            return job.entered + settings.pending_seconds
        return job.entered + self._stretch(job)

    def _happens(self, job: Job, moment: float) -> None:
        if job.stop_at is not None and job.stop_at <= moment:
            if job.status == "inProgress":
                self._work(job, self._done_by(job, moment))
            self._end(job, "stopped", moment)
        elif job.status == "queued":
            self._enter(job, "pending", moment)
        elif job.status == "pending":
            self._begin(job, moment)
        elif job.fails:
            lines = enumerate(job.asked.lines[job.asked.skip :], 1)
            job.errors = [
                job.worker.invalid(number, line, "Internal error") for number, line in lines if line
            ]
            self._end(job, "failure", moment)
        else:
            self._work(job, len(job.valid))
            self._end(job, "completed", moment)

    def _begin(self, job: Job, moment: float) -> None:
        """Started is set, and the total is exact from here on [seed]."""
        if not job.read and not job.fails:
            self._read(job)
        job.started = moment if job.started is None else job.started
        job.base = job.processed
        self._enter(job, "inProgress", moment)

    def _read(self, job: Job) -> None:
        job.read = True
        for number, line in enumerate(job.asked.lines[job.asked.skip :], 1):
            if not line.strip():
                continue
            try:
                job.worker.check(number, line)
            except BadLine as bad:
                job.invalid += 1
                job.errors.append(job.worker.invalid(number, line, str(bad)))
            else:
                job.valid.append((number, line))

    def _done_by(self, job: Job, moment: float) -> int:
        """How many records the time allows."""
        share = min(1.0, (moment - job.entered) / self._stretch(job))
        return job.base + int((len(job.valid) - job.base) * share)

    def _work(self, job: Job, done: int) -> None:
        """Process records until so many are done."""
        if done <= job.processed or job.fails:
            return
        piece = job.valid[job.processed : done]
        kept = len(job.valid) - self._settings().lost_records
        for place, (number, line) in enumerate(piece, job.processed):
            written = job.worker.process(number, line)
            job.succeeded += bool(written.rows)
            job.failed += not written.rows
            if place < kept:
                job.rows.extend(written.rows)
                job.errors.extend([written.error] if written.error else [])
        job.processed = done
        self._bill(job, piece)

    def _stretch(self, job: Job) -> float:
        """Seconds that the present stretch of work takes."""
        settings = self._settings()
        return max(settings.least_seconds, (len(job.valid) - job.base) / settings.records_per_second, 1e-6)

    def _end(self, job: Job, status: str, moment: float) -> None:
        job.ended = moment
        job.stop_at = None
        self._enter(job, status, moment)
        self.drop(job)
        self._ended(job)

    def _enter(self, job: Job, status: str, moment: float) -> None:
        job.status, job.entered = status, moment
