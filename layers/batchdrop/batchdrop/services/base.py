"""What services that speak HTTP and JSON share: credentials, one retry after a 401, state tables, refusals."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar

from batchdrop.errors import ConfigurationError, ServiceBusy, ServiceDenied, ServiceRefused
from batchdrop.ports import RawPart, State, Ticket
from batchdrop.services import quota

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from batchdrop.ports import (
        AnswerNotes,
        Api,
        Batch,
        Bell,
        Capabilities,
        Outcome,
        Progress,
        SavedPart,
    )
    from batchdrop.transport import Incoming, Reply, Transport

T = TypeVar("T")
A = TypeVar("A")

CALL_SECONDS = 30.0
"""Deadline of a small call (look, start, stop, delete, list)."""
SUBMIT_SECONDS = 180.0
"""Deadline of a create: a HERE batch may be hundreds of megabytes."""
FETCH_SECONDS = 300.0
"""Deadline of one download. An invocation with less time than this left should not begin one."""

_TICKET = re.compile(r"[A-Za-z0-9_-]{1,128}")


class HttpService:
    """The base of the services. A subclass fills in what its service can do; what it cannot do is refused here.

    `credentials(fresh)` gives the secret's JSON object; with True it is read past the cache. `account` makes a transport
    to a host that only gives out tokens, from its base URL (here_auth).
    """

    name: ClassVar[str]
    legacy: ClassVar[bool] = False
    """Withdrawn, or about to be, by who offers it; then nothing about it could be tried."""
    apis: ClassVar[Mapping[str, Api]]
    can: ClassVar[Capabilities]
    bell: Bell | None = None
    """Where a service that rings finds its registration; None: it is not to ring."""

    def __init__(
        self,
        transport: Transport,
        credentials: Callable[[bool], Mapping[str, str]],
        account: Callable[[str], Transport] | None = None,
    ) -> None:
        self._transport = transport
        self._credentials = credentials
        self._account = account

    @classmethod
    def columns_for(cls, api: str, params: Mapping[str, Any]) -> tuple[str, ...]:  # noqa: ARG003  # the port's signature
        """See ports.Service: the API's own columns, whatever the parameters."""
        return cls.apis[api].columns

    @classmethod
    def units_of(cls, api: str, params: Mapping[str, Any]) -> Callable[[Mapping[str, str]], int] | None:  # noqa: ARG003  # the port's signature
        """See ports.Service: every record costs the same."""
        return None

    @classmethod
    def factor(cls, params: Mapping[str, Any]) -> float:  # noqa: ARG003  # the port's signature
        """See ports.Service: no parameter changes a price."""
        return 1.0

    @classmethod
    def lowest_factor(cls, params: Mapping[str, Any]) -> float:
        """See ports.Service: there is one reading only."""
        return cls.factor(params)

    @classmethod
    def is_price_known(cls, api: str, params: Mapping[str, Any]) -> bool:  # noqa: ARG003  # the port's signature
        """See ports.Service: every API has its price."""
        return True

    @classmethod
    def adoptable(cls, ticket_id: str, api: str, params: Mapping[str, Any]) -> Ticket:  # noqa: ARG003  # the port's signature
        """See ports.Service: the id is all that is needed."""
        return Ticket(ticket_id)

    @classmethod
    def classify_error(cls, status: int, body: bytes) -> str:
        """Look at an error answer for the transport: QUOTA when it says that the plan is used up, else ""."""
        return quota.classify(status, body)

    def create(self, batch: Batch) -> Ticket:
        """See ports.Service."""
        raise NotImplementedError(f"{type(self).__name__} must define create")

    def check(self, ticket: Ticket) -> Progress:
        """See ports.Service."""
        raise NotImplementedError(f"{type(self).__name__} must define check")

    def fetch(self, ticket: Ticket) -> Iterator[RawPart]:
        """See ports.Service."""
        raise NotImplementedError(f"{type(self).__name__} must define fetch")

    def read(
        self, batch: Batch, raw: Sequence[SavedPart], notes: AnswerNotes | None = None
    ) -> Iterator[Outcome]:
        """See ports.Service."""
        raise NotImplementedError(f"{type(self).__name__} must define read")

    def start(self, ticket: Ticket) -> None:  # noqa: ARG002  # the port's signature
        """Refused: creating starts the job."""
        self._cannot("start a job: creating it starts it")

    def find(self, batch: Batch) -> Sequence[Ticket]:  # noqa: ARG002  # the port's signature
        """Refused: the service has no list of jobs."""
        self._cannot("list jobs")

    def stop(self, ticket: Ticket) -> None:  # noqa: ARG002  # the port's signature
        """Refused: the service has no such call."""
        self._cannot("stop a job")

    def delete(self, ticket: Ticket) -> None:  # noqa: ARG002  # the port's signature
        """Refused: the service has no such call."""
        self._cannot("delete a job")

    @staticmethod
    def ticket_of(called: str) -> str | None:  # noqa: ARG004  # the port's signature
        """See ports.Rings: a service that does not ring has no ticket to say."""
        return None

    def _cannot(self, what: str) -> NoReturn:
        raise ServiceRefused(f"the service cannot {what}", code="NOT_SUPPORTED", service=self.name)

    def _authorized(self, call: Callable[[Mapping[str, str]], T]) -> T:
        """The call with the secret, read afresh after a 401: see `allowed`."""
        return allowed(self._credentials, call)

    def _from_secret(self, secret: Mapping[str, str], key: str) -> str:
        """One value of the secret. Raises ConfigurationError, without any value in it."""
        value = secret.get(key)
        if not isinstance(value, str) or not value.strip():
            raise ConfigurationError(f"the secret of {self.name} needs the key {key!r}")
        return value.strip()

    def _check_size(self, batch: Batch) -> Api:
        """The batch's API, when the batch may be sent. Raises ServiceRefused: nothing was sent."""
        if batch.api not in self.apis:
            known = ", ".join(self.apis)
            raise ServiceRefused(
                f"the service has no API of that name; known: {known}", code="UNKNOWN_API", service=self.name
            )
        if not 1 <= batch.count <= self.can.max_records:
            raise ServiceRefused(
                f"a batch has 1 to {self.can.max_records} records, not {batch.count}",
                code="BATCH_SIZE",
                service=self.name,
            )
        return self.apis[batch.api]


def allowed(access: Callable[[bool], A], call: Callable[[A], T]) -> T:
    """The call with what lets it in; after a 401 once more with that got afresh, so that a rotated key works.

    access(fresh): a secret, or something made of it. A 401 is a definite no, so this holds for POST too.
    """
    try:
        return call(access(False))
    except ServiceDenied as denied:
        if denied.status != 401:
            raise
    return call(access(True))


def filled(name: str, incoming: Incoming, *, service: str) -> RawPart:
    """A download that must hold something, as a part. Raises ServiceBusy (204) when it is empty: the service withholds it."""
    chunks = iter(incoming)
    first = next((chunk for chunk in chunks if chunk), b"") if incoming.status != 204 else b""
    if not first:
        raise ServiceBusy("the results are empty", service=service, status=204)
    return RawPart(name, itertools.chain((first,), chunks))


def ticket_of(reply: Reply, name: str = "id") -> Ticket:
    """The ticket out of a create's answer `{name: …}`. Raises OutcomeUnknown when there is no proper id in it."""
    return Ticket(proper_id(reply.json().get(name), reply))


def proper_id(found: object, reply: Reply) -> str:
    """A job id as it stands in a create's answer. Raises OutcomeUnknown for anything else."""
    if not isinstance(found, str) or not _TICKET.fullmatch(found):
        raise reply.odd("the answer has no job id")
    return found


def known_ticket(ticket: Ticket) -> str:
    """The id, fit for a URL. Raises ConfigurationError: a person may have adopted something that is none."""
    if not _TICKET.fullmatch(ticket.id):
        raise ConfigurationError("this is not a job id of the service")
    return ticket.id


def state_of(table: Mapping[str, State], status: object) -> tuple[State, bool]:
    """The state for a service's own word, and whether the word is unknown: then the job counts as running."""
    found = table.get(status) if isinstance(status, str) else None
    return (found, False) if found is not None else (State.RUNNING, True)


def whole_number(value: object) -> int | None:
    """A count out of an answer; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def ordinal_in(batch: Batch, text: Any) -> int | None:
    """The ordinal that an id of ours stands for; None when it is none of this batch."""
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 10:
        ordinal = int(text)
        if batch.first <= ordinal < batch.first + batch.count:
            return ordinal
    return None
