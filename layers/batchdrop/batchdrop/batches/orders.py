"""What a person's order means for one batch. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from batchdrop.batches.states import BatchState

if TYPE_CHECKING:
    from batchdrop.batches.states import BatchRow
    from batchdrop.ports import Capabilities


class Order(StrEnum):
    """What a person wants of a job that is under way or over."""

    STOP = "stop"
    DELETE = "delete"


class Obey(StrEnum):
    """How one batch obeys."""

    GO_ON = "goOn"  # as without an order
    LEAVE = "leave"  # nothing more is done with it
    DROP = "drop"  # settled without having been processed
    ASK_TO_STOP = "askToStop"  # the service is asked to stop, then looked at until it has
    FORGET = "forget"  # the service is asked to delete its copy


def obey(order: str, batch: BatchRow, can: Capabilities) -> Obey:
    """Stop: what is not running is dropped, what runs is stopped where the service can; elsewhere it is paid for and finishes.

    Delete: the service forgets what it has.
    """
    if order == Order.DELETE:
        return Obey.LEAVE if batch.forgotten else Obey.FORGET
    if batch.state in (BatchState.PLANNED, BatchState.CREATED, BatchState.PARKED):
        return Obey.DROP
    if batch.state is BatchState.RUNNING and can.stops and not batch.stopping and not batch.raw:
        return Obey.ASK_TO_STOP
    return Obey.GO_ON
