"""Geoapify Batch in-process: submit and look, for both families of endpoints."""

import uuid
from collections.abc import Callable, Mapping
from typing import ClassVar
from urllib.parse import urlencode

from batchdrop_sandbox.simulators.behaviour import Behaviour, answered
from batchdrop_sandbox.simulators.geoapify import older
from batchdrop_sandbox.simulators.geoapify.jobs import Asked, BadJob, Job, read_batch, read_geocoding
from batchdrop_sandbox.simulators.geoapify.refusals import refusal
from batchdrop_sandbox.simulators.geoapify.settings import Settings
from batchdrop_sandbox.simulators.rate import Rate
from batchdrop_sandbox.simulators.reply import Reply, json_reply
from batchdrop_sandbox.simulators.world import World

FAMILIES = ("search", "reverse")
_SHARED = ("type", "lang", "filter", "bias")  # [spec] query parameters of the older family's submit


class Geoapify(Behaviour[Settings]):
    """POST makes a job and bills it; each look costs a call; the 200 is the download.

    There is no list of jobs, no cancel, no webhook and no idempotency key: none is documented. Any accepted key sees
    any job [assumed].
    """

    name: ClassVar[str] = "geoapify"

    def __init__(self, world: World, settings: Settings | None = None) -> None:
        super().__init__(world, settings or Settings())
        self._jobs: dict[str, Job] = {}
        self._rate = Rate()

    @answered("submit")
    def submit(self, api_key: str, body: bytes, *, origin: str = "https://api.geoapify.com") -> Reply:
        """POST /v1/batch → 202 {id, status, url} [seed] [client]; 400, 401, 429."""
        return self._refused(api_key) or self._created(
            api_key, lambda: read_batch(body, self.settings.max_inputs), f"{origin}/v1/batch"
        )

    @answered("submit")
    def submit_geocoding(
        self,
        family: str,
        api_key: str,
        body: bytes,
        params: Mapping[str, str] | None = None,
        *,
        origin: str = "https://api.geoapify.com",
    ) -> Reply:
        """POST /v1/batch/geocode/search or reverse with a bare array → 202 [spec]."""
        common = {name: value for name, value in (params or {}).items() if name in _SHARED}
        return self._refused(api_key) or self._created(
            api_key,
            lambda: read_geocoding(family, body, common, self.settings.max_inputs),
            f"{origin}/v1/batch/geocode/{family}",
        )

    @answered("look")
    def look(self, api_key: str, job_id: str) -> Reply:
        """GET /v1/batch → 202 pending, 200 with all results, 404 unknown or older than 24 h [seed]."""
        refused = self._refused(api_key) or self._unready(job_id, "")
        if refused:
            return refused
        return self._done(self._jobs[job_id])

    @answered("look")
    def look_geocoding(self, family: str, api_key: str, job_id: str, shape: str = "json") -> Reply:
        """GET of the older family → 200 with a bare array, or CSV with `format=csv` [spec]."""
        refused = self._refused(api_key) or self._unready(job_id, family)
        if refused:
            return refused
        rows = older.flat(self._jobs[job_id].results(self.world.gazetteer, self.settings))
        if shape == "csv":
            return Reply(200, {"Content-Type": "text/csv; charset=utf-8"}, older.csv(rows))
        return json_reply(200, rows)

    def reset(self) -> None:
        """Forget all jobs and settings."""
        with self.lock:
            super().reset()
            self._jobs.clear()

    def refusal(self, status: int) -> Reply:
        """The house-style error."""
        return refusal(status)

    def _refused(self, api_key: str) -> Reply | None:
        status = self.keys.status(api_key)
        if status == 200 and not self._rate.allows(self.world.clock.now(), self.settings.requests_per_second):
            status = 429  # [assumed] submit and look are requests under the plan's limit
        return None if status == 200 else refusal(status)

    def _created(self, api_key: str, read: Callable[[], Asked], endpoint: str) -> Reply:
        try:
            asked = read()
        except BadJob as bad:
            return refusal(400, str(bad))
        job = self._job(asked)
        self._jobs[job.id] = job
        ledger = self.world.ledger
        ledger.job_made(self.name)
        lines = ((index, asked.canonical(one)) for index, one in enumerate(asked.inputs))
        # [seed] each input and the submit are calls; × priority [doc]
        ledger.bill(self.name, job.id, lines, asked.price + asked.priority)
        if self.settings.answers_at_once and not asked.family:
            job.ready = self.world.clock.now()
            return self._done(job)
        # [client] the address to look at ends with the key
        url = f"{endpoint}?{urlencode({'id': job.id, 'apiKey': api_key})}"
        return json_reply(202, {"id": job.id, "status": "pending", "url": url})

    def _done(self, job: Job) -> Reply:
        if job.fails:  # [spec] names the status; how it is answered is [assumed]
            return json_reply(200, {"id": job.id, "status": "failed"})
        results = job.results(self.world.gazetteer, self.settings)
        # [client, recorded] api and params at the top, no status
        head = {"api": job.asked.api.path, "params": job.asked.params, "id": job.id}
        return json_reply(200, {**head, "results": results})

    def _job(self, asked: Asked) -> Job:
        settings = self.settings
        seconds = settings.processing_seconds + settings.seconds_per_input * len(asked.inputs)
        ready = self.world.clock.now() + seconds
        return Job(
            id=uuid.uuid4().hex,  # [client] 32 hexadecimal digits
            asked=asked,
            ready=ready,
            gone=ready + settings.retention_hours * 3600,
            fails=self._one_of_the_failing(),
        )

    def _one_of_the_failing(self) -> bool:
        left = self.settings.failing_jobs
        if left:
            self.configure({"failing_jobs": left - 1})
        return left > 0

    def _unready(self, job_id: str, family: str) -> Reply | None:
        """404, or 202 while it works; None when the answer is there. Each look is one call × priority [seed]."""
        job = self._jobs.get(job_id)
        now = self.world.clock.now()
        if job is None or job.asked.family != family or now >= job.gone:
            self.world.ledger.bill(self.name, job_id, (), 1.0)
            return refusal(404)
        job.looks += 1
        self.world.ledger.bill(self.name, job_id, (), job.asked.priority)
        if now < job.ready or job.looks <= self.settings.pending_polls:
            return json_reply(202, {"id": job.id, "status": self.settings.pending_status})
        return None
