"""Many invocations, one at a time: each runs on a stack of its own, and only the one that holds the baton moves.

Whoever holds it may pass it on at every gate; who is next is drawn from one seeded source, so a seed is a schedule. Stacks are
greenlets: threads that hand a lock on cost a third of a schedule's time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from greenlet import getcurrent, greenlet

if TYPE_CHECKING:
    from collections.abc import Callable


class Runner:
    """A job done in stretches."""

    def __init__(self, job: Callable[[], None]) -> None:
        self._stack = greenlet(job, getcurrent())

    @property
    def busy(self) -> bool:
        """Whether there is more to do."""
        return not self._stack.dead

    def go(self) -> None:
        """From outside: a stretch of the job, up to its next `rest` or its end."""
        self._stack.switch()

    def rest(self) -> None:
        """From the job: hand the baton back and wait for the next `go`."""
        parent = self._stack.parent
        assert parent is not None
        parent.switch()
