"""HERE Batch API v7 in-process: the calls on jobs. The webhooks' calls are in webhooks.py."""

import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar

from batchdrop_sandbox.simulators.behaviour import Behaviour, answered
from batchdrop_sandbox.simulators.here_batch_v7 import refusals
from batchdrop_sandbox.simulators.here_batch_v7.downloads import download
from batchdrop_sandbox.simulators.here_batch_v7.jobs import LISTED, STARTABLE, Job, brief, detail, is_job_id
from batchdrop_sandbox.simulators.here_batch_v7.life import Life
from batchdrop_sandbox.simulators.here_batch_v7.output import Writer
from batchdrop_sandbox.simulators.here_batch_v7.refusals import Refused, bad_argument
from batchdrop_sandbox.simulators.here_batch_v7.settings import Settings
from batchdrop_sandbox.simulators.here_batch_v7.submission import Submission, read_submission, whole_number
from batchdrop_sandbox.simulators.here_batch_v7.work import Worker
from batchdrop_sandbox.simulators.rate import Rate
from batchdrop_sandbox.simulators.reply import Reply, json_reply
from batchdrop_sandbox.simulators.world import World

BASE = "https://batch.search.hereapi.com/v7"


class Jobs(Behaviour[Settings]):
    """Jobs: made by POST, started at once or later, looked at, downloaded, stopped, deleted.

    `key` is an apiKey, or a Bearer token: one of here_account until it expires, any other one is checked like a key.
    Any accepted key sees any job [assumed]. A record is billed when it is processed, so never before a start.
    """

    name: ClassVar[str] = "here_batch_v7"

    def __init__(self, world: World, settings: Settings | None = None) -> None:
        super().__init__(world, settings or Settings())
        self._jobs: dict[str, Job] = {}
        self._rate = Rate()
        self._life = Life(lambda: self.settings, self._bill, self._ended)

    @answered("submit")
    def submit(
        self, key: str, query: Mapping[str, str], body: bytes, *, encoding: str = "", base: str = BASE
    ) -> Reply:
        """POST /batch/jobs → 201 JobResponse [spec]; always `submitted`, also when it starts at once [seed]."""

        def create() -> Reply:
            asked = read_submission(query, body, encoding, self.settings)
            self._check_notifications(asked.notification_ids)
            if sum(job.status in STARTABLE for job in self._jobs.values()) >= self.settings.max_startable:
                raise Refused(refusals.TOO_MANY_STARTABLE)
            job = self._made(asked)
            reply = json_reply(201, brief(job, self._shown("submitted"), base))
            if asked.start:
                self._life.start(job, self.world.clock.now())
            return reply

        return self._allowed(key, create)

    @answered("list")
    def list_jobs(self, key: str, query: Mapping[str, str] | None = None, *, base: str = BASE) -> Reply:
        """GET /batch/jobs → 200 {limit, count, items}, no total and no next link [spec]; newest first [assumed]."""
        asked = query or {}

        def listed() -> Reply:
            limit, offset = (
                whole_number(asked, "limit", 100, 1, 100),
                whole_number(asked, "offset", 0, 0, 10**9),
            )
            found = self._chosen(asked.get("status", "any"), asked.get("tag"))[::-1][offset : offset + limit]
            items = [detail(job, self._shown(job.status), base) for job in found]
            return json_reply(200, {"limit": limit, "count": len(items), "items": items})

        return self._allowed(key, listed)

    @answered("bulk_delete")
    def delete_jobs(self, key: str, query: Mapping[str, str]) -> Reply:
        """DELETE /batch/jobs?status=…&tag=… → 200 {total, jobIds}; `status` is required [spec]."""

        def deleted() -> Reply:
            if "status" not in query:
                raise Refused(bad_argument("status", "It is required."))
            found = self._chosen(query["status"], query.get("tag"))
            for job in found:
                self._forget(job)
            return json_reply(200, {"total": len(found), "jobIds": [job.id for job in found]})

        return self._allowed(key, deleted)

    @answered("look")
    def look(self, key: str, job_id: str, *, base: str = BASE) -> Reply:
        """GET /batch/jobs/{id} → 200 JobDetailResponse; 404 [spec]."""

        def shown() -> Reply:
            job = self._job(job_id)
            return json_reply(200, detail(job, self._shown(job.status), base))

        return self._allowed(key, shown)

    @answered("delete")
    def delete(self, key: str, job_id: str) -> Reply:
        """DELETE /batch/jobs/{id} → 200 {id, serviceHrn, status} [spec]; in any state [assumed]."""

        def deleted() -> Reply:
            job = self._job(job_id)
            self._forget(job)
            return json_reply(
                200, {"id": job.id, "serviceHrn": job.asked.hrn, "status": self._shown("deleted")}
            )

        return self._allowed(key, deleted)

    @answered("start")
    def start(self, key: str, job_id: str, *, base: str = BASE) -> Reply:
        """PUT …/start → 200; a no-op while running; a stopped job goes on; 429 E6004291 [spec]."""

        def started() -> Reply:
            job = self._job(job_id)
            self._refuse_ended(job)
            if job.status not in ("submitted", "stopped", "failure"):
                return json_reply(200, brief(job, self._shown(job.status), base))
            if self._life.count_started() >= self.settings.max_started:
                raise Refused(refusals.TOO_MANY_RUNNING)
            self._life.start(job, self.world.clock.now())
            return json_reply(200, brief(job, self.settings.start_answers, base))

        return self._allowed(key, started)

    @answered("stop")
    def stop(self, key: str, job_id: str, *, base: str = BASE) -> Reply:
        """PUT …/stop → 200; the halt comes later; a no-op when it does not run [spec], or 400 [doc]."""

        def stopped() -> Reply:
            job = self._job(job_id)
            self._refuse_ended(job)
            self._life.stop(job, self.world.clock.now())
            return json_reply(200, brief(job, self._shown(job.status), base))

        return self._allowed(key, stopped)

    @answered("results")
    def results(self, key: str, job_id: str, *, gzipped: bool = False) -> Reply:
        """GET …/results → 200 text in chunks, 204 none, 404 not ready [spec]; partial after a stop [seed]."""

        def file() -> Reply:
            job = self._job(job_id)
            ended = job.status in ("completed", "stopped", "failure")
            if not ended or self.settings.results_missing:
                raise Refused(refusals.NO_RESULTS)
            if not job.has_results():
                return Reply(204)
            shuffled = self.settings.shuffled_rows
            lines = partial(job.results_file, shuffled=shuffled)
            return download(lines, f"{job.id}-results.txt", gzipped=gzipped)

        return self._allowed(key, file)

    @answered("errors")
    def errors(self, key: str, job_id: str, *, gzipped: bool = False) -> Reply:
        """GET …/errors → 200 text in chunks, 204 none, 404 not ready [spec]."""

        def file() -> Reply:
            job = self._job(job_id)
            if job.status not in ("completed", "stopped", "failure"):
                raise Refused(refusals.NO_ERRORS)
            if not job.has_errors():
                return Reply(204)
            return download(
                job.errors_file, f"{job.id}-results.csv", gzipped=gzipped
            )  # [spec] so its sample says

        return self._allowed(key, file)

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
        """An error in HERE's words."""
        return refusals.in_own_words(status)

    def _allowed(self, key: str, act: Callable[[], Reply]) -> Reply:
        status = self.credential_status(key)
        if status != 200:
            return refusals.unauthorized(status)
        try:
            if not self._rate.allows(self.world.clock.now(), self.settings.requests_per_second):
                raise Refused(refusals.TOO_MANY_REQUESTS)
            return act()
        except Refused as refused:
            return refused.refusal.reply()

    def _made(self, asked: Submission) -> Job:
        worker = Worker(asked, Writer(asked, self.settings), self.world.gazetteer, self.settings)
        left = self.settings.failing_jobs
        job = Job(f"JOB-{uuid.uuid4()}", asked, worker, self.world.clock.now(), fails=left > 0)
        if left:
            self.configure({"failing_jobs": left - 1})
        self._jobs[job.id] = job
        self.world.ledger.job_made(self.name)
        return job

    def _job(self, job_id: str) -> Job:
        """The job with this id. Raises Refused: malformed, unknown, or past its retention [assumed]."""
        if not is_job_id(job_id):
            raise Refused(refusals.BAD_ID)
        job = self._jobs.get(job_id)
        if job is None or not self._kept(job):
            raise Refused(refusals.NOT_FOUND)
        return job

    def _kept(self, job: Job) -> bool:
        return self.world.clock.now() < job.created + self.settings.retention_days * 86_400

    def _chosen(self, status: str, tag: str | None) -> list[Job]:
        if status not in ("any", *LISTED):
            raise Refused(bad_argument("status", f"Allowed: any, {', '.join(LISTED)}."))
        return [
            job
            for job in self._jobs.values()
            if self._kept(job)
            and job.status in (LISTED if status == "any" else (status,))
            and (tag is None or job.asked.tag == tag)
        ]

    def _forget(self, job: Job) -> None:
        self._life.drop(job)
        job.forget()

    def _refuse_ended(self, job: Job) -> None:
        """Start and stop of a job that has ended."""
        if job.status == "deleted":
            raise Refused(refusals.DELETED)
        if job.status == "completed" and self.settings.stop_finished == "refuse":
            raise Refused(refusals.COMPLETED)

    def _shown(self, status: str) -> str:
        return self.settings.renamed.get(status, status)

    def _bill(self, job: Job, records: list[tuple[int, str]]) -> None:
        lines = [(number, job.worker.canonical(line)) for number, line in records]
        self.world.ledger.bill(self.name, job.id, lines, float(len(lines)))

    def _ended(self, job: Job) -> None:
        """A job came to an end; webhooks hear of it."""

    def _check_notifications(self, ids: tuple[str, ...]) -> None:
        """Raises Refused for a webhook that does not exist."""
        if ids:
            raise Refused(refusals.BAD_NOTIFICATION)
