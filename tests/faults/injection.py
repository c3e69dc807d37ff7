"""Faults, put into the effects of the real steps.

A strike is what happens in place of one effect: `strike(injector, name, act)`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.faults.answers import no_answer
from tests.faults.invocations import LIFETIME, Crash, Invocation

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.region import Region

    Act = Callable[[], Any]
    Strike = Callable[["Injector", str, Act], Any]

SENT_AGAIN = frozenset({"claim", "mark_posting", "start_execution", "publish", "start", "look", "get_secret"})
"""Effects that are one request: the SDK, or the wire, may send them twice."""


@dataclass(eq=False)
class Injector:
    """Strikes at the `nth` effect of this name and at those after it, `times` times; `correct` ends it for good."""

    region: Region
    name: str
    strike: Strike
    nth: int = 1
    times: int = 1
    seen: int = 0
    fired: int = 0

    def probe(self, name: str, act: Act) -> Any:
        """For effects.probing."""
        if name != self.name:
            return act()
        self.seen += 1
        if self.seen < self.nth or self.fired >= self.times:
            return act()
        self.fired += 1
        return self.strike(self, name, act)

    def correct(self) -> None:
        """Somebody has mended it."""
        self.times = self.fired

    @property
    def invocation(self) -> Invocation:
        """Who is struck."""
        assert self.region.current is not None
        return self.region.current


# ------------------------------------------------------------------------------------------------ strikes


def crash_before(_injector: Injector, _name: str, _act: Act) -> Any:
    """The process ends before the effect."""
    raise Crash


def crash_after(_injector: Injector, _name: str, act: Act) -> Any:
    """The process ends right after it."""
    act()
    raise Crash


def says(error: Callable[[str], Exception], *, done: bool = False) -> Strike:
    """An error in place of the answer; with `done` the effect has happened all the same."""

    def strike(_injector: Injector, name: str, act: Act) -> Any:
        if done:
            act()
        raise error(name)

    return strike


def resent(_injector: Injector, _name: str, act: Act) -> Any:
    """botocore did not hear the answer and sent the request again: the second answer counts."""
    act()
    return act()


def late(seconds: float) -> Strike:
    """Our patience ends; the effect lands afterwards."""

    def strike(injector: Injector, name: str, act: Act) -> Any:
        injector.region.later(seconds, lambda: land(act))
        raise no_answer(name)

    return strike


def land(act: Act) -> None:
    """What lands late answers nobody."""
    with suppress(Exception):
        act()


def hangs(seconds: float, *, done: bool) -> Strike:
    """No answer for so long that we give up; the others go on meanwhile."""

    def strike(injector: Injector, name: str, act: Act) -> Any:
        if done:
            act()
        injector.region.pass_time(seconds)
        raise no_answer(name)

    return strike


def outlives(*, done: bool) -> Strike:
    """The function's time is up in the middle: Lambda ends it."""

    def strike(injector: Injector, _name: str, act: Act) -> Any:
        if done:
            act()
        injector.region.pass_time(LIFETIME + 40)
        raise Crash

    return strike


def sleeps(seconds: float) -> Strike:
    """A zombie: the others go on for a long time, then it wakes and acts."""

    def strike(injector: Injector, _name: str, act: Act) -> Any:
        injector.region.pass_time(seconds)
        return act()

    return strike


def twin(*, first: bool) -> Strike:
    """The same call at the same instant, right before or right after ours."""

    def strike(injector: Injector, _name: str, act: Act) -> Any:
        again = _copy(injector)
        if first:
            injector.region.run_now(again)
            return act()
        answer = act()
        injector.region.run_now(again)
        return answer

    return strike


def delivered_again(seconds: float) -> Strike:
    """Whatever led to this call comes once more, later."""

    def strike(injector: Injector, _name: str, act: Act) -> Any:
        again = _copy(injector)
        injector.region.later(seconds, lambda: injector.region.run_now(again))
        return act()

    return strike


def _copy(injector: Injector) -> Invocation:
    ours = injector.invocation
    injector.region.at_work += 1
    return Invocation(
        f"{ours.name}-again-{injector.fired}",
        ours.function,
        ours.payload,
        lambda _answer, _error: None,
        injector.region.clock.now,
    )
