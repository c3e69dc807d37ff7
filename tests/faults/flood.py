"""A thousand files at once, half of their events doubled, all of them shuffled; and ten thousand calls at the doorbell."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from batchdrop.steps.callback import Answer
from tests.faults import checks
from tests.faults.kinds import Tagged
from tests.faults.quick_table import QuickTable
from tests.faults.region import Region

if TYPE_CHECKING:
    from tests.faults.kinds import KindOfService

AT_ONCE = 20
_HONEST = frozenset({Answer.RUNG, Answer.NOTED, Answer.OVER})


@dataclass(frozen=True, slots=True)
class Flooded:
    """What came of it, in numbers; trouble: what broke."""

    jobs: int
    events: int
    at_once: int
    seconds: float
    admissions: int
    """Calls of admit."""
    trouble: tuple[str, ...]


def drop_many(files: int, kind: type[KindOfService] = Tagged, seed: int = 1) -> Flooded:
    """That many files within a second, with two records each."""
    region = Region(kind, options={"table": QuickTable(), "at_once": AT_ONCE})
    draw = Random(seed)
    events = []
    for number in range(files):
        body = f"address\n{checks.CANARY} {number}a\n{checks.CANARY} {number}b\n".encode()
        event = region.put(body, name=f"file-{number}.csv")
        events += [event] * draw.choice((1, 2))
    draw.shuffle(events)
    for event in events:
        region.deliver(event, after=draw.random())
    start, most = region.clock.now, 0
    while not region.at_rest():
        if not region.step() or region.clock.now > start + 30 * 86_400:
            break
        most = max(most, sum(each.at == "Lanes" for each in region.executions.values() if each.open))
    return Flooded(
        len(checks.jobs(region)),
        len(events),
        most,
        region.clock.now - start,
        region.invoked["Admit"],
        tuple(_wrong(region, files, most)),
    )


def _wrong(region: Region, files: int, most: int) -> list[str]:
    trouble = checks.check_all(region)
    made = checks.jobs(region)
    if len(made) != files:
        trouble.append(f"{len(made)} jobs of {files} files")
    if any(row["status"] != "completed" for row in made):
        trouble.append(f"ended as {Counter(row['status'] for row in made)}")
    if sum(region.world.shop.billed.values()) != 2 * files:
        trouble.append(f"{sum(region.world.shop.billed.values())} records were paid for, not {2 * files}")
    if most > AT_ONCE:
        trouble.append(f"{most} jobs were at work at once, {AT_ONCE} may be")
    if len(region.executions) != files:
        trouble.append(f"{len(region.executions)} executions for {files} files")
    return trouble


@dataclass(frozen=True, slots=True)
class Called:
    """What the calls came to; trouble: what broke."""

    answers: Counter[str]
    looks: int
    trouble: tuple[str, ...]


def call_much(calls: int, jobs: int = 40, seed: int = 1) -> Called:
    """Jobs that work for an hour, and calls all the while: most are replays of true ones, one in five is forged."""
    region = Region(Tagged, options={"table": QuickTable(), "at_once": jobs})
    region.world.shop.works_for = 3600.0
    draw = Random(seed)
    for number in range(jobs):
        region.drop(f"address\n{checks.CANARY} {number}\n".encode(), name=f"file-{number}.csv")
    region.pass_time(100.0)
    tickets = list(region.world.shop.jobs)
    woken: list[str] = []
    for _ in range(calls):
        moment = draw.random() * 3400.0
        if draw.random() < 0.2:
            secret, called = draw.choice(
                (
                    ("canary-guess", draw.choice(tickets)),
                    ("", f"job-{draw.randint(1000, 9999)}"),
                    ("", "../job-1"),
                )
            )
            region.later(moment, partial(_forged, region, secret, called, woken))
        else:
            region.later(moment, partial(region.ring, draw.choice(tickets)))
    rested = region.settle(steps=10**7)
    looks = region.world.shop.calls["check"]
    trouble = ([] if rested else ["it does not come to rest"]) + checks.check_all(region)
    if woken:
        trouble.append(f"{len(woken)} forged calls woke somebody")
    windows = 3600 / 30
    if looks > jobs * (2 * windows + 20):
        trouble.append(f"{looks} looks at {jobs} jobs: more than two a window")
    answers = Counter(str(answer) for _, _, answer in region.heard)
    return Called(answers, looks, tuple(trouble))


def _forged(region: Region, secret: str, called: str, woken: list[str]) -> None:
    rung = len(region.machine.rung)
    region.ring(called, secret)
    if len(region.machine.rung) != rung or region.heard[-1][2] in _HONEST:
        woken.append(called)
