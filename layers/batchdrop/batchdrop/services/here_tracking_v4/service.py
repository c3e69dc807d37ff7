"""The HERE Tracking adapter for bulk jobs v4. Legacy: gone from HERE's newest pages, and never tried against the live service.

POST starts the job. The end of the batch's tag travels in its `fileName`, so that a job whose answer was lost can be found: by
the list of jobs and a look at each. Facts and their sources: docs/services/here_tracking_v4.md.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, ClassVar

from batchdrop.errors import ConfigurationError, ServiceBusy, ServiceRefused, ServiceSpokeUnknown
from batchdrop.ports import AnswerNotes, Capabilities, Listed, Progress, RawPart, State, Ticket
from batchdrop.services import DEFAULT_BASES, base, json_items, quota
from batchdrop.services.here_auth import HereAuth
from batchdrop.services.here_tracking_v4 import answers
from batchdrop.services.here_tracking_v4.apis import APIS, KINDS
from batchdrop.services.here_tracking_v4.login import Login
from batchdrop.services.here_tracking_v4.results import NAMES, Records
from batchdrop.services.json_items import OddItem
from batchdrop.services.parts import open_part, read_each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from batchdrop.ports import Api, Batch, Outcome, SavedPart
    from batchdrop.services.here_auth import Access
    from batchdrop.transport import Reply, Transport

PLATFORM_BASE = "https://tracking.hereapi.com"
"""The host for tokens of one project [doc: projects]; users log in there too, and exchange their token [doc: tutorials, tokenExchange].
Tokens of users and devices without a project are for the other host, DEFAULT_BASES.
"""

_JOBS = "/bulkjobs/v4/deviceUploads"
_TAIL = re.compile(r"(?:.*-)?([0-9a-f]{32})")
_LONGEST_NAME = 50  # characters of a fileName [spec]
_PAGE = 100  # the most a page has [spec]
_MOST_PAGES = 1000
_MOST_JOBS = 1000  # looked at in one search, so that it ends within one invocation
_PAGE_BYTES = 16 << 20
_PART = "results-"
_PARAMS: Mapping[str, int] = {
    "projectId": 50,
    "projectHrn": 500,
}  # the longest; projectId [spec], projectHrn [assumed]


class HereTrackingV4(base.HttpService):
    """HERE Tracking bulk jobs v4 (legacy, unverified).

    Secret: `{"email": "…", "password": "…", "realm"?: "…"}`, a user's login; or access keys, see here_auth. Route
    parameters: `projectId`, which goes with every call, and `projectHrn`, the scope of the token.
    """

    name: ClassVar[str] = "here_tracking_v4"
    legacy: ClassVar[bool] = True
    apis: ClassVar[Mapping[str, Api]] = APIS
    can: ClassVar[Capabilities] = Capabilities(
        max_records=1000,  # [spec]
        max_bytes=5_000_000,  # [assumed]
        batch_records=1000,
        two_phase=False,
        finds_lost=True,  # by fileName
        rings=False,
        stops=True,
        deletes=False,  # acknowledging is all there is
        keeps_results_for=7 * 86_400.0,  # [spec]
        first_look=5.0,  # [assumed]
        seconds_per_record=0.02,  # [assumed]
        min_wait=10.0,  # [assumed]
        deadline=86_400.0,  # [assumed]
        lists=True,
    )

    def __init__(
        self,
        transport: Transport,
        credentials: Callable[[bool], Mapping[str, str]],
        account: Callable[[str], Transport] | None = None,
    ) -> None:
        super().__init__(transport, credentials, account)
        self._keys = HereAuth(account)
        self._hosts: dict[str, tuple[Transport, Login]] = {}

    @classmethod
    def columns_for(cls, api: str, params: Mapping[str, Any]) -> tuple[str, ...]:
        """The API's columns. Raises ConfigurationError for a parameter that is none of ours."""
        _notes(params)
        return cls.apis[api].columns

    @classmethod
    def classify_error(cls, status: int, body: bytes) -> str:
        """See HttpService: with HERE's own words."""
        return quota.classify_here(status, body)

    @classmethod
    def adoptable(cls, ticket_id: str, api: str, params: Mapping[str, Any]) -> Ticket:  # noqa: ARG003  # the port's signature
        """See ports.Service: the project goes with every call."""
        return Ticket(ticket_id, _notes(params))

    def create(self, batch: Batch) -> Ticket:
        """POST /bulkjobs/v4/deviceUploads → 202 {jobId} [spec]: starts at once; schema errors refuse the whole batch."""
        self._check_size(batch)
        notes = _notes(batch.params)
        body = f"[{','.join(query.fields['device'] for query in batch.queries())}]".encode()
        if len(body) > self.can.max_bytes:
            raise ServiceRefused(
                f"the input has {len(body)} bytes; {self.can.max_bytes} can be sent",
                code="BATCH_SIZE",
                service=self.name,
            )
        reply = self._call(
            "POST", "", notes, {"fileName": file_name(batch)}, body=body, deadline=base.SUBMIT_SECONDS
        )
        return Ticket(base.ticket_of(reply, "jobId").id, notes)

    def find(self, batch: Batch) -> Sequence[Ticket]:
        """The jobs whose `fileName` ends as the batch's: the list [spec], then the status of each, for lists do not name it.

        Raises ServiceSpokeUnknown when there are over 1,000 jobs of this kind: too many to look at.
        """
        listed = self._listed(_notes(batch.params), {"type": KINDS[batch.api]})
        return [each.ticket for each in listed if each.tag == _tail(batch)]

    def list_ours(self, params: Mapping[str, Any]) -> Iterator[Listed]:
        """See ports.Lists: the jobs of a project (`projectId` or `projectHrn` in params; else the secret's own) whose `fileName` is
        one of ours.
        """
        return self._listed(_notes(params), {})

    def check(self, ticket: Ticket) -> Progress:
        """GET …/{jobId}/status. 404 (a week is over, or it never was) is GONE."""
        try:
            reply = self._call("GET", f"/{base.known_ticket(ticket)}/status", ticket.notes)
        except ServiceRefused as refused:
            if refused.status != 404:
                raise
            return Progress(State.GONE, "404")
        return answers.progress(reply)

    def fetch(self, ticket: Ticket) -> Iterator[RawPart]:
        """The results, one part a page [spec]. Raises ServiceBusy before the end."""
        path = f"/{base.known_ticket(ticket)}/results"
        for number, page in enumerate(self._pages(path, ticket.notes, {}), 1):
            state, _ = base.state_of(answers.STATES, page.json().get("status"))
            if state not in answers.ENDED:
                raise ServiceBusy(
                    "the results are not ready", service=self.name, retry_after=page.retry_after
                )
            yield RawPart(f"{_PART}{number:05d}.json", (page.body,))

    def read(
        self, batch: Batch, raw: Sequence[SavedPart], notes: AnswerNotes | None = None
    ) -> Iterator[Outcome]:
        """Joined by name or by the ids that were sent. Ids and errors in one row: matched, with what was complained of."""
        records = Records(batch)
        found = notes if notes is not None else AnswerNotes()

        def read_part(part: SavedPart) -> Iterator[Outcome]:
            with open_part(part, self.name) as body:
                for number, item in enumerate(
                    json_items.items(body, "items", service=self.name, begins=NAMES), 1
                ):
                    outcome = records.outcome(item)
                    if isinstance(outcome, OddItem):
                        found.set_aside(part.name, number, outcome.reason)
                    else:
                        yield outcome

        return read_each([part for part in raw if part.name.startswith(_PART)], read_part, notes=found)

    def stop(self, ticket: Ticket) -> None:
        """PATCH {"action": "cancel"}: rows that are done stay done [spec]. A job that ended or is gone (412, 404) is left as it is."""
        path, body = f"/{base.known_ticket(ticket)}", json.dumps({"action": "cancel"}).encode()
        try:
            self._call("PATCH", path, ticket.notes, body=body)
        except ServiceRefused as refused:
            if refused.status not in (404, 412):
                raise
            if self.check(ticket).state not in (*answers.ENDED, State.GONE):
                raise

    def _listed(self, notes: Mapping[str, str], asked: Mapping[str, str]) -> Iterator[Listed]:
        """The jobs of a project that have a `fileName` of ours. Raises ServiceSpokeUnknown where there are over 1,000 to look at."""
        looked = 0
        for page in self._pages("", notes, asked):
            for job in answers.jobs(page, notes):
                looked += 1
                if looked > _MOST_JOBS:
                    raise ServiceSpokeUnknown("too many jobs to look at", service=self.name)
                found = self._ours(job)
                if found is not None:
                    yield found

    def _ours(self, job: Ticket) -> Listed | None:
        """One of the list's jobs with the tag in its `fileName`; None when it has none, or expires while we look."""
        try:
            reply = self._call("GET", f"/{base.known_ticket(job)}/status", job.notes)
        except ServiceRefused as refused:
            if refused.status != 404:
                raise
            return None
        tail = _TAIL.fullmatch(str(reply.json().get("fileName") or ""))
        if tail is None:
            return None
        progress = answers.progress(reply)
        return Listed(job, tail[1], progress.state, progress.status)

    def _pages(self, path: str, notes: Mapping[str, str], asked: Mapping[str, str]) -> Iterator[Reply]:
        """Page after page; the token of the next one is opaque [spec]."""
        token = ""
        for _ in range(_MOST_PAGES):
            more = {"pageToken": token} if token else {}
            page = self._call("GET", path, notes, {**asked, "limit": str(_PAGE), **more})
            yield page
            before, token = token, page.json().get("nextPageToken") or ""
            if not token:
                return
            if not isinstance(token, str) or token == before:
                break
        raise ServiceSpokeUnknown("the pages do not end", service=self.name)

    def _call(
        self,
        method: str,
        path: str,
        notes: Mapping[str, str],
        asked: Mapping[str, str] | None = None,
        *,
        body: bytes | None = None,
        deadline: float = base.CALL_SECONDS,
    ) -> Reply:
        """One call about bulk jobs, in the project of `notes`."""
        project = {"projectId": notes["projectId"]} if notes.get("projectId") else {}
        kind = {"Content-Type": "application/json"} if body is not None else {}

        def send(allowed: tuple[Transport, Access]) -> Reply:
            transport, access = allowed
            return transport.send(
                method,
                _JOBS + path,
                params={**project, **(asked or {})},
                headers={**access.headers, **kind},
                body=body,
                deadline=deadline,
                max_bytes=_PAGE_BYTES,
            )

        return base.allowed(lambda fresh: self._access(notes.get("projectHrn", ""), fresh=fresh), send)

    def _access(self, scope: str, *, fresh: bool) -> tuple[Transport, Access]:
        """A Bearer token, by access keys where the secret has them, else by the user's login; and the host that takes it."""
        secret = self._credentials(fresh)
        scope = scope or (secret.get("scope") or "").strip()
        transport, login = self._host(scope)
        way = self._keys if secret.get("accessKeyId") else login
        return transport, way.access(secret, fresh=fresh, scope=scope)

    def _host(self, scope: str) -> tuple[Transport, Login]:
        """Where a token of this scope is taken, unless another host than the usual one is set."""
        platform = bool(scope) and self._transport.base.url == DEFAULT_BASES[self.name]
        base_url = PLATFORM_BASE if platform else self._transport.base.url
        if base_url not in self._hosts:
            transport = self._transport.at(base_url) if platform else self._transport
            self._hosts[base_url] = (transport, Login(transport))
        return self._hosts[base_url]


def file_name(batch: Batch) -> str:
    """The beginning of the user's file name, and 32 hex digits by which the batch's job is known again."""
    tail = _tail(batch)
    name = batch.name[: _LONGEST_NAME - len(tail) - 1].rstrip("-")
    return f"{name}-{tail}" if name else tail


def _tail(batch: Batch) -> str:
    """The end of the tag, where the batch's number stands."""
    return batch.tag[-32:]


def _notes(params: Mapping[str, Any]) -> dict[str, str]:
    """What every later call about the job needs. Raises ConfigurationError for a parameter that is none of ours."""
    unknown = sorted(set(params) - set(_PARAMS))
    if unknown:
        raise ConfigurationError(f"here_tracking_v4 has no parameter {', '.join(unknown)}")
    notes = {name: str(params[name]).strip() for name in _PARAMS if name in params}
    for name, value in notes.items():
        if not 1 <= len(value) <= _PARAMS[name]:
            raise ConfigurationError(f"{name} must have 1 to {_PARAMS[name]} characters")
    return notes
