"""What a job is when its batches are done: completed, stopped, or waiting for a person. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchdrop.batches import accounting
from batchdrop.batches.states import BatchState
from batchdrop.jobs import Records, Status, timestamp
from batchdrop.money import cost
from batchdrop.problems import attention, problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchdrop.batches.states import BatchRow
    from batchdrop.ports import Price, Row
    from batchdrop.steps.collect.writing import Written

_SHOWN = 20
_DETAILS = 5
_OF_ANSWERS = ("ODD_ROWS", "ODD_ANSWER")


def ended(row: Row, batches: Sequence[BatchRow], written: Written, price: Price, now: str) -> dict[str, Any]:
    """The attributes of the job row once its outputs are written."""
    sums = accounting.tally(batches)
    records = accounting.final(written.counts, distinct=row["records"]["distinct"])
    parked = [batch for batch in batches if batch.state is BatchState.PARKED]
    put: dict[str, Any] = {
        "records": records.to_dict(),
        "batches": {"total": len(batches), "settled": sums["settled"], "parked": sums["parked"]},
        "price": {**row["price"], "spent": get_spent(batches, price)},
        "objects": list(written.objects),
        "attention": _attention(parked) if parked else None,
    }
    notes = _notes(row, batches)
    if notes or row.get("notes"):
        put["notes"] = notes
    if not parked:
        put["status"] = Status.STOPPED if records.unprocessed else Status.COMPLETED
        put["ended"] = now
    return put


def get_spent(batches: Sequence[BatchRow], price: Price) -> float:
    """Return what was spent on these batches."""
    sums = accounting.tally(batches)
    return cost(price, units=sums["units"], submits=sums["submits"], looks=sums["looks"])


def without_outputs(row: Row, now: str, code: str) -> dict[str, Any]:
    """The attributes of a job that a person stopped because what its outputs are made of is gone: no record is in any output.

    code: says what is gone.
    """
    before = row["records"]
    valid = before["valid"]
    records = Records(
        total=before["total"],
        valid=valid,
        invalid=before["invalid"],
        unprocessed=valid,
        distinct=before["distinct"],
    )
    return {
        "records": records.to_dict(),
        "status": Status.STOPPED,
        "ended": now,
        "attention": None,
        "objects": [],
        "problems": [problem(code).to_dict()],
    }


def _attention(parked: Sequence[BatchRow]) -> dict[str, Any]:
    """What parked batches ask of a person: the first one's code stands for all, each is listed with its own."""
    shown = [
        {
            "batch": batch.name,
            "code": batch.code,
            "records": batch.count,
            **({"detail": detail} if (detail := _detail(batch)) else {}),
        }
        for batch in parked[:_SHOWN]
    ]
    details = [f"Batch {batch.name}: {detail}" for batch in parked if (detail := _detail(batch))][:_DETAILS]
    return attention(parked[0].code, shown, " ".join(details))


def _notes(row: Row, batches: Sequence[BatchRow]) -> list[dict[str, Any]]:
    """The job's notes: those it had about its file, and what was odd about the answers of its batches."""
    notes = [note for note in row.get("notes", ()) if note["code"] not in _OF_ANSWERS]
    odd = sum(batch.notes.get("odd", 0) for batch in batches)
    if odd:
        named = [f"batch {batch.name}, {text}" for batch in batches for text in batch.notes.get("named", ())]
        first = "; ".join(named[:_DETAILS])
        notes.append({**problem("ODD_ROWS", number=odd, first=first).to_dict(), "count": odd})
    remarks = dict.fromkeys(text for batch in batches for text in batch.notes.get("remarks", ()))
    if remarks:
        what = "; ".join(list(remarks)[:_DETAILS])
        notes.append({**problem("ODD_ANSWER", what=what.rstrip(".")).to_dict(), "count": len(remarks)})
    return notes


def _detail(batch: BatchRow) -> str:
    """What is known of a parked batch beside its code, as a sentence; "" for nothing."""
    return batch.detail or withheld_detail(batch)


def withheld_detail(batch: BatchRow) -> str:
    """Return what is known of a batch whose results stay away, as a sentence; "" for any other batch."""
    if batch.code != "RESULTS_WITHHELD":
        return ""
    times = "once" if batch.withheld == 1 else f"{batch.withheld:,} times"
    return f"It said {batch.service_status} at {timestamp(batch.ended_at)}; its results have answered {batch.withheld_by} {times} since."
