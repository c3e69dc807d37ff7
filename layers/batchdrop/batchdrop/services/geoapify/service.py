"""The Geoapify adapter: POST makes and bills a job, every look is billed, and the look that finds it done is the download.

Facts and their sources: docs/services/geoapify.md.
"""

from __future__ import annotations

import contextlib
import itertools
import json
from typing import TYPE_CHECKING, Any, ClassVar

from batchdrop.errors import ServiceBusy, ServiceRefused
from batchdrop.ports import AnswerNotes, Capabilities, Progress, RawPart, Requests, State, Ticket
from batchdrop.services import base, json_items
from batchdrop.services.geoapify import answers, asking, prices
from batchdrop.services.geoapify.apis import APIS
from batchdrop.services.geoapify.geometry import OddGeometry
from batchdrop.services.json_items import OddItem
from batchdrop.services.parts import open_part, read_each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from batchdrop.ports import Api, Batch, Outcome, SavedPart
    from batchdrop.transport import Incoming, Reply, Transport

_ANSWER = "answer.json"
_SMALL = 1 << 14  # an answer without results is shorter than this; bytes
_LARGE = 64 << 20  # bytes of the answer to a submit: it may be the whole result [spec: older family]
EU_HOST = "https://api-eu.geoapify.com"  # [spec]
_STATES: Mapping[str, State] = {  # [spec]; only `pending` was ever seen [client]
    "pending": State.RUNNING,
    "processing": State.RUNNING,
    "completed": State.COMPLETED,
    "failed": State.FAILED,
}


class Geoapify(base.HttpService):
    """Geoapify Batch, generic endpoint `/v1/batch`. Secret: `{"apiKey": "…"}`.

    No list of jobs, no stop, no delete, no webhook is documented: what was sent and lost cannot be found again.
    """

    name: ClassVar[str] = "geoapify"
    apis: ClassVar[Mapping[str, Api]] = APIS
    can: ClassVar[Capabilities] = Capabilities(
        max_records=1000,  # [seed]
        max_bytes=10_000_000,  # [assumed]
        batch_records=1000,
        two_phase=False,
        finds_lost=False,
        rings=False,
        stops=False,
        deletes=False,
        keeps_results_for=24 * 3600.0,  # [seed]
        first_look=45.0,  # [assumed]; a look too early costs a credit, and a minute until the next
        seconds_per_record=0.05,  # [assumed]
        min_wait=60.0,  # [seed]
        deadline=24 * 3600.0,  # [assumed]: low priority may take "a few hours" [doc]
        looks_are_billed=True,  # [seed]
        requests=Requests("inputs", asking.route_of),  # [seed]
        requests_per_second=5.0,  # the free plan's (second-hand, weak)
    )

    _elsewhere: Transport | None = None

    @classmethod
    def columns_for(cls, api: str, params: Mapping[str, Any]) -> tuple[str, ...]:
        """See ports.Service."""
        asking.check(api, params)
        return cls.apis[api].columns

    @classmethod
    def units_of(cls, api: str, params: Mapping[str, Any]) -> Callable[[Mapping[str, str]], int] | None:
        """See ports.Service."""
        return prices.units_of(api, params)

    @classmethod
    def factor(cls, params: Mapping[str, Any]) -> float:
        """Cost is multiplied by `priority`, 0.5 to 1 ([spec], [doc] batch-api page)."""
        return float(params.get("priority", 1))

    @classmethod
    def lowest_factor(cls, params: Mapping[str, Any]) -> float:  # noqa: ARG003  # the port's signature
        """By the other rule every call of a batch counts half ([seed], [doc] pricing details)."""
        return 0.5

    @classmethod
    def is_price_known(cls, api: str, params: Mapping[str, Any]) -> bool:
        """See ports.Service: of `any` the price is known for some paths."""
        return prices.is_known(api, params)

    @classmethod
    def adoptable(cls, ticket_id: str, api: str, params: Mapping[str, Any]) -> Ticket:  # noqa: ARG003  # the port's signature
        """See ports.Service: a job of the EU's host is asked for there."""
        return _ticket(ticket_id, str(params.get("host", "world")))

    def create(self, batch: Batch) -> Ticket:
        """POST /v1/batch: makes and bills the job. The answer's `url` holds the key and is dropped."""
        self._check_size(batch)
        body = asking.request(batch)
        host = str(batch.params.get("host", "world"))

        def submit(secret: Mapping[str, str]) -> Reply:
            return self._at(host).send(
                "POST",
                "/v1/batch",
                params={"apiKey": self._from_secret(secret, "apiKey")},
                headers={"Content-Type": "application/json"},
                body=body,
                deadline=base.SUBMIT_SECONDS,
                max_bytes=_LARGE,
            )

        return _ticket(base.ticket_of(self._authorized(submit)).id, host)

    def check(self, ticket: Ticket) -> Progress:
        """GET /v1/batch?id=…: 202 = working; 200 = done, with the results as `parts`; 404 = unknown or expired."""
        try:
            incoming = self._look(ticket)
        except ServiceRefused as refused:
            if refused.status != 404:
                raise
            return Progress(State.GONE, "404")
        if incoming.status != 200:
            return _waiting(incoming.read())
        return _done(incoming)

    def fetch(self, ticket: Ticket) -> Iterator[RawPart]:
        """One more look (and one more credit): the results as one part. A failed job has none."""
        progress = self.check(ticket)
        if progress.state is State.RUNNING:
            raise ServiceBusy(
                "the results are not ready", retry_after=progress.retry_after, service=self.name
            )
        if progress.state is State.GONE:
            raise ServiceRefused("the results are gone", code="404", service=self.name, status=404)
        yield from progress.parts or ()

    def read(
        self, batch: Batch, raw: Sequence[SavedPart], notes: AnswerNotes | None = None
    ) -> Iterator[Outcome]:
        """One outcome per result, joined by the `id` that was sent; an input without a result has none, one with two has two."""
        found = notes if notes is not None else AnswerNotes()

        def read_part(part: SavedPart) -> Iterator[Outcome]:
            with open_part(part, self.name) as body:
                for number, item in enumerate(json_items.items(body, "results", service=self.name), 1):
                    outcome = self._outcome(batch, item)
                    if isinstance(outcome, OddItem):
                        found.set_aside(part.name, number, outcome.reason)
                    elif outcome is not None:
                        yield outcome

        return read_each([part for part in raw if part.name == _ANSWER], read_part, notes=found)

    @staticmethod
    def _outcome(batch: Batch, item: Any) -> Outcome | OddItem | None:
        if isinstance(item, OddItem):
            return item
        ordinal = base.ordinal_in(batch, item.get("id")) if isinstance(item, dict) else None
        if ordinal is None:
            return OddItem("it belongs to no input")
        with contextlib.suppress(answers.OddAnswer, OddGeometry):
            return answers.of_item(batch.api, ordinal, item)
        return OddItem("its result does not have the agreed form")

    def _at(self, host: str) -> Transport:
        """The EU's own host keeps what it is sent in the EU [spec]; a simulator stands for both."""
        if host == "world":
            return self._transport
        self._elsewhere = self._elsewhere or self._transport.at(EU_HOST)
        return self._elsewhere

    def _look(self, ticket: Ticket) -> Incoming:
        ticket_id = base.known_ticket(ticket)
        host = ticket.notes.get("host", "world")

        def look(secret: Mapping[str, str]) -> Incoming:
            return self._at(host).stream(
                "GET",
                "/v1/batch",
                params={"id": ticket_id, "apiKey": self._from_secret(secret, "apiKey")},
                deadline=base.FETCH_SECONDS,
            )

        return self._authorized(look)


def _ticket(ticket_id: str, host: str) -> Ticket:
    return Ticket(ticket_id, {"host": host}) if host != "world" else Ticket(ticket_id)


def _waiting(reply: Reply) -> Progress:
    """A 202: the results come with a 200. One that says `completed` has none, though they should be there [assumed]."""
    word = _status(reply.body)
    state, unknown = base.state_of(_STATES, word)
    return Progress(
        state,
        word or "202",
        retry_after=reply.retry_after,
        unknown_status=unknown,
        parts=() if state is State.COMPLETED else None,
    )


def _done(incoming: Incoming) -> Progress:
    """A 200: the results, unread but for the first bytes; or a small object that only tells a status [assumed], and has no results."""
    chunks = iter(incoming)
    head = list(itertools.islice(chunks, 2))
    word = _status(b"".join(head)) if sum(map(len, head)) <= _SMALL else ""
    if word:
        state, unknown = base.state_of(_STATES, word)
        incoming.close()
        parts = () if state is State.COMPLETED else None
        return Progress(state, word, retry_after=incoming.retry_after, unknown_status=unknown, parts=parts)
    return Progress(State.COMPLETED, "200", parts=(RawPart(_ANSWER, itertools.chain(head, chunks)),))


def _status(body: bytes) -> str:
    """The `status` of an object without results; empty for anything else."""
    try:
        entry = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    found = entry.get("status") if isinstance(entry, dict) and "results" not in entry else None
    return found[:64] if isinstance(found, str) else ""
