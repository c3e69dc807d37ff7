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


def ended(row: Row, batches: Sequence[BatchRow], written: Written, price: Price, now: str) -> dict[str, Any]:
    """The attributes of the job row once its outputs are written."""
    sums = accounting.tally(batches)
    records = accounting.final(written.counts, distinct=row["records"]["distinct"])
    spent = cost(price, units=sums["units"], submits=sums["submits"], looks=sums["looks"])
    parked = [batch for batch in batches if batch.state is BatchState.PARKED]
    put: dict[str, Any] = {
        "records": records.to_dict(),
        "batches": {"total": len(batches), "settled": sums["settled"], "parked": sums["parked"]},
        "price": {**row["price"], "spent": spent},
        "objects": list(written.objects),
        "attention": _attention(parked) if parked else None,
    }
    if not parked:
        put["status"] = Status.STOPPED if records.unprocessed else Status.COMPLETED
        put["ended"] = now
    return put


def without_outputs(row: Row, now: str) -> dict[str, Any]:
    """The attributes of a job that a person stopped because its input is gone: no record is in any output."""
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
        "problems": [problem("OBJECT_GONE").to_dict()],
    }


def _attention(parked: Sequence[BatchRow]) -> dict[str, Any]:
    """What parked batches ask of a person: the first one's code stands for all, each is listed with its own."""
    shown = [
        {
            "batch": batch.name,
            "code": batch.code,
            "records": batch.count,
            **({"detail": detail} if (detail := withheld_detail(batch)) else {}),
        }
        for batch in parked[:_SHOWN]
    ]
    return attention(parked[0].code, shown, withheld_detail(parked[0]))


def withheld_detail(batch: BatchRow) -> str:
    """Return what is known of a batch whose results stay away, as a sentence; "" for any other batch."""
    if batch.code != "RESULTS_WITHHELD":
        return ""
    times = "once" if batch.withheld == 1 else f"{batch.withheld:,} times"
    return f"It said {batch.service_status} at {timestamp(batch.ended_at)}; its results have answered {batch.withheld_by} {times} since."
