"""The use case behind the function `collect`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchdrop.batches import claims
from batchdrop.batches.states import BatchRow, BatchState, job_key, job_pk
from batchdrop.errors import GoneMissing, Superseded
from batchdrop.jobs import ENDED, timestamp
from batchdrop.limits import Refused, release, take
from batchdrop.observe import tell
from batchdrop.ports import OneOf
from batchdrop.problems import attention
from batchdrop.steps.collect.ending import ended
from batchdrop.steps.collect.writing import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from batchdrop.limits import Lease
    from batchdrop.ports import Clock, Row, Service, Store, Table
    from batchdrop.steps.journal import Journal

ROUNDS = 5
"""Rounds over the lanes without any progress after which what is still open is left to a person."""

FIRST_BREATH = 30
LONGEST_BREATH = 900
_WORKING = ("submitted", "queued", "pending", "inProgress")


@dataclass(frozen=True, slots=True)
class Collect:
    """Joins outcomes to records when nothing is open any more; else has the lanes driven again."""

    table: Table
    store: Store
    journal: Journal
    clock: Clock
    services: Mapping[str, type[Service]]
    bucket: str

    def __call__(
        self, payload: Mapping[str, Any], remaining: Callable[[], float], owner: str
    ) -> dict[str, Any]:
        """{job, run} → {outcome: more | open | done | parked | superseded, wait: seconds}."""
        job, run = payload["job"], payload["run"]
        try:
            row = self.journal.row(job, run)
        except (Superseded, GoneMissing):
            return _answer("superseded")
        if row["status"] in ENDED:
            return _answer("done")
        now = self.clock()
        lease = take(self.table, job_key(job), owner, run=run, now=now, remaining=remaining())
        if isinstance(lease, Refused):
            return _answer("open", lease.wait(now))
        try:
            return self._collect(lease.row, lease, remaining)
        except Exception:
            release(self.table, lease)
            raise

    def _collect(self, row: Row, lease: Lease, remaining: Callable[[], float]) -> dict[str, Any]:
        batches = [BatchRow.from_row(found) for found in self.table.query(job_pk(row["id"]), "batch#")]
        still_open = [batch for batch in batches if batch.open]
        if still_open:
            return self._open(row, lease, batches)
        return self._write(row, lease, batches, remaining)

    def _open(self, row: Row, lease: Lease, batches: Sequence[BatchRow]) -> dict[str, Any]:
        """Something is open: another round, later each time; after too many without progress it is parked."""
        mark = "/".join(f"{batch.number}:{batch.state}:{batch.done}" for batch in batches if batch.open)[
            :10_000
        ]
        rounds = row.get("rounds", 0) + 1 if row.get("round_mark") == mark else 0
        if rounds >= ROUNDS:
            for batch in batches:
                if batch.open:
                    self.table.write(claims.parked(batch, "LANE_STUCK"))
            tell("parked what made no progress", job=row["id"], run=row["run"])
            release(self.table, lease)
            return _answer("more")
        release(self.table, lease, put={"rounds": rounds, "round_mark": mark})
        return _answer("open", min(LONGEST_BREATH, FIRST_BREATH * 2**rounds))

    def _write(
        self, row: Row, lease: Lease, batches: Sequence[BatchRow], remaining: Callable[[], float]
    ) -> dict[str, Any]:
        job = row["id"]
        api = self.services[row["route"]["service"]].apis[row["route"]["api"]]
        try:
            with Walk(self.store, self.bucket, row, api.columns, batches) as walk:
                if not walk.go(remaining):
                    walk.leave()
                    release(self.table, lease)
                    return _answer("more")
                if not self._in_charge(lease):
                    walk.abandon()
                    return _answer("open", FIRST_BREATH)
                written = walk.publish()
        except GoneMissing as gone:
            tell("an object is gone", job=job, missing=str(gone))
            return self._input_gone(row, lease)
        put = ended(row, batches, written, api.price, timestamp(self.clock()))
        self.journal.end(job, row["run"], put, when=(*lease.mine, OneOf("status", _WORKING)))
        release(self.table, lease)
        self.journal.show(job)
        return _answer("parked" if any(batch.state is BatchState.PARKED for batch in batches) else "done")

    def _in_charge(self, lease: Lease) -> bool:
        """Looked at right before the outputs become visible: a slow collect must not cover a newer one's work."""
        row = self.table.get(lease.key)
        return row is not None and row.get("lease_owner") == lease.owner and row["lease_until"] > self.clock()

    def _input_gone(self, row: Row, lease: Lease) -> dict[str, Any]:
        """The answers are there, but the file they belong to is not: a person may bring it back."""
        self.journal.end(row["id"], row["run"], {"attention": attention("INPUT_GONE")}, when=lease.mine)
        release(self.table, lease)
        self.journal.show(row["id"])
        return _answer("parked")


def _answer(outcome: str, wait: int = 1) -> dict[str, Any]:
    return {"outcome": outcome, "wait": wait}
