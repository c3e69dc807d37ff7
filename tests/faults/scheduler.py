"""Random schedules of the real steps: a region whose invocations run side by side, broken at gates drawn from a seed.

Gates stand before and after every write and read of the table, and around every effect. At a gate the baton may go to another
invocation, this one may fall asleep and wake long after its lease, and its process may end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.faults import answers as say
from tests.faults import injection as on
from tests.faults.baton import Runner
from tests.faults.invocations import Crash, Invocation
from tests.faults.quick_table import QuickTable
from tests.ports.memory_world import START

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from random import Random

    from batchdrop.ports import Change, Key, Row, Written
    from tests.faults.region import Region

STAY = 0.8
"""How likely an invocation keeps the baton at a gate."""

STRIKE = 0.02
"""How likely a gate is struck while faults are left."""


POST_STRIKE = 0.15
"""The one effect that costs money is struck more often."""

RING = 0.003
"""How likely somebody rings at a gate, early, again or falsely."""


@dataclass(eq=False, slots=True)
class Task:
    """One invocation on its way."""

    invocation: Invocation
    runner: Runner
    sleeping: bool = False


@dataclass(eq=False)
class Scheduler:
    """Runs a region's invocations side by side. faults: how many strikes are left; trace: what was struck; jumps: how likely
    time passes although somebody could move.
    """

    random: Random
    faults: int = 0
    tasks: list[Task] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)
    verbose: bool = False
    jumps: float = 0.03
    watch: Callable[[str, Invocation], None] = lambda _name, _invocation: None
    ring: Callable[[], None] = lambda: None
    region: Region = field(init=False)
    _now: Task | None = None
    _over: bool = False

    def attach(self, region: Region) -> None:
        """Take over the region's invocations."""
        self.region = region
        region.run = self.start
        region.probe = self.probe

    # ---------------------------------------------------------------------------------------------- outside of invocations

    def start(self, invocation: Invocation) -> None:
        """A new invocation joins the others."""

        def job() -> None:
            answer: Any = None
            error = ""
            try:
                answer = self.region.call(invocation)
            except Crash:
                error = "Lambda.Unknown"
            except Exception as trouble:  # noqa: BLE001  # as the Lambda runtime does
                error = type(trouble).__name__
            self.region.finish(invocation, answer, error)

        self.tasks.append(Task(invocation, Runner(job)))

    def run(self, *, seconds: float, steps: int) -> bool:
        """Until everything is at rest, sleepers too; False when that takes too long."""
        region = self.region
        until = region.clock.now + seconds
        for _ in range(steps):
            if not self._awake() and not self.tasks and region.at_rest():
                return True
            if not self._turn() or region.clock.now > until:
                break
        self._end()
        return False

    def _awake(self) -> list[Task]:
        return [task for task in self.tasks if not task.sleeping]

    def _turn(self) -> bool:
        """Give the baton to somebody, or let time pass: now and then although somebody could move."""
        awake = self._awake()
        if not awake or self.random.random() < self.jumps:
            return self.region.step()
        self._go(awake[int(self.random.random() * len(awake))])
        return True

    def _go(self, task: Task) -> None:
        self._now, self.region.current = task, task.invocation
        task.runner.go()
        self._now = self.region.current = None
        if not task.runner.busy:
            self.tasks.remove(task)

    def _end(self) -> None:
        """Have every invocation die, so that its stack is unwound."""
        self._over = True
        while self.tasks:
            self._go(self.tasks[0])

    # ---------------------------------------------------------------------------------------------- in an invocation

    def gate(self, name: str) -> None:
        """A point where anything may happen between two acts."""
        task = self._now
        if task is None:
            return
        if task.invocation.dead or self._over:
            raise Crash
        drawn = self.random.random()
        if drawn < STRIKE:
            if self.faults:
                self.faults -= 1
                self._strike(task, name)
        elif drawn < STRIKE + RING:
            self.region.later(0.0, self.ring)
        elif drawn > STAY:
            self._rest(task)

    def _rest(self, task: Task) -> None:
        task.runner.rest()
        if self._over:
            task.invocation.dead = True
            raise Crash

    def _strike(self, task: Task, name: str) -> None:
        if self.random.random() < 0.5:
            self._note(task, "crash at", name)
            task.invocation.dead = True
            raise Crash
        seconds = self.random.choice((1.0, 40.0, 400.0, 1000.0, 3000.0))
        self._note(task, f"sleeps {seconds:g} s at", name)
        task.sleeping = True
        self.region.later(seconds, lambda: setattr(task, "sleeping", False))
        self._rest(task)

    def _note(self, task: Task, what: str, name: str) -> None:
        who = f"{task.invocation.function} {task.invocation.name.removeprefix('invocation-')}"
        self.trace.append(f"{self.region.clock.now - START:.0f} s {who}: {what} {name}")

    def probe(self, name: str, act: Callable[[], Any]) -> Any:
        """For effects.probing: a gate on each side, and now and then an answer that never comes, or comes late."""
        task = self._now
        if task is None:
            return act()
        self.gate(f"before {name}")
        if self.verbose:
            self._note(task, "does", name)
        self.watch(name, task.invocation)
        if self.faults and self.random.random() < (POST_STRIKE if name == "post" else 2 * STRIKE):
            self.faults -= 1
            return self._spoil(task, name, act)
        answer = act()
        self.gate(f"after {name}")
        return answer

    def _spoil(self, task: Task, name: str, act: Callable[[], Any]) -> Any:
        what = self.random.choice(("lost", "late", "no", "busy", "odd", "twice"))
        self._note(task, what, name)
        match what:
            case "lost":
                act()
                raise say.no_answer(name)
            case "late":
                seconds = self.random.choice((1.0, 50.0, 130.0, 700.0, 4000.0))
                self.region.later(seconds, lambda: on.land(act))
                raise say.no_answer(name)
            case "no":
                raise say.refused_connection(name)
            case "busy":
                raise say.busy(name, self.random.choice((None, 5.0, 300.0)))
            case "odd" if name in say.SERVICE:
                act()
                raise say.odd(name)
            case "twice" if name in on.SENT_AGAIN:
                act()
        return act()


class GatedTable(QuickTable):
    """The table with gates, and with replies that get lost: then botocore sends the write again, and the second answer counts."""

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__()
        self._scheduler = scheduler

    def get(self, key: Key) -> Row | None:
        """See Table.get."""
        self._scheduler.gate("get")
        return super().get(key)

    def query(self, pk: str, prefix: str = "", *, first: str = "", last: str = "") -> Iterator[Row]:
        """See Table.query."""
        self._scheduler.gate("query")
        return super().query(pk, prefix, first=first, last=last)

    def write(self, change: Change) -> Written:
        """See Table.write."""
        self._scheduler.gate("write")
        written = super().write(change)
        scheduler = self._scheduler
        if scheduler.faults and scheduler._now is not None and scheduler.random.random() < STRIKE:
            scheduler.faults -= 1
            scheduler._note(scheduler._now, "sends twice", f"write {change.key.sk}")
            written = super().write(change)
        scheduler.gate("written")
        return written

    def write_together(self, changes: Sequence[Change]) -> bool:
        """See Table.write_together. A transaction that is sent again is not done again."""
        self._scheduler.gate("write")
        done = super().write_together(changes)
        self._scheduler.gate("written")
        return done
