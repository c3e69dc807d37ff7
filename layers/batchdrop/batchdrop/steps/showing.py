"""What people and programs ask of jobs: one job, many jobs, a link to one of its outputs. Nothing here changes anything."""

from __future__ import annotations

import heapq
import json
import re
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from batchdrop.batches.orders import Order
from batchdrop.errors import BatchdropError
from batchdrop.jobs import ENDED, Status, document, folder, output
from batchdrop.ports import Place
from batchdrop.steps.journal import ANNOUNCING, ORDERED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchdrop.ports import Links, Row, Store, Table
    from batchdrop.steps.journal import Journal

LINK_SECONDS = 900
"""How long a link lives."""

LOOKED_AT = 1000
"""Rows that one page looks at, whatever the filters leave of them: a page is answered in time."""

MOST_BYTES = 4_000_000
"""Of the documents of one page, as JSON: an answer of Lambda holds 6 MB."""

PAGE_MARK = "^[0-9]{20}[.][A-Za-z0-9_-]{1,40}-[0-9a-f]{16}$"
"""Every word of this form leads somewhere: the mark of a page needs no other check."""

_TIME = re.compile("(....)(..)(..)(..)(..)(..)(......)")
_SHOWN = frozenset({"report"})  # outputs that a browser shows


class NotReady(BatchdropError):
    """The job has not come so far that it could have this output."""


class NotKept(BatchdropError):
    """The job had this output; its days are over, or the job was deleted."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The last job of a page: where the next page goes on."""

    updated: str
    job: str

    def to_word(self) -> str:
        """A word that goes into a URL as it is: the digits of the time, a dot, the id of the job."""
        return f"{re.sub('[^0-9]', '', self.updated)}.{self.job}"

    @classmethod
    def from_word(cls, word: str) -> Mark:
        """The inverse. Raises ValueError for a word that does not fit PAGE_MARK."""
        if not re.fullmatch(PAGE_MARK, word):
            raise ValueError("not a word of ours")
        digits, _, job = word.partition(".")
        return cls(_TIME.sub(r"\1-\2-\3T\4:\5:\6.\7Z", digits), job)


@dataclass(frozen=True, slots=True)
class Page:
    """Documents of jobs, newest change first. `next`: where to go on; None when these were all."""

    items: list[dict[str, Any]]
    next: Mark | None


@dataclass(frozen=True, slots=True)
class Showing:
    """The questions. `bucket`: the results bucket; looked_at, most_bytes: bounds of a page, see above."""

    table: Table
    store: Store
    links: Links
    journal: Journal
    bucket: str
    looked_at: int = LOOKED_AT
    most_bytes: int = MOST_BYTES

    def job(self, job: str) -> dict[str, Any]:
        """What job.json says, from the row as it is now. Raises GoneMissing."""
        return document(self.journal.row(job), self.bucket)

    def page(
        self,
        *,
        status: str | None = None,
        route: str | None = None,
        key: str | None = None,
        limit: int = 100,
        after: Mark | None = None,
    ) -> Page:
        """Up to `limit` jobs, newest change first. A page may hold fewer, even none, and have a next one.

        The index may be a moment behind. A job that changes between two pages moves to the front, past the pages to come.
        """
        items: list[dict[str, Any]] = []
        size, last = 0, after
        rows = self._rows(status, after)
        for row in islice(rows, self.looked_at):
            if status in (None, row["status"]) and _is_of(row, route, key):
                shown = document(row, self.bucket)
                size += len(json.dumps(shown))
                if len(items) == limit or (items and size > self.most_bytes):
                    return Page(items, last)
                items.append(shown)
            last = Mark(row["updated"], row["id"])
        return Page(items, last if next(rows, None) else None)

    def link(self, job: str, name: str) -> str | None:
        """A link to an output (`results`, `errors`, `report`, …; see jobs.output); None when the job has none of it.

        Raises GoneMissing, NotReady, NotKept.
        """
        row = self.journal.row(job)
        if row["status"] == Status.DELETED or row.get("order") == Order.DELETE:
            raise NotKept(f"job {job} was deleted")
        objects = row.get("objects", ())
        for found in objects:
            if output(found) == name:
                place = Place(self.bucket, folder(job) + found)
                if self.store.head(place) is None:
                    raise NotKept(f"the days of {found} are over")
                return self.links.to_read(place, LINK_SECONDS, name=f"{job}-{found}", shown=name in _SHOWN)
        if row["status"] in ENDED or objects:
            return None
        raise NotReady(f"job {job} is {row['status']}")

    def _rows(self, status: str | None, after: Mark | None) -> Iterator[Row]:
        """Job rows after the mark, newest change first; those of one moment by id. A row seen twice comes once."""
        until = after.updated if after else ""
        # A job whose order or event is under way stands in the index under that word.
        words = (*([status] if status else Status), ANNOUNCING, ORDERED)
        streams = [self.table.jobs(word, limit=2 * self.looked_at, until=until) for word in words]
        seen: set[str] = set()
        for updated, together in groupby(
            heapq.merge(*streams, key=lambda row: str(row["updated"]), reverse=True),
            key=lambda row: str(row["updated"]),
        ):
            for row in sorted(together, key=lambda row: str(row["id"])):
                passed = after is not None and updated == after.updated and row["id"] <= after.job
                if not passed and row["id"] not in seen:
                    seen.add(row["id"])
                    yield row


def _is_of(row: Row, route: str | None, key: str | None) -> bool:
    return route in (None, row["route_name"]) and key in (None, row["input"]["key"])
