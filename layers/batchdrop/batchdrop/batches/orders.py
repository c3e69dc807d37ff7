"""What a person's order means for one batch. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from batchdrop.batches.states import BatchState

if TYPE_CHECKING:
    from batchdrop.batches.states import BatchRow
    from batchdrop.ports import Capabilities


_OVER = frozenset({"GAPS", "RESULTS_WITHHELD", "RESULT_EXPIRED", "DELETED_BY_OTHER"})
"""Codes of parked batches whose job at the service has ended: there is nothing left to stop."""

DELETES = 20
"""How often the service may refuse to delete its job, later each time: for about an hour, until its copy is left to expire."""


class Order(StrEnum):
    """What a person wants of a job that is under way or over."""

    STOP = "stop"
    DELETE = "delete"


class Obey(StrEnum):
    """How one batch obeys."""

    GO_ON = "goOn"  # as without an order
    LEAVE = "leave"  # nothing more is done with it
    DROP = "drop"  # settled without having been processed
    ASK_STATE = "askState"  # the service is asked whether its job was started, see `obey`
    TAKE_UP = "takeUp"  # parked, and the service may still be at work: back to where it was parked from
    ASK_TO_STOP = "askToStop"  # the service is asked to stop, then looked at until it has
    FORGET = "forget"  # the service is asked to delete its copy


def obey(order: str, batch: BatchRow, can: Capabilities) -> Obey:
    """Stop: what was never sent is dropped, what runs is stopped where the service can; elsewhere it is paid for and finishes.

    `created` does not say that nothing was started: the reply to a start may be lost, and a stopped job that was taken up again
    has been paid for in part. Only the service knows. Delete: the service forgets what it has.
    """
    if order == Order.DELETE:
        return Obey.LEAVE if batch.forgotten else Obey.FORGET
    if batch.state is BatchState.CREATED and batch.ticket is not None:
        return Obey.ASK_STATE
    if batch.state is BatchState.PARKED and _may_be_stopped(batch, can):
        return Obey.TAKE_UP
    if batch.state in (BatchState.PLANNED, BatchState.CREATED, BatchState.PARKED):
        return Obey.DROP
    if batch.state is BatchState.RUNNING and can.stops and not batch.stopping and not batch.raw:
        return Obey.ASK_TO_STOP
    return Obey.GO_ON


def _may_be_stopped(batch: BatchRow, can: Capabilities) -> bool:
    """Return True if the service may still be at work for a parked batch, and was not asked to stop yet."""
    at_work = batch.ticket is not None and not batch.raw and batch.code not in _OVER
    return at_work and can.stops and not batch.stopping
