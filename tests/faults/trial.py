"""Try one case of the matrix: run a job through the real steps with the fault in it, then look whether every promise held."""

from __future__ import annotations

import io
import logging
import traceback
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchdrop.observe import logger
from tests.faults import checks
from tests.faults.endings import DONE
from tests.faults.injection import Injector
from tests.faults.kinds import KINDS
from tests.faults.person import decide
from tests.faults.region import Region
from tests.faults.scenes import Setting, body
from tests.faults.variants import variants
from tests.faults.watching import without_lease

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.invocations import Invocation
    from tests.faults.kinds import KindOfService
    from tests.faults.matrix import Case
    from tests.faults.variants import Variant

_BY_KIND = {kind.kind: kind for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one case. `runs`: how many ways it was tried; trouble: what broke, in words."""

    case: Case
    runs: int
    trouble: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every run went well, and there was one."""
        return bool(self.runs) and not self.trouble


def _as_it_is(_region: Region) -> None:
    """The product."""


def attempt(case: Case, alter: Callable[[Region], None] = _as_it_is, *, most: int = 1000) -> Result:
    """Every variant of one case, or the first few at each effect. `alter` changes the region beforehand (naive variants)."""
    trouble: list[str] = []
    runs = 0
    tried: Counter[str] = Counter()
    for variant in variants(case):
        tried[variant.name] += 1
        if tried[variant.name] > most:
            continue
        if variant.nth > 1 and not _occurs(case, variant):
            continue
        runs += 1
        trouble += [f"{variant.label}: {each}" for each in run(case, variant, alter)]
    return Result(case, runs, tuple(trouble))


_COUNTS: dict[tuple[str, str], int] = {}


def _occurs(case: Case, variant: Variant) -> bool:
    """Whether a clean run has that effect so many times."""
    key = (case.kind, variant.name)
    if key not in _COUNTS:
        region = _region(case.kind)
        counter = Injector(region, variant.name, lambda _injector, _name, act: act(), nth=10**9)
        region.probe = counter.probe
        with listening(region):
            region.drop(body())
            assert region.settle()
        _COUNTS[key] = counter.seen
    return _COUNTS[key] >= variant.nth


def kind_of(name: str) -> type[KindOfService]:
    """The kind of sending of this name."""
    return _BY_KIND[name]


def _region(kind: str) -> Region:
    region = Region(_BY_KIND[kind])
    region.world.route("memory-geocode", service="memory", api="geocode", batch_records=2)
    region.world.shop.answer = lambda text: (
        None if text.endswith("3") else {"lat": "1", "label": text.upper()}
    )
    return region


def run(case: Case, variant: Variant, alter: Callable[[Region], None] = _as_it_is) -> list[str]:
    """One run; gives what broke."""
    region = _region(case.kind)
    injector = Injector(region, variant.name, variant.strike or _untouched, variant.nth, variant.times)
    seen: list[str] = []
    region.probe = _watched(region, injector, seen) if case.cell.fault != "F16" else injector.probe
    alter(region)
    with listening(region) as log:
        mend = Setting(region, case, variant, injector)
        mend.make()
        start = region.clock.now
        rested = region.settle(seconds=6 * 3600.0 if variant.unmended else 90 * 86_400.0)
        trouble = [] if variant.unmended else _ended_as(region, variant, rested=rested)
        if variant.unmended:
            trouble = _mended(region, injector)
        if region.clock.now - start < variant.least_wait:
            trouble.append("it did not wait as long as it was asked to")
        if not mend.fired:
            trouble.append("the fault never struck")
        trouble += seen + checks.check_all(region, log.getvalue())
        if '"job"' not in log.getvalue():
            trouble.append("nothing was logged, so nothing is known of leaks")
        return trouble or _helped(region, mend, log)


def _watched(region: Region, injector: Injector, seen: list[str]) -> Callable[[str, Callable[[], Any]], Any]:
    """Every effect looked at before it happens. (With clocks apart leases may be taken too early: then only the writes protect.)"""

    def probe(name: str, act: Callable[[], Any]) -> Any:
        wrong = without_lease(region, name, region.current)
        if wrong:
            seen.append(wrong)
        return injector.probe(name, act)

    return probe


def _untouched(_injector: Injector, _name: str, act: Any) -> Any:
    return act()


def _ended_as(region: Region, variant: Variant, *, rested: bool) -> list[str]:
    hows = [checks.Ended(row).how for row in checks.jobs(region)]
    if not rested:
        return [f"it does not come to rest: {hows}"]
    if not hows:
        return ["there is no job"]
    return [
        f"ended {how}, not {' or '.join(sorted(variant.ends))}" for how in hows if how not in variant.ends
    ]


def _mended(region: Region, injector: Injector) -> list[str]:
    """While it lasts it can be seen: a dead letter, or an execution that failed. Mended, and the letter sent again: it ends."""
    seen = region.dead_letters or any(row["status"] != "completed" for row in checks.jobs(region))
    unsent = [
        row for row in region.world.table.rows() if row["sk"].startswith("event#") and not row["published"]
    ]
    trouble = [] if seen or unsent else ["nobody could see that something was wrong"]
    injector.correct()
    letters, region.dead_letters[:] = list(region.dead_letters), []
    for event in letters:
        region.deliver(event)
    if not region.settle(seconds=86_400.0):
        trouble.append("mended, it does not come to rest")
    hows = [checks.Ended(row).how for row in checks.jobs(region)]
    return trouble if hows == ["completed"] else [*trouble, f"mended, it ended {hows}"]


def _helped(region: Region, setting: Setting, log: io.StringIO) -> list[str]:
    """Whatever waits for a person: what was wrong is mended, the person acts, and the job ends with every promise kept."""
    setting.mend()
    if not decide(region):
        return []
    if not region.settle():
        return ["after the person's decision it does not come to rest"]
    hows = {checks.Ended(row).how for row in checks.jobs(region)}
    trouble = [f"after the person's decision: {each}" for each in checks.check_all(region, log.getvalue())]
    return trouble + [f"after the person's decision it is {how}" for how in hows - DONE]


@contextmanager
def listening(region: Region) -> Iterator[io.StringIO]:
    """Everything that would stand in CloudWatch: our lines, and the runtime's own for uncaught exceptions."""
    handler = logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    text = io.StringIO()

    def uncaught(_invocation: Invocation, error: BaseException) -> None:
        text.write("".join(traceback.format_exception(error)))

    region.uncaught = uncaught
    before, level = handler.setStream(text), logger.log_level
    logger.setLevel(logging.INFO)
    try:
        yield text
    finally:
        logger.setLevel(level)
        handler.setStream(before or handler.stream)
