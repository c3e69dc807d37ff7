"""The table port: conditional writes on rows, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Row = dict[str, Any]
"""A table row: str, int, float, bool, None, lists and dicts of these; `pk` and `sk` are its key."""


@dataclass(frozen=True, slots=True)
class Key:
    """The key of a row: `job#<id>` / `job`, `batch#00001`, `lane#0001`, `event#…`; and others, see docs/architecture.md."""

    pk: str
    sk: str


@dataclass(frozen=True, slots=True)
class Is:
    """The attribute has this value."""

    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class OneOf:
    """The attribute has one of these values."""

    name: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Absent:
    """The attribute (or with `pk`, the row) does not exist."""

    name: str


@dataclass(frozen=True, slots=True)
class Exists:
    """The attribute (or with `pk`, the row) exists."""

    name: str


@dataclass(frozen=True, slots=True)
class Below:
    """The attribute is a number below the limit (below or equal with `equal`)."""

    name: str
    limit: float
    equal: bool = False


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of these conditions holds."""

    conditions: tuple[Condition, ...]


Condition = Is | OneOf | Absent | Exists | Below | Either


@dataclass(frozen=True, slots=True)
class Change:
    """One conditional write to one row: all conditions hold, then sets, adds and removes happen together.

    A row that does not exist is made. Values of `put` replace the attributes named; `add` adds to numbers (missing = 0);
    `remove` deletes attributes; `delete` deletes the row.
    """

    key: Key
    put: Mapping[str, Any] = field(default_factory=dict)
    add: Mapping[str, int] = field(default_factory=dict)
    remove: Sequence[str] = ()
    when: Sequence[Condition] = ()
    delete: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What a conditional write came to: the new row when done, the row as it stands (None: no row) when refused."""

    done: bool
    row: Row | None


class Table(Protocol):
    """The one table: conditional writes on single rows, small transactions, consistent reads."""

    def get(self, key: Key) -> Row | None:
        """The row, read consistently."""
        ...

    def query(self, pk: str, prefix: str = "", *, first: str = "", last: str = "") -> Iterator[Row]:
        """Rows of one partition in order of `sk`, read consistently: by prefix, or from `first` to `last` (both included)."""
        ...

    def write(self, change: Change) -> Written:
        """One conditional write. Never raises because a condition failed."""
        ...

    def write_together(self, changes: Sequence[Change]) -> bool:
        """All of up to 100 changes or none; False when a condition failed."""
        ...

    def jobs(
        self, status: str, *, limit: int = 100, before: str = "", until: str = "", oldest: bool = False
    ) -> Iterator[Row]:
        """Job rows by status, newest change first, or with `oldest` last (eventually consistent index).

        Rows of one moment in any order. Only those whose last change came earlier than `before`, or not later than `until`; not both.
        """
        ...
