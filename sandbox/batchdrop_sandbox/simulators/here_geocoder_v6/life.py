"""The life of jobs on the clock: accepted, running, completed or failed [doc]."""

from collections.abc import Callable

from batchdrop_sandbox.simulators.here_geocoder_v6.columns import BadLine
from batchdrop_sandbox.simulators.here_geocoder_v6.jobs import Job, Run
from batchdrop_sandbox.simulators.here_geocoder_v6.settings import Settings
from batchdrop_sandbox.simulators.here_geocoder_v6.work import Worker

Bill = Callable[[Job, list[tuple[int, str]]], None]


class Life:
    """Moves jobs on. Not thread-safe: its owner holds the lock.

    `bill` hears of records when they are processed, never before; `ended` hears of each job that ended by itself.
    """

    def __init__(self, settings: Callable[[], Settings], bill: Bill, ended: Callable[[Job], None]) -> None:
        self._settings = settings
        self._bill = bill
        self._ended = ended
        self._active: dict[str, Job] = {}

    def start(self, job: Job, worker: Worker, now: float, *, fails: bool) -> None:
        """A new run, from the beginning."""
        job.run = Run(worker, fails)
        job.status, job.entered = "accepted", now
        self._active[job.id] = job

    def cancel(self, job: Job, now: float) -> None:
        """Ends at once; there are no results [doc]."""
        self.drop(job)
        job.status, job.entered = "cancelled", now
        if job.run:
            job.run.ended, job.run.out, job.run.no_match = now, [], []

    def drop(self, job: Job) -> None:
        """Nothing happens to the job any more."""
        self._active.pop(job.id, None)

    def clear(self) -> None:
        """Forget all jobs."""
        self._active.clear()

    def settle(self, now: float) -> None:
        """Let everything happen that is due by `now`."""
        for job in tuple(self._active.values()):
            if job.run is not None:
                self._move(job, job.run, now)

    def _move(self, job: Job, run: Run, now: float) -> None:
        settings = self._settings()
        if job.status == "accepted":
            begin = job.entered + settings.accept_seconds
            if now < begin:
                return
            self._begin(job, run, begin)
        done = job.entered + self._stretch(run)
        if not run.fails:
            self._work(job, run, now, done)
        if now >= done + settings.sorting_seconds:
            self._end(job, run, done + settings.sorting_seconds)

    def _begin(self, job: Job, run: Run, moment: float) -> None:
        for number, line in enumerate(job.lines[1:], 2):
            if not line.strip():
                continue
            try:
                run.worker.check(line)
            except BadLine:
                run.invalid.append((number, line))
            else:
                run.valid.append((number, line))
        run.started = moment
        job.status, job.entered = "running", moment

    def _work(self, job: Job, run: Run, now: float, done: float) -> None:
        """Process what the time allows."""
        share = min(1.0, (now - job.entered) / (done - job.entered))
        upto = int(len(run.valid) * share)
        piece = run.valid[run.processed : upto]
        if not piece:
            return
        kept = len(run.valid) - self._settings().lost_records
        for place, (number, line) in enumerate(piece, run.processed):
            self._process(run, number, line, kept=place < kept)
        run.processed = upto
        self._bill(job, piece)

    def _process(self, run: Run, number: int, line: str, *, kept: bool) -> None:
        written = run.worker.process(number, line)
        counts = written.kind == "match" or (
            written.kind == "none" and self._settings().no_match_counts_as == "success"
        )
        run.succeeded += counts
        if kept:
            file = run.out if written.kind == "match" or run.worker.options.combined else run.no_match
            file.extend(written.rows)

    def _stretch(self, run: Run) -> float:
        settings = self._settings()
        return max(settings.least_seconds, len(run.valid) / settings.records_per_second, 1e-6)

    def _end(self, job: Job, run: Run, moment: float) -> None:
        options = run.worker.options
        # [doc] the parameter is ignored when the input has recIds
        if options.invalid_input and options.combined and not run.worker.columns.has_rec_id:
            run.out.extend(run.worker.invalid(number) for number, _ in run.invalid)
        self.drop(job)
        run.ended = moment
        job.status, job.entered = ("failed" if run.fails else "completed"), moment
        self._ended(job)
