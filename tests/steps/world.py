"""The whole product in memory: the real steps over in-memory ports, a service with a ledger, and a machine that obeys the road.

`World.drop(...)` puts a file in the inbox and delivers its event; `World.drive(job)` does what the state machine does.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from itertools import count, cycle
from typing import TYPE_CHECKING, Any

from batchdrop.jobs import folder
from batchdrop.ports import Place
from batchdrop.report import page
from batchdrop.steps.admit import Admit
from batchdrop.steps.advance import Advance
from batchdrop.steps.announce import Announce
from batchdrop.steps.collect import Collect
from batchdrop.steps.collect.writing import RECORDS_PER_CHECK
from batchdrop.steps.jobs import Jobs
from batchdrop.steps.journal import Journal
from batchdrop.steps.plan import Plan
from batchdrop.steps.reporting import Reporting
from batchdrop.steps.slot_queue import WakingSlots
from batchdrop.steps.spending import Spending
from batchdrop.steps.submit import Submit
from batchdrop.steps.sweep import Sweep
from tests.ports.memory import ManualClock, MemoryMachine, MemoryPublisher, MemoryStore, MemoryTable
from tests.steps.memory_service import MemoryService, Shop

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

INBOX, RESULTS = "inbox", "results"
ROUTE = {"service": "memory", "api": "geocode"}
TOLERANT = {"max_invalid": 1_000_000, "repeats": "warn"}
"""Stories have few records, and odd ones among them, and drop the same bytes more than once."""

SEEDS = {"settled": False, "listens": False, "wait": 30, "rings": 0, "ticks": 0}


@dataclass
class World:
    """Everything a story needs. `kind`: the service's class; `left`: seconds an invocation has."""

    kind: type[MemoryService] = MemoryService
    clock: ManualClock = field(default_factory=ManualClock)
    table: MemoryTable = field(default_factory=MemoryTable)
    store: MemoryStore = field(default_factory=MemoryStore)
    machine: MemoryMachine = field(default_factory=MemoryMachine)
    publisher: MemoryPublisher = field(default_factory=MemoryPublisher)
    left: Callable[[], float] = lambda: 900.0
    trail: list[str] = field(default_factory=list)
    at_once: int = 50
    private_names: bool = False
    results: str = RESULTS
    secrets: frozenset[str] = frozenset()
    metrics: dict[str, float] = field(default_factory=dict)
    records_per_check: int = RECORDS_PER_CHECK

    def __post_init__(self) -> None:
        self.shop = Shop(self.clock)
        self.service = self.kind(self.shop)
        self.journal = Journal(self.table, self.store, self.results, self.clock)
        self._names = (f"invocation-{number}" for number in count(1))
        self.slots = WakingSlots(self.table, self.at_once, self.machine, self.clock)
        self.spending = Spending(self.table, self.clock)
        self.reporting = Reporting(self.store, self.results, page)
        self.route("memory-geocode", **ROUTE)

    def route(self, name: str, **entry: Any) -> None:
        """Define a route in the inbox bucket, with the options of TOLERANT unless it says otherwise; None: as the product has it."""
        options = {option: value for option, value in (TOLERANT | entry).items() if value is not None}
        self.store.put(Place(INBOX, f"routes/{name}.json"), json.dumps(options).encode())

    # what the functions are

    def submit(self, event: dict[str, Any]) -> str | None:
        return self._submit(event)

    def deliver(self, event: dict[str, Any]) -> list[str]:
        """As the function `submit` takes a message of its queue."""
        return self._submit.deliver(event)

    @property
    def _submit(self) -> Submit:
        return Submit(
            table=self.table,
            store=self.store,
            machine=self.machine,
            journal=self.journal,
            clock=self.clock,
            services=frozenset({"memory"}),
            simulated=frozenset(),
            secrets=self.secrets,
            private_names=self.private_names,
        )

    def plan(self, payload: dict[str, Any]) -> dict[str, Any]:
        step = Plan(
            self.table,
            self.store,
            self.journal,
            self.clock,
            {"memory": self.kind},
            self.results,
            self.reporting,
        )
        return step(payload)

    def admit(self, payload: dict[str, Any]) -> dict[str, Any]:
        return Admit(self.journal, self.slots, self.clock, self.spending)(payload)

    def advance(self, payload: dict[str, Any]) -> dict[str, Any]:
        step = Advance(
            table=self.table,
            store=self.store,
            journal=self.journal,
            clock=self.clock,
            service=lambda _name: self.service,
            bucket=self.results,
            slots=self.slots,
        )
        return step(payload, self.left, next(self._names))

    def collect(self, payload: dict[str, Any]) -> dict[str, Any]:
        step = Collect(
            table=self.table,
            store=self.store,
            journal=self.journal,
            clock=self.clock,
            services={"memory": self.kind},
            bucket=self.results,
            slots=self.slots,
            reporting=self.reporting,
            spending=self.spending,
            records_per_check=self.records_per_check,
        )
        return step(payload, self.left, next(self._names))

    def announce(self, payload: dict[str, Any]) -> dict[str, Any]:
        return self._announce(payload)

    def publish(self, payload: dict[str, Any]) -> int:
        """What announce does for a record of the table's stream."""
        return self._announce.publish(payload["job"])

    @property
    def _announce(self) -> Announce:
        return Announce(self.table, self.publisher, self.journal, self.clock, self.reporting, self.spending)

    @property
    def jobs(self) -> Jobs:
        """Orders of people."""
        return Jobs(self.table, self.machine, self.journal, self.clock, {"memory": self.kind})

    def sweep(self, remaining: Callable[[], float] = lambda: 900.0) -> dict[str, Any]:
        self.metrics.clear()
        return self.sweeper(remaining)

    @property
    def sweeper(self) -> Sweep:
        """The step behind the function `sweep`."""
        return Sweep(
            table=self.table,
            machine=self.machine,
            jobs=self.jobs,
            clock=self.clock,
            services={"memory": self.kind},
            measure=self._measure,
        )

    def _measure(self, name: str, value: float, **dimensions: str) -> None:
        self.metrics[" ".join((name, *dimensions.values()))] = value

    # what the machine does

    def event(self, key: str) -> dict[str, Any]:
        """The "Object Created" event of the newest version."""
        stored = self.store.head(Place(INBOX, key))
        assert stored is not None
        item = {
            "key": key,
            "size": stored.size,
            "etag": stored.etag,
            "version-id": stored.version,
            "sequencer": "00",
        }
        return {"detail-type": "Object Created", "detail": {"bucket": {"name": INBOX}, "object": item}}

    def drop(self, body: bytes, *, route: str = "memory-geocode", name: str = "people.csv") -> str:
        """Put a file, deliver its event once; gives the job id."""
        key = f"incoming/{route}/{name}"
        self.store.put(Place(INBOX, key), body)
        job = self.submit(self.event(key))
        assert job is not None
        return job

    def collect_in_pieces(self, payload: dict[str, Any], most: int = 100) -> list[str]:
        """Collect with little time for each invocation until it says something else than `more`; what each said."""
        left = cycle((900.0, 900.0, 0.0))
        self.left = lambda: next(left)
        outcomes = [self.collect(payload)["outcome"]]
        while outcomes[-1] == "more" and len(outcomes) <= most:
            outcomes.append(self.collect(payload)["outcome"])
        return outcomes

    def follow(self, job: str, run: int = 0, rounds: int = 50) -> Generator[float, None, str]:
        """Go through one execution of the state machine. Yield the seconds of each wait; return the name of the state it ends in."""
        payload: dict[str, Any] = {"job": job, "run": run}
        planned = self.plan(payload)
        if planned["outcome"] == "superseded":
            return "Done"
        if planned["outcome"] == "planned":
            admitted = self.admit(payload)["outcome"]
            if admitted == "hold":
                return "Hold"
            assert admitted in ("go", "parked")
            for _ in range(rounds if admitted == "go" else 0):
                for lane in planned["lanes"]:
                    yield from (now["wait"] for now in self.ticks(payload, lane) if not now["settled"])
                collected = self.collect(payload)
                while collected["outcome"] == "more":
                    collected = self.collect(payload)
                self.trail.append(f"collect:{collected['outcome']}")
                if collected["outcome"] != "open":
                    break
                yield collected["wait"]
        ended: str = self.announce({**payload, "failed": False})["outcome"]
        self.machine.finish(f"{job}-r{run}")
        return {"done": "Done", "parked": "Parked", "failed": "Failed"}[ended]

    def drive(self, job: str, run: int = 0, rounds: int = 50) -> str:
        """One execution of the state machine, with its waits passed at once; gives the name of the state it ends in."""
        execution = self.follow(job, run, rounds)
        while True:
            try:
                self.clock.advance(next(execution))
            except StopIteration as end:
                return str(end.value)

    def ticks(
        self, payload: dict[str, Any], lane: dict[str, str], most: int = 2000
    ) -> Iterator[dict[str, Any]]:
        """Yield what each tick of one child execution answers, until the lane is settled."""
        now = dict(SEEDS)
        for _ in range(most):
            now = self.advance({**payload, "lane": lane, "now": now})
            assert set(now) == set(SEEDS)
            assert isinstance(now["wait"], int)
            assert 1 <= now["wait"] <= 600
            self.trail.append("advance")
            yield now
            if now["settled"]:
                break

    def lane(self, payload: dict[str, Any], lane: dict[str, str], ticks: int = 2000) -> dict[str, Any]:
        """One child execution, with its waits passed at once."""
        now = dict(SEEDS)
        for now in self.ticks(payload, lane, ticks):
            if not now["settled"]:
                self.clock.advance(now["wait"])
        return now

    # what people see

    def document(self, job: str) -> dict[str, Any]:
        """job.json."""
        body: dict[str, Any] = json.loads(self.store.read(Place(self.results, f"{folder(job)}job.json")))
        return body

    def output(self, job: str, name: str) -> bytes:
        """One of the job's objects."""
        return self.store.read(Place(self.results, folder(job) + name))

    def rows(self, job: str, name: str) -> list[dict[str, str]]:
        """A CSV output, read."""
        return list(csv.DictReader(io.StringIO(self.output(job, name).decode())))
