"""The table in memory, made for a hundred thousand schedules: rows are kept as marshalled bytes, five times as fast as typed attributes.

test_quick_table.py holds it to the slower one, which passes the suite of the real adapter.
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from batchdrop.aws.expressions import check_bounds
from batchdrop.ports import Absent, Below, Either, Exists, Is, OneOf, Written
from tests.ports.memory import MemoryTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batchdrop.ports import Change, Condition, Key, Row

_NOTHING: Any = object()
_EMPTY: dict[str, bytes] = {}
_EXACT = 2**53
_AS_IT_IS = frozenset({str, int, bool, type(None)})


class QuickTable(MemoryTable):
    """As MemoryTable, but for one thread at a time, and without its checks of sizes and names."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: dict[str, dict[str, bytes]] = {}
        self._by_status: dict[str, dict[Key, str]] = {}

    def rows(self) -> list[Row]:
        """See MemoryTable.rows."""
        return [
            marshal.loads(part[sk])  # noqa: S302  # our own bytes, here and below
            for _, part in sorted(self._parts.items())
            for sk in sorted(part)
        ]

    def get(self, key: Key) -> Row | None:
        """See Table.get."""
        return self._row(key)

    def query(self, pk: str, prefix: str = "", *, first: str = "", last: str = "") -> Iterator[Row]:
        """See Table.query."""
        part = self._parts.get(pk, {})
        names = [sk for sk in part if sk.startswith(prefix) and first <= sk and (not last or sk <= last)]
        return iter([marshal.loads(part[sk]) for sk in sorted(names)])  # noqa: S302  # our own bytes

    def jobs(
        self, status: str, *, limit: int = 100, before: str = "", until: str = "", oldest: bool = False
    ) -> Iterator[Row]:
        """See Table.jobs; by an index of its own, for sweep asks for every status there is."""
        check_bounds(before, until)
        found = sorted(self._by_status.get(status, {}).items(), key=lambda entry: (entry[0].pk, entry[0].sk))
        found = [
            (key, updated)
            for key, updated in found
            if (not before or updated < before) and (not until or updated <= until)
        ]
        found.sort(key=itemgetter(1), reverse=not oldest)
        return iter([row for key, _ in found[:limit] if (row := self._row(key)) is not None])

    def write(self, change: Change) -> Written:
        """See Table.write."""
        row = self._row(change.key)
        if not _all_hold(change.when, row):
            return Written(done=False, row=row)
        return Written(done=True, row=self._put(change, row))

    def write_together(self, changes: Sequence[Change]) -> bool:
        """See Table.write_together."""
        found = [self._row(change.key) for change in changes]
        if not all(_all_hold(change.when, row) for change, row in zip(changes, found, strict=True)):
            return False
        for change, row in zip(changes, found, strict=True):
            self._put(change, row)
        return True

    def _row(self, key: Key) -> Row | None:
        blob = self._parts.get(key.pk, _EMPTY).get(key.sk)
        return None if blob is None else marshal.loads(blob)  # noqa: S302  # our own bytes

    def _put(self, change: Change, row: Row | None) -> Row | None:
        self.writes += 1
        key = change.key
        if row is not None and "status_key" in row:
            self._by_status.get(row["status_key"], {}).pop(key, None)
        if change.delete:
            self._parts.get(key.pk, {}).pop(key.sk, None)
            return None
        new = row or {"pk": key.pk, "sk": key.sk}
        for name, value in change.put.items():
            new[name] = _plain(value)
        for name, amount in change.add.items():
            new[name] = _plain(new.get(name, 0) + amount)
        for name in change.remove:
            new.pop(name, None)
        if "status_key" in new and "updated" in new:
            self._by_status.setdefault(new["status_key"], {})[key] = new["updated"]
        blob = marshal.dumps(new)
        self._parts.setdefault(key.pk, {})[key.sk] = blob
        copy: Row = marshal.loads(blob)  # noqa: S302  # our own bytes
        return copy


def _plain(value: Any) -> Any:
    """The value as a row gives it back: whole numbers are int, enumerations text, tuples lists."""
    kind = type(value)
    if kind in _AS_IT_IS:
        return value
    if kind is float:
        return int(value) if value.is_integer() and abs(value) <= _EXACT else value
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"a row cannot hold {kind.__name__}")


def _all_hold(conditions: Sequence[Condition], row: Row | None) -> bool:
    return all(_holds(condition, row or {}) for condition in conditions)


def _holds(condition: Condition, row: Mapping[str, Any]) -> bool:
    match condition:
        case Is(name, value):
            return _equal(row.get(name, _NOTHING), value)
        case OneOf(name, values):
            found = row.get(name, _NOTHING)
            return any(_equal(found, value) for value in values)
        case Absent(name):
            return name not in row
        case Exists(name):
            return name in row
        case Below(name, limit, equal):
            return _below(row.get(name), limit, equal=equal)
        case Either(conditions):
            return any(_holds(one, row) for one in conditions)


def _below(found: Any, limit: float, *, equal: bool) -> bool:
    if isinstance(found, bool) or not isinstance(found, int | float):
        return False
    return found <= limit if equal else found < limit


def _equal(found: Any, value: Any) -> bool:
    """For DynamoDB 1 and true are two things, for Python they are one."""
    return (
        found is not _NOTHING
        and (type(found) is bool) == (type(value) is bool)
        and bool(found == _plain(value))
    )
