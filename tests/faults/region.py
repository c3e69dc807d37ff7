"""A small cloud on a virtual clock: a queue that delivers again, executions of the real state machine, a schedule for sweep.

Functions are the real steps (tests/steps/world.py); the state machine is the real definition, read by tests/workflow/walk.py.
Time jumps from one due thing to the next. Everything goes through one heap, so a run is the same each time.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from batchdrop.effects import effect, probing
from batchdrop.jobs import ENDED
from batchdrop.ports import Place
from batchdrop.steps.callback import Answer, Callback
from tests.faults.execution import Execution, definition
from tests.faults.invocations import LIFETIME, Crash, Invocation, PathSecrets, SkewedClock
from tests.ports.memory import MemoryMachine
from tests.steps.world import INBOX, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from batchdrop.ports import Change, Row
    from tests.steps.memory_service import MemoryService

SWEEP_EVERY = 300.0
RECEIVES = 5  # template.yaml: maxReceiveCount
VISIBILITY = 360.0  # template.yaml: VisibilityTimeout
STREAM_DELAY = 0.3  # about what Lambda takes to see a new record


class RegionMachine(MemoryMachine):
    """The machine port: what is started here is really executed."""

    def __init__(self, region: Region) -> None:
        super().__init__()
        self._region = region

    def start(self, name: str, payload: Mapping[str, Any]) -> bool:
        """See Machine.start."""
        new = name not in self._inputs
        answer = super().start(name, payload)
        if new:
            self._region.begin(name, dict(payload))
        return answer

    def ring(self, token: str) -> None:
        """See Machine.ring."""
        super().ring(token)
        self._region.wake(token)


@dataclass(eq=False)
class Region:
    """Drop files, let time pass. `run` starts an invocation; schedules put a scheduler there."""

    kind: type[MemoryService]
    run: Callable[[Invocation], None] | None = None
    world_type: type[World] = World
    options: Mapping[str, Any] = field(default_factory=dict)
    sweeps: int = 0
    dead_letters: list[Any] = field(default_factory=list)
    executions: dict[str, Execution] = field(default_factory=dict)
    current: Invocation | None = None
    steps: int = 0
    uncaught: Callable[[Invocation, BaseException], None] = lambda _invocation, _error: None
    patrols: bool = True
    probe: Callable[[str, Callable[[], Any]], Any] | None = None
    skew_of: Callable[[str], float] = lambda _function: 0.0
    throttled: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = SkewedClock()
        self.clock.skew = lambda: self.current.skew if self.current else 0.0
        self.machine = RegionMachine(self)
        self.world = self.world_type(self.kind, clock=self.clock, machine=self.machine, **self.options)
        self.world.left = self._left
        self.world._names = self._names()  # type: ignore[assignment]  # an invocation's name is its request id
        service: Any = self.world.service
        service.outlived = self._end_of_life
        if service.can.rings:
            service.begun = self._will_ring
        self._stream()
        self.door = PathSecrets()
        self.rings_with = ""
        self.heard: list[tuple[float, str, Answer]] = []
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._ids = count(1)
        self.invoked: Counter[str] = Counter()
        self._tokens: dict[str, Callable[[], None]] = {}
        self.queued = 0
        self.at_work = 0
        if self.patrols:
            self.later(SWEEP_EVERY, self._patrol)

    # ------------------------------------------------------------------------------------------------ time

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something after a while."""
        heapq.heappush(self._heap, (self.clock.now + max(0.0, seconds), next(self._ids), act))

    def step(self) -> bool:
        """Do the next due thing; False when nothing is left."""
        if not self._heap:
            return False
        due, _, act = heapq.heappop(self._heap)
        self.clock.now = max(self.clock.now, due)
        self.steps += 1
        act()
        return True

    def expect(self, seconds: float, act: Callable[[], Any]) -> None:
        """Like `later`, and nobody is at rest before."""
        self.queued += 1

        def now() -> None:
            self.queued -= 1
            act()

        self.later(seconds, now)

    def pass_time(self, seconds: float) -> None:
        """Whatever happens within this time happens."""
        until = self.clock.now + seconds
        while self._heap and self._heap[0][0] <= until:
            self.step()
        self.clock.now = max(self.clock.now, until)

    def settle(self, *, seconds: float = 90 * 86_400.0, steps: int = 200_000) -> bool:
        """Go on until nothing is left to do; False when it takes longer than this."""
        until, most = self.clock.now + seconds, self.steps + steps
        while not self.at_rest():
            if self.clock.now > until or self.steps > most or not self.step():
                return False
        return True

    def at_rest(self) -> bool:
        """Whether every job is over or waits for a person, everything is announced, and nobody is at work."""
        if self.queued or self.at_work or any(each.open for each in self.executions.values()):
            return False
        rows = self.world.table.rows()
        jobs = [row for row in rows if row["sk"] == "job"]
        told = all(row["published"] for row in rows if row["sk"].startswith("event#"))
        return told and all(over(row) for row in jobs)

    # ------------------------------------------------------------------------------------------------ functions

    def invoke(
        self, function: str, payload: Any, done: Callable[[Any, str], None], *, limit: float = LIFETIME + 30
    ) -> None:
        """Call a function. `done(answer, error)`: error is Step Functions' name for what went wrong, or ''."""
        invocation = Invocation(f"invocation-{next(self._ids)}", function, payload, done, self.clock.now)
        self.invoked[function] += 1
        self.at_work += 1
        self.later(limit, lambda: self._give_up(invocation))
        (self.run or self.run_now)(invocation)

    def run_now(self, invocation: Invocation) -> None:
        """Run to the end, here."""
        answer: Any = None
        error = ""
        try:
            answer = self.call(invocation)
        except Crash:
            error = "Lambda.Unknown"
        except Exception as trouble:  # noqa: BLE001  # as the Lambda runtime does
            self.uncaught(invocation, trouble)
            error = type(trouble).__name__
        self.finish(invocation, answer, error)

    def call(self, invocation: Invocation) -> Any:
        """The step behind a function."""
        before, self.current = self.current, invocation
        step = self._step_of(invocation.function)
        try:
            if self.probe is None:
                return step(invocation.payload)
            with probing(self.probe):
                return step(invocation.payload)
        finally:
            self.current = before

    def _step_of(self, function: str) -> Callable[[Any], Any]:
        world = self.world
        steps: dict[str, Callable[[Any], Any]] = {
            "Submit": world.submit,
            "Plan": world.plan,
            "Admit": world.admit,
            "Advance": world.advance,
            "Collect": world.collect,
            "Announce": world.announce,
            "AnnounceFailure": world.announce,
            "Stream": world.publish,
            "Sweep": self.sweep,
            "Callback": self._callback,
            "NextRun": lambda payload: world.jobs.next_run(payload["row"]),
        }
        return steps[function]

    def finish(self, invocation: Invocation, answer: Any, error: str) -> None:
        """The function has answered."""
        invocation.dead = True
        if not invocation.given_up:
            invocation.given_up = True
            self.at_work -= 1
            invocation.done(answer, error)

    def _give_up(self, invocation: Invocation) -> None:
        if not invocation.given_up:
            invocation.given_up = True
            self.at_work -= 1
            invocation.done(None, "States.Timeout")

    def _end_of_life(self) -> None:
        """Lambda ends whoever has run for so long."""
        if self.current is not None and self.clock.now > self.current.started + LIFETIME:
            raise Crash

    def _left(self) -> float:
        return LIFETIME - (self.clock.now - self.current.started) if self.current else LIFETIME

    def _names(self) -> Iterator[str]:
        while True:
            assert self.current is not None
            yield self.current.name

    # ------------------------------------------------------------------------------------------------ queue

    def put(self, body: bytes, *, route: str = "memory-geocode", name: str = "people.csv") -> dict[str, Any]:
        """A file is dropped; gives its event, which is not delivered yet."""
        key = f"incoming/{route}/{name}"
        self.world.store.put(Place(INBOX, key), body)
        return self.world.event(key)

    def drop(self, body: bytes, *, copies: int = 1, **where: str) -> None:
        """A file is dropped, and its event delivered."""
        event = self.put(body, **where)
        for _ in range(copies):
            self.deliver(event)

    def deliver(self, event: dict[str, Any], *, after: float = 0.0, receives: int = 1) -> None:
        """The queue hands the event to submit; again after a while when that fails, five times in all."""

        def answered(_answer: Any, error: str) -> None:
            if error and receives < RECEIVES:
                self.deliver(event, after=VISIBILITY, receives=receives + 1)
            elif error:
                self.dead_letters.append(event)

        self.expect(after, lambda: self.invoke("Submit", event, answered, limit=60))

    def _stream(self) -> None:
        """The table's stream: each event that is written calls announce, soon and again until it is published."""
        table = self.world.table
        together = table.write_together

        def write_together(changes: Sequence[Change]) -> bool:
            try:
                done = together(changes)
            except BaseException:  # the stream has what was written, whatever became of the writer
                there = {(row["pk"], row["sk"]) for row in table.rows()}
                tell(change for change in changes if (change.key.pk, change.key.sk) in there)
                raise
            tell(changes if done else ())
            return done

        def tell(written: Iterable[Change]) -> None:
            for change in written:
                if change.key.sk.startswith("event#"):
                    self._written({"job": change.key.pk.removeprefix("job#")}, after=STREAM_DELAY)

        table.write_together = write_together  # type: ignore[method-assign]  # the table is this region's own

    def _written(self, record: dict[str, Any], *, after: float) -> None:
        def answered(left: Any, error: str) -> None:
            if error or left:
                self._written(record, after=min(60.0, 2 * after))

        self.expect(after, lambda: self.invoke("Stream", record, answered, limit=60))

    # ------------------------------------------------------------------------------------------------ machine

    def begin(self, name: str, payload: dict[str, Any]) -> None:
        """A new execution."""
        self.executions[name] = execution = Execution(self, name, definition(), payload, self._ended)
        self.later(0.0, execution.go)

    def kill(self, name: str) -> None:
        """Someone aborts the execution."""
        execution = self.executions[name]
        if execution.open:
            execution.abort()
            self._ended(execution, "ABORTED")

    def _ended(self, execution: Execution, how: str) -> None:
        self.machine.finish(execution.name)
        if how != "SUCCEEDED" and self.patrols:
            event = {
                "detail-type": "Step Functions Execution Status Change",
                "detail": {"name": execution.name, "status": how},
            }
            self.later(1.0, lambda: self.invoke("Sweep", event, lambda _answer, _error: None, limit=300))

    def listen(self, token: str, act: Callable[[], None]) -> None:
        """Somebody waits for a ring."""
        self._tokens[token] = act

    def wake(self, token: str) -> None:
        """Whoever waits with this token goes on."""
        act = self._tokens.pop(token, None)
        if act is not None:
            self.later(0.0, act)

    # ------------------------------------------------------------------------------------------------ doorbell

    def _will_ring(self, ticket: str) -> None:
        """The service rings when it is done."""
        self.later(self.world.shop.works_for, lambda: self.ring(ticket))

    def ring(self, called: str, secret: str = "") -> None:
        """A GET at the callback's URL."""
        path = (secret or self.rings_with or self.door.valid[0], "memory", called)
        self.invoke("Callback", path, lambda _answer, _error: None, limit=10)

    def _callback(self, path: tuple[str, str, str]) -> Any:
        world = self.world
        step = Callback(world.table, self.machine, self.door, {"memory": _ticket_of}, self.clock)
        answer = effect("callback", lambda: step(*path))
        self.heard.append((self.clock.now, path[2], answer))
        return answer

    # ------------------------------------------------------------------------------------------------ sweep

    def _patrol(self) -> None:
        self.later(SWEEP_EVERY, self._patrol)
        event = {"detail-type": "Scheduled Event"}
        self.invoke("Sweep", event, lambda _answer, _error: None, limit=300)

    def sweep(self, event: Mapping[str, Any]) -> Any:
        """The step sweep."""
        self.sweeps += 1
        if "detail" in event:
            return self.world.sweeper.drive_job(event["detail"]["name"])
        return self.world.sweep()


def _ticket_of(called: str) -> str | None:
    return called if re.fullmatch(r"[A-Za-z0-9_-]{1,128}", called) else None


def over(row: Row) -> bool:
    """Whether a job has ended or waits for a person."""
    return row["status"] in ENDED or row.get("attention") is not None
