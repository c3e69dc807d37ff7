"""A service called about a batch: the conditional writes, as data. Pure.

The first call in a window wakes the lane. Others in that window are noted and wake nobody; the lane sleeps no longer than the window,
so that a look which comes later than all of them is made then: ten thousand calls cost two looks a window, not ten thousand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchdrop.batches.states import BatchState
from batchdrop.ports import Absent, Below, Change, Either, Exists, OneOf

if TYPE_CHECKING:
    from batchdrop.batches.states import BatchRow
    from batchdrop.ports import Key, Row

WINDOW = 30.0
"""Seconds in which one batch wakes its lane once."""

_AT_WORK = (BatchState.CREATED, BatchState.RUNNING)
_STILL_AT_WORK = OneOf("state", _AT_WORK)


def rung(batch: Key, now: float) -> Change:
    """The call that wakes. Refused: the batch is gone or not at work, or another call woke its lane within the window."""
    quiet = Either((Absent("rang"), Below("rang", now - WINDOW)))
    return Change(batch, put={"rung": True, "rang": now}, when=(_STILL_AT_WORK, quiet))


def noted(batch: Key) -> Change:
    """A call that is heard at the next look."""
    return Change(batch, put={"rung": True}, when=(_STILL_AT_WORK,))


def quiet_again(batch: BatchRow, now: float) -> float | None:
    """Seconds until the window of an open batch is over, when calls that woke nobody must be seen to; None outside a window."""
    left = batch.rang + WINDOW - now
    return left if batch.open and 0 < left <= WINDOW else None


def at_work(batch: Row | None) -> bool:
    """Whether a call can still matter to this batch."""
    return batch is not None and batch["state"] in _AT_WORK


def counted(sleeper: Key) -> Change:
    """One more ring for whoever sleeps on this row. Refused: the row is gone, and must not come back as a ghost."""
    return Change(sleeper, add={"rings": 1}, when=(Exists("pk"),))
