"""An hour passes over a job: every moment in its rows becomes an hour older."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from batchdrop.batches.states import job_pk
from batchdrop.jobs import timestamp
from batchdrop.ports import Change, Is, Key

if TYPE_CHECKING:
    from batchdrop.ports import Row, Table

HOUR = 3600.0
_SECONDS = ("lease_until", "next_look", "posted", "started", "rang", "wake")


def age(table: Table, job: str) -> None:
    """Make the rows of a job that nobody works on an hour older. A row that changes meanwhile is left as it is."""
    for row in list(table.query(job_pk(job))):
        older = _older(row)
        if older:
            same = tuple(Is(name, row[name]) for name in older)
            table.write(Change(Key(row["pk"], row["sk"]), put=older, when=same))


def _older(row: Row) -> Row:
    moments: Row = {
        name: row[name] - HOUR
        for name in _SECONDS
        if isinstance(row.get(name), (int, float)) and row[name] > HOUR
    }
    if row["sk"] == "job":
        then = datetime.fromisoformat(row["updated"]) - timedelta(seconds=HOUR)
        moments["updated"] = timestamp(then.timestamp())
    return moments
