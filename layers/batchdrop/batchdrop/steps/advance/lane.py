"""One tick of one lane: many batches, one clock.

A lane never ends in failure: an aborted lane would leave paid jobs uncollected. What goes wrong is counted in the lane's row, and
too much of it parks the lane's open batches.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from batchdrop import pace
from batchdrop.batches import accounting
from batchdrop.batches.orders import Order
from batchdrop.batches.ringing import quiet_again
from batchdrop.batches.sending import Move, next_move
from batchdrop.batches.states import BatchRow, batch_key, get_tag_base, job_pk
from batchdrop.errors import GoneMissing, Superseded
from batchdrop.jobs import ENDED, WORKING
from batchdrop.limits import Refused, release, take
from batchdrop.money import cost, price_of
from batchdrop.ports import Change, Is, Key, OneOf
from batchdrop.routes import Route
from batchdrop.sharing import Submissions, Tokens
from batchdrop.steps.advance.driver import BEFORE_WORK, Driver
from batchdrop.steps.advance.look import look
from batchdrop.steps.advance.obeying import carry_out
from batchdrop.steps.advance.read import read
from batchdrop.steps.advance.send import find, send, send_again, start, take_up_ticket

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batchdrop.limits import Lease
    from batchdrop.ports import Clock, Row, Service, Store, Table
    from batchdrop.sharing import Slots
    from batchdrop.steps.journal import Journal

MARGIN = 300.0
"""Seconds that must be left to an invocation to begin one more move: no move may outlive it."""

TICKS = 1000
"""Ticks after which a child execution ends and a fresh one takes over: a history holds 25,000 events, a tick makes up to 14."""

LISTENS_FROM = 60
"""Waits longer than this listen, so that an order is heard at once even where a service cannot ring."""

FAILURES = 20
"""Broken ticks in a row after which the lane's open batches are parked, when the first of them is long enough ago."""

STUCK_AFTER = 3600.0
"""Seconds for which ticks must have been breaking: when the store or the table is out for a quarter of an hour, that is waited out."""

_MOVES: dict[Move, Callable[[Driver, BatchRow], BatchRow | None]] = {
    Move.SEND: send,
    Move.FIND: find,
    Move.SEND_AGAIN: send_again,
    Move.START: start,
    Move.LOOK: look,
    Move.READ: read,
    Move.PARK_AMBIGUOUS: take_up_ticket,
}

_BEGINNING = frozenset({Move.SEND, Move.START})

_ASKING = frozenset(_MOVES) - {Move.READ, Move.PARK_AMBIGUOUS}


@dataclass(frozen=True, slots=True)
class Advance:
    """The use case behind the function `advance`."""

    table: Table
    store: Store
    journal: Journal
    clock: Clock
    service: Callable[[str], Service]
    bucket: str
    slots: Slots

    def __call__(
        self, payload: Mapping[str, Any], remaining: Callable[[], float], owner: str
    ) -> dict[str, Any]:
        """{job, run, lane: {pk, sk}, now} → the next `now`: {settled, listens, wait: 1..600, rings, ticks}.

        remaining: seconds left to this invocation; owner: a name no other invocation has.
        """
        seen, run = payload["now"], payload["run"]
        key = Key(payload["lane"]["pk"], payload["lane"]["sk"])
        lease = take(
            self.table, key, owner, run=run, now=self.clock(), remaining=remaining(), add={"failures": 1}
        )
        if isinstance(lease, Refused):
            over = lease.row is None or lease.row["run"] > run
            return _now(seen, settled=over, wait=lease.wait(self.clock()))
        try:
            now, put = self._tick(payload, lease, remaining)
        except Exception:
            # A broken tick is counted (failures stays) and the lane is free for the next one. A crash frees nothing.
            release(self.table, lease)
            raise
        release(
            self.table,
            lease,
            put={"failures": 0, "ticks": now["ticks"], **put},
            remove=("failing_since",),
        )
        return now

    def _is_stuck(self, lease: Lease) -> bool:
        """Return True if ticks have been breaking too often and for too long. A crash leaves nothing but its count."""
        lane, now = lease.row, self.clock()
        if lane["failures"] > 1 and "failing_since" not in lane:
            self.table.write(Change(lease.key, put={"failing_since": now}, when=lease.mine))
        since: float = lane.get("failing_since", now)
        return bool(lane["failures"] > FAILURES) and now - since > STUCK_AFTER

    def _tick(
        self, payload: Mapping[str, Any], lease: Lease, remaining: Callable[[], float]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        job, run, seen, lane = payload["job"], payload["run"], payload["now"], lease.row
        try:
            row = self.journal.row(job, run)
        except (Superseded, GoneMissing):
            return _now(seen, settled=True), {}
        if row["status"] in ENDED and row.get("order") != Order.DELETE:
            return _now(seen, settled=True), {}
        is_stuck = self._is_stuck(lease)
        self.slots.take(row["route"]["service"], job, self.clock())  # kept for as long as somebody looks
        ahead = self._ahead(lane, seen)
        driver = self._driver(row, lease, lambda: self.clock() + ahead)
        batches = self._batches(job, lane)
        driver.tokens.want = sum(batch.open and batch.next_look <= driver.time() for batch in batches) or 1
        if is_stuck:
            rows = [driver.park(batch, "LANE_STUCK") or batch if batch.open else batch for batch in batches]
        elif driver.order == Order.DELETE:
            rows = [self._move(driver, batch, remaining) for batch in batches]
        else:
            with self.journal.writing_objects(job):
                rows = [self._move(driver, batch, remaining) for batch in batches]
        if driver.superseded:
            return _now(seen, settled=True), {}
        if row["status"] not in ENDED:
            if row["status"] in BEFORE_WORK and any(batch.ticket and batch.open for batch in rows):
                driver.working()  # a job that is taken up again, or whose ticket a person has brought
            self._show(driver, row, lane, rows)
        now, put = self._next(driver, rows, seen, out_of_time=remaining() < MARGIN)
        outages = driver.tokens.count_outages()
        return {**now, "rings": lane["rings"]}, {"ahead": ahead, "outages": outages, **put}

    def _driver(self, row: Row, lease: Lease, time: Clock) -> Driver:
        route = Route.from_dict(row["route"])
        service = self.service(route.account)
        return Driver(
            job=row["id"],
            run=row["run"],
            hash=get_tag_base(row),
            owner=lease.owner,
            lane=lease.key,
            order=row.get("order", ""),
            route=route,
            answers=(row.get("plan") or {}).get("answers", ()),
            distinct=(row.get("plan") or {}).get("distinct", 0),
            service=service,
            table=self.table,
            store=self.store,
            journal=self.journal,
            bucket=self.bucket,
            time=time,
            submissions=Submissions(
                self.table,
                route.account,
                float(route.pace.get("submit_interval", service.can.submit_interval)),
                time,
            ),
            tokens=Tokens(
                self.table,
                route.service,
                service.can.requests_per_second,
                now=time(),
                outages=int(lease.row.get("outages", 0)),
            ),
        )

    def _ahead(self, lane: Row, seen: Mapping[str, Any]) -> float:
        """How far the lane's time is ahead of the clock, in seconds.

        When this tick follows the lane's last one and nobody rang, the machine has waited as it was told, whatever the
        clock says: that lets a machine with shortened waits (sandbox, tests) run a lane at speed. A second driver or a fresh
        child does not carry the lane's tick number, a ring cuts the wait short: then the lane's time stands where it stood.
        """
        stood = float(lane.get("ahead", 0))
        follows = seen["ticks"] > 0 and lane.get("ticks") == seen["ticks"] and lane["rings"] == seen["rings"]
        return max(stood, float(lane.get("wake", 0)) - self.clock()) if follows else stood

    def _batches(self, job: str, lane: Row) -> list[BatchRow]:
        first, last = (batch_key(job, lane[name]).sk for name in ("first_batch", "last_batch"))
        return [BatchRow.from_row(row) for row in self.table.query(job_pk(job), first=first, last=last)]

    def _move(self, driver: Driver, row: BatchRow, remaining: Callable[[], float]) -> BatchRow:
        """Move a batch while it is ready for something and there is time. Under an order nothing more is begun at the service."""
        while remaining() >= MARGIN and not driver.superseded:
            row = carry_out(driver, row)
            if driver.order == Order.DELETE:
                return row  # whatever is left to do is asked for in the next tick
            move = next_move(row, driver.service.can, until=driver.time())
            if move is Move.NOTHING or (driver.order and move in _BEGINNING):
                return row
            if move in _ASKING and not driver.tokens.take():
                return row
            if move in _BEGINNING and (later := driver.submissions.reserve()):
                return replace(
                    row, next_look=max(row.next_look, later)
                )  # not written: the next tick asks again
            order = driver.order
            moved = _MOVES[move](driver, row)
            if move in _ASKING and not driver.tokens.is_down:
                driver.tokens.is_answered = True
            if moved is None or (_is_as_before(moved, row) and driver.order == order):
                return moved or row
            row = moved
        return row

    def _show(self, driver: Driver, job: Row, lane: Row, rows: list[BatchRow]) -> None:
        """Bring the counters of the job up to date: this lane's from its batches, the others' from their rows."""
        mine = accounting.tally(rows)
        lane_key = Key(lane["pk"], lane["sk"])
        self.table.write(Change(lane_key, put={"tally": mine}, when=(Is("lease_owner", driver.owner),)))
        others = (
            row.get("tally", {}) for row in self.table.query(lane["pk"], "lane#") if row["sk"] != lane["sk"]
        )
        total = accounting.add_up((mine, *others))
        spent = cost(
            price_of(driver.service, driver.route),
            units=total["units"],
            submits=total["submits"],
            looks=total["looks"],
        )
        put: dict[str, Any] = {
            "records": accounting.underway(job["records"], total, total["done"]).to_dict(),
            "batches": {
                "total": job["batches"]["total"],
                "settled": total["settled"],
                "parked": total["parked"],
            },
            "price": {**job["price"], "spent": spent},
        }
        if total["settled"] > job["batches"]["settled"] and job.get("breaks"):
            put["breaks"] = 0  # only breakdowns without progress in between add up
        if any(job.get(name) != value for name, value in put.items()) and self.journal.change(
            job["id"],
            job["run"],
            put,
            when=(OneOf("status", WORKING),),
        ):
            self.journal.show(job["id"])

    def _next(
        self, driver: Driver, rows: list[BatchRow], seen: Mapping[str, Any], *, out_of_time: bool
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """When to look again: everything due within the next 20 % of the wait is looked at together, never early."""
        time = driver.time()
        waiting = sorted(row.next_look for row in rows if row.open)
        if driver.order == Order.DELETE:
            waiting = sorted(
                max(time + driver.min_wait(), row.next_look if row.misses else 0.0)
                for row in rows
                if not row.forgotten
            )
        if not waiting:
            return _now(seen, settled=True), {}
        if seen["ticks"] + 1 >= TICKS:
            return _now(seen, settled=True), {}
        if out_of_time:
            return _now(seen, wait=1), {"wake": time}
        if driver.tokens.wait:
            waiting = sorted(max(due, time + driver.tokens.wait) for due in waiting)
        gathered = [quiet_again(row, self.clock()) for row in rows]
        waiting = sorted((*waiting, *(time + left for left in gathered if left is not None)))
        together = pace.due_together(waiting[0], max(0.0, waiting[0] - time))
        wait = pace.machine_wait(max(due for due in waiting if due <= together), time)
        return _now(seen, wait=wait, listens=wait > LISTENS_FROM or driver.service.can.rings), {
            "wake": time + wait
        }


def _is_as_before(moved: BatchRow, row: BatchRow) -> bool:
    return (moved.state, moved.raw, moved.next_look) == (row.state, row.raw, row.next_look)


def _now(
    seen: Mapping[str, Any], *, settled: bool = False, wait: int = 1, listens: bool = False
) -> dict[str, Any]:
    return {
        "settled": settled,
        "listens": listens,
        "wait": wait,
        "rings": seen["rings"],
        "ticks": seen["ticks"] + 1,
    }
