"""The table port in memory. Rows are kept as DynamoDB's typed attributes, so that values compare as they do there."""

from __future__ import annotations

import json
from threading import RLock
from typing import TYPE_CHECKING, Any

from batchdrop.aws.attributes import decode, decode_row, encode, encode_row
from batchdrop.aws.expressions import check, check_bounds, check_range, check_together
from batchdrop.ports import Absent, Below, Either, Exists, Is, OneOf, Written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from batchdrop.ports import Change, Condition, Key, Row

Item = dict[str, Any]
_MOST_BYTES = 400 * 1024
_INDEXED = ("status_key", "updated")


class MemoryTable:
    """A table for tests; safe for threads, as the real one is. `writes` counts changes that were done."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str], Item] = {}
        self._lock = RLock()
        self.writes = 0

    def rows(self) -> list[Row]:
        """Every row, in order of key: for asserting."""
        with self._lock:
            return [decode_row(self._items[key]) for key in sorted(self._items)]

    def get(self, key: Key) -> Row | None:
        """See Table.get."""
        with self._lock:
            item = self._items.get(_address(key))
            return None if item is None else decode_row(item)

    def query(self, pk: str, prefix: str = "", *, first: str = "", last: str = "") -> Iterator[Row]:
        """See Table.query."""
        check_range(prefix, first, last)
        with self._lock:
            found = [
                decode_row(self._items[key])
                for key in sorted(self._items, key=lambda key: (key[0], key[1].encode()))
                if key[0] == pk
                and key[1].startswith(prefix)
                and first <= key[1]
                and (not last or key[1] <= last)
            ]
        return iter(found)

    def jobs(
        self, status: str, *, limit: int = 100, before: str = "", until: str = "", oldest: bool = False
    ) -> Iterator[Row]:
        """See Table.jobs. Not late, as the real index may be."""
        check_bounds(before, until)
        found = [row for row in self.rows() if row.get("status_key") == status and "updated" in row]
        found = [row for row in found if not before or row["updated"] < before]
        found = [row for row in found if not until or row["updated"] <= until]
        return iter(sorted(found, key=lambda row: str(row["updated"]), reverse=not oldest)[:limit])

    def write(self, change: Change) -> Written:
        """See Table.write."""
        check(change)
        with self._lock:
            item = self._items.get(_address(change.key))
            if not _all_hold(change.when, item):
                return Written(done=False, row=None if item is None else decode_row(item))
            new = _changed(change, item)
            self._store(change.key, new)
            return Written(done=True, row=None if new is None else decode_row(new))

    def write_together(self, changes: Sequence[Change]) -> bool:
        """See Table.write_together."""
        check_together(changes)
        with self._lock:
            for change in changes:
                check(change)
                if not _all_hold(change.when, self._items.get(_address(change.key))):
                    return False
            new = [
                (change.key, _changed(change, self._items.get(_address(change.key)))) for change in changes
            ]
            for key, item in new:
                self._store(key, item)
        return True

    def _store(self, key: Key, item: Item | None) -> None:
        self.writes += 1
        if item is None:
            self._items.pop(_address(key), None)
        else:
            self._items[_address(key)] = item


def _address(key: Key) -> tuple[str, str]:
    if not (key.pk and key.sk):
        raise ValueError("a key has two parts, neither empty")
    return key.pk, key.sk


def _changed(change: Change, item: Item | None) -> Item | None:
    """The row after the change; None when it goes."""
    if change.delete:
        return None
    new = dict(item or {"pk": encode(change.key.pk), "sk": encode(change.key.sk)})
    new.update(encode_row(change.put))
    for name, amount in change.add.items():
        old = new.get(name, {"N": "0"})
        if "N" not in old:
            raise ValueError(f"{name} is not a number")
        new[name] = encode(decode(old) + amount)
    for name in change.remove:
        new.pop(name, None)
    _check_item(new)
    return new


def _check_item(item: Item) -> None:
    """What DynamoDB refuses: rows over 400 KB, and keys of the index that are not text."""
    if len(json.dumps(decode_row(item), ensure_ascii=False).encode()) > _MOST_BYTES:
        raise ValueError("a row has at most 400 KB")
    for name in _INDEXED:
        if name in item and not item[name].get("S"):
            raise ValueError(f"{name} is a key of the index: text, not empty")


def _all_hold(conditions: Sequence[Condition], item: Mapping[str, Any] | None) -> bool:
    return all(_holds(condition, item or {}) for condition in conditions)


def _holds(condition: Condition, item: Mapping[str, Any]) -> bool:
    match condition:
        case Is(name, value):
            return bool(item.get(name) == encode(value))
        case OneOf(name, values):
            return item.get(name) in [encode(value) for value in values]
        case Absent(name):
            return name not in item
        case Exists(name):
            return name in item
        case Below(name, limit, equal):
            return _below(item.get(name), limit, equal=equal)
        case Either(conditions):
            return any(_holds(one, item) for one in conditions)


def _below(attribute: Mapping[str, Any] | None, limit: float, *, equal: bool) -> bool:
    if attribute is None or "N" not in attribute:
        return False
    number = decode(attribute)
    return bool(number <= limit if equal else number < limit)
