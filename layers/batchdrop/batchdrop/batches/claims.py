"""The conditional writes of a batch, as data. Pure: whoever writes them compares the answer with `won`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchdrop.batches.sending import QUIET
from batchdrop.batches.states import BatchState, End, ticket_key
from batchdrop.ports import Absent, Change, Either, Exists, Is, OneOf

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchdrop.batches.states import BatchRow
    from batchdrop.ports import Ticket, Written

_AMBIGUOUS = "AMBIGUOUS_SEND"


def mark_posting(batch: BatchRow, owner: str, now: float) -> Change:
    """planned → posting: whoever wins this write, and nobody else, may POST."""
    put = {"state": BatchState.POSTING, "owner": owner, "posted": now, "next_look": now + QUIET}
    return Change(batch.key, put=put, add={"submits": 1}, when=(Is("state", BatchState.PLANNED),))


def won(written: Written, owner: str) -> bool:
    """Whether the write that marked the posting was ours: done, or refused by our own earlier write whose reply was lost."""
    row = written.row
    return written.done or (
        row is not None and row["state"] == BatchState.POSTING and row.get("owner") == owner
    )


def write_ticket(
    batch: BatchRow, owner: str, service: str, ticket: Ticket, put: Mapping[str, Any]
) -> Sequence[Change]:
    """posting → created or running, together with the row that leads from the ticket to the batch.

    A reply so late that the batch was already parked as ambiguous still counts, as long as the owner is unchanged.
    """
    ours = Either((Is("state", BatchState.POSTING), Is("code", _AMBIGUOUS)))
    return (
        Change(
            batch.key,
            put={"ticket": ticket.to_dict(), "misses": 0, **put},
            remove=("code",),
            when=(ours, Is("owner", owner), Absent("ticket")),
        ),
        Change(
            ticket_key(service, ticket.id),
            put={"job": batch.key.pk, "batch": batch.key.sk},
            when=(Either((Absent("pk"), Is("batch", batch.key.sk))),),
        ),
    )


def back_to_planned(batch: BatchRow, owner: str, next_look: float) -> Change:
    """posting → planned after a definite no: nothing was begun at the service."""
    put = {"state": BatchState.PLANNED, "next_look": next_look, "misses": 0}
    return Change(
        batch.key,
        put=put,
        add={"submits": -1},
        remove=("owner",),
        when=(Is("state", BatchState.POSTING), Is("owner", owner), Absent("ticket")),
    )


def missed(batch: BatchRow, next_look: float) -> Change:
    """The service does not know the tag or the ticket: counted."""
    return Change(
        batch.key, put={"next_look": next_look}, add={"misses": 1}, when=(Is("state", batch.state),)
    )


def started(batch: BatchRow, now: float, next_look: float) -> Change:
    """created → running."""
    put = {"state": BatchState.RUNNING, "started": now, "next_look": next_look, "misses": 0}
    return Change(batch.key, put=put, when=(Is("state", BatchState.CREATED),))


def looked(batch: BatchRow, put: Mapping[str, Any]) -> Change:
    """A look is counted before it is made, its findings are written after it."""
    return Change(batch.key, put=put, when=(Is("state", BatchState.RUNNING),))


def count_look(batch: BatchRow) -> Change:
    """One more look at the service."""
    return Change(batch.key, add={"looks": 1}, when=(Is("state", BatchState.RUNNING),))


def raw_saved(batch: BatchRow, names: Sequence[str], end: End) -> Change:
    """The answer is safe with us: from here on the batch can be read without the service."""
    return Change(
        batch.key,
        put={"raw": list(names), "ended": end, "misses": 0},
        when=(Is("state", BatchState.RUNNING),),
    )


def read_again(batch: BatchRow, next_look: float) -> Change:
    """The saved answer could not be read: forget it and fetch once more."""
    change = {"next_look": next_look}
    return Change(
        batch.key, put=change, add={"rereads": 1}, remove=("raw",), when=(Is("state", BatchState.RUNNING),)
    )


def settled(batch: BatchRow, end: End, counts: Mapping[str, int]) -> Change:
    """Any open state → settled, with the outcomes counted."""
    put = {"state": BatchState.SETTLED, "ended": end, "counts": dict(counts), "done": batch.count}
    return Change(batch.key, put=put, when=(Is("state", batch.state),))


def parked(batch: BatchRow, code: str, counts: Mapping[str, int] | None = None) -> Change:
    """Any open state → parked: a person decides. The state to come back to is kept."""
    put: dict[str, Any] = {"state": BatchState.PARKED, "code": code, "parked_from": batch.state}
    if counts is not None:
        put["counts"] = dict(counts)
    return Change(batch.key, put=put, when=(Exists("pk"), OneOf("state", (batch.state,))))
