"""The HERE Batch v7 adapter: created with `startJob=false` and a tag, so that nothing is ever paid twice.

A create whose answer is lost leaves at most an unstarted job, which `find` lists by its tag. Facts and their sources:
docs/services/here_batch_v7.md.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from batchdrop.errors import ServiceBusy, ServiceRefused, ServiceSpokeUnknown
from batchdrop.ports import AnswerNotes, Capabilities, Listed, Progress, RawPart, State, Ticket
from batchdrop.services import base
from batchdrop.services.here_batch_v7 import asking, error_rows, lines, results
from batchdrop.services.here_batch_v7.apis import APIS
from batchdrop.services.here_batch_v7.notifications import Notifying
from batchdrop.services.here_batch_v7.options import options
from batchdrop.services.parts import open_part, read_each

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from batchdrop.ports import Api, Batch, Outcome, SavedPart
    from batchdrop.services.here_auth import Access
    from batchdrop.transport import Incoming, Reply

_JOBS = "/batch/jobs"
_PAGE = 100  # the most a list answers [spec]
_MOST_PAGES = 100
_NOT_READY = "E6004042"  # 404 of results and errors before they are there [spec]
_TOO_LARGE = "E6004003"
_OUR_TAG = re.compile(r"[0-9a-f]{64}")
_STATES: Mapping[str, State] = {  # all eight [seed] [spec]
    "submitted": State.UNSTARTED,
    "queued": State.RUNNING,
    "pending": State.RUNNING,
    "inProgress": State.RUNNING,
    "completed": State.COMPLETED,
    "failure": State.FAILED,
    "stopped": State.STOPPED,
    "deleted": State.GONE,
}
_ENDED = (State.COMPLETED, State.FAILED, State.STOPPED)


class HereBatchV7(Notifying):
    """HERE Batch API v7. Secret: `{"apiKey": "…"}` or access keys, see here_auth."""

    name: ClassVar[str] = "here_batch_v7"
    apis: ClassVar[Mapping[str, Api]] = APIS
    can: ClassVar[Capabilities] = Capabilities(
        max_records=1_000_000,  # [doc: limits]
        max_bytes=500_000_000,  # [doc: limits]; the spec says 1 GB
        batch_records=100_000,
        two_phase=True,
        finds_lost=True,
        rings=True,  # notifications are BETA [spec]
        stops=True,
        deletes=True,
        keeps_results_for=30 * 86_400.0,  # [doc] from creation or [seed] from the end: the earlier
        first_look=30.0,  # [assumed]
        seconds_per_record=0.002,  # [assumed]: HERE promises no throughput [doc]
        min_wait=30.0,  # [assumed]
        deadline=7 * 86_400.0,  # [assumed]: no queue time is promised [doc]
        restarts=True,  # "can be restarted after HERE fixes the cause" [seed]
        lists=True,
        submit_interval=60.0,  # "Do not submit more than one batch job per minute" [doc: developer guide]
    )

    @classmethod
    def columns_for(cls, api: str, params: Mapping[str, Any]) -> tuple[str, ...]:
        """See ports.Service; `outputColumns` adds columns."""
        return tuple(options(api, params).fields)

    def create(self, batch: Batch) -> Ticket:
        """POST /batch/jobs with startJob=false: an unstarted job, which costs nothing [spec; to be confirmed].

        Too large is TOO_LARGE, whether HERE says 413 [doc] or 400 E6004003 [spec].
        """
        self._check_size(batch)
        with lines.written(batch, max_bytes=self.can.max_bytes, service=self.name) as sheet:
            asked = asking.parameters(batch, sheet)

            def submit(access: Access, notification: Mapping[str, str]) -> Reply:
                sheet.body.seek(0)
                return self._transport.send(
                    "POST",
                    _JOBS,
                    params={**asked, **notification, **access.params},
                    headers={**access.headers, **asking.headers(sheet)},
                    body=sheet.body,
                    deadline=base.SUBMIT_SECONDS,
                )

            def post(notification: Mapping[str, str]) -> Reply:
                return base.allowed(self._access, lambda access: submit(access, notification))

            try:
                return base.ticket_of(self._with_notification(post))
            except ServiceRefused as refused:
                if refused.status != 413 and refused.code != _TOO_LARGE:
                    raise
                raise asking.too_large(refused) from None

    def start(self, ticket: Ticket) -> None:
        """PUT …/start. Running already: no-op [spec]. A stopped job goes on where it stopped."""
        self._order(ticket, "start", settled=(State.RUNNING, State.COMPLETED))

    def find(self, batch: Batch) -> Sequence[Ticket]:
        """GET /batch/jobs?tag=…: every job that carries the batch's tag, whatever its state; the oldest first."""
        # the filter is theirs, the check is ours: adopting a stranger's job would mix up answers
        ours = (item for item in self._listed({"tag": batch.tag}) if item.get("tag") == batch.tag)
        found = {str(item.get("id")): str(item.get("created")) for item in ours}
        return [Ticket(key) for key in sorted(found, key=lambda key: (found[key], key))]

    def list_ours(self, params: Mapping[str, Any]) -> Iterator[Listed]:  # noqa: ARG002  # the port's signature
        """See ports.Lists: every job whose tag is one of ours, each once."""
        seen: set[str] = set()
        for item in self._listed({}):
            tag, ticket, status = (str(item.get(name) or "") for name in ("tag", "id", "status"))
            if _OUR_TAG.fullmatch(tag) and ticket not in seen:
                seen.add(ticket)
                state = base.state_of(_STATES, status)[0]
                yield Listed(Ticket(ticket), tag, state, status[:64], str(item.get("created") or "")[:64])

    def _listed(self, asked: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """The jobs of the list, page by page by offset until one is not full [spec]; without deleted ones."""
        for page in range(_MOST_PAGES):
            place = {"status": "any", "limit": str(_PAGE), "offset": str(page * _PAGE)}
            items = _items(self._call("GET", _JOBS, {**asked, **place}))
            yield from (item for item in items if item.get("status") != "deleted")
            if len(items) < _PAGE:
                return
        raise ServiceSpokeUnknown("the list of jobs does not end", service=self.name)

    def check(self, ticket: Ticket) -> Progress:
        """GET /batch/jobs/{id}. 404 (E6004041: expired, deleted or never there) is GONE."""
        try:
            return self._details(ticket)[0]
        except ServiceRefused as refused:
            if refused.status != 404:
                raise
            return Progress(State.GONE, refused.code)

    def fetch(self, ticket: Ticket) -> Iterator[RawPart]:
        """Results and errors, as far as there are any: an empty href or a 204 is none. Raises ServiceBusy while it runs, and while
        the results are empty though HERE counts records that succeeded.
        """
        progress, details = self._details(ticket)
        if progress.state not in _ENDED:
            raise ServiceBusy(
                "the results are not ready", service=self.name, retry_after=progress.retry_after
            )
        for name, part in ((results.RESULTS, "results"), (results.ERRORS, "errors")):
            needed = (
                name == results.RESULTS and bool(progress.succeeded) and progress.state is State.COMPLETED
            )
            if details.get(f"{part}Href") == "" and not needed:
                continue
            with self._download(
                ticket, part
            ) as incoming:  # by id: an href is the server's word, and without a key
                if needed:
                    yield base.filled(name, incoming, service=self.name)
                elif incoming.status != 204:
                    yield RawPart(name, incoming)

    def read(
        self, batch: Batch, raw: Sequence[SavedPart], notes: AnswerNotes | None = None
    ) -> Iterator[Outcome]:
        """Results first, then errors for the records without results, then those that were never sent."""
        seen = bytearray(batch.count)
        found = notes if notes is not None else AnswerNotes()
        readers = {results.RESULTS: results.matches, results.ERRORS: error_rows.failures}

        def read_part(part: SavedPart) -> Iterator[Outcome]:
            with open_part(part, self.name) as body:
                yield from readers[part.name](batch, body, seen, found)

        known = sorted(
            (part for part in raw if part.name in readers), key=lambda part: list(readers).index(part.name)
        )
        yield from read_each(known, read_part, notes=found, then=lambda: results.unsent(batch, seen))

    def stop(self, ticket: Ticket) -> None:
        """PUT …/stop: scheduled, `stopped` comes later [spec]. A job that ended or is gone is left as it is."""
        self._order(ticket, "stop", settled=(*_ENDED, State.UNSTARTED, State.GONE))

    def delete(self, ticket: Ticket) -> None:
        """DELETE /batch/jobs/{id} (200). A job that is gone is left as it is."""
        try:
            self._call("DELETE", f"{_JOBS}/{base.known_ticket(ticket)}")
        except ServiceRefused as refused:
            if refused.status != 404:
                raise

    def _order(self, ticket: Ticket, verb: str, *, settled: tuple[State, ...]) -> None:
        """start or stop; after a 400 or 404 the job's state says whether there was anything left to do [spec, doc]."""
        try:
            self._call("PUT", f"{_JOBS}/{base.known_ticket(ticket)}/{verb}")
        except ServiceRefused as refused:
            if refused.status not in (400, 404) or self.check(ticket).state not in settled:
                raise

    def _details(self, ticket: Ticket) -> tuple[Progress, dict[str, Any]]:
        reply = self._call("GET", f"{_JOBS}/{base.known_ticket(ticket)}")
        details = reply.json()
        status = details.get("status")
        if not isinstance(status, str):
            raise reply.odd("the answer has no status")
        state, unknown = base.state_of(_STATES, status)
        records = details.get("records")
        counts = records if isinstance(records, dict) else {}
        progress = Progress(
            state,
            status[:64],
            done=base.whole_number(counts.get("processed")),
            total=base.whole_number(counts.get("total")),
            succeeded=base.whole_number(counts.get("succeeded")),
            failed=base.whole_number(counts.get("failed")),
            retry_after=reply.retry_after,
            unknown_status=unknown,
            sums=_sums(counts),
        )
        return progress, details

    def _download(self, ticket: Ticket, part: str) -> Incoming:
        path = f"{_JOBS}/{base.known_ticket(ticket)}/{part}"

        def get(access: Access) -> Incoming:
            headers = {**access.headers, "Accept-Encoding": "gzip"}  # a zipped body also tells where it ends
            return self._transport.stream(
                "GET", path, params=access.params, headers=headers, deadline=base.FETCH_SECONDS
            )

        try:
            return base.allowed(self._access, get)
        except ServiceRefused as refused:
            if refused.code != _NOT_READY:
                raise
        raise ServiceBusy(f"the {part} are not ready", service=self.name, status=404)


def _sums(counts: Mapping[str, Any]) -> dict[str, int]:
    """The counters that must add up when the job is completed [seed]."""
    found = {
        name: base.whole_number(counts.get(name)) for name in ("valid", "invalid", "processed", "pending")
    }
    return {name: number for name, number in found.items() if number is not None}


def _items(reply: Reply) -> list[dict[str, Any]]:
    """The jobs of one page of the list `{limit, count, items}` [spec]."""
    items = reply.json().get("items", [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise reply.odd("the list of jobs does not have the agreed form")
    return items
