"""The nouns of the talk with a service: what goes there, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_NOTHING: Mapping[str, str] = MappingProxyType({})

OWN_PARAM = "param:"
"""How a field begins that is a parameter of the record's own: `param:lang`. It wins over the route's `lang`."""


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
class Query:
    """One distinct record as it is sent: `ordinal` is its 1-based number among the distinct records of the job.

    fields: what Takes says, and parameters of the record's own, see OWN_PARAM; an empty cell makes none.
    """

    ordinal: int
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Batch:
    """The records that go to the service in one request. `tag` is 64 hex digits, the same on every try.

    name: of the dropped file as the job's id has it (up to 40 harmless characters; "file" where names are private), for people who
    look at the service's own list. `queries` opens a fresh stream each time; ordinals run from `first` to `first + count - 1`.
    """

    tag: str
    api: str
    params: Mapping[str, Any]
    first: int
    count: int
    queries: Callable[[], Iterator[Query]]
    name: str = ""


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
    (None: the service does not say). sums: further counters (valid, invalid, processed, pending) of a service that promises how they
    add up, see accounting.sums_fail. retry_after: seconds the service asks for. parts: the download, where the look is
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
    sums: Mapping[str, int] = field(default_factory=dict)

    def counters(self) -> dict[str, int]:
        """The service's own counters by name, as far as it says them."""
        named = {"total": self.total, "succeeded": self.succeeded, "failed": self.failed}
        return {**{name: number for name, number in named.items() if number is not None}, **self.sums}


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
    """One of the service's jobs that we made, as its list shows it. created: the service's own words, or empty. tag: the batch's, or the
    last 32 digits of it, where the service keeps no more (states.tag_tail).
    """

    ticket: Ticket
    tag: str
    state: State
    status: str
    created: str = ""
