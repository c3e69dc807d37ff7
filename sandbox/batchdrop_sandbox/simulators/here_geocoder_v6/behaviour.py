"""HERE Batch Geocoder 6.2 in-process: upload, run, cancel, status, delete and the downloads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from batchdrop_sandbox.simulators.behaviour import Behaviour, answered
from batchdrop_sandbox.simulators.here_geocoder_v6 import refusals
from batchdrop_sandbox.simulators.here_geocoder_v6.columns import read_columns
from batchdrop_sandbox.simulators.here_geocoder_v6.downloads import Download
from batchdrop_sandbox.simulators.here_geocoder_v6.jobs import Job, document, is_id, new_id
from batchdrop_sandbox.simulators.here_geocoder_v6.life import Life
from batchdrop_sandbox.simulators.here_geocoder_v6.options import delimiter, read_options
from batchdrop_sandbox.simulators.here_geocoder_v6.refusals import Refused, bad_input
from batchdrop_sandbox.simulators.here_geocoder_v6.settings import Settings
from batchdrop_sandbox.simulators.here_geocoder_v6.work import Worker
from batchdrop_sandbox.simulators.rate import Rate
from batchdrop_sandbox.simulators.reply import Reply
from batchdrop_sandbox.simulators.world import World

Query = Mapping[str, str]


@dataclass(frozen=True)
class Caller:
    """Who calls: a Bearer token or an apiKey [doc], or app_id and app_code together [client].

    `as_json` by the Accept header [client].
    """

    token: str = ""
    api_key: str = ""
    app_id: str = ""
    app_code: str = ""
    as_json: bool = True


class HereGeocoderV6(Behaviour[Settings]):
    """Jobs: uploaded, run, looked at, downloaded, cancelled, deleted. There is no list of jobs [doc].

    Any accepted caller sees any job [assumed]. A record is billed when it is processed, so never before a run; a
    second run bills again. Parameter names of every `query` are in lower case here: the service ignores case [doc].
    """

    name: ClassVar[str] = "here_geocoder_v6"

    def __init__(self, world: World, settings: Settings | None = None) -> None:
        super().__init__(world, settings or Settings())
        self._jobs: dict[str, Job] = {}
        self._rate = Rate()
        self._life = Life(lambda: self.settings, self._bill, self._mail)

    @answered("submit")
    def submit(self, caller: Caller, query: Query, body: bytes) -> Reply:
        """POST /jobs → 200 [client]: `submitted`, or `accepted` with action=run [doc]."""

        def made() -> Reply:
            action = query.get("action", "").lower()
            if action not in ("", "run"):
                raise Refused(bad_input("action must be run, or left out."))
            job = Job(new_id(), self._lines(body), query, entered=self.world.clock.now())
            worker = self._worker(job) if action else None
            if worker is None and "indelim" in query:
                delimiter(query, "indelim")
            self._jobs[job.id] = job
            self.world.ledger.job_made(self.name)
            if worker:
                self._start(job, worker)
            return self._shown(caller, job)

        return self._allowed(caller, made)

    @answered("start")
    def run(self, caller: Caller, job_id: str, query: Query) -> Reply:
        """PUT /jobs/{id}?action=run → 200: starts or restarts [doc]. While it is under way, nothing changes [assumed].

        Parameters may come with the upload or with the run; those of the run win [assumed].
        """

        def started() -> Reply:
            job = self._job(job_id)
            if not self._runs_again(job):
                return self._shown(caller, job)
            job.query = {**job.query, **query}
            self._start(job, self._worker(job))
            return self._shown(caller, job)

        return self._allowed(caller, started)

    @answered("stop")
    def cancel(self, caller: Caller, job_id: str) -> Reply:
        """PUT /jobs/{id}?action=cancel → 200; at once, and only while it is under way [assumed]."""

        def cancelled() -> Reply:
            job = self._job(job_id)
            if job.status not in ("accepted", "running", "cancelled"):
                raise Refused(refusals.CANNOT_CANCEL)
            self._life.cancel(job, self.world.clock.now())
            return self._shown(caller, job)

        return self._allowed(caller, cancelled)

    @answered("look")
    def look(self, caller: Caller, job_id: str) -> Reply:
        """GET /jobs/{id}?action=status → 200 with the status document [doc]; 404 [assumed]."""
        return self._allowed(caller, lambda: self._shown(caller, self._job(job_id)))

    @answered("delete")
    def delete(self, caller: Caller, job_id: str) -> Reply:
        """DELETE /jobs/{id} → 200, in any state [assumed]."""

        def deleted() -> Reply:
            job = self._job(job_id)
            self._life.drop(job)
            job.forget()
            return self._shown(caller, job)

        return self._allowed(caller, deleted)

    @answered("results")
    def result(self, caller: Caller, job_id: str, *, zipped: bool = True) -> Reply:
        """GET /jobs/{id}/result → 200 zip or text [doc]; 404 before `completed` [assumed]."""
        return self._download(caller, job_id, "result", zipped=zipped)

    @answered("errors")
    def errors(self, caller: Caller, job_id: str, *, zipped: bool = True) -> Reply:
        """GET /jobs/{id}/errors → the invalid lines of the input [doc] [client]."""
        return self._download(caller, job_id, "errors", zipped=zipped)

    @answered("no_matches")
    def no_matches(self, caller: Caller, job_id: str, *, zipped: bool = True) -> Reply:
        """GET /jobs/{id}/no-matches → the records without a place, where they are not combined [doc]."""
        return self._download(caller, job_id, "no-matches", zipped=zipped)

    @answered("all")
    def everything(self, caller: Caller, job_id: str, *, zipped: bool = True) -> Reply:
        """GET /jobs/{id}/all → all files and a report [doc]; 404 when there is nothing [client]."""
        return self._download(caller, job_id, "all", zipped=zipped)

    def settle(self) -> None:
        """Let everything happen that is due."""
        with self.lock:
            self._life.settle(self.world.clock.now())

    def reset(self) -> None:
        """Forget all jobs and settings."""
        with self.lock:
            super().reset()
            self._life.clear()
            self._jobs.clear()

    def refusal(self, status: int) -> Reply:
        """An error in the service's words."""
        return refusals.in_own_words(status)

    def _allowed(self, caller: Caller, act: Callable[[], Reply]) -> Reply:
        status = self._status_of(caller)
        if status != 200:
            return refusals.unauthorized(status, as_json=caller.as_json)
        try:
            if not self._rate.allows(self.world.clock.now(), self.settings.requests_per_second):
                raise Refused(refusals.TOO_MANY)
            return act()
        except Refused as refused:
            return refused.refusal.reply(as_json=caller.as_json)

    def _status_of(self, caller: Caller) -> int:
        """A token, else an apiKey, else both app_id and app_code: each is looked up in the lists of keys."""
        one = caller.token or caller.api_key
        keys = (one,) if one else (caller.app_id, caller.app_code)
        statuses = {self.credential_status(key) for key in keys}
        return 401 if 401 in statuses else max(statuses)

    def _download(self, caller: Caller, job_id: str, what: str, *, zipped: bool) -> Reply:
        def file() -> Reply:
            job = self._job(job_id)
            settings = self.settings
            if job.status != "completed" or job.run is None or settings.results_missing:
                raise Refused(refusals.NO_OUTPUT)
            found = Download(job, job.run, what, settings).reply(zipped=zipped)
            if found:
                return found
            if settings.empty_download == 404 or what == "all":
                raise Refused(refusals.NO_OUTPUT)
            return Reply(settings.empty_download, {"Content-Type": "text/plain; charset=utf-8"})

        return self._allowed(caller, file)

    def _lines(self, body: bytes) -> tuple[str, ...]:
        """The body's lines. Raises Refused: not UTF-8 (a compressed body too [doc]), empty, too large."""
        settings = self.settings
        if len(body) > settings.max_bytes:
            raise Refused(bad_input("The input is larger than allowed."))
        try:
            text = body.decode()
        except UnicodeDecodeError:
            raise Refused(bad_input("The input is not UTF-8.")) from None
        if not text.strip():
            raise Refused(bad_input("The input is empty."))
        lines = tuple(line.removesuffix("\r") for line in text.removesuffix("\n").split("\n"))
        if len(lines) - 1 > settings.max_lines:
            raise Refused(bad_input("The input has more lines than allowed."))
        return lines

    def _worker(self, job: Job) -> Worker:
        """Everything a run needs, checked. Raises Refused."""
        options = read_options(job.query, self.settings.default_maxresults)
        columns = read_columns(
            job.lines[0],
            options.input_delimiter,
            reverse=options.reverse,
            allow_unknown=options.unknown_input,
        )
        return Worker(options, columns, self.world.gazetteer, self.settings)

    def _start(self, job: Job, worker: Worker) -> None:
        left = self.settings.failing_jobs
        if left:
            self.configure({"failing_jobs": left - 1})
        self._life.start(job, worker, self.world.clock.now(), fails=left > 0)

    def _runs_again(self, job: Job) -> bool:
        """Whether a run starts now. Raises Refused."""
        if job.status == "deleted":
            raise Refused(refusals.CANNOT_RUN)
        if job.status == "completed" and self.settings.run_completed == "refuse":
            raise Refused(refusals.CANNOT_RUN)
        if job.status == "completed":
            return self.settings.run_completed == "restart"
        return job.status in ("submitted", "failed", "cancelled")

    def _job(self, job_id: str) -> Job:
        """The job with this id. Raises Refused: unknown, or past its retention [assumed]."""
        job = self._jobs.get(job_id) if is_id(job_id) else None
        if job is None or self._is_gone(job):
            raise Refused(refusals.NOT_FOUND)
        return job

    def _is_gone(self, job: Job) -> bool:
        if job.status == "deleted":
            return not self.settings.delete_shown
        since = self.world.clock.now() - job.entered
        return job.status not in ("accepted", "running") and since >= self.settings.retention_days * 86_400

    def _shown(self, caller: Caller, job: Job) -> Reply:
        status = self.settings.renamed.get(job.status, job.status)
        return document(job, status, self.settings.xml_namespace, as_json=caller.as_json)

    def _bill(self, job: Job, records: list[tuple[int, str]]) -> None:
        if job.run is None:
            return
        canonical = job.run.worker.canonical
        lines = [(number, canonical(line)) for number, line in records]
        self.world.ledger.bill(self.name, job.id, lines, float(len(lines)))

    def _mail(self, job: Job) -> None:
        """[doc] mailto: the only push there is; here it is counted and not sent."""
        if job.run and job.run.worker.options.mail_to:
            self.world.ledger.arrived(self.name, "mail")
