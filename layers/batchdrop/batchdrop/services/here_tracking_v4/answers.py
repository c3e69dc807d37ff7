"""What Tracking says of jobs, in our words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchdrop.ports import Progress, State, Ticket
from batchdrop.services import base

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchdrop.transport import Reply

STATES: Mapping[str, State] = {  # all six [spec]
    "pending": State.RUNNING,
    "ongoing": State.RUNNING,
    "completed": State.COMPLETED,
    "failed": State.FAILED,
    "cancelled": State.STOPPED,
    "acknowledged": State.COMPLETED,  # somebody has seen the end; that results can still be read is [assumed]
}
ENDED = (State.COMPLETED, State.FAILED, State.STOPPED)


def jobs(page: Reply, notes: Mapping[str, str]) -> list[Ticket]:
    """The jobs of one page of the list `{limit, count, items[{jobId, status, type?}]}` [spec]."""
    items = page.json().get("items", [])
    if not isinstance(items, list) or not all(
        isinstance(item, dict) and isinstance(item.get("jobId"), str) for item in items
    ):
        raise page.odd("the list of jobs does not have the agreed form")
    return [Ticket(item["jobId"], notes) for item in items]


def progress(reply: Reply) -> Progress:
    """`total` is not to be relied on before the job runs: the seed's sample has total 0 beside pending 2."""
    details: dict[str, Any] = reply.json()
    status = details.get("status")
    if not isinstance(status, str):
        raise reply.odd("the answer has no status")
    state, unknown = base.state_of(STATES, status)
    succeeded, partly, failed, pending = (
        base.whole_number(details.get(name))
        for name in ("succeeded", "partiallySucceeded", "failed", "pending")
    )
    done = None if None in (succeeded, partly, failed) else (succeeded or 0) + (partly or 0) + (failed or 0)
    return Progress(
        state,
        status[:64],
        done=done,
        total=None if done is None or pending is None else done + pending,
        succeeded=None
        if done is None or partly
        else succeeded,  # of what was done in part we judge otherwise
        failed=failed,
        retry_after=reply.retry_after,
        unknown_status=unknown,
    )
