"""Pointers from dropped objects to their jobs: written when a job is claimed, taken back when it is deleted.

Each write is on the condition that the pointer is still what was read, and keeps every job it named: a late event of an older
version never covers a newer one's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchdrop.errors import BatchdropError, GoneMissing
from batchdrop.pointers import entry, pointer, pointer_key
from batchdrop.ports import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchdrop.ports import Row, Store, Stored

_TRIES = 20


def get_pointer_key(row: Row) -> str:
    """Return the key of the pointer to a job. A deleted job with a private name keeps it: its input's key is gone."""
    return str(row.get("pointer") or pointer_key(row["input"]["key"], private=bool(row.get("private"))))


@dataclass(frozen=True, slots=True)
class Pointers:
    """The pointers in the results bucket."""

    store: Store
    bucket: str

    def point(self, row: Row) -> None:
        """See that the job is in its input's pointer. Raises BatchdropError when others write there all the time."""
        place, dropped = self._place(row), row["input"]
        mine = entry(row["id"], dropped["versionId"], dropped.get("sequencer", ""), row["created"])
        for _ in range(_TRIES):
            stored, found = self._read(place)
            entries = found.get("jobs", [])
            if any(each["job"] == row["id"] for each in entries) or self._put(
                place, [*entries, mine], stored
            ):
                return
        raise BatchdropError("the pointer of an input changes all the time")

    def forget(self, row: Row) -> None:
        """Take the job out of its input's pointer, and out of what the pointer was before."""
        place = self._place(row)
        for _ in range(_TRIES):
            stored, found = self._read(place)
            if stored is None:
                return
            kept = [each for each in found.get("jobs", []) if each["job"] != row["id"]]
            if not kept:
                # A newer job's pointer that is written meanwhile stays, and is looked at in turn: only what was read goes, and what is
                # older.
                self.store.erase(Place(place.bucket, place.key, stored.version))
                continue
            if len(kept) == len(found["jobs"]):
                return
            if (written := self._put(place, kept, stored)) is not None:
                self.store.erase(Place(place.bucket, place.key, written.version), older_only=True)
                return
        raise BatchdropError("the pointer of an input changes all the time")

    def _place(self, row: Row) -> Place:
        return Place(self.bucket, get_pointer_key(row))

    def _read(self, place: Place) -> tuple[Stored | None, dict[str, Any]]:
        stored = self.store.head(place)
        if stored is None:
            return None, {}
        try:
            found = json.loads(self.store.read(Place(place.bucket, place.key, stored.version)))
        except (GoneMissing, ValueError):
            return stored, {}
        return stored, found

    def _put(self, place: Place, entries: list[Mapping[str, Any]], stored: Stored | None) -> Stored | None:
        body = json.dumps(pointer(entries), indent=1).encode()
        etag = stored.etag if stored else None
        return self.store.put_if(place, body, etag=etag)
