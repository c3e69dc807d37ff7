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
    """What a service bills, in its own unit. `records` may be refined per record by the API (waypoints, ranges)."""

    unit: str
    per_record: float
    per_submit: float = 0.0
    per_look: float = 0.0
    dated: str = ""


@dataclass(frozen=True, slots=True)
class Api:
    """One API of a service: what a record is, and which columns an answer has (all named bd_…)."""

    name: str
    takes: Takes
    columns: tuple[str, ...]
    price: Price
    required_params: tuple[str, ...] = ()


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
    max_startable: int | None = None
    requests_per_second: float | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """One distinct record as it is sent: `ordinal` is its 1-based number among the distinct records of the job."""

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
    """What the service says of one distinct record. `answers`: rows of cells in the order of Api.columns."""

    ordinal: int
    kind: OutcomeKind
    code: str = ""
    message: str = ""
    answers: tuple[tuple[str, ...], ...] = ()


class Service(Protocol):
    """A batch service: takes the records of a batch, works on them, gives outcomes back.

    Every method that talks may raise ServiceBusy, ServiceDenied, ServiceRefused, OutcomeUnknown, ServiceSpokeUnknown
    and ConfigurationError (errors.py says what each asks of the caller).
    """

    name: ClassVar[str]
    apis: ClassVar[Mapping[str, Api]]
    can: ClassVar[Capabilities]

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
