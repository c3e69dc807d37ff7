"""Calls of functions on a region's clock, and the small things around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.ports.memory import ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable

LIFETIME = 900.0
"""Seconds a function may run; its task gives up 30 s later."""


class Crash(BaseException):
    """The process ends here: no `except Exception` of the product sees it."""


@dataclass(eq=False, slots=True)
class Invocation:
    """One call of a function. `given_up`: whoever called it has stopped waiting; `dead`: its process has ended."""

    name: str
    function: str
    payload: Any
    done: Callable[[Any, str], None]
    started: float
    given_up: bool = False
    dead: bool = False
    skew: float = 0.0


class PathSecrets:
    """The secret in the callback's path: current, previous."""

    def __init__(self) -> None:
        self.valid = ["canary-path-1", "canary-path-0"]

    def values(self, *, fresh: bool = False) -> list[str]:  # noqa: ARG002  # the port's signature
        """See PathSecret.values."""
        return self.valid


class SkewedClock(ManualClock):
    """The region's time, as the invocation that asks sees it."""

    def __init__(self) -> None:
        super().__init__()
        self.skew: Callable[[], float] = lambda: 0.0

    def __call__(self) -> float:
        """The time of whoever asks."""
        return self.now + self.skew()
