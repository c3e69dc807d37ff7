"""What must hold after every run, whatever went wrong."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batchdrop.batches.states import job_pk
from batchdrop.errors import GoneMissing
from batchdrop.jobs import ENDED, folder
from batchdrop.ports import Place
from batchdrop.problems import CODES
from tests.faults.kinds import ROTATED, SECRET
from tests.steps.world import RESULTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchdrop.ports import Row
    from tests.faults.region import Region

CANARY = "Canaryweg"
"""A word in every address of the tests' files: it must stand in no log."""


NO_DOCUMENT = "there is no job.json"


@dataclass(frozen=True, slots=True)
class Ended:
    """How one job ended: its row, and the codes that say why."""

    row: Row
    trouble: list[str] = field(default_factory=list)

    @property
    def how(self) -> str:
        """`completed`, `failure`, …; `parked:CODE` when it waits for a person; `held`; `open` when none of them."""
        if self.row["status"] in ENDED:
            return str(self.row["status"])
        attention = self.row.get("attention")
        if attention:
            return f"parked:{attention['code']}"
        return "held" if self.row.get("held") else "open"


def jobs(region: Region) -> list[Row]:
    """The job rows, in order of their making."""
    found = [row for row in region.world.table.rows() if row["sk"] == "job"]
    return sorted(found, key=lambda row: str(row["created"]))


def check_all(region: Region, log: str = "", *, again: Mapping[str, int] | None = None) -> list[str]:
    """Every broken promise, in words; empty when all is well. again: how often a batch was knowingly sent again, by its tag."""
    trouble = [
        f"{CANARY} #{number} was paid for {times} times"
        for number, (record, times) in enumerate(region.world.shop.billed.items())
        if times > 1 + (again or {}).get(record.partition(" ")[0], 0)
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
    if how == "held":
        return []
    trouble = [*_announced(region, row, how), *_documented(region, row)]
    if how == "deleted":
        return trouble
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
    numbers = [event["detail"]["sequence"] for event in rows]
    if numbers != list(range(1, len(rows) + 1)) and how != "deleted":  # a delete takes those that are out
        trouble.append("the events' numbers have gaps")
    bodies: dict[str, dict[str, Any]] = {}
    same = [bodies.setdefault(each.detail["eventId"], each.detail) == each.detail for each in sent]
    return trouble if all(same) else [*trouble, "one event id says two things"]


def _documented(region: Region, row: Row) -> list[str]:
    """job.json says how it ended, or what it waits for. (Of a job that waits a late zombie may have changed the status alone.)"""
    try:
        shown = region.world.document(row["id"])
    except GoneMissing:
        return [NO_DOCUMENT]
    wanted = (row["status"] if row["status"] in ENDED else "", (row.get("attention") or {}).get("code"))
    status = shown["status"] if row["status"] in ENDED else ""
    found = (status, (shown["attention"] or {}).get("code"))
    return [] if found == wanted else [f"job.json says {found}, the row {wanted}"]


def _accounted(region: Region, row: Row, how: str) -> list[str]:
    """Every record of the input in exactly one of results and errors, once, in order."""
    if how == "parked:INPUT_GONE" or (
        how.startswith("parked:") and "results.csv" not in row.get("objects", ())
    ):
        is_held = "start" in row["attention"]["actions"]  # nothing was sent yet
        return [] if how in WITHOUT_OUTPUT or is_held else [f"{how} without results"]
    records = row["records"]
    try:
        found = [
            number for name in ("results.csv", "errors.csv") for number in _numbers(region, row["id"], name)
        ]
    except (GoneMissing, ValueError) as broken:
        return [f"an output is broken: {broken}"]
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
    """The records of an output. Raises GoneMissing, ValueError for an output without a header line or out of order."""
    body = region.world.store.read(Place(RESULTS, folder(job) + name)).decode()
    lines = csv.DictReader(io.StringIO(body))
    if "bd_recId" not in (lines.fieldnames or ()):
        raise ValueError(f"{name} has no header line")
    numbers = [int(line["bd_recId"]) for line in lines]
    if numbers != sorted(numbers):
        raise ValueError(f"{name} is out of order")
    return numbers


def check_deleted(region: Region, row: Row) -> list[str]:
    """Nothing of a deleted job's data is left in the store, and nothing at the service of what we have a ticket of."""
    world, job = region.world, row["id"]
    left = [key for key in world.store.list(RESULTS, folder(job)) if not key.endswith("/job.json")]
    left += [key for key in world.store.list(RESULTS, "by-input/") if job in _text(region, key)]
    trouble = [f"deleted, and left in the store: {', '.join(left)}"] if left else []
    document = _text(region, f"{folder(job)}job.json")
    if not document:
        trouble.append(f"deleted, and {NO_DOCUMENT}")
    if CANARY in document:
        trouble.append("deleted, and job.json has an address")
    if world.service.can.deletes:
        tickets = [
            each["pk"].rpartition("#")[2] for each in world.table.rows() if each.get("job") == job_pk(job)
        ]
        there = [ticket for ticket in tickets if ticket in world.shop.jobs]
        trouble += [f"deleted, and the service has {', '.join(there)}"] if there else []
    return trouble


def _text(region: Region, key: str) -> str:
    """Return an object's text; "" where there is none."""
    try:
        return region.world.store.read(Place(RESULTS, key)).decode()
    except GoneMissing:
        return ""


def check_sweep(region: Region) -> list[str]:
    """What the last sweep has counted is what there is."""
    waiting = [row for row in jobs(region) if row.get("attention") and row["status"] not in ENDED]
    codes = Counter(row["attention"]["code"] for row in waiting)
    expected = {"JobsWaiting": len(waiting)} | {
        f"JobsWaiting {code}": number for code, number in codes.items()
    }
    found = {name: value for name, value in region.world.metrics.items() if name.startswith("JobsWaiting")}
    return [] if found == expected else [f"sweep counted {found}, there are {expected}"]


def _line_with(word: str, log: str) -> str:
    return next(line for line in log.splitlines() if word in line)[:300].replace(word, "…")
