"""The adapter of the HERE Batch Geocoder 6.2. Legacy: replaced by HERE Batch v7, and never tried against the live service.

An upload alone starts nothing and, we assume, costs nothing; `action=run` starts it. There is no list of jobs: an upload
whose answer is lost cannot be found, but it can be made again. Facts and their sources: docs/services/here_geocoder_v6.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from batchdrop.errors import ServiceBusy, ServiceRefused
from batchdrop.ports import Capabilities, Progress, RawPart, State, Ticket
from batchdrop.services import DEFAULT_BASES, base, delimited, quota
from batchdrop.services.here_geocoder_v6 import archives, documents, lines, results
from batchdrop.services.here_geocoder_v6.apis import APIS, NAME
from batchdrop.services.here_geocoder_v6.options import COMBINED, COMPRESSED, build_parameters, options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from batchdrop.ports import AnswerNotes, Api, Batch, Outcome, SavedPart
    from batchdrop.transport import Incoming, Reply, Transport

OLDER_BASE = "https://batch.geocoder.api.here.com/6.2"
"""The host that takes app_id and app_code [client: geocodeHERE]; the other one takes an apiKey [doc: quick start]."""

_JOBS = "/jobs"
_JSON = {"Accept": "application/json"}  # without it the answer is XML [client]
_STATES: Mapping[str, State] = {  # all seven [doc: job status]
    "submitted": State.UNSTARTED,
    "accepted": State.RUNNING,
    "running": State.RUNNING,
    "completed": State.COMPLETED,
    "cancelled": State.STOPPED,
    "deleted": State.GONE,
    "failed": State.FAILED,
}
_ENDED = (State.COMPLETED, State.FAILED, State.STOPPED)


class HereGeocoderV6(base.HttpService):
    """HERE Batch Geocoder 6.2 (legacy, unverified).

    Secret: `{"apiKey": "…"}`, or `{"app_id": "…", "app_code": "…"}`, which are sent to the older host.
    """

    name: ClassVar[str] = NAME
    legacy: ClassVar[bool] = True
    apis: ClassVar[Mapping[str, Api]] = APIS
    can: ClassVar[Capabilities] = Capabilities(
        max_records=1_000_000,  # [doc: data input] lines without the header
        max_bytes=2_000_000_000,  # [doc: data input]
        batch_records=100_000,
        two_phase=True,
        finds_lost=False,  # there is no list [doc: endpoints]
        rings=False,  # e-mail is all there is
        stops=True,
        deletes=True,
        keeps_results_for=30 * 86_400.0,  # [doc: request life cycle]
        first_look=30.0,  # [assumed]
        seconds_per_record=0.002,  # [assumed]
        min_wait=30.0,  # [assumed]
        deadline=7 * 86_400.0,  # [assumed]
        submit_interval=60.0,  # "Under no circumstances … more often than once a minute" [doc: what-is]
    )

    def __init__(
        self,
        transport: Transport,
        credentials: Callable[[bool], Mapping[str, str]],
        account: Callable[[str], Transport] | None = None,
    ) -> None:
        super().__init__(transport, credentials, account)
        self._older: Transport | None = None

    @classmethod
    def columns_for(cls, api: str, params: Mapping[str, Any]) -> tuple[str, ...]:
        """See ports.Service: further columns are named by the parameter `outcols`."""
        return tuple(options(api, params).fields)

    @classmethod
    def adoptable(cls, ticket_id: str, api: str, params: Mapping[str, Any]) -> Ticket:
        """See ports.Service: how the job is started and what is downloaded follows from the route."""
        return Ticket(ticket_id, build_parameters(api, params, ""))

    @classmethod
    def classify_error(cls, status: int, body: bytes) -> str:
        """See HttpService: with HERE's own words."""
        return quota.classify_here(status, body)

    def create(self, batch: Batch) -> Ticket:
        """POST /jobs without an action: uploads only [doc: endpoints]; nothing is billed for it [assumed]."""
        self._check_size(batch)
        with delimited.written(
            lambda: lines.rows(batch), max_bytes=self.can.max_bytes, service=self.name
        ) as (body, delimiter):
            notes = build_parameters(batch.api, batch.params, delimiter)

            def submit(secret: Mapping[str, str]) -> Reply:
                body.seek(0)
                return self._host(secret).send(
                    "POST",
                    _JOBS,
                    params={**_of_the_job(notes), **self._key(secret)},
                    headers={
                        **_JSON,
                        "Content-Type": "text/plain; charset=UTF-8",
                    },  # [doc: submit batch request]
                    body=body,
                    deadline=base.SUBMIT_SECONDS,
                )

            reply = self._authorized(submit)
        return Ticket(base.proper_id(documents.fields(reply).get("RequestId"), reply), notes)

    def start(self, ticket: Ticket) -> None:
        """PUT /jobs/{id}?action=run, if the job is not yet started: on one that has ended it would begin anew, and bill.

        So it is looked at first, and a failed or cancelled job is not started again. Raises ServiceRefused for a job that
        is gone (404), and when the service refuses the parameters or the header of the input (400).
        """
        state = self.check(ticket).state
        if state is State.GONE:
            raise _gone(self.name)
        if state is State.UNSTARTED:
            self._order(
                ticket, {"action": "run", **_of_the_job(ticket.notes)}, settled=(State.RUNNING, *_ENDED)
            )

    def check(self, ticket: Ticket) -> Progress:
        """GET /jobs/{id}?action=status. While it runs, all records may be processed already: done is `completed` [doc]."""
        try:
            return self._look(ticket)[0]
        except ServiceRefused as refused:
            if refused.status != 404:
                raise
            return Progress(State.GONE, "404")

    def fetch(self, ticket: Ticket) -> Iterator[RawPart]:
        """The downloads of a completed job; a failed or cancelled one has none [doc]. Raises ServiceBusy while it runs.

        Nothing to download is a 404 [client]; only where there must be a result is that an error, and so is an empty one (ServiceBusy).
        """
        progress, found = self._look(ticket)
        if progress.state is State.GONE:
            raise _gone(self.name)
        if progress.state not in _ENDED:
            raise ServiceBusy(
                "the results are not ready", service=self.name, retry_after=progress.retry_after
            )
        if progress.state is not State.COMPLETED:
            return
        separate = ticket.notes.get(COMBINED) == "false"
        needed = not separate and documents.count(found.get("ValidCount")) != 0
        yield from self._download(ticket, "result", needed=needed)
        if separate:
            yield from self._download(ticket, "no-matches", needed=False)
        if documents.count(found.get("InvalidCount")) != 0:
            yield from self._download(ticket, "errors", needed=False)

    def read(
        self, batch: Batch, raw: Sequence[SavedPart], notes: AnswerNotes | None = None
    ) -> Iterator[Outcome]:
        """Zip or text, known by its first bytes; matches, no-matches and invalid lines, combined or apart."""
        return results.outcomes(batch, raw, notes)

    def stop(self, ticket: Ticket) -> None:
        """PUT /jobs/{id}?action=cancel: there will be no results [doc]. A job that ended or is gone is left as it is."""
        self._order(ticket, {"action": "cancel"}, settled=(*_ENDED, State.UNSTARTED, State.GONE))

    def delete(self, ticket: Ticket) -> None:
        """DELETE /jobs/{id}: the method, not an action [doc: endpoints]. A job that is gone is left as it is."""
        try:
            self._call("DELETE", ticket, {})
        except ServiceRefused as refused:
            if refused.status != 404:
                raise

    def _order(self, ticket: Ticket, what: Mapping[str, str], *, settled: tuple[State, ...]) -> None:
        """run or cancel; after a 400 or 404 the job's state says whether there was anything left to do."""
        try:
            self._call("PUT", ticket, what)
        except ServiceRefused as refused:
            if refused.status not in (400, 404) or self.check(ticket).state not in settled:
                raise

    def _look(self, ticket: Ticket) -> tuple[Progress, dict[str, Any]]:
        reply = self._call("GET", ticket, {"action": "status"})
        state, word, unknown, found = documents.status_of(reply, _STATES)
        progress = Progress(
            state,
            word,
            done=documents.count(found.get("ProcessedCount")),
            total=documents.count(found.get("TotalCount")),
            succeeded=documents.count(found.get("SuccessCount")),
            failed=documents.count(found.get("ErrorCount")),
            retry_after=reply.retry_after,
            unknown_status=unknown,
        )
        return progress, found

    def _download(self, ticket: Ticket, what: str, *, needed: bool) -> Iterator[RawPart]:
        path = f"{_JOBS}/{base.known_ticket(ticket)}/{what}"
        plain = ticket.notes.get(COMPRESSED) == "false"
        form = {COMPRESSED: "false"} if plain else {}

        def get(secret: Mapping[str, str]) -> Incoming:
            return self._host(secret).stream(
                "GET",
                path,
                params={**form, **self._key(secret)},
                deadline=base.FETCH_SECONDS,
                max_bytes=archives.LIMITS.text if plain else archives.LIMITS.zipped,
            )

        try:
            incoming = self._authorized(get)
        except ServiceRefused as refused:
            if needed or refused.status != 404:
                raise
            return
        name = f"{what}.{'txt' if plain else 'zip'}"
        with incoming:
            if needed:
                yield base.filled(name, incoming, service=self.name)
            elif incoming.status != 204:
                yield RawPart(name, incoming)

    def _call(self, method: str, ticket: Ticket, what: Mapping[str, str]) -> Reply:
        path = f"{_JOBS}/{base.known_ticket(ticket)}"

        def send(secret: Mapping[str, str]) -> Reply:
            params = {**what, **self._key(secret)}
            return self._host(secret).send(
                method, path, params=params, headers=_JSON, deadline=base.CALL_SECONDS
            )

        return self._authorized(send)

    def _key(self, secret: Mapping[str, str]) -> dict[str, str]:
        names = ("app_id", "app_code") if _is_older(secret) else ("apiKey",)
        return {name: self._from_secret(secret, name) for name in names}

    def _host(self, secret: Mapping[str, str]) -> Transport:
        """Where a secret of this kind is taken, unless another host than the usual one is set."""
        if not _is_older(secret) or self._transport.base.url != DEFAULT_BASES[NAME]:
            return self._transport
        if self._older is None:
            self._older = self._transport.elsewhere(OLDER_BASE)
        return self._older


def _is_older(secret: Mapping[str, str]) -> bool:
    return "apiKey" not in secret and ("app_id" in secret or "app_code" in secret)


def _of_the_job(notes: Mapping[str, str]) -> dict[str, str]:
    """What goes with upload and run; a ticket that a person adopted has no notes."""
    return {name: value for name, value in notes.items() if name != COMPRESSED}


def _gone(service: str) -> ServiceRefused:
    return ServiceRefused("the job is gone", code="404", service=service, status=404)
