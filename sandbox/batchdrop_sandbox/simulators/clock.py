"""The simulators' time: it can stand still, jump, or run faster than the wall."""

import threading
import time
from collections.abc import Callable


class Clock:
    """A clock that tests and the demo control. Thread-safe.

    `speed` says how many seconds pass here for one second of the wall: 60 makes a minute last a second, 0 stands
    still so that only `advance` moves it.
    """

    def __init__(
        self, start: float | None = None, speed: float = 1.0, wall: Callable[[], float] = time.monotonic
    ) -> None:
        """Start at `start` (epoch seconds; now, when None)."""
        self._lock = threading.Lock()
        self._wall = wall
        self._mark = wall()
        self._base = time.time() if start is None else start
        self._speed = _checked(speed)

    def now(self) -> float:
        """The time here, in seconds since the epoch."""
        with self._lock:
            return self._base + (self._wall() - self._mark) * self._speed

    def advance(self, seconds: float) -> None:
        """Jump ahead. Raises ValueError for a step back: the services never see time run backwards."""
        if seconds < 0:
            raise ValueError("a clock only goes forward")
        with self._lock:
            self._base += seconds

    @property
    def speed(self) -> float:
        """How many seconds pass here for one second of the wall."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        checked = _checked(speed)
        with self._lock:
            wall = self._wall()
            self._base += (wall - self._mark) * self._speed
            self._mark = wall
            self._speed = checked


def _checked(speed: float) -> float:
    if speed < 0:
        raise ValueError("a clock only goes forward")
    return speed
