"""What to do next with a batch. Pure.

The protocol is that of the project's reliability study (§2): where POST starts the job, the winner of `planned → posting` may POST
once, ever: an unknown outcome is looked up where the service finds lost jobs, and else left to a person. Where the service has
two phases, a second POST costs nothing; where such a service has no list, it is all that can be done.
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
"""How often, a quiet time apart, a service must not know the tag before its job counts as never made: its list may be behind
([assumed]). Then it is made again where that costs nothing, else a person is called.
"""

POSTS_BEFORE_PARKING = 5
"""How often a job that nothing can find again is made anew where that costs nothing, until a person is called: a service that
keeps our jobs and loses its answers is not to be filled with them.
"""

MISSES_BEFORE_PARKING = 3
MISS_WAIT = 300.0
"""A ticket the service does not know is asked for three times over 15 minutes before a person is called."""

BUSY_FOR = 86_400.0
"""Seconds that a service may answer "later" to every POST of a batch until a person is called: by then a daily limit has started anew."""

WITHHELD_FOR = 1800.0
"""Seconds that the results of a job which the service calls over may stay away until a person is called."""

WITHHELD_WAIT = 300.0
"""The longest wait between two tries in that time; the first ones come sooner."""

REREADS = 3
"""How often an answer that cannot be read is fetched again."""


RESTARTS = 1
"""How often a job that failed at the service is started again, where it can be."""


class Move(StrEnum):
    """One step of one batch."""

    NOTHING = "nothing"
    SEND = "send"
    FIND = "find"
    SEND_AGAIN = "sendAgain"
    START = "start"
    LOOK = "look"
    READ = "read"
    PARK_AMBIGUOUS = "parkAmbiguous"


class Search(StrEnum):
    """What follows from the search for a lost job."""

    ADOPT = "adopt"
    SEARCH_AGAIN = "searchAgain"
    SEND_AGAIN = "sendAgain"
    CHOOSE = "choose"
    PARK_AMBIGUOUS = "parkAmbiguous"


def after_search(batch: BatchRow, can: Capabilities, *, found: int) -> Search:
    """What to do when `found` jobs at the service carry the batch's tag.

    Of several unstarted jobs any will do. Of several that started by themselves each has cost something: a person chooses.
    """
    if found == 1 or (found and can.two_phase):
        return Search.ADOPT
    if found:
        return Search.CHOOSE
    if batch.misses + 1 < MISSES_BEFORE_RESEND:
        return Search.SEARCH_AGAIN
    return Search.SEND_AGAIN if can.two_phase else Search.PARK_AMBIGUOUS


def next_move(batch: BatchRow, can: Capabilities, *, until: float) -> Move:
    """The move a batch is ready for, when everything due up to `until` (seconds since the epoch) may be done now."""
    if batch.state is BatchState.RUNNING and batch.raw:
        return Move.READ
    if not batch.open or (batch.next_look > until and not batch.rung):
        return Move.NOTHING
    if batch.state is BatchState.POSTING:
        return _unanswered(batch, can)
    return {BatchState.PLANNED: Move.SEND, BatchState.CREATED: Move.START, BatchState.RUNNING: Move.LOOK}[
        batch.state
    ]


def _unanswered(batch: BatchRow, can: Capabilities) -> Move:
    """After the quiet time of a POST whose outcome nobody knows; `misses` counts those before it that were made in vain."""
    if can.finds_lost:
        return Move.FIND
    again = can.two_phase and batch.misses + 1 < POSTS_BEFORE_PARKING
    return Move.SEND_AGAIN if again else Move.PARK_AMBIGUOUS
