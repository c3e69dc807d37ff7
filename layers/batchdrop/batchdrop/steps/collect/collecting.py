"""The use case behind the function `collect`."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from batchdrop.batches import claims
from batchdrop.batches.orders import Order
from batchdrop.batches.states import BatchRow, BatchState, job_key, job_pk
from batchdrop.effects import effect
from batchdrop.errors import GoneMissing, Superseded
from batchdrop.jobs import ENDED, INCOMING, WORKING, Input, Status, folder, timestamp
from batchdrop.limits import Refused, release, take
from batchdrop.money import price_of
from batchdrop.observe import tell
from batchdrop.ports import Absent, Change, Exists, Is, Key, OneOf, Place
from batchdrop.problems import attention
from batchdrop.records.own_params import given
from batchdrop.routes import Route
from batchdrop.steps.collect.ending import ended, get_spent, without_outputs
from batchdrop.steps.collect.writing import RECORDS_PER_CHECK, Walk
from batchdrop.steps.pointing import Pointers, get_pointer_key
from batchdrop.steps.reporting import Found

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from batchdrop.limits import Lease
    from batchdrop.ports import Clock, Condition, Row, Service, Store, Table
    from batchdrop.sharing import Slots
    from batchdrop.steps.journal import Journal
    from batchdrop.steps.reporting import Reporting
    from batchdrop.steps.spending import Spending

ROUNDS = 5
"""Rounds over the lanes without any progress after which what is still open is left to a person."""

FIRST_BREATH = 30
LONGEST_BREATH = 900


@dataclass(frozen=True, slots=True)
class Collect:
    """Joins outcomes to records when nothing is open any more; else has the lanes driven again."""

    table: Table
    store: Store
    journal: Journal
    clock: Clock
    services: Mapping[str, type[Service]]
    bucket: str
    slots: Slots
    spending: Spending
    reporting: Reporting
    records_per_check: int = RECORDS_PER_CHECK  # records between two checks of the time that is left

    def __call__(
        self, payload: Mapping[str, Any], remaining: Callable[[], float], owner: str
    ) -> dict[str, Any]:
        """{job, run} → {outcome: more | open | done | parked | superseded, wait: seconds}."""
        job, run = payload["job"], payload["run"]
        try:
            row = self.journal.row(job, run)
        except (Superseded, GoneMissing):
            return _answer("superseded")
        if row["status"] in ENDED and row.get("order") != Order.DELETE:
            if row.get("order"):
                self.journal.drop_stop(row)
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
        deleting = row.get("order") == Order.DELETE
        waiting = [batch for batch in batches if _is_waited_for(batch, row.get("order", ""))]
        if waiting:
            answer = self._another_round(row, lease, waiting)
            if answer is not None:
                return answer
        if deleting:
            return self._delete(row, lease)
        with self.journal.writing_objects(row["id"]):
            return self._write(row, lease, batches, remaining)

    def _another_round(self, row: Row, lease: Lease, waiting: Sequence[BatchRow]) -> dict[str, Any] | None:
        """Something is open: another round over the lanes, later each time. After too many without progress it is parked (None:
        what is to be deleted is deleted on our side, whatever the service says).
        """
        found = "/".join(f"{batch.number}:{batch.state}:{batch.done}" for batch in waiting)
        mark = sha256(found.encode()).hexdigest()
        rounds = row.get("rounds", 0) + 1 if row.get("round_mark") == mark else 0
        if rounds < ROUNDS:
            release(self.table, lease, put={"rounds": rounds, "round_mark": mark})
            return _answer("open", min(LONGEST_BREATH, FIRST_BREATH * 2**rounds))
        tell("no progress", job=row["id"], run=row["run"], batches=len(waiting))
        stuck = [batch for batch in waiting if batch.open]
        if row.get("order") == Order.DELETE or not stuck:
            return None
        for batch in stuck:
            self.table.write(claims.parked(batch, "LANE_STUCK"))
        release(self.table, lease)
        return _answer("more")

    def _delete(self, row: Row, lease: Lease) -> dict[str, Any]:
        """Every version of every object goes, and what else here tells of the file; then the row says so.

        The row stays: it keeps the file from being paid again. Counters stay where the job had begun ([seed] "Job status").
        """
        job = row["id"]
        if not self._in_charge(lease):
            return _answer("open", FIRST_BREATH)
        if row.get("price"):
            self.spending.settle(row, row["price"]["spent"])
        gone = effect("write_results", lambda: self.store.delete_all(self.bucket, folder(job)))
        Pointers(self.store, self.bucket).forget(row)
        self._forget_events(job)
        put: dict[str, Any] = {
            "status": Status.DELETED,
            "objects": [],
            "attention": None,
            "problems": [],
            "notes": [],
            "deletes": row.get("deletes", 0) + 1,
            "records": row["records"] if row.get("started") else None,
        }
        if row.get("private"):
            put["pointer"] = get_pointer_key(row)
            put["input"] = {**row["input"], "key": f"{INCOMING}{row['route_name']}/"}
        late = row.get("late_writes")
        nothing_since = Is("late_writes", late) if late else Absent("late_writes")
        try:
            done = self.journal.end(
                job, row["run"], put, when=(*lease.mine, nothing_since), unless=("order",)
            )
        finally:
            self.journal.show(job)  # job.json went too: also when another driver was faster
        release(self.table, lease)
        if not done:
            return _answer("more")  # somebody wrote an object meanwhile
        if row.get("route"):
            self.slots.give_back(row["route"]["service"], job)
        tell("deleted", job=job, versions=gone)
        return _answer("done")

    def _forget_events(self, job: str) -> None:
        """Events that are out name the file too; those that wait are announce's."""
        for event in list(self.table.query(job_pk(job), "event#")):
            said = (Exists("pk"), Is("published", value=True))
            self.table.write(Change(Key(event["pk"], event["sk"]), delete=True, when=said))

    def _write(
        self, row: Row, lease: Lease, batches: Sequence[BatchRow], remaining: Callable[[], float]
    ) -> dict[str, Any]:
        job = row["id"]
        route = Route.from_dict(row["route"])
        service = self.services[route.service]
        columns = route.output_columns or service.columns_for(
            route.api, given(route.params, (row.get("plan") or {}).get("columns", {}))
        )
        requests = service.can.requests
        walk = Walk(
            self.store, self.bucket, row, columns, batches, own_member=requests.member if requests else ""
        )
        try:
            with walk:
                if not walk.go(remaining, self.records_per_check):
                    walk.leave()
                    release(self.table, lease)
                    return _answer("more")
                written = walk.publish(lambda: self._in_charge(lease))
                if written is None or not self._in_charge(lease):
                    release(self.table, lease)
                    return _answer("open", FIRST_BREATH)
        except GoneMissing as gone:
            tell("an object is gone", job=job, missing=str(gone), resumed=walk.resumed)
            # Once a walk was left or is being published, it may be only its uploads: they were completed, or have expired.
            if walk.resumed or walk.publishing:
                walk.forget()
                release(self.table, lease)
                return _answer("more")
            return self._end_without_outputs(row, lease, batches)
        now = timestamp(self.clock())
        put = ended(row, batches, written, price_of(service, route), now)
        if "status" in put:
            self.spending.settle(row, put["price"]["spent"])
        self.reporting(row, put, now, Found(batches, written.errors, written.summary, written.rec_ids))
        when = (*lease.mine, OneOf("status", WORKING), _same_order(row))
        done = self.journal.end(job, row["run"], put, when=when, unless=("order",))
        release(self.table, lease)
        self.slots.give_back(route.service, job)
        self.journal.show(job)
        if not done and self.journal.row(job)["status"] not in ENDED:
            return _answer("more")  # an order came in between
        return _answer("parked" if put["attention"] else "done")

    def _in_charge(self, lease: Lease) -> bool:
        """Looked at right before each output becomes visible: a slow collect must not cover a newer one's work."""
        row = self.table.get(lease.key)
        return row is not None and row.get("lease_owner") == lease.owner and row["lease_until"] > self.clock()

    def _end_without_outputs(self, row: Row, lease: Lease, batches: Sequence[BatchRow]) -> dict[str, Any]:
        """The answers are there, but what they belong to is not: a person may bring the file back, or stop the job as it is."""
        job, now = row["id"], timestamp(self.clock())
        is_there = self.store.head(Place.of(Input.from_dict(row["input"]))) is not None
        put: dict[str, Any] = {"attention": attention("WORK_GONE" if is_there else "INPUT_GONE")}
        if row.get("order") == Order.STOP:
            put = without_outputs(row, now, "WORK_GONE" if is_there else "OBJECT_GONE")
            price = price_of(self.services[row["route"]["service"]], Route.from_dict(row["route"]))
            put["price"] = {**row["price"], "spent": get_spent(batches, price)}
            self.spending.settle(row, put["price"]["spent"])
        self.reporting(row, put, now)
        when = (*lease.mine, _same_order(row))
        done = self.journal.end(job, row["run"], put, when=when, unless=("order",))
        release(self.table, lease)
        self.slots.give_back(row["route"]["service"], job)
        self.journal.show(job)
        if not done:
            return _answer("more")  # an order came in between
        return _answer("parked" if put["attention"] else "done")


def _is_waited_for(batch: BatchRow, order: str) -> bool:
    """Return True if the lanes still have something to do with a batch. To stop a job they settle what is parked, too."""
    if order == Order.DELETE:
        return not batch.forgotten
    return batch.open or (order == Order.STOP and batch.state is BatchState.PARKED)


def _same_order(row: Row) -> Condition:
    order = row.get("order")
    return Is("order", order) if order else Absent("order")


def _answer(outcome: str, wait: int = 1) -> dict[str, Any]:
    return {"outcome": outcome, "wait": wait}
