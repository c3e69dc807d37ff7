"""The service port: what batchdrop asks of a batch service, and the nouns of that talk.

To add a service, copy the shape of `services/geoapify.py` (starts on POST) or `services/here_batch_v7.py` (two-phase).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

_NOTHING: Mapping[str, str] = MappingProxyType({})


class Takes(StrEnum):
    """What one record of an API is made of; `records/mapping.py` makes it from columns."""

    PLACE = "place"  # fields: text; or structured name, housenumber, street, city, state, postcode, country
    POINT = "point"  # fields: lat, lon (decimal text, checked)
    ID = "id"  # fields: id
    WAYPOINTS = "waypoints"  # fields: waypoints as lat,lon|lat,lon
    INPUT = "input"  # fields: input, the compact JSON of one input of the service: {params?, body?}
    DEVICE = "device"  # fields: device, the compact JSON of a device to add
    DEVICE_DELETE = "deviceDelete"  # fields: device, the compact JSON of a device to delete


class OutcomeKind(StrEnum):
    """What became of one record. The first goes to results, the others to errors."""

    MATCHED = "matched"
    NO_MATCH = "noMatch"
    LOW_CONFIDENCE = "lowConfidence"
    FAILED = "failed"
    INVALID = "invalid"
    UNPROCESSED = "unprocessed"


class State(StrEnum):
    """The state of a service's job, the same for every service."""

    UNSTARTED = "unstarted"  # made, but not started (two-phase services only)
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    STOPPED = "stopped"
    GONE = "gone"  # the service does not know the ticket (any more)


@dataclass(frozen=True, slots=True)
class Price:
    """What a service bills, in its own unit. dated: of when the figures are; "route" where a route overrides them.

    How many times per_record a record costs (waypoints, ranges) and what parameters make of a price say Service.units_of and .factor.
    """

    unit: str
    per_record: float
    per_submit: float = 0.0
    per_look: float = 0.0
    dated: str = ""


@dataclass(frozen=True, slots=True)
class Api:
    """One API of a service: what a record is, and which columns an answer has (all named bd_…).

    own_columns: columns that are parameters of the record's own in a file with the service's own header line (one with a
    recId), without the prefix that they need elsewhere. dedupe: equal records may be sent once and share the answer; false where a record is an order, not a question.
    structured: an address may be sent in its parts, see Takes.PLACE.
    language: the parameter that takes the language of the answers, "" = there is none. ignores_case: the service says that capital and
    small letters are the same to it, so records that differ in nothing else are equal.
    """

    name: str
    takes: Takes
    columns: tuple[str, ...]
    price: Price
    required_params: tuple[str, ...] = ()
    dedupe: bool = True
    own_columns: tuple[str, ...] = ()
    structured: bool = False
    language: str = ""
    ignores_case: bool = False


@dataclass(frozen=True, slots=True)
class Requests:
    """How a file that is the service's own request is read: a JSON object whose `member` is the array of its inputs.

    route_of: the other members, and the route's parameters → API and parameters, raising ConfigurationError. Each input
    then becomes the field `input` of a query, whatever the API takes otherwise.
    """

    member: str
    route_of: Callable[[Mapping[str, Any], Mapping[str, Any]], tuple[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a service can do; callers ask here instead of finding out by exceptions. Times in seconds, sizes in bytes."""

    max_records: int
    max_bytes: int
    batch_records: int  # how many records a batch has unless the route says otherwise
    two_phase: bool
    finds_lost: bool
    rings: bool
    stops: bool
    deletes: bool
    keeps_results_for: float
    first_look: float  # earliest useful look after the start
    seconds_per_record: float  # guess of the working time, for services that bill looks
    min_wait: float  # between two looks
    deadline: float  # running longer than this is STALLED
    looks_are_billed: bool = False
    requests: Requests | None = None  # its own request as a file, where it is a JSON object
    restarts: bool = False  # a job that failed may be started once more, and goes on
    lists: bool = False  # offers `list_ours`, see Lists
    max_startable: int | None = None
    requests_per_second: float | None = None


OWN_PARAM = "param:"
"""How a field begins that is a parameter of the record's own: `param:lang`. It wins over the route's `lang`."""


@dataclass(frozen=True, slots=True)
class Query:
    """One distinct record as it is sent: `ordinal` is its 1-based number among the distinct records of the job.

    fields: what Takes says, and parameters of the record's own, see OWN_PARAM; an empty cell makes none.
    """

    ordinal: int
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Batch:
    """The records that go to the service in one request. `tag` is 64 hex digits, the same on every try.

    `queries` opens a fresh stream each time; ordinals run from `first` to `first + count - 1`.
    """

    tag: str
    api: str
    params: Mapping[str, Any]
    first: int
    count: int
    queries: Callable[[], Iterator[Query]]


@dataclass(frozen=True, slots=True)
class Ticket:
    """The service's own job id, and what else is needed to ask for it. Holds no secret."""

    id: str
    notes: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"id": self.id, "notes": dict(self.notes)}

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Ticket:
        """The inverse of to_dict."""
        return cls(id=entry["id"], notes=dict(entry.get("notes", {})))


@dataclass(frozen=True, slots=True)
class RawPart:
    """Bytes of an answer as received, streamed once: saved before anything reads them."""

    name: str
    chunks: Iterable[bytes]


@dataclass(frozen=True, slots=True)
class SavedPart:
    """A raw part after it was saved: can be opened again and again."""

    name: str
    open: Callable[[], IO[bytes]]


@dataclass(frozen=True, slots=True)
class Progress:
    """What a look at the service found.

    status: the service's own word, kept; unknown ones mean RUNNING with `unknown_status`. done and total count records
    (None: the service does not say). retry_after: seconds the service asks for. parts: the download, where the look is
    the download (Geoapify).
    """

    state: State
    status: str
    done: int | None = None
    total: int | None = None
    succeeded: int | None = None
    failed: int | None = None
    retry_after: float | None = None
    unknown_status: bool = False
    parts: tuple[RawPart, ...] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the service says of one distinct record. `answers`: rows of cells in the order of columns_for."""

    ordinal: int
    kind: OutcomeKind
    code: str = ""
    message: str = ""
    answers: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """One of the service's jobs that we made, as its list shows it. created: the service's own words, or empty."""

    ticket: Ticket
    tag: str
    state: State
    status: str
    created: str = ""


class Lists(Protocol):
    """What a service offers beside the port when can.lists: a walk over all jobs that carry a tag of ours."""

    def list_ours(self) -> Iterator[Listed]:
        """Jobs at the service with a tag as `Batch.tag`, streamed; those that are deleted are left out."""
        ...


class Rings(Protocol):
    """What a service offers beside the port when can.rings: it calls a URL when a job ends. Such a call is a hint, never truth."""

    def register(self, door: str) -> str:
        """Have the service call `door`/<its own words for the ticket>; gives the registration's id. A repeat may give the same id."""
        ...

    def test(self, registration: str) -> None:
        """Have the service call once with made-up values."""
        ...

    def unregister(self, registration: str) -> None:
        """The service forgets the registration; harmless to repeat."""
        ...

    @staticmethod
    def ticket_of(called: str) -> str | None:
        """The ticket in what was called below the door; None when that cannot be one. Pure."""
        ...


class Bell(Protocol):
    """Where a service that rings finds out by which registration it is to call this stack."""

    def __call__(self, *, lost: str = "") -> str:
        """The registration's id, or "" when there is none just now: then a job goes without, and polling finishes it.

        lost: an id the service does not know (any more). Never raises because of the service, the secret or the settings.
        """
        ...


class Service(Protocol):
    """A batch service: takes the records of a batch, works on them, gives outcomes back.

    Every method that talks may raise ServiceBusy, ServiceDenied, ServiceRefused, OutcomeUnknown, ServiceSpokeUnknown
    and ConfigurationError (errors.py says what each asks of the caller).
    """

    name: ClassVar[str]
    legacy: ClassVar[bool]
    apis: ClassVar[Mapping[str, Api]]
    can: ClassVar[Capabilities]

    @classmethod
    def columns_for(cls, api: str, params: Mapping[str, Any]) -> tuple[str, ...]:
        """The columns of results.csv for a route: Api.columns, then what its parameters add. Pure.

        params: the route's, and as empty texts those that the records bring themselves (records.own_params.given).

        Raises ConfigurationError for parameters that this API does not take: asked before anything is sent.
        """
        ...

    @classmethod
    def units_of(cls, api: str, params: Mapping[str, Any]) -> Callable[[Mapping[str, str]], int] | None:
        """How many times Price.per_record one record costs, by its fields (Query.fields). None: each costs it once. Pure."""
        ...

    @classmethod
    def factor(cls, params: Mapping[str, Any]) -> float:
        """What every price is multiplied by with these parameters. Pure."""
        ...

    def create(self, batch: Batch) -> Ticket:
        """Make the service's job. Sent once: the transport never repeats it. In one-phase services this starts (and bills) it."""
        ...

    def start(self, ticket: Ticket) -> None:
        """Start an unstarted job; harmless to repeat. Only when can.two_phase."""
        ...

    def find(self, batch: Batch) -> Sequence[Ticket]:
        """Jobs at the service that carry this batch's tag. Only when can.finds_lost."""
        ...

    def check(self, ticket: Ticket) -> Progress:
        """One look."""
        ...

    def fetch(self, ticket: Ticket) -> Iterator[RawPart]:
        """The answers as received: each part must be read before the next is asked for."""
        ...

    def read(self, batch: Batch, raw: Sequence[SavedPart]) -> Iterator[Outcome]:
        """Outcomes out of saved parts, streamed, in any order; records without any are left out. Pure: no network.

        Raises ServiceSpokeUnknown when the bytes do not have the agreed form or are cut off.
        """
        ...

    def stop(self, ticket: Ticket) -> None:
        """Ask the service to stop working. Only when can.stops."""
        ...

    def delete(self, ticket: Ticket) -> None:
        """Have the service forget the job and its data. Only when can.deletes."""
        ...
