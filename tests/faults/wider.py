"""Random schedules in wider weather: `python -m tests.faults.wider --count 20000`; `--seed N` plays one again, with its story.

Beside what schedules.py plays: a person who orders in any sequence (start, stop, delete, redrive, resubmit, adopt, recollect,
accept-gaps), crashes right behind an effect, sleeps of up to two hours, wrong clocks, a store or a table that is out, a collect with little
time, a service that stops and deletes, the same file again, another stack on the same inbox and account. In the end the weather is calm
and a person helps what waits for one; then every job is over, paid once, every record of it is accounted for, and a deleted one has left
nothing. Each weight is an option.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections import Counter
from dataclasses import dataclass, field, fields
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from batchdrop.batches.states import get_tag_base, tag
from batchdrop.jobs import ENDED
from batchdrop.steps.sweep import OUTLIVED
from tests.faults import checks
from tests.faults.schedules import PERSON_COMES_AFTER, Told, hush, run_command
from tests.faults.stopping_kinds import STOPPING_KINDS, Stopping
from tests.faults.watching import without_lease
from tests.faults.wider_region import ACTIONS, ORDERS, WiderRegion
from tests.faults.wider_scheduler import Weights, WiderScheduler, WiderStore, WiderTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.faults.invocations import Invocation

QUARTER_HOUR = 900.0
MONTH = 30 * 86_400.0
STEPS = 100_000
HELPS = 12
"""How often a person looks after the jobs once the weather is calm."""

_SEQUENCES: tuple[tuple[str, ...], ...] = (
    ("stop",),
    ("delete",),
    ("stop", "start"),
    ("stop", "delete"),
    ("delete", "start"),
    ("stop", "start", "stop", "start"),
    ("stop", "start", "stop", "start", "stop", "start"),
    ("stop", "start", "delete", "start", "stop"),
    ("redrive", "resubmit", "adopt", "recollect", "accept-gaps"),
)
_MOMENTS = (
    *(("", 0),) * 4,
    *(("", 60), ("Order", 5), ("Admit", 3)),
    *(("Advance", 10), ("Advance", 30), ("Advance", 100)),
    ("Collect", 10),
)
"""Functions, and about how many gates of theirs pass until an order comes in the middle of them; no gates: it comes after a while."""

_GAPS = (0.0, 0.0, 0.5, 1.0, 20.0, 45.0, 100.0, 300.0, 1000.0, 4000.0)
_NEIGHBOR_AFTER = (0.0, 0.1, 1.0, 30.0, 100.0, 1000.0)
_WORKS_FOR = (0.0, 20.0, 45.0, 400.0, 2000.0)


def as_it_is(_region: WiderRegion) -> None:
    """The product."""


@dataclass(eq=False)
class WiderPlay:
    """One schedule. `alter`: changes the region before the play begins (naive variants)."""

    seed: int
    weights: Weights = field(default_factory=Weights)
    alter: Callable[[WiderRegion], None] = as_it_is
    trouble: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        faults = round(self.random.choice((0, 1, 2, 3, 5, 8)) * self.weights.faults)
        self.scheduler = WiderScheduler(self.random, weights=self.weights)
        self.scheduler.arm(faults)
        kind = STOPPING_KINDS[self.seed % len(STOPPING_KINDS)]
        options = {"table": WiderTable(self.scheduler), "store": WiderStore(self.scheduler)}
        self.region = WiderRegion(kind, options=options)
        self.scheduler.attach(self.region)
        self.scheduler.skewed = self._happens(self.weights.skew)
        if not self.scheduler.skewed:  # else a lease may be taken too early, and only the writes protect
            self.scheduler.watch = self._watch
        self.region.world.shop.by_tag = True
        self.region.world.records_per_check = 1
        self.more_random = Random(f"{self.seed}")
        """Draws for what was added later: most known seeds stay the schedules that they were."""
        self.only_outage = not faults and not self.scheduler.skewed
        """Nothing else goes wrong: then an outage alone may park nothing."""
        self.alter(self.region)

    def run(self) -> Told:
        """Play it; then the weather is calm, and a person helps whatever waits for one."""
        self._scene()
        rested = self.scheduler.run(seconds=MONTH, steps=STEPS)
        how = self._how()
        self._judge(rested)
        if not self.trouble:
            self._clear()
            self._help()
        return Told(
            self.seed, self.region.kind.__name__, how, tuple(self.trouble), tuple(self.scheduler.trace)
        )

    # ------------------------------------------------------------------------------------------------ the scene

    def _happens(self, chance: float) -> bool:
        return self.random.random() < chance

    def _scene(self) -> None:
        region, draw = self.region, self.random
        again = self._happens(self.weights.again)
        has_neighbor = self.more_random.random() < self.weights.neighbor
        region.world.route(
            "memory-geocode",
            service="memory",
            api="geocode",
            batch_records=draw.choice((1, 2, 100)),
            hold=self._happens(self.weights.hold),
            repeats=draw.choice(("hold", "warn")),
            may_pay_again_up_to=draw.choice((0, 0, 0, 3)),
        )
        region.world.shop.works_for = draw.choice(_WORKS_FOR)
        rows = "".join(f"{checks.CANARY} {draw.randint(1, 6)}\n" for _ in range(draw.choice((1, 2, 3, 6))))
        body = f"address\n{rows}".encode()
        event = region.put(body)
        for _ in range(draw.choice((1, 1, 1, 2))):
            region.deliver(event, after=draw.choice((0.0, 0.0, 1.0, 30.0, 2000.0)))
        if again:
            after = draw.choice((0.0, 30.0, 500.0, 5000.0))
            region.expect(after, lambda: region.deliver(region.put(body)))
        if has_neighbor:
            region.expect(self.more_random.choice(_NEIGHBOR_AFTER), lambda: self.region.neighbor.take(event))
        self._order()
        self._break()

    def _order(self) -> None:
        """A person orders: one of the known sequences, or any, with any gaps, and some of it more than once."""
        draw = self.random
        for _ in range(round(draw.choice((0, 1, 1, 2, 3)) * self.weights.orders)):
            orders: Sequence[str] = draw.choice(_SEQUENCES)
            if draw.random() < 0.4:
                orders = draw.choices((*ORDERS, *ACTIONS), k=draw.randint(1, 6))
            orders = [order for order in orders for _ in range(draw.choice((1, 1, 1, 2)))]
            patience = draw.choice((0, 30))
            self._next_order(orders, draw.choice((0.0, 1.0, 10.0, 60.0, 200.0, 500.0, 1500.0)), patience)

    def _next_order(self, orders: Sequence[str], after: float, patience: int) -> None:
        """Give the first order after a while, or in the middle of what functions do, and then the next one.

        patience: how often a person looks whether an order fits before it is given anyway.
        """
        if not orders:
            return
        order, *rest = orders
        draw = self.random

        def give() -> None:
            self._give(order, patience, lambda: self._next_order(rest, draw.choice(_GAPS), patience))

        function, gates = draw.choice(_MOMENTS)
        if gates:
            self.scheduler.at_gate(int(draw.expovariate(1 / gates)), give, function)
        else:
            self.region.expect(after, give)

    def _give(self, order: str, patience: int, go_on: Callable[[], None]) -> None:
        """To the jobs there are, now and then to only one of them; a patient person waits until an order fits what a job is."""
        found = checks.jobs(self.region)
        fitting = [row for row in found if self.region.fits(order, row)]
        if patience and not fitting:
            self.region.expect(60.0, lambda: self._give(order, patience - 1, go_on))
            return
        for row in (fitting if patience else found)[: None if self.random.random() < 0.7 else 1]:
            self.region.order(order, row["id"], tries=self.random.choice((1, 1, 3)))
        go_on()

    def _break(self) -> None:
        region, draw, weights = self.region, self.random, self.weights
        if self._happens(weights.outage):
            for what in draw.choice((("store",), ("store",), ("table",), ("store", "table"))):
                region.later(
                    draw.choice((0.0, 0.2, 5.0, 60.0, 100.0, 400.0, 2000.0)), partial(self._cut, what)
                )
        if self._happens(weights.hurry):
            self._hurry(draw.randint(1, 3))
        for happening in (self._two_runs, self._abort):
            if self._happens(0.1):
                self.only_outage = False
                region.later(draw.choice((0.5, 5.0, 40.0, 100.0, 900.0)), happening)
        if self._happens(weights.service):
            self.only_outage = False
            region.later(draw.choice((10.0, 40.0, 100.0, 500.0, 2000.0)), self._act_as_service)
        service = region.world.service
        if isinstance(service, Stopping):
            service.refuses_running = draw.random() < 0.5
            service.stops_after = draw.choice((0.0, 0.0, 15.0, 200.0))

    def _cut(self, what: str) -> None:
        """The store or the table is out for a quarter of an hour."""
        self.scheduler.trace.append(f"{what} is out")
        self.scheduler.out[what] = self.region.clock.now + QUARTER_HOUR

    def _hurry(self, most: int) -> None:
        """The next invocations of collect have little time left after they have taken their lease, or some records later."""
        left, invoke = [most], self.region.call

        def hurried(invocation: Invocation) -> object:
            if invocation.function == "Collect" and left[0]:
                left[0] -= 1
                self.region.hurried[invocation.name] = self.more_random.choice((1, 1, 2, 3, 4))
            return invoke(invocation)

        self.region.call = hurried  # type: ignore[method-assign]  # the region is the play's own

    def _two_runs(self) -> None:
        """A new run begins although the old one still works."""
        for row in checks.jobs(self.region):
            if row["status"] not in ENDED and not row.get("attention"):
                self.region.invoke("NextRun", {"row": row}, lambda _answer, _error: None, limit=60)

    def _abort(self) -> None:
        for name, execution in list(self.region.executions.items()):
            if execution.open:
                self.region.kill(name)

    def _act_as_service(self) -> None:
        """The service stops, fails or deletes one of its jobs."""
        shop, service = self.region.world.shop, self.region.world.service
        names = sorted(shop.jobs.keys() - self.region.neighbor.get_tickets())
        if not names:
            return
        name = self.random.choice(names)
        what = self.random.choice(("stops", "fails", "deletes"))
        self.scheduler.trace.append(f"the service {what} {name}")
        if not isinstance(service, Stopping) or what == "deletes":
            del shop.jobs[name]
        elif service.is_running(shop.jobs[name]):
            if what == "fails":
                shop.jobs[name].failed = True
            else:
                shop.jobs[name].stopped = self.region.clock.now

    # ------------------------------------------------------------------------------------------------ the end

    def _clear(self) -> None:
        """The weather is calm."""
        self.scheduler.calm()

    def _help(self) -> None:
        """A person looks after the jobs until none waits for one."""
        for _ in range(HELPS):
            letters, self.region.dead_letters[:] = list(self.region.dead_letters), []
            needs = [
                (need, row["id"]) for row in checks.jobs(self.region) for need in self.region.get_needs(row)
            ]
            if not letters and not needs:
                break
            for event in letters:
                self.region.deliver(event)
            for number, (need, job) in enumerate(needs):
                # After all that was late has landed: who sends again earlier may pay twice, and was told so.
                self.region.expect(PERSON_COMES_AFTER + 60 * number, partial(self.region.order, need, job))
            self._judge(self.scheduler.run(seconds=MONTH, steps=STEPS))
            if self.trouble:
                return
        else:
            self.trouble.append(f"a person helps in vain: {self._how()}")
            return
        if any(row["status"] == "deleted" for row in checks.jobs(self.region)):
            # Who died right after a write has left what only the second delete finds.
            self.region.expect(OUTLIVED + 3600.0, lambda: None)
            self._judge(self.scheduler.run(seconds=MONTH, steps=STEPS))
        self._judge_end()

    def _judge(self, rested: bool) -> None:
        history = self.scheduler.history
        if not rested:
            self.trouble.append(f"stuck: {self._how()}")
        else:
            again = self._get_again()
            self.trouble += self._without_awaited(checks.check_all(self.region, again=again))
        self.trouble += dict.fromkeys(history.trouble)
        if self.only_outage and self.scheduler.failures:
            # Where both are out, a ticket can be kept nowhere.
            ends = ("LANE_STUCK",) if len(self.scheduler.failures) > 1 else ("LANE_STUCK", "AMBIGUOUS_SEND")
            parked = [how for how in self._how().split(",") if how.endswith(ends)]
            self.trouble += [f"an outage alone has {how}" for how in parked]

    def _without_awaited(self, found: list[str]) -> list[str]:
        """Leave out a missing job.json that the last delete of a job writes again: a collect that crashed had deleted it too late."""
        if any(" Collect " in line and ": crash at" in line for line in self.scheduler.trace):
            for row in checks.jobs(self.region):
                is_awaited = row["status"] == "deleted" and row.get("deletes") and not row.get("last_delete")
                if is_awaited and checks.NO_DOCUMENT in found:
                    found.remove(checks.NO_DOCUMENT)
        return found

    def _get_again(self) -> Counter[str]:
        """How often each batch was knowingly sent again, by its tag."""
        found = Counter[str]()
        bases = {row["pk"]: get_tag_base(row) for row in checks.jobs(self.region)}
        for key, times in self.scheduler.history.again.items():
            pk, _, sk = key.partition(" ")
            found[tag(bases[pk], int(sk.partition("#")[2]))] += times
        return found

    def _judge_end(self) -> None:
        """All is over: nothing is lost, nothing of a deleted job is left, and sweep says that nobody waits."""
        region = self.region
        if not checks.jobs(region):
            self.trouble.append("the file is lost")
        self.trouble += self.region.neighbor.find_errors()
        self.trouble += [f"it ended {how}" for how in self._how().split(",") if how not in ENDED]
        for row in checks.jobs(region):
            if row["status"] == "deleted":
                self.trouble += checks.check_deleted(region, row)
        region.sweep({"detail-type": "Scheduled Event"})
        self.trouble += checks.check_sweep(region)

    def _how(self) -> str:
        return ",".join(checks.Ended(row).how for row in checks.jobs(self.region)) or "no job"

    def _watch(self, name: str, invocation: Invocation) -> None:
        wrong = without_lease(self.region, name, invocation)
        if wrong:
            self.trouble.append(wrong)


def play(seed: int, weights: Weights | None = None, *, verbose: bool = False) -> Told:
    """One schedule of the product as it is."""
    schedule = WiderPlay(seed, weights or Weights())
    schedule.scheduler.verbose = verbose
    return schedule.run()


def play_all(
    count: int, first: int = 0, processes: int = 2, weights: Weights | None = None
) -> Iterator[Told]:
    """Many schedules, spread over processes."""
    seeds = range(first, first + count)
    one = partial(play, weights=weights)
    if processes == 1:
        yield from map(one, seeds)
        return
    with multiprocessing.get_context("spawn").Pool(processes, initializer=hush) as pool:
        yield from pool.imap_unordered(one, seeds, chunksize=50)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    for weight in fields(Weights):
        parser.add_argument(f"--{weight.name.replace('_', '-')}", type=float, default=weight.default)
    return run_command(
        parser,
        lambda asked: play(asked.seed, _get_weights(asked), verbose=True),
        lambda asked: play_all(asked.count, asked.first, asked.processes, _get_weights(asked)),
    )


def _get_weights(asked: argparse.Namespace) -> Weights:
    return Weights(*(getattr(asked, weight.name) for weight in fields(Weights)))


if __name__ == "__main__":
    sys.exit(main())
