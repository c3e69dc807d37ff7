"""A hundred thousand random schedules: `python -m tests.faults.schedules --count 100000`; `--seed N` plays one again, with its story.

Each drops a small file at a service of one kind of sending, with duplicate events, two runs at once, rings at every moment, crashes,
zombies, lost and late replies; then every promise of checks.py must hold, and the lease that only one driver acts at a time.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from batchdrop.observe import logger
from batchdrop.steps.callback import Answer
from tests.faults import checks
from tests.faults.kinds import KINDS
from tests.faults.person import decide, is_needed
from tests.faults.region import Region, over
from tests.faults.scheduler import GatedTable, Scheduler
from tests.faults.watching import without_lease
from tests.ports.memory_world import START

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batchdrop.ports import Progress, Ticket
    from tests.faults.invocations import Invocation
    from tests.faults.kinds import KindOfService

MONTH = 30 * 86_400.0
STEPS = 60_000
HEARD_WITHIN = 60.0
"""Seconds after a ring within which somebody looks, when nothing breaks: twice the window in which rings are gathered."""

PERSON_COMES_AFTER = 2 * 3600.0


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one schedule."""

    seed: int
    kind: str
    how: str
    trouble: tuple[str, ...] = ()
    trace: tuple[str, ...] = ()


@dataclass(eq=False)
class Play:
    """One schedule. `alter`: changes the region before the play begins (naive variants)."""

    seed: int
    alter: Callable[[Region], None] = lambda _region: None
    trouble: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.scheduler = Scheduler(self.random, faults=self.random.choice((0, 1, 1, 2, 3, 5)))
        kind: type[KindOfService] = KINDS[self.seed % len(KINDS)]
        self.region = Region(kind, options={"table": GatedTable(self.scheduler)})
        self.scheduler.attach(self.region)
        self.scheduler.watch = self._watch
        self.calm = not self.scheduler.faults
        if self.calm:
            self.scheduler.jumps = 0.0
        self._looks: list[tuple[float, str]] = []
        if kind.can.rings:
            self.scheduler.ring = lambda: self.region.ring(f"job-{self.random.randint(1, 3)}")
            self._note_looks()
        self.alter(self.region)

    def run(self) -> Told:
        """Play it; then a person helps whatever waits for one."""
        self._scene()
        rested = self.scheduler.run(seconds=MONTH, steps=STEPS)
        how = self._how()
        self._judge(rested)
        if not self.trouble:
            self.scheduler.faults = 0
            if is_needed(self.region):
                # After all that was late has landed: who sends again earlier may pay twice, and was told so.
                self.region.expect(PERSON_COMES_AFTER, lambda: decide(self.region))
                rested = self.scheduler.run(seconds=MONTH, steps=STEPS)
                self._judge(rested)
                if not self.trouble and self._how() != "completed":
                    self.trouble.append(f"after the person's decision it is {self._how()}")
        return Told(
            self.seed, self.region.kind.__name__, how, tuple(self.trouble), tuple(self.scheduler.trace)
        )

    def _judge(self, rested: bool) -> None:
        if not rested:
            self.trouble.append(f"stuck: {self._how()}")
            return
        self.trouble += checks.check_all(self.region)
        if not checks.jobs(self.region):
            self.trouble.append("the file is lost")
        if self._how() == "failure" and self.region.world.shop.billed:
            self.trouble.append("it failed after something was paid for")
        if self.calm:
            self.trouble += [f"the ring at {when - START:.0f} s was missed" for when in self._missed_rings()]

    def _note_looks(self) -> None:
        service = self.region.world.service
        check = service.check

        def noted(ticket: Ticket) -> Progress:
            self._looks.append((self.region.clock.now, ticket.id))
            return check(ticket)

        service.check = noted  # type: ignore[method-assign]  # the service is ours to watch

    def _is_done(self, ticket: str, when: float) -> bool:
        shop = self.region.world.shop
        job = shop.jobs.get(ticket)
        return job is not None and job.started is not None and job.started + shop.works_for <= when

    def _missed_rings(self) -> Iterator[float]:
        """Rings about work that was done, after which nobody looked for a while. Where nothing breaks there are none."""
        if not self.region.world.service.can.rings:
            return
        for when, ticket, answer in self.region.heard:
            if (
                self._is_done(ticket, when)
                and answer in (Answer.RUNG, Answer.NOTED)
                and not any(
                    name == ticket and when <= looked <= when + HEARD_WITHIN for looked, name in self._looks
                )
            ):
                yield when

    def _how(self) -> str:
        return ",".join(checks.Ended(row).how for row in checks.jobs(self.region)) or "no job"

    def _scene(self) -> None:
        region, draw = self.region, self.random
        region.world.route(
            "memory-geocode", service="memory", api="geocode", batch_records=draw.choice((1, 2, 100))
        )
        region.world.shop.works_for = draw.choice((0.0, 20.0, 45.0, 400.0))
        rows = "".join(f"{checks.CANARY} {draw.randint(1, 3)}\n" for _ in range(draw.randint(1, 3)))
        event = region.put(f"address\n{rows}".encode())
        for _ in range(draw.choice((1, 1, 2, 3))):
            region.deliver(event, after=draw.choice((0.0, 0.0, 1.0, 30.0, 2000.0)))
        for happening in (self._two_runs, self._abort, self._false_rings, self._sweep):
            if draw.random() < 0.2:
                region.later(draw.choice((0.5, 5.0, 40.0, 100.0, 900.0)), happening)
                self.calm = self.calm and happening not in (self._two_runs, self._abort)
        if region.world.service.can.rings:
            self._bend_rings()

    def _two_runs(self) -> None:
        """A new run begins although the old one still works."""
        for row in checks.jobs(self.region):
            if not over(row):
                payload = {"row": row}
                self.region.invoke("NextRun", payload, lambda _answer, _error: None, limit=60)

    def _abort(self) -> None:
        for name, execution in list(self.region.executions.items()):
            if execution.open:
                self.region.kill(name)

    def _false_rings(self) -> None:
        for number in range(1, 4):
            self.region.ring(f"job-{number}")

    def _sweep(self) -> None:
        self.region.invoke(
            "Sweep", {"detail-type": "Scheduled Event"}, lambda _answer, _error: None, limit=300
        )

    def _bend_rings(self) -> None:
        """Rings come early, late, twice, or never."""
        how = self.random.choice(("as they are", "never", "twice", "early", "late"))
        region = self.region
        service: Any = region.world.service
        ring = service.begun

        def early(ticket: str) -> None:
            region.later(0.0, lambda: region.ring(ticket))
            ring(ticket)

        def twice(ticket: str) -> None:
            ring(ticket)
            ring(ticket)

        def late(ticket: str) -> None:
            region.later(800.0, lambda: ring(ticket))

        bent = {"never": lambda _ticket: None, "twice": twice, "early": early, "late": late}
        service.begun = bent.get(how, ring)

    def _watch(self, name: str, invocation: Invocation) -> None:
        wrong = without_lease(self.region, name, invocation)
        if wrong:
            self.trouble.append(wrong)


def play(seed: int, *, verbose: bool = False) -> Told:
    """One schedule of the product as it is."""
    schedule = Play(seed)
    schedule.scheduler.verbose = verbose
    return schedule.run()


def hush() -> None:
    """No log lines, and temporary files in memory where there is such a place: speed."""
    logger.setLevel(logging.CRITICAL)
    memory = Path("/dev/shm")  # noqa: S108  # the system's own place for files in memory
    if memory.is_dir():
        tempfile.tempdir = str(memory)


def play_all(count: int, first: int = 0, processes: int = 2) -> Iterator[Told]:
    """Many schedules, spread over processes."""
    seeds = range(first, first + count)
    if processes == 1:
        yield from map(play, seeds)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, initializer=hush) as pool:
        yield from pool.imap_unordered(play, seeds, chunksize=50)


def run_command(
    parser: argparse.ArgumentParser,
    play_one: Callable[[argparse.Namespace], Told],
    play_many: Callable[[argparse.Namespace], Iterator[Told]],
) -> int:
    """Play one schedule again and tell its story, or play many and count how they ended; 1 when a promise was broken.

    play_one, play_many: take what was asked for on the command line.
    """
    parser.add_argument("--seed", type=int, help="play this one again and tell its story")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    hush()
    if asked.seed is not None:
        return _tell(play_one(asked))
    begun, hows, broken = time.monotonic(), Counter[str](), []
    for told in play_many(asked):
        hows[f"{told.kind}: {told.how}"] += 1
        if told.trouble:
            broken.append(told.seed)
            _tell(told)
    for how, number in sorted(hows.items()):
        _say(f"{number:8,}  {how}")
    seconds = time.monotonic() - begun
    _say(f"{asked.count:,} schedules in {seconds:.0f} s, {len(broken)} broken {sorted(broken)[:20]}")
    return 1 if broken else 0


def main() -> int:
    """The command."""
    return run_command(
        argparse.ArgumentParser(description=__doc__),
        lambda asked: play(asked.seed, verbose=True),
        lambda asked: play_all(asked.count, asked.first, asked.processes),
    )


def _tell(told: Told) -> int:
    _say(f"seed {told.seed} {told.kind}: {told.how}")
    for line in (*told.trace, *(f"BROKEN: {each}" for each in told.trouble)):
        _say(f"    {line}")
    return 1 if told.trouble else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
