"""Random schedules in wider weather: crashes right behind an effect, sleeps of hours, clocks that are wrong, a store or a table that is out.

Gates stand at every call of the store too. A service may refuse an order, or its answer is lost.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import count
from typing import IO, TYPE_CHECKING, Any

from botocore.exceptions import EndpointConnectionError

from batchdrop.batches.orders import Order
from batchdrop.jobs import ENDED, Status
from tests.faults import answers as say
from tests.faults import injection as on
from tests.faults.invocations import Crash, Invocation
from tests.faults.scheduler import RING, STAY, GatedTable, Scheduler, Task
from tests.ports.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from batchdrop.ports import Change, Key, Place, Row, Stored

ASKS_SERVICE = say.SERVICE | {"order"}
BEGINS = frozenset({"post", "start"})
TYPICAL_GATES = 250
"""About half of the gates that a job passes."""

ORDERS_FIRST = 0.5
"""How likely a person's function goes on before any other."""

SLEEPS = (40.0, 400.0, 1000.0, 3000.0, 7200.0)
LANDS_AFTER = (1.0, 50.0, 130.0, 700.0)
"""Seconds after which what was sent and not answered takes effect: while its function could still be at work."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How rough the weather is; each is an option of the command."""

    faults: float = 1.0
    """How many strikes a schedule has, as a factor of what is drawn."""
    crash: float = 0.008
    """How likely a function ends at a gate while strikes are left."""
    crash_after: float = 0.04
    """The same right after an effect or a write."""
    sleep: float = 0.012
    """How likely a function falls asleep at a gate, for 40 s to two hours."""
    spoil: float = 0.05
    """How likely an effect is spoiled: its answer lost, late, refused, odd."""
    spoil_post: float = 0.15
    """The same for the one effect that costs money."""
    orders: float = 1.0
    """How many orders a person gives, as a factor of what is drawn."""
    outage: float = 0.3
    """How likely the store or the table is out for a quarter of an hour."""
    skew: float = 0.2
    """How likely the clocks of the functions are wrong, by up to 15 minutes."""
    hurry: float = 0.2
    """How likely collect has little time left when it begins to write."""
    service: float = 0.2
    """How likely the service stops, fails or deletes a job by itself."""
    again: float = 0.2
    """How likely the same file is dropped again."""
    hold: float = 0.15
    """How likely the route holds its jobs."""
    neighbor: float = 0.15
    """How likely another stack takes the same file, with the same account at the service."""


@dataclass(eq=False)
class History:
    """What was ordered, paid and begun in the course of a schedule; `trouble`: broken promises, in words."""

    trouble: list[str] = field(default_factory=list)
    again: Counter[str] = field(default_factory=Counter)
    """How often each batch was knowingly sent again, by its key."""
    _tick: int = 0
    _barred: dict[str, int] = field(default_factory=dict)
    _heard: dict[str, int] = field(default_factory=dict)

    def note_batch(self, change: Change) -> None:
        """A person, or the route for one, sends a batch again."""
        if "resent" in change.add:
            self.again[f"{change.key.pk} {change.key.sk}"] += 1

    def note_job(self, before: tuple[str, str], row: Row) -> None:
        """A job row was written; before: its order and status as they were."""
        job, order, status = row["id"], row.get("order", ""), row["status"]
        self._tick += 1
        if order or status in ENDED:
            self._barred.setdefault(job, self._tick)
        else:
            self._barred.pop(job, None)
        if before[0] == Order.DELETE and order != Order.DELETE and status != Status.DELETED:
            self.trouble.append("a delete was taken back")
        if before[0] == Order.STOP and not order and status not in ENDED and before[1] not in ENDED:
            self.trouble.append("a stop was lost")

    def hear(self, invocation: Invocation) -> None:
        """An invocation begins, or has the answer to a call: whatever it does now, it could have read the order before."""
        self._tick += 1
        self._heard[invocation.name] = self._tick

    def judge(self, name: str, invocation: Invocation) -> None:
        """Nothing is begun at the service after an order that could have been read, or after the job's end."""
        if name not in BEGINS or invocation.function != "Advance":
            return
        barred = self._barred.get(invocation.payload["job"])
        if barred is not None and barred < self._heard.get(invocation.name, 0):
            self.trouble.append(f"{name} although the job was to stop, or over")


@dataclass(eq=False)
class WiderScheduler(Scheduler):
    """A scheduler with heavier strikes. out: until when the store and the table are out, by their names."""

    weights: Weights = field(default_factory=Weights)
    history: History = field(default_factory=History)
    out: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    skewed: bool = False
    failures: Counter[str] = field(default_factory=Counter)
    gates: Counter[str] = field(default_factory=Counter)
    """How many gates were passed, by function; "" for all."""
    _planned: dict[str, list[tuple[int, int, Callable[[], None]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _numbers: Iterator[int] = field(default_factory=count)
    _due: list[Callable[[], None]] = field(default_factory=list)
    """What happens as soon as no function has the baton: a new one must not begin on another's stack."""

    def start(self, invocation: Invocation) -> None:
        """See Scheduler.start."""
        if self.skewed:
            invocation.skew = self.random.choice((-900.0, -60.0, 0.0, 60.0, 900.0))
        super().start(invocation)

    def at_gate(self, number: int, act: Callable[[], None], function: str = "") -> None:
        """Do something when that many gates more were passed, by a function of this name: in the middle of what it does."""
        heapq.heappush(self._planned[function], (self.gates[function] + number, next(self._numbers), act))

    def arm(self, strikes: int) -> None:
        """Spread strikes over the schedule: most would be used up while the file is planned."""
        for _ in range(strikes):
            self.at_gate(int(self.random.expovariate(1 / TYPICAL_GATES)), self._arm_one)

    def calm(self) -> None:
        """End the bad weather, and what was still to come of it."""
        self.faults = 0
        self.skewed = False
        self.out.clear()
        self._planned.clear()
        self._due.clear()

    def _arm_one(self) -> None:
        self.faults += 1

    def gate(self, name: str) -> None:
        """See Scheduler.gate."""
        task = self._now
        if task is None:
            return
        if task.invocation.dead or self._over:
            raise Crash
        for function in ("", task.invocation.function):
            self.gates[function] += 1
            planned = self._planned[function]
            while planned and planned[0][0] <= self.gates[function]:
                self._due.append(heapq.heappop(planned)[2])
                self._rest(task)
        drawn = self.random.random()
        if drawn > STAY:
            self._rest(task)
        elif self.faults:
            weights = self.weights
            crash = weights.crash_after if name.startswith(("after", "written")) else weights.crash
            if drawn < crash:
                self.faults -= 1
                self._crash(task, name)
            elif drawn < crash + weights.sleep:
                self.faults -= 1
                self._sleep(task, name)
            elif drawn < crash + weights.sleep + RING:
                self.region.later(0.0, self.ring)

    def _turn(self) -> bool:
        """See Scheduler._turn. A person's order mostly comes first, so that it falls into what the others are about."""
        while self._due:
            self._due.pop(0)()
        if self.random.random() < ORDERS_FIRST:
            for task in self.tasks:
                if task.invocation.function == "Order" and not task.sleeping:
                    self._go(task)
                    return True
        return super()._turn()

    def _crash(self, task: Task, name: str) -> None:
        self._note(task, "crash at", name)
        task.invocation.dead = True
        raise Crash

    def _sleep(self, task: Task, name: str) -> None:
        seconds = self.random.choice(SLEEPS)
        self._note(task, f"sleeps {seconds:g} s at", name)
        task.sleeping = True
        self.region.later(seconds, lambda: setattr(task, "sleeping", False))
        self._rest(task)

    def probe(self, name: str, act: Callable[[], Any]) -> Any:
        """See Scheduler.probe."""
        task = self._now
        if task is None:
            return act()
        self.gate(f"before {name}")
        if self.verbose:
            self._note(task, "does", name)
        self.watch(name, task.invocation)
        self.history.judge(name, task.invocation)
        spoil = self.weights.spoil_post if name == "post" else self.weights.spoil
        try:
            if self.faults and self.random.random() < spoil:
                self.faults -= 1
                return self._spoil(task, name, act)
            answer = act()
        finally:
            if name in ASKS_SERVICE:
                self.history.hear(task.invocation)
        self.gate(f"after {name}")
        return answer

    def _spoil(self, task: Task, name: str, act: Callable[[], Any]) -> Any:
        asks = name in ASKS_SERVICE
        kinds = (
            "lost",
            "lost",
            "late",
            "no",
            "busy",
            *(("odd", "refused", "denied") if asks else ("twice",)),
        )
        what = self.random.choice(kinds)
        self._note(task, what, name)
        error = name if name != "order" else "start"  # the same words of a service
        match what:
            case "lost":
                act()
                raise say.no_answer(error)
            case "late":
                self.region.later(self.random.choice(LANDS_AFTER), lambda: on.land(act))
                raise say.no_answer(error)
            case "no":
                raise say.refused_connection(error)
            case "busy":
                raise say.busy(error, self.random.choice((None, 5.0, 300.0)))
            case "odd":
                act()
                raise say.odd(error)
            case "refused":
                raise say.refused(400)(error)
            case "denied":
                raise say.denied(403)(error)
            case "twice" if name in on.SENT_AGAIN:
                act()
        return act()

    def check_out(self, what: str) -> None:
        """Raise what AWS says while the store or the table is out."""
        if self.region.clock.now < self.out[what]:
            self.failures[what] += 1
            if self.random.random() < 0.3:
                raise EndpointConnectionError(endpoint_url="https://aws.invalid")
            raise say.aws("SlowDown", 503) if what == "store" else say.aws("InternalServerError", 500)

    @property
    def is_out(self) -> bool:
        """Whether the store or the table is out."""
        return any(self.region.clock.now < until for until in self.out.values())

    @property
    def inside(self) -> bool:
        """Whether a function is at work, and not a person or a test."""
        return self._now is not None


class WiderTable(GatedTable):
    """A table with gates that may be out, and that keeps the history."""

    _scheduler: WiderScheduler

    def get(self, key: Key) -> Row | None:
        """See Table.get."""
        self._scheduler.check_out("table")
        return super().get(key)

    def query(self, pk: str, prefix: str = "", *, first: str = "", last: str = "") -> Iterator[Row]:
        """See Table.query."""
        self._scheduler.check_out("table")
        return super().query(pk, prefix, first=first, last=last)

    def jobs(
        self, status: str, *, limit: int = 100, before: str = "", until: str = "", oldest: bool = False
    ) -> Iterator[Row]:
        """See Table.jobs."""
        self._scheduler.check_out("table")
        return super().jobs(status, limit=limit, before=before, until=until, oldest=oldest)

    def _put(self, change: Change, row: Row | None) -> Row | None:
        self._scheduler.check_out("table")
        history = self._scheduler.history
        before = (row.get("order", ""), row.get("status", "")) if row else ("", "")
        written = super()._put(change, row)
        if change.key.sk == "job" and written is not None:
            history.note_job(before, written)
        elif change.add:
            history.note_batch(change)
        return written


class WiderStore(MemoryStore):
    """A store with gates that may be out."""

    def __init__(self, scheduler: WiderScheduler) -> None:
        super().__init__()
        self._scheduler = scheduler

    def _pass(self, name: str) -> None:
        if self._scheduler.inside:
            self._scheduler.gate(name)
            self._scheduler.check_out("store")

    def head(self, place: Place) -> Stored | None:
        """See Store.head."""
        self._pass("head")
        return super().head(place)

    def open(self, place: Place, start: int = 0, end: int | None = None) -> IO[bytes]:
        """See Store.open."""
        self._pass("open")
        return super().open(place, start, end)

    def read(self, place: Place) -> bytes:
        """See Store.read."""
        self._pass("open")
        return super().read(place)

    def put(self, place: Place, body: bytes, *, content_type: str = "application/octet-stream") -> Stored:
        """See Store.put."""
        self._pass("put")
        stored = super().put(place, body, content_type=content_type)
        self._scheduler.gate("written")
        return stored

    def put_if(
        self,
        place: Place,
        body: bytes,
        *,
        etag: str | None,
        content_type: str = "application/json",
        metadata: Mapping[str, str] | None = None,
    ) -> Stored | None:
        """See Store.put_if."""
        self._pass("put")
        stored = super().put_if(place, body, etag=etag, content_type=content_type, metadata=metadata)
        self._scheduler.gate("written")
        return stored

    def delete_all(self, bucket: str, prefix: str) -> int:
        """See Store.delete_all."""
        if not self._scheduler.inside:
            return 0  # a call that lands late: it names versions, and all of those are gone
        self._pass("delete")
        gone = super().delete_all(bucket, prefix)
        self._scheduler.gate("written")
        return gone

    def erase(self, place: Place, *, older_only: bool = False) -> int:
        """See Store.erase."""
        self._pass("delete")
        return super().erase(place, older_only=older_only)


LITTLE_TIME = 100.0
"""Seconds: too few to write a record."""
