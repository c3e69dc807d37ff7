"""What to do next with a batch. Pure.

The protocol is that of the project's reliability study (§2): where POST starts the job, the winner of `planned → posting` may POST
once, ever; where the service has two phases, an unknown outcome is looked up by tag and a second POST costs nothing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from batchdrop.batches.states import BatchState

if TYPE_CHECKING:
    from batchdrop.batches.states import BatchRow
    from batchdrop.ports import Capabilities

QUIET = 60.0
"""Seconds without news after which an unknown outcome is looked into."""

MISSES_BEFORE_RESEND = 2
"""How often a two-phase service must not know the tag before the (unbilled) job is made again."""

MISSES_BEFORE_PARKING = 3
MISS_WAIT = 300.0
"""A ticket the service does not know is asked for three times over 15 minutes before a person is called."""

REREADS = 3
"""How often an answer that cannot be read is fetched again."""


class Move(StrEnum):
    """One step of one batch."""

    NOTHING = "nothing"
    SEND = "send"
    FIND = "find"
    START = "start"
    LOOK = "look"
    READ = "read"
    PARK_AMBIGUOUS = "parkAmbiguous"


def next_move(batch: BatchRow, can: Capabilities, *, until: float) -> Move:
    """The move a batch is ready for, when everything due up to `until` (seconds since the epoch) may be done now."""
    if batch.state is BatchState.RUNNING and batch.raw:
        return Move.READ
    if not batch.open or batch.next_look > until:
        return Move.NOTHING
    if batch.state is BatchState.POSTING:
        return Move.FIND if can.two_phase else Move.PARK_AMBIGUOUS
    return {BatchState.PLANNED: Move.SEND, BatchState.CREATED: Move.START, BatchState.RUNNING: Move.LOOK}[
        batch.state
    ]
