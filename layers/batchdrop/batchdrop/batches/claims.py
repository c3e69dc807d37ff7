"""The conditional writes of a batch, as data. Pure: whoever writes them compares the answer with `won`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from batchdrop.batches.sending import QUIET
from batchdrop.batches.states import BatchState, End, ticket_key
from batchdrop.ports import Absent, Change, Either, Exists, Is, OneOf, OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchdrop.batches.states import BatchRow
    from batchdrop.ports import Condition, Key, Ticket, Written

_AMBIGUOUS = "AMBIGUOUS_SEND"
_WITHHELD = ("ended_at", "withheld", "withheld_by")
"""What a batch remembers while its results stay away."""


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


def write_ticket(  # everything that is written together
    batch: BatchRow, owner: str, lane: Key, service: str, ticket: Ticket, put: Mapping[str, Any]
) -> Sequence[Change]:
    """posting → created or running, together with the row that leads from the ticket to the batch and its lane.

    A reply so late that the batch was already parked as ambiguous still counts, as long as the owner is unchanged.
    """
    ours = Either((Is("state", BatchState.POSTING), Is("code", _AMBIGUOUS)))
    return (
        Change(
            batch.key,
            put={"ticket": ticket.to_dict(), "misses": 0, **put},
            remove=("code", "refused_since"),
            when=(ours, Is("owner", owner), Absent("ticket")),
        ),
        Change(
            ticket_key(service, ticket.id),
            put={"job": batch.key.pk, "batch": batch.key.sk, "lane": lane.sk},
            when=_new_or_ours(batch),
        ),
    )


def _new_or_ours(batch: BatchRow) -> Sequence[Condition]:
    """A ticket belongs to one batch of one job for ever."""
    return tuple(
        Either((Absent("pk"), ours)) for ours in (Is("job", batch.key.pk), Is("batch", batch.key.sk))
    )


def back_to_planned(batch: BatchRow, owner: str, next_look: float) -> Change:
    """posting → planned after a definite no: nothing was begun at the service. How often it said so is counted."""
    put = {"state": BatchState.PLANNED, "next_look": next_look, "misses": 0}
    return Change(
        batch.key,
        put=put,
        add={"submits": -1, "refusals": 1},
        remove=("owner",),
        when=(Is("state", BatchState.POSTING), Is("owner", owner), Absent("ticket")),
    )


def turned_away(batch: BatchRow, owner: str, now: float, next_look: float) -> Change:
    """posting → planned, as `back_to_planned`: the service said "later". Since when it says so is kept."""
    change = back_to_planned(batch, owner, next_look)
    return replace(change, put={**change.put, "refused_since": batch.refused_since or now})


def sent_in_vain(batch: BatchRow, owner: str, next_look: float) -> Change:
    """posting → planned, when nobody knows what became of the POST and another one costs nothing: counted, so that it ends."""
    return Change(
        batch.key,
        put={"state": BatchState.PLANNED, "next_look": next_look, "searched": True},
        add={"misses": 1},
        remove=("owner",),
        when=(Is("state", BatchState.POSTING), Is("owner", owner), Absent("ticket")),
    )


def not_there(batch: BatchRow, owner: str, next_look: float) -> Change:
    """posting → planned, as `back_to_planned`: the service's list does not have the job. It may still come to light."""
    change = back_to_planned(batch, owner, next_look)
    return replace(change, put={**change.put, "searched": True})


def cleared(batch: BatchRow) -> Change:
    """What other jobs of this batch the service had are deleted."""
    return Change(batch.key, remove=("searched",), when=(Is("state", batch.state),))


def missed(batch: BatchRow, next_look: float) -> Change:
    """The service does not know the tag or the ticket: counted."""
    return Change(
        batch.key, put={"next_look": next_look}, add={"misses": 1}, when=(Is("state", batch.state),)
    )


def postponed(batch: BatchRow, next_look: float) -> Change:
    """Nothing was learned of the batch: not a miss."""
    return Change(batch.key, put={"next_look": next_look}, when=(Is("state", batch.state),))


def started(batch: BatchRow, now: float, next_look: float) -> Change:
    """created → running."""
    put = {"state": BatchState.RUNNING, "started": now, "next_look": next_look, "misses": 0}
    return Change(batch.key, put=put, when=(Is("state", BatchState.CREATED),))


def looked(batch: BatchRow, put: Mapping[str, Any]) -> Change:
    """A look is counted before it is made, its findings are written after it."""
    return Change(batch.key, put=put, when=(Is("state", BatchState.RUNNING),))


def still_running(batch: BatchRow, put: Mapping[str, Any]) -> Change:
    """A look that found the service at work: what was remembered of an end without results no longer holds."""
    return replace(looked(batch, put), remove=_WITHHELD if batch.ended_at else ())


def withheld(batch: BatchRow, now: float, answer: str, status: str, next_look: float) -> Change:
    """The service says that its job is over, and its results cannot be had: counted, with the first time and the last answer."""
    put = {
        "ended_at": batch.ended_at or now,
        "withheld_by": answer,
        "service_status": status,
        "next_look": next_look,
        "misses": 0,
    }
    return Change(batch.key, put=put, add={"withheld": 1}, when=(Is("state", BatchState.RUNNING),))


def restarted(batch: BatchRow, next_look: float) -> Change:
    """A failed job was started again: counted after it was done, for doing it twice is harmless."""
    return Change(
        batch.key, put={"next_look": next_look}, add={"restarts": 1}, when=(Is("state", BatchState.RUNNING),)
    )


def count_look(batch: BatchRow) -> Change:
    """One more look at the service. A ring that comes from here on asks for another."""
    return Change(batch.key, add={"looks": 1}, remove=("rung",), when=(Is("state", BatchState.RUNNING),))


def raw_saved(
    batch: BatchRow, names: Sequence[str], end: End, said: Mapping[str, int] | None = None
) -> Change:
    """The answer is safe with us: from here on the batch can be read without the service. said: what the service counts."""
    return Change(
        batch.key,
        put={"raw": list(names), "ended": end, "misses": 0, **({"said": dict(said)} if said else {})},
        remove=_WITHHELD,
        when=(Is("state", BatchState.RUNNING),),
    )


def read_again(batch: BatchRow, next_look: float, counts: Mapping[str, int] | None = None) -> Change:
    """The saved answer could not be read, or not all of it: fetch once more. counts: outcomes that were read; they are kept."""
    put: dict[str, Any] = {"next_look": next_look, **({"counts": dict(counts)} if counts else {})}
    return Change(
        batch.key, put=put, add={"rereads": 1}, remove=("raw",), when=(Is("state", BatchState.RUNNING),)
    )


def settled(
    batch: BatchRow, end: End, counts: Mapping[str, int], notes: Mapping[str, Any] | None = None
) -> Change:
    """Any open state → settled, with the outcomes counted. notes: what was odd about the answer."""
    put: dict[str, Any] = {
        "state": BatchState.SETTLED,
        "ended": end,
        "counts": dict(counts),
        "done": batch.count,
    }
    put, gone = _with_notes(batch, put, notes)
    return Change(batch.key, put=put, remove=gone, when=(Is("state", batch.state),))


def _with_notes(
    batch: BatchRow, put: dict[str, Any], notes: Mapping[str, Any] | None, detail: str = ""
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """`put` with what is to be said of the answer, and the attributes of an earlier reading that are gone."""
    said = {name: value for name, value in (("notes", dict(notes or {})), ("detail", detail)) if value}
    before = {"notes": batch.notes, "detail": batch.detail}
    return {**put, **said}, tuple(name for name, value in before.items() if value and name not in said)


def refused(batch: BatchRow, counts: Mapping[str, int]) -> Change:
    """posting or created → settled, failed: the service will never take the batch. A POST it refused cost nothing."""
    change = settled(batch, End.FAILED, counts)
    return replace(change, add={"submits": -1}) if batch.state is BatchState.POSTING else change


def parked(
    batch: BatchRow,
    code: str,
    counts: Mapping[str, int] | None = None,
    *,
    detail: str = "",
    notes: Mapping[str, Any] | None = None,
) -> Change:
    """Any open state → parked: a person decides. The state to come back to is kept.

    counts: of the outcomes that were read; detail: what was found, in sentences; notes: what was odd about the answer.
    """
    put: dict[str, Any] = {"state": BatchState.PARKED, "code": code, "parked_from": batch.state}
    if counts is not None:
        put["counts"] = dict(counts)
    put, gone = _with_notes(batch, put, notes, detail)
    return Change(batch.key, put=put, remove=gone, when=(Exists("pk"), OneOf("state", (batch.state,))))


def stopping(batch: BatchRow, next_look: float) -> Change:
    """The service was asked to stop: looks go on until it has."""
    return Change(
        batch.key, put={"stopping": True, "next_look": next_look}, when=(Is("state", BatchState.RUNNING),)
    )


def stopped(batch: BatchRow, *, deleted: bool = False) -> Change:
    """Any state but settled → settled without outcomes: its records stay unprocessed. deleted: the service no longer has its job."""
    put = {"state": BatchState.SETTLED, "ended": End.STOPPED, "counts": dict(batch.counts)}
    gone = ("code", "ticket") if deleted else ("code",)
    return Change(batch.key, put=put, remove=gone, when=(Is("state", batch.state),))


def forgotten(batch: BatchRow) -> Change:
    """Any state → settled, and the service no longer has the job."""
    put = {"state": BatchState.SETTLED, "forgotten": True, "ended": batch.ended or End.STOPPED}
    return Change(batch.key, put=put, remove=("code",), when=(Is("state", batch.state),))


def resumed(batch: BatchRow, *, two_phase: bool) -> Change | None:
    """A stopped batch goes on: where the service can start it again, else where it was never sent. None: it stays as it is.

    Where POST starts the job and nobody knows what became of one, it is doubtful again: a person decides whether to pay again.
    """
    if batch.ticket is not None and not two_phase:
        return None
    was_stopped = (Is("state", BatchState.SETTLED), Is("ended", End.STOPPED))
    gone = ("ended", "counts", "raw", "stopping", "notes", "detail", "accepted")
    if batch.ticket is None and batch.submits and not two_phase:
        doubt = {"state": BatchState.PARKED, "code": _AMBIGUOUS, "parked_from": BatchState.POSTING}
        return Change(batch.key, put=doubt, remove=gone, when=was_stopped)
    state = BatchState.PLANNED if batch.ticket is None else BatchState.CREATED
    put = {"state": state, "next_look": 0, "misses": 0, "done": 0}
    return Change(batch.key, put=put, remove=(*gone, "code"), when=was_stopped)


_PARKED = (Is("state", BatchState.PARKED),)


def adopted(
    batch: BatchRow, lane: str, service: str, ticket: Ticket, put: Mapping[str, Any]
) -> Sequence[Change]:
    """parked → created or running: a person found the service's job."""
    return (
        Change(
            batch.key,
            put={"ticket": ticket.to_dict(), "misses": 0, **put},
            remove=("code",),
            when=(*_PARKED, Absent("ticket")),
        ),
        Change(
            ticket_key(service, ticket.id),
            put={"job": batch.key.pk, "batch": batch.key.sk, "lane": lane},
            when=_new_or_ours(batch),
        ),
    )


def sent_again(batch: BatchRow) -> Change:
    """parked → planned: a person accepts to pay again. `resent` counts how often the service had begun the work before."""
    gone = (
        *("owner", "ticket", "code", "raw", "ended", "counts", "misses", "rereads", "started", "done"),
        *("restarts", "stopping", "rung", "notes", "detail", "accepted", *_WITHHELD),
    )
    put = {"state": BatchState.PLANNED, "next_look": 0, "searched": batch.searched or bool(batch.submits)}
    return Change(batch.key, put=put, add={"resent": int(batch.started > 0)}, remove=gone, when=_PARKED)


def paid_again(batch: BatchRow) -> Change:
    """posting or running → planned, as `sent_again`: a route allows the machine to pay again. Whoever POSTed before is too late now."""
    owned = Is("owner", batch.owner) if batch.owner else Absent("owner")
    return replace(sent_again(batch), when=(Is("state", batch.state), owned))


def fetched_again(batch: BatchRow) -> Change:
    """parked → running: the results are fetched once more. What was read before stays: it fills what is missing then."""
    put = {"state": BatchState.RUNNING, "next_look": 0, "misses": 0, "rereads": 0}
    return Change(
        batch.key, put=put, remove=("code", "raw", "ended", *_WITHHELD), when=(*_PARKED, Exists("ticket"))
    )


def accepted(batch: BatchRow) -> Change:
    """parked → settled: what has no answer counts as failed.

    parked → running when an answer is saved and nothing of it was read, be it that older code could not: it is read once more first.
    """
    if any(batch.raw) and not batch.counts:
        put: dict[str, Any] = {"state": BatchState.RUNNING, "next_look": 0, "accepted": True}
        return Change(batch.key, put=put, remove=("code",), when=_PARKED)
    put = {"state": BatchState.SETTLED, "ended": End.COMPLETED, "accepted": True}
    put["counts"] = _with_failed(batch, batch.counts)
    return Change(batch.key, put=put, remove=("code",), when=_PARKED)


def accepted_as_read(batch: BatchRow, counts: Mapping[str, int], notes: Mapping[str, Any] | None) -> Change:
    """running → settled: a person accepted whatever could be read."""
    return settled(batch, End.COMPLETED, _with_failed(batch, counts), notes)


def _with_failed(batch: BatchRow, counts: Mapping[str, int]) -> dict[str, int]:
    """Records without an outcome count as failed."""
    missing = batch.count - sum(counts.values())
    return {**counts, OutcomeKind.FAILED: counts.get(OutcomeKind.FAILED, 0) + missing}


def driven_again(batch: BatchRow, now: float) -> Change:
    """parked → the state it was parked from. Who waits for a stalled job gives it the deadline once more."""
    put: dict[str, Any] = {"state": batch.parked_from or BatchState.PLANNED}
    put |= {"next_look": 0, "misses": 0, "rereads": 0}
    if batch.code == "STALLED":
        put["posted" if batch.parked_from == BatchState.CREATED else "started"] = now
    return Change(batch.key, put=put, remove=("code", "refused_since"), when=_PARKED)
