"""Geoapify Batch in-process: submit and look, for both families of endpoints."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar
from urllib.parse import urlencode

from batchdrop_sandbox.simulators.behaviour import Behaviour, answered
from batchdrop_sandbox.simulators.geoapify import older
from batchdrop_sandbox.simulators.geoapify.api import InnerApi, Question
from batchdrop_sandbox.simulators.geoapify.api import Refused as WrongInput
from batchdrop_sandbox.simulators.geoapify.jobs import (
    Asked,
    BadJob,
    Job,
    canonical,
    read_batch,
    read_geocoding,
    read_object,
)
from batchdrop_sandbox.simulators.geoapify.refusals import QUOTA, refusal
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
        self._spent: dict[int, float] = {}

    @answered("submit")
    def submit(self, api_key: str, body: bytes, *, origin: str = "https://api.geoapify.com") -> Reply:
        """POST /v1/batch → 202 {id, status, url} [seed] [client]; 400, 401, 429 [spec]."""
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

    @answered("alone")
    def call_alone(self, api_key: str, api: InnerApi, params: Mapping[str, str], body: bytes) -> Reply:
        """GET or POST of one API outside a batch → 200 with its answer [spec]; it costs what an input costs [doc]."""
        refused = self._refused(api_key)
        if refused:
            return refused
        try:
            question = Question(params, read_object(body) if api.posted else {}, alone=True)
            answer = api.answer(question, self.world.gazetteer)
        except (BadJob, WrongInput) as problem:
            return refusal(400, str(problem))
        self._bill("alone", [(0, canonical(api, question))], api.credits(question))
        if isinstance(answer, bytes):
            return Reply(200, {"Content-Type": "application/octet-stream"}, answer)
        return json_reply(200, answer)

    def reset(self) -> None:
        """Forget all jobs and settings."""
        with self.lock:
            super().reset()
            self._jobs.clear()
            self._spent.clear()

    def refusal(self, status: int) -> Reply:
        """The house-style error."""
        return refusal(status)

    def _refused(self, api_key: str) -> Reply | None:
        status = self.keys.status(api_key)
        if status == 200 and not self._rate.allows(self.world.clock.now(), self.settings.requests_per_second):
            status = 429  # [assumed] submit and look are requests under the plan's limit
        if status != 200:
            return refusal(status)
        most = self.settings.daily_credits
        if most and self._spent.get(self._today, 0.0) >= most:
            return refusal(self.settings.quota_status, QUOTA)
        return None

    @property
    def _today(self) -> int:
        return int(self.world.clock.now() // 86_400)

    def _bill(self, job: str, lines: Iterable[tuple[int, str]], cost: float) -> None:
        self._spent = {self._today: self._spent.get(self._today, 0.0) + cost}
        self.world.ledger.bill(self.name, job, lines, cost)

    def _created(self, api_key: str, read: Callable[[], Asked], endpoint: str) -> Reply:
        try:
            asked = read()
        except BadJob as bad:
            return refusal(400, str(bad))
        job = self._job(asked)
        self._jobs[job.id] = job
        self.world.ledger.job_made(self.name)
        lines = ((index, asked.canonical(one)) for index, one in enumerate(asked.inputs))
        # [seed] each input and the submit are calls; × priority [doc]
        self._bill(job.id, lines, asked.price + asked.priority)
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
            self._bill(job_id, (), 1.0)
            return refusal(404)
        job.looks += 1
        self._bill(job_id, (), job.asked.priority)
        if now < job.ready or job.looks <= self.settings.pending_polls:
            return json_reply(202, {"id": job.id, "status": self.settings.pending_status})
        return refusal(404) if self.settings.results_missing else None
