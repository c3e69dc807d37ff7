"""What a person may do when a job needs one: adopt, resubmit, recollect, accept-gaps, redrive.

Each action changes the parked batches it names with conditional writes, takes the attention off the job and starts a new run. Only
`resubmit` may cost anything: it is the one way to a second POST where POSTing starts the work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchdrop.batches import claims
from batchdrop.batches.states import BatchRow, BatchState, batch_key, job_pk
from batchdrop.errors import GoneMissing
from batchdrop.jobs import WORKING, Status
from batchdrop.money import estimate, price_of
from batchdrop.observe import tell
from batchdrop.ports import OneOf
from batchdrop.problems import CODES
from batchdrop.routes import Route
from batchdrop.steps.jobs import NOT_TO_BE_DELETED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from batchdrop.ports import Change, Clock, Row, Service, Table
    from batchdrop.steps.jobs import Jobs
    from batchdrop.steps.journal import Journal


FEW = 20
"""Batches that are read one by one; a query gives hundreds in one call."""


class NotPossible(Exception):
    """The action does not fit what the job or its batches are; the text says why."""


class NoBatch(NotPossible):
    """The job has no batch of that number."""


@dataclass(frozen=True, slots=True)
class Operator:
    """The actions. `services`: what each service can do, by name."""

    table: Table
    journal: Journal
    jobs: Jobs
    clock: Clock
    services: Mapping[str, type[Service]]

    def adopt(self, job: str, number: int, ticket: str) -> Row:
        """The service did take the batch, under this job id: go on with it. Raises NotPossible, GoneMissing."""
        row = self.journal.row(job)
        batch = self._parked(job, [number], "adopt")[0]
        service = self.services[row["route"]["service"]]
        route = Route.from_dict(row["route"])
        found = service.adoptable(ticket, route.api, route.params)
        put = {
            "state": BatchState.CREATED if service.can.two_phase else BatchState.RUNNING,
            "started": 0 if service.can.two_phase else self.clock(),
            "next_look": 0,
        }
        lane = self._lane(job, number)
        self._touch(row)
        changes = claims.adopted(batch, lane, service.name, found, put)
        if not self.table.write_together(changes):
            raise NotPossible(f"batch {batch.name} has a ticket, or the ticket belongs to another batch")
        return self._go_on(row, "adopt", [batch])

    def resubmit(self, job: str, numbers: Sequence[int]) -> Row:
        """Send parked batches again and perhaps pay again (see `price_of`). Raises NotPossible, GoneMissing."""
        return self._change(job, numbers, "resubmit", claims.sent_again)

    def recollect(self, job: str, numbers: Sequence[int]) -> Row:
        """Fetch the results of parked batches again: a look each, nothing is sent. Raises NotPossible, GoneMissing."""
        return self._change(job, numbers, "recollect", claims.fetched_again)

    def accept_gaps(self, job: str, numbers: Sequence[int]) -> Row:
        """Records without an answer count as failed, UNACCOUNTED. Raises NotPossible, GoneMissing."""
        return self._change(job, numbers, "accept-gaps", claims.accepted)

    def redrive(self, job: str) -> Row:
        """Go on where every parked batch stopped, after what was in the way was put right. Raises NotPossible, GoneMissing."""
        row = self.journal.row(job)
        parked = [batch for batch in self._batches(job) if batch.state is BatchState.PARKED]
        ready = [batch for batch in parked if "redrive" in CODES[batch.code].actions]
        attention = row.get("attention")
        held = attention is not None and "start" in attention["actions"]
        if attention is None or held or (parked and not ready):
            raise NotPossible("nothing of this job can be driven again")
        self._touch(row)
        for batch in ready:
            self.table.write(claims.driven_again(batch, self.clock()))
        return self._go_on(row, "redrive", ready)

    def parked(self, job: str) -> list[BatchRow]:
        """The batches that wait for a person."""
        return [batch for batch in self._batches(job) if batch.state is BatchState.PARKED]

    def waiting(self, job: str, action: str) -> list[int]:
        """Numbers of the parked batches that this action may answer."""
        return [batch.number for batch in self.parked(job) if action in CODES[batch.code].actions]

    def price_of(self, job: str, numbers: Sequence[int]) -> tuple[float, str]:
        """What sending these batches again costs at most, and the unit, which says so where the price of a record is not known."""
        row = self.journal.row(job)
        service = self.services[row["route"]["service"]]
        price = price_of(service, Route.from_dict(row["route"]))
        batches = self._parked(job, numbers, "resubmit")
        units = sum(batch.units for batch in batches)
        unit = price.unit if price.known else f"{price.unit} and a price per record that is not known"
        return estimate(price, units=units, batches=len(batches)), unit

    def _change(
        self, job: str, numbers: Sequence[int], action: str, change: Callable[[BatchRow], Change]
    ) -> Row:
        row = self.journal.row(job)
        batches = self._parked(job, numbers, action)
        self._touch(row)
        for batch in batches:
            self.table.write(change(batch))
        return self._go_on(row, action, batches)

    def _touch(self, row: Row) -> None:
        """Say in the job's row that its batches are about to change: sweep looks at them only when the row has changed."""
        self.journal.change(row["id"], row["run"], {})

    def _parked(self, job: str, numbers: Iterable[int], action: str) -> list[BatchRow]:
        """The named batches, all parked for a reason that this action answers."""
        found = []
        for number, batch in self._read(job, list(numbers)):
            if batch is None:
                raise NoBatch(f"there is no batch {number}")
            if batch.state is not BatchState.PARKED:
                raise NotPossible(f"batch {batch.name} is {batch.state}, it needs nobody")
            if action not in CODES[batch.code].actions:
                possible = ", ".join(CODES[batch.code].actions)
                raise NotPossible(f"batch {batch.name} waits for {batch.code}; possible are {possible}")
            found.append(batch)
        if not found:
            raise NotPossible("no batch waits for this")
        return found

    def _read(self, job: str, numbers: Sequence[int]) -> Iterator[tuple[int, BatchRow | None]]:
        """Each number with its batch: a few are read one by one, many in one pass over all of the job."""
        if len(numbers) > FEW:
            batches = {batch.number: batch for batch in self._batches(job)}
            yield from ((number, batches.get(number)) for number in numbers)
            return
        for number in numbers:
            row = self.table.get(batch_key(job, number))
            yield number, BatchRow.from_row(row) if row else None

    def _batches(self, job: str) -> list[BatchRow]:
        return [BatchRow.from_row(row) for row in self.table.query(job_pk(job), "batch#")]

    def _lane(self, job: str, number: int) -> str:
        for lane in self.table.query(job_pk(job), "lane#"):
            if lane["first_batch"] <= number <= lane["last_batch"]:
                return str(lane["sk"])
        raise GoneMissing(f"no lane has batch {number}")

    def _go_on(self, row: Row, action: str, batches: Sequence[BatchRow]) -> Row:
        """Take the attention off and start a new run."""
        job = row["id"]
        tell("a person decided", job=job, action=action, batches=[batch.name for batch in batches][:20])
        waiting = Status.SUBMITTED if row.get("held") else Status.PENDING
        status = Status.IN_PROGRESS if row.get("started") else waiting
        put = {"attention": None, "breaks": 0, "status": status}
        when = (NOT_TO_BE_DELETED, OneOf("status", WORKING))  # it may have been deleted since it was read
        self.jobs.next_run(row, put, remove=("ended",), when=when)
        self.journal.show(job)
        return self.journal.row(job)
