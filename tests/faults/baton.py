"""Many invocations, one at a time: each runs in a thread of its own, and only the one that holds the baton moves.

Whoever holds it may pass it on at every gate; who is next is drawn from one seeded source, so a seed is a schedule.
"""

from __future__ import annotations

from threading import Lock, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Runner:
    """A thread that does one job after another, each in stretches."""

    def __init__(self, done: Lock) -> None:
        self._mine = Lock()
        self._mine.acquire()
        self._main = done
        self._job: Callable[[], None] | None = None
        self.busy = False
        Thread(target=self._live, daemon=True).start()

    def begin(self, job: Callable[[], None]) -> None:
        """Take a job; nothing happens before `go`."""
        self._job = job
        self.busy = True

    def go(self) -> None:
        """From the main thread: a stretch of the job, up to its next `rest` or its end."""
        self._mine.release()
        self._main.acquire()

    def rest(self) -> None:
        """From the job: hand the baton back and wait for the next `go`."""
        self._main.release()
        self._mine.acquire()

    def _live(self) -> None:
        while True:
            self._mine.acquire()
            assert self._job is not None
            self._job()
            self._job = None
            self.busy = False
            self._main.release()


class Pool:
    """Runners that are used again and again."""

    def __init__(self) -> None:
        self._main = Lock()
        self._main.acquire()
        self._idle: list[Runner] = []

    def take(self, job: Callable[[], None]) -> Runner:
        """A runner with this job."""
        runner = self._idle.pop() if self._idle else Runner(self._main)
        runner.begin(job)
        return runner

    def give_back(self, runner: Runner) -> None:
        """It has finished its job."""
        self._idle.append(runner)
