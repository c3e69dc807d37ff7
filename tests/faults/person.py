"""A person who does what a parked job's attention says: looks at the service, then adopts, sends again, redrives, accepts."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from batchdrop.batches.states import get_tag_base, tag
from batchdrop.steps.operator import Operator
from tests.faults.checks import jobs

if TYPE_CHECKING:
    from batchdrop.ports import Row
    from tests.faults.region import Region


def decide(region: Region) -> int:
    """Act on every parked job; says how many there were."""
    world = region.world
    operator = Operator(world.table, world.journal, world.jobs, region.clock, {"memory": world.kind})
    parked = [row for row in jobs(region) if row.get("attention")]
    for row in parked:
        _help(region, operator, row)
    broken = [
        row for row in jobs(region) if any(each["code"] == "BROKE_DOWN" for each in row.get("problems", ()))
    ]
    for row in broken:
        world.jobs.start(row["id"])
    return len(parked) + len(broken)


def is_needed(region: Region) -> bool:
    """Whether anything waits for a person."""
    return any(row.get("attention") or row["status"] == "failure" for row in jobs(region))


def _help(region: Region, operator: Operator, row: Row) -> None:
    job = row["id"]
    by_code: dict[str, list[int]] = defaultdict(list)
    for batch in operator.parked(job):
        by_code[batch.code].append(batch.number)
    redrive = not by_code
    for code, numbers in by_code.items():
        match code:
            case "AMBIGUOUS_SEND":
                for number in numbers:
                    _settle_ambiguous(region, operator, row, number)
            case "GAPS" | "RESULTS_WITHHELD":
                operator.recollect(job, numbers)
            case "DELETED_BY_OTHER" | "RESULT_EXPIRED":
                operator.accept_gaps(job, numbers)
            case _:
                redrive = True
    if redrive:
        operator.redrive(job)


def _settle_ambiguous(region: Region, operator: Operator, row: Row, number: int) -> None:
    """At the service's own pages: is there a job with this batch's records? Then it is adopted, else the batch is sent again."""
    first = {batch.number: batch.first for batch in operator.parked(row["id"])}[number]
    expected = tag(get_tag_base(row), number)
    for ticket, job in region.world.shop.jobs.items():
        if job.tag == expected and job.inputs[0][0] == first:
            operator.adopt(row["id"], number, ticket)
            return
    operator.resubmit(row["id"], [number])
