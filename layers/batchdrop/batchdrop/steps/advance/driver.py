"""What the moves of one tick share: the ports, the time, the one way to write a batch."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, replace
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any

from batchdrop.batches import claims
from batchdrop.batches.orders import Order
from batchdrop.batches.states import BatchRow, job_key, tag
from batchdrop.errors import GoneMissing
from batchdrop.jobs import ENDED, Status, folder, timestamp
from batchdrop.observe import tell
from batchdrop.pace import backoff
from batchdrop.ports import Batch, OneOf, Place, Ticket
from batchdrop.problems import CODES
from batchdrop.records.outcomes import read_queries
from batchdrop.steps.advance.again import pay_again

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from batchdrop.ports import Change, Clock, Key, Query, Service, Store, Table
    from batchdrop.routes import Route
    from batchdrop.sharing import Submissions, Tokens
    from batchdrop.steps.journal import Journal


_HELD_IN_MEMORY = 8 << 20
"""Bytes of a batch's queries that are held without a file."""

BEFORE_WORK = (Status.SUBMITTED, Status.QUEUED, Status.PENDING)


@dataclass(slots=True)
class Driver:
    """One invocation that holds the lease of one lane.

    time: the lane's time in seconds since the epoch; answers: the columns of the service's answers; distinct: the job's distinct
    records; order: what a person wants of the job, or "", as it was last read; superseded: the job is over, or in another run.
    """

    job: str
    run: int
    hash: str
    owner: str
    lane: Key
    order: str
    route: Route
    answers: Sequence[str]
    distinct: int
    service: Service
    table: Table
    store: Store
    journal: Journal
    bucket: str
    time: Clock
    tokens: Tokens
    submissions: Submissions
    superseded: bool = False

    def may_begin(self) -> bool:
        """Read the job's order again: nothing is begun at a service after an order, and a tick may be 15 minutes long.

        False under an order, and when this run is not in charge any more; `order` and `superseded` say which.
        """
        row = self.table.get(job_key(self.job))
        if row is None or row["run"] != self.run:
            self.superseded = True
            return False
        self.order = row.get("order", "")
        self.superseded = row["status"] in ENDED and self.order != Order.DELETE
        return not self.order and not self.superseded

    def write(self, change: Change) -> BatchRow | None:
        """Write a batch; its new row, or None when another state was found (then the next tick reads it afresh)."""
        written = self.table.write(change)
        return BatchRow.from_row(written.row) if written.done and written.row else None

    def batch(self, row: BatchRow) -> Batch:
        """The batch as a service sees it."""
        return Batch(
            tag=tag(self.hash, row.number),
            api=self.route.api,
            params=self.route.params,
            first=row.first,
            count=row.count,
            queries=lambda: self._queries(row),
            name=self.job.rpartition("-")[0],
        )

    @contextmanager
    def hold_queries(self, row: BatchRow) -> Iterator[Batch]:
        """The batch with its queries on the local disk: what follows does not depend on the store. Raises GoneMissing."""
        with SpooledTemporaryFile(max_size=_HELD_IN_MEMORY) as held:
            with self.store.open(self.place("work/queries.ndjson"), row.start, row.end) as stream:
                shutil.copyfileobj(stream, held, 1 << 20)

            def queries() -> Iterator[Query]:
                held.seek(0)
                return read_queries(held)

            yield replace(self.batch(row), queries=queries)

    def _queries(self, row: BatchRow) -> Iterator[Query]:
        with self.store.open(self.place("work/queries.ndjson"), row.start, row.end) as stream:
            yield from read_queries(stream)

    def place(self, name: str) -> Place:
        """One of the job's objects."""
        return Place(self.bucket, folder(self.job) + name)

    def leave_ticket(self, posting: BatchRow, ticket: Ticket) -> None:
        """Keep a ticket in the store while the table cannot be written: a service may have no list in which to find it again."""
        body = json.dumps({"owner": posting.owner, "ticket": ticket.to_dict()}).encode()
        self.store.put(self._ticket_place(posting), body, content_type="application/json")

    def find_ticket(self, row: BatchRow) -> Ticket | None:
        """Return the ticket that the owner of this POST has left in the store."""
        try:
            left = json.loads(self.store.read(self._ticket_place(row)))
        except GoneMissing:
            return None
        return Ticket.from_dict(left["ticket"]) if left["owner"] == row.owner else None

    def _ticket_place(self, row: BatchRow) -> Place:
        return self.place(f"work/tickets/{row.name}.json")

    def park(
        self,
        row: BatchRow,
        code: str,
        counts: Mapping[str, int] | None = None,
        *,
        detail: str = "",
        notes: Mapping[str, Any] | None = None,
    ) -> BatchRow | None:
        """Leave a batch to a person; unless the route allows the machine to do what the person may: pay for it again."""
        if "resubmit" in CODES[code].actions and not self.order:
            again = pay_again(self, row)
            if again is not None:
                return again
        tell("parked", job=self.job, batch=row.number, code=code)
        return self.write(claims.parked(row, code, counts, detail=detail, notes=notes))

    def first_wait(self) -> float:
        """Seconds between the start of a batch and the first look, at least."""
        return float(self.route.pace.get("first_look", self.service.can.first_look))

    def min_wait(self) -> float:
        """Seconds between two looks, at least. Where looks are billed a route may only make it longer."""
        can = self.service.can
        asked = float(self.route.pace.get("min_wait", can.min_wait))
        return max(asked, can.min_wait) if can.looks_are_billed else asked

    def retry_at(self, tries: int, retry_after: float | None = None) -> float:
        """When to try again what the service could not do just now. "Later" holds for everybody who asks this service."""
        self.tokens.close(retry_after)
        return self.time() + (retry_after if retry_after is not None else backoff(tries))

    def working(self) -> None:
        """The job has its first ticket. Said with every ticket, so most times it has been said before."""
        row = self.table.get(job_key(self.job))
        if row is None or row["status"] not in BEFORE_WORK:
            return
        put = {"status": Status.IN_PROGRESS, "started": timestamp(self.time())}
        self.journal.change(self.job, self.run, put, when=(OneOf("status", BEFORE_WORK),))
