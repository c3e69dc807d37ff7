"""When to look again. Pure: times in seconds.

The rules were simulated over 200,000 lognormal job durations: with progress min(0.7 × remaining, 0.5 × elapsed), without it
0.2 × elapsed, never more than 600 s (facts of the project's performance study, §9).
"""

from __future__ import annotations

LONGEST_WAIT = 600.0
_SOON = 0.05
"""Share of the time passed after which a job is looked at again that should be over any moment."""

TOGETHER = 0.2
"""What falls due within the next 20 % of a wait is looked at together."""


def first_look(count: int, *, first: float, seconds_per_record: float) -> float:
    """The wait before the first look at `count` records: the estimated finish where looks are billed."""
    return min(LONGEST_WAIT, max(first, seconds_per_record * count))


def next_look(
    elapsed: float, *, done: int | None, total: int | None, min_wait: float, retry_after: float | None = None
) -> float:
    """The wait before the next look at a job that has been working for `elapsed` seconds."""
    if retry_after is not None:
        return max(1.0, retry_after)
    if done and total and done < total:
        remaining = elapsed * (total - done) / done
        wait = max(2.0, min(0.7 * remaining, 0.5 * elapsed))
    elif done and total:  # nothing is left, and yet it is not over: soon, or never
        wait = again_after(elapsed)
    else:
        wait = 0.2 * elapsed
    return min(LONGEST_WAIT, max(min_wait, wait))


def again_after(elapsed: float) -> float:
    """The wait for something that may come right any moment, and does not have to: a job whose records are all done ([doc] HERE 6.2
    sorts them then), a service that is out of order."""
    return min(LONGEST_WAIT, _SOON * elapsed)


def backoff(failures: int) -> float:
    """The wait after the n-th failed try in a row: 2, 4, 8 … 300 s."""
    return min(300.0, 2.0 ** max(1, min(failures, 9)))


def machine_wait(due: float, now: float) -> int:
    """The whole seconds a state machine should wait until `due`: 1 to 600."""
    return int(min(LONGEST_WAIT, max(1.0, due - now + 0.999)))


def due_together(now: float, wait: float) -> float:
    """Everything due up to this time is looked at in this tick."""
    return now + TOGETHER * wait
