"""What must hold after every run, whatever went wrong."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batchdrop.batches.states import job_pk
from batchdrop.jobs import ENDED, folder
from batchdrop.ports import Place
from batchdrop.problems import CODES
from tests.faults.kinds import ROTATED, SECRET
from tests.steps.world import RESULTS

if TYPE_CHECKING:
    from batchdrop.ports import Row
    from tests.faults.region import Region

CANARY = "Canaryweg"
"""A word in every address of the tests' files: it must stand in no log."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How one job ended: its row, and the codes that say why."""

    row: Row
    trouble: list[str] = field(default_factory=list)

    @property
    def how(self) -> str:
        """`completed`, `failure`, …; `parked:CODE` when it waits for a person; `open` when neither."""
        if self.row["status"] in ENDED:
            return str(self.row["status"])
        attention = self.row.get("attention")
        return f"parked:{attention['code']}" if attention else "open"


def jobs(region: Region) -> list[Row]:
    """The job rows, in order of their making."""
    found = [row for row in region.world.table.rows() if row["sk"] == "job"]
    return sorted(found, key=lambda row: str(row["created"]))


def check_all(region: Region, log: str = "") -> list[str]:
    """Every broken promise, in words; empty when all is well."""
    trouble = [
        f"{CANARY} #{number} was paid for {times} times"
        for number, times in enumerate(region.world.shop.billed.values())
        if times > 1
    ]
    trouble += [f"a secret stands in the log: …{SECRET[:6]}" for secret in (SECRET, ROTATED) if secret in log]
    if CANARY in log:
        trouble.append(f"an address stands in the log: {_line_with(CANARY, log)}")
    for row in jobs(region):
        trouble += check_job(region, row)
    return trouble


def check_job(region: Region, row: Row) -> list[str]:
    """One job: over or parked with its action, announced, every record once, counters that add up."""
    how = Ended(row).how
    if how == "open":
        return [f"stuck in {row['status']}"]
    trouble = [*_announced(region, row, how), *_documented(region, row)]
    if how == "failure":
        return trouble if row["problems"] else [*trouble, "failed without a reason"]
    if how.startswith("parked:"):
        attention = row["attention"]
        if not attention["actions"] or not CODES[attention["code"]].actions:
            trouble.append("parked without an action")
    return trouble + _accounted(region, row, how)


def _announced(region: Region, row: Row, how: str) -> list[str]:
    """Somebody was told of exactly this end; the same event only under the same id."""
    sent = [each for each in region.world.publisher.published if each.detail["jobId"] == row["id"]]
    if not sent:
        return ["nobody was told"]
    last = max(
        (each.detail for each in sent), key=lambda detail: detail["sequence"]
    )  # a zombie may send late
    said = f"parked:{last['attention']}" if last["attention"] else str(last["status"])
    trouble = [] if said == how else [f"the last event says {said}, the job is {how}"]
    rows = list(region.world.table.query(job_pk(row["id"]), "event#"))
    if not all(event["published"] for event in rows):
        trouble.append("an event was never sent")
    if [event["detail"]["sequence"] for event in rows] != list(range(1, len(rows) + 1)):
        trouble.append("the events' numbers have gaps")
    bodies: dict[str, dict[str, Any]] = {}
    same = [bodies.setdefault(each.detail["eventId"], each.detail) == each.detail for each in sent]
    return trouble if all(same) else [*trouble, "one event id says two things"]


def _documented(region: Region, row: Row) -> list[str]:
    """job.json says how it ended, or what it waits for. (Of a job that waits a late zombie may have changed the status alone.)"""
    shown = region.world.document(row["id"])
    wanted = (row["status"] if row["status"] in ENDED else "", (row.get("attention") or {}).get("code"))
    status = shown["status"] if row["status"] in ENDED else ""
    found = (status, (shown["attention"] or {}).get("code"))
    return [] if found == wanted else [f"job.json says {found}, the row {wanted}"]


def _accounted(region: Region, row: Row, how: str) -> list[str]:
    """Every record of the input in exactly one of results and errors, once, in order."""
    if how == "parked:INPUT_GONE" or (
        how.startswith("parked:") and "results.csv" not in row.get("objects", ())
    ):
        return [] if how in WITHOUT_OUTPUT else [f"{how} without results"]
    records = row["records"]
    found: list[int] = []
    for name in ("results.csv", "errors.csv"):
        numbers = _numbers(region, row["id"], name)
        if numbers != sorted(numbers):
            return [f"{name} is out of order"]
        found += numbers
    if sorted(found) != list(range(1, records["total"] + 1)):
        return [f"records {sorted(found)} of {records['total']} are accounted for"]
    if records["succeeded"] + records["failed"] != records["processed"]:
        return ["the counters do not add up"]
    if row["status"] == "completed" and (records["processed"] != records["valid"] or records["pending"]):
        return ["completed with records pending"]
    return []


WITHOUT_OUTPUT = frozenset({"parked:INPUT_GONE", "parked:STALLED"})
"""Attention that may come before results could be written."""


def _numbers(region: Region, job: str, name: str) -> list[int]:
    body = region.world.store.read(Place(RESULTS, folder(job) + name)).decode()
    return [int(line["bd_recId"]) for line in csv.DictReader(io.StringIO(body))]


def _line_with(word: str, log: str) -> str:
    return next(line for line in log.splitlines() if word in line)[:300].replace(word, "…")
