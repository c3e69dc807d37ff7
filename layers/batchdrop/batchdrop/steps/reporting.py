"""The report beside a job's outputs: made from what a step knows when the job ends, is refused or waits for a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from batchdrop.effects import effect
from batchdrop.jobs import Status, document, folder, timestamp
from batchdrop.observe import tell
from batchdrop.ports import Place, Told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchdrop.batches.states import BatchRow
    from batchdrop.ports import Reporter, Row, Store

REPORT = "report.html"


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of a job beside its row; members as in ports/report.py."""

    batches: Sequence[BatchRow] = ()
    errors: Sequence[Any] = ()
    summary: Mapping[str, Any] | None = None
    rec_ids: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reporting:
    """Writes report.html. `reporter`: makes its bytes."""

    store: Store
    bucket: str  # the results bucket
    reporter: Reporter

    def __call__(self, row: Row, put: dict[str, Any], now: str, found: Found | None = None) -> None:
        """Write the report of a job as it is once `put` is in its row, and name it among the objects in `put`.

        The job goes on to its end without one if it cannot be made: its results count for more.
        """
        before = put["objects"] if "objects" in put else row.get("objects", [])
        objects = list(dict.fromkeys((*before, REPORT)))
        job = document({**row, **put, "objects": objects}, self.bucket)
        found = found or Found()
        happened = moments({**row, **put}, found.batches, now)
        told = Told(job, found.errors, found.summary, found.rec_ids, happened)
        try:
            body = self.reporter(told)
        except Exception as odd:  # noqa: BLE001  # see above; a pure function can fail in any way, and a person is told
            tell("the report could not be made", job=row["id"], run=row["run"], why=type(odd).__name__)
            return
        place = Place(self.bucket, folder(row["id"]) + REPORT)
        effect("write_results", lambda: self.store.put(place, body, content_type="text/html; charset=utf-8"))
        put["objects"] = objects

    def if_possible(self, row: Row, put: dict[str, Any], now: str) -> None:
        """The same where nothing may stop the end or the call: it is said without a report when the bucket refuses it too."""
        try:
            self(row, put, now)
        except Exception as refused:  # noqa: BLE001  # whatever it was, it was raised before and brought the job here
            tell("the report could not be written", job=row["id"], run=row["run"], why=type(refused).__name__)


_ENDS = {
    Status.COMPLETED: "The job was completed",
    Status.FAILURE: "The job ended in failure",
    Status.STOPPED: "The job was stopped",
}


def moments(row: Row, batches: Sequence[BatchRow], now: str) -> list[tuple[str, str]]:
    """What happened to a job and when, as far as its rows know, in the order of time; nothing after its end: where waits are
    shortened, as in the sandbox, a lane's time runs ahead of the clock.
    """
    sent = [batch.posted for batch in batches if batch.posted]
    found = [
        ("The file was dropped", row["created"]),
        ("It was checked and planned", row.get("planned")),
        ("The first batch was sent", timestamp(min(sent)) if sent else None),
        ("The last batch was sent", timestamp(max(sent)) if len(sent) > 1 else None),
        ("The service had the first batch", row.get("started")),
        ("A person is needed" if row.get("attention") else "", now if not row.get("ended") else None),
        (_ENDS.get(row["status"], "The job ended"), row.get("ended")),
    ]
    last = row.get("ended") or now
    return sorted(((what, min(when, last)) for what, when in found if what and when), key=itemgetter(1))
