"""HERE Tracking bulk jobs v4 in-process."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from batchdrop_sandbox.simulators.behaviour import answered
from batchdrop_sandbox.simulators.here_tracking_v4 import refusals
from batchdrop_sandbox.simulators.here_tracking_v4.bodies import read_rows
from batchdrop_sandbox.simulators.here_tracking_v4.devices import Device, Devices
from batchdrop_sandbox.simulators.here_tracking_v4.jobs import ENDED, STATES, Job, is_id, new_id
from batchdrop_sandbox.simulators.here_tracking_v4.life import Life
from batchdrop_sandbox.simulators.here_tracking_v4.pages import read_page
from batchdrop_sandbox.simulators.here_tracking_v4.refusals import Refused, bad_request, wrong_state
from batchdrop_sandbox.simulators.here_tracking_v4.rows import check_rows
from batchdrop_sandbox.simulators.here_tracking_v4.settings import Settings
from batchdrop_sandbox.simulators.here_tracking_v4.users import Users
from batchdrop_sandbox.simulators.reply import Reply, json_reply
from batchdrop_sandbox.simulators.world import World

Query = Mapping[str, str]


class HereTrackingV4(Users):
    """Bulk jobs that add or delete devices. A job starts by itself; each project sees its own jobs and devices.

    Schema errors refuse the whole upload; the rest become errors inside the results [assumed]. `records` in the
    ledger are the changes of devices that were really made: a row that changed nothing is not among them.
    """

    name: ClassVar[str] = "here_tracking_v4"

    def __init__(self, world: World, settings: Settings | None = None) -> None:
        super().__init__(world, settings)
        self._jobs: dict[str, Job] = {}
        self._devices = Devices()
        self._life = Life(lambda: self.settings, self._devices, self._bill)

    @answered("submit")
    def submit(
        self, key: str, body: bytes, content_type: str = "application/json", query: Query | None = None
    ) -> Reply:
        """POST /bulkjobs/v4/deviceUploads → 202 {jobId} [spec]; 400, 401, 403, 429."""

        def made(project: str) -> Reply:
            upload = check_rows(read_rows(content_type, body), self.settings.max_devices)
            name = (query or {}).get("fileName")
            if name is not None and not 1 <= len(name) <= 50:  # [spec]
                raise Refused(bad_request("fileName must have 1 to 50 characters."))
            now, left = self.world.clock.now(), self.settings.failing_jobs
            if left:
                self.configure({"failing_jobs": left - 1})
            job = Job(new_id(), project, upload, name, now, fails=left > 0, entered=now)
            self._jobs[job.id] = job
            self._life.start(job)
            self.world.ledger.job_made(self.name)
            return json_reply(202, {"jobId": job.id})

        return self._allowed(key, query, made)

    @answered("list")
    def list_jobs(self, key: str, query: Query | None = None, statuses: Sequence[str] = ()) -> Reply:
        """GET /bulkjobs/v4/deviceUploads → 200 a page of the project's jobs, the oldest first [seed]."""

        def listed(project: str) -> Reply:
            page, kind = read_page(query or {}), (query or {}).get("type")
            if kind not in (None, "create", "delete"):
                raise Refused(bad_request("type must be create or delete."))
            if any(status not in STATES for status in statuses):
                raise Refused(bad_request(f"status must be one of {', '.join(STATES)}."))
            items = [
                {"jobId": job.id, "status": self._shown(job), "type": job.kind}
                for job in self._jobs.values()
                if self._kept(job)
                and job.project == project
                and kind in (None, job.kind)
                and (not statuses or job.status in statuses)
            ]
            return json_reply(200, page.of(items))

        return self._allowed(key, query, listed)

    @answered("look")
    def look(self, key: str, job_id: str, query: Query | None = None) -> Reply:
        """GET …/{jobId}/status → 200 [spec]."""

        def shown(project: str) -> Reply:
            job = self._job(job_id, project)
            early = self.settings.total_while_pending
            return json_reply(200, job.detail(self._shown(job), total_while_pending=early))

        return self._allowed(key, query, shown)

    @answered("results")
    def results(self, key: str, job_id: str, query: Query | None = None) -> Reply:
        """GET …/{jobId}/results → 200 a page of what is done so far [assumed before the end]; no row numbers [spec]."""

        def page(project: str) -> Reply:
            job = self._job(job_id, project)
            kept = job.items[: max(0, len(job.upload.rows) - self.settings.lost_rows)]
            body = {"status": self._shown(job), **read_page(query or {}).of(kept), "type": job.kind}
            return json_reply(200, body)

        return self._allowed(key, query, page)

    @answered("stop")
    def cancel(self, key: str, job_id: str, query: Query | None = None) -> Reply:
        """PATCH {"action": "cancel"} → 200 {status}; rows that are done stay done [spec]; 412 after the end."""

        def cancelled(project: str) -> Reply:
            job = self._job(job_id, project)
            if job.status not in ("pending", "ongoing"):
                raise Refused(wrong_state("cancel", job.status))
            self._life.cancel(job, self.world.clock.now())
            return json_reply(200, {"status": self._shown(job)})

        return self._allowed(key, query, cancelled)

    @answered("acknowledge")
    def acknowledge(self, key: str, job_id: str, query: Query | None = None) -> Reply:
        """PATCH {"action": "acknowledge"} → 200 {status}; 412 before the end [assumed]."""

        def acknowledged(project: str) -> Reply:
            job = self._job(job_id, project)
            if job.status not in ENDED:
                raise Refused(wrong_state("acknowledge", job.status))
            job.status = "acknowledged"
            return json_reply(200, {"status": self._shown(job)})

        return self._allowed(key, query, acknowledged)

    @answered("patch")
    def unknown_action(self, key: str, job_id: str, query: Query | None = None) -> Reply:
        """PATCH with anything else → 400 [assumed]."""

        def refused(project: str) -> Reply:
            self._job(job_id, project)
            raise Refused(bad_request("action must be cancel or acknowledge."))

        return self._allowed(key, query, refused)

    @answered("health")
    def health(self) -> Reply:
        """GET /bulkjobs/v4/health → 200, open to all [spec]."""
        return json_reply(200, {"message": "healthy"})

    @answered("version")
    def version(self) -> Reply:
        """GET /bulkjobs/v4/version → 200, open to all [spec]."""
        return json_reply(200, {"bulkjobs": "1.0.0"})

    def devices(self, project: str = "") -> tuple[Device, ...]:
        """The devices of a project as they are now: what a test compares with what it sent."""
        self.settle()
        with self.lock:
            return self._devices.of(project)

    def settle(self) -> None:
        """Let everything happen that is due."""
        with self.lock:
            self._life.settle(self.world.clock.now())

    def reset(self) -> None:
        """Forget jobs, devices, tokens and settings."""
        with self.lock:
            super().reset()
            self._life.clear()
            self._jobs.clear()
            self._devices.clear()

    def _allowed(self, key: str, query: Query | None, act: Callable[[str], Reply]) -> Reply:
        def checked() -> Reply:
            self._check(key)
            self._check_host(key)
            return act(self._project(key, query or {}))

        return self._answer(checked)

    def _check_host(self, key: str) -> None:
        """Raises Refused: the token of a project on the host for all others, or the reverse [doc]."""
        token = self.world.tokens.find(key)
        scoped = "tracking.hereapi.com" if token and token.scope else "tracking.api.here.com"
        if self.settings.host not in ("any", scoped):
            raise Refused(refusals.of_status(self.settings.wrong_host_status))

    def _project(self, key: str, query: Query) -> str:
        """The project of a call: projectId, else the token's scope, else the user's only one. Raises Refused."""
        asked = query.get("projectId")
        if asked is not None and not 1 <= len(asked) <= 50:  # [spec]
            raise Refused(bad_request("projectId must have 1 to 50 characters."))
        token = self.world.tokens.find(key)
        scope = token.scope.rpartition("/")[2] if token else ""
        if asked is None and not scope and self.settings.needs_project:
            raise Refused(bad_request("projectId is required: the user has several projects."))
        return asked or scope

    def _job(self, job_id: str, project: str) -> Job:
        """Raises Refused: 400 malformed, 404 unknown, of another project, or older than a week [assumed]."""
        if not is_id(job_id):
            raise Refused(bad_request("jobId is not valid."))
        job = self._jobs.get(job_id)
        if job is None or job.project != project or not self._kept(job):
            raise Refused(refusals.NOT_FOUND)
        return job

    def _kept(self, job: Job) -> bool:
        return self.world.clock.now() < job.created + self.settings.retention_days * 86_400

    def _shown(self, job: Job) -> str:
        return self.settings.renamed.get(job.status, job.status)

    def _bill(self, job: Job, rows: list[tuple[int, str]]) -> None:
        self.world.ledger.bill(self.name, job.id, rows, float(len(rows)))
