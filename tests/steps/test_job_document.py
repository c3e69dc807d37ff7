"""job.json beside HERE's own job resource: every field of it, with its timing rules ([seed] HERE Batch API v7, "Job status").

The samples below are the facts of that page: which fields a status has, and which counters.
"""

from __future__ import annotations

from typing import Any

import pytest

from batchdrop.ports import State
from tests.steps.test_orders import HELD, WHOLE, Stoppable, under_way
from tests.steps.world import World

PEOPLE = b"id,address\n7,Main Street 1\n8,Side Street 2\n9,\n"
RESOURCE = {
    "id",
    "billingTags",
    "status",
    "href",
    "created",
    "records",
    "resultsHref",
    "errorsHref",
    "outputType",
}
COUNTERS = {"total", "valid", "invalid", "processed", "pending", "succeeded", "failed"}


def in_status(status: str) -> dict[str, Any]:
    """job.json of a job in this status."""
    if status in ("stopped", "inProgress"):
        world, job = under_way(Stoppable, WHOLE)
        if status == "stopped":
            world.jobs.stop(job)
            world.drive(job)
        return world.document(job)
    world = World(Stoppable, at_once=1)
    world.route("held", **HELD)
    job = world.drop(
        b"colour\nred\n" if status == "failure" else PEOPLE,
        route="held" if status == "held" else "memory-geocode",
    )
    payload = {"job": job, "run": 0}
    if status == "queued":
        world.slots.take("memory", "another", world.clock())
    if status in ("pending", "queued", "held"):
        world.plan(payload)
        world.admit(payload)
    elif status != "submitted":
        world.drive(job)
    if status == "deleted":
        world.jobs.delete(job)
        world.drive(job, run=1)
    return world.document(job)


@pytest.mark.parametrize(
    "status", ["submitted", "queued", "pending", "inProgress", "completed", "stopped", "deleted", "failure"]
)
def test_every_field_of_the_resource_is_there_in_every_status(status: str) -> None:
    entry = in_status(status)
    assert entry["status"] == status
    assert set(entry) >= RESOURCE
    assert set(entry["records"]) >= COUNTERS
    assert entry["billingTags"] == []
    assert entry["outputType"] == "csv"


@pytest.mark.parametrize("status", ["submitted", "queued", "pending"])
def test_a_job_that_has_not_begun_has_no_times_but_created_and_no_hrefs(status: str) -> None:
    entry = in_status(status)
    assert not {"started", "ended"} & set(entry)
    assert (entry["resultsHref"], entry["errorsHref"]) == ("", "")
    assert entry["records"]["processed"] == entry["records"]["succeeded"] == entry["records"]["failed"] == 0


def test_notes_of_the_plan_stand_in_job_json_and_a_job_without_any_has_no_such_member() -> None:
    world = World()
    job = world.drop("id,address\n1,Goi\ufffds 5\n2,Ber\ufffdlin 1\n3,Paris 1\n".encode())
    world.drive(job)
    [note] = world.document(job)["notes"]
    assert (note["code"], note["count"], note["line"]) == ("LOST_LETTERS", 2, 2)
    assert "notes" not in in_status("completed")


def test_a_held_job_is_submitted() -> None:
    assert in_status("held")["status"] == "submitted"


def test_a_job_at_work_has_started_and_counts_down() -> None:
    entry = in_status("inProgress")
    records = entry["records"]
    assert "started" in entry
    assert "ended" not in entry
    assert records["valid"] + records["invalid"] == records["total"]
    assert records["pending"] == records["valid"] - records["processed"]
    assert (entry["resultsHref"], entry["errorsHref"]) == ("", "")


def test_a_completed_job_adds_up() -> None:
    entry = in_status("completed")
    records = entry["records"]
    assert {"started", "ended"} <= set(entry)
    assert records["valid"] + records["invalid"] == records["total"] == 3
    assert records["processed"] == records["valid"]
    assert records["succeeded"] + records["failed"] == records["processed"]
    assert records["pending"] == 0
    assert entry["resultsHref"].endswith("/results.csv")
    assert entry["errorsHref"].endswith("/errors.csv")


def test_a_stopped_job_has_processed_less_than_is_valid_and_keeps_its_results() -> None:
    entry = in_status("stopped")
    records = entry["records"]
    assert {"started", "ended"} <= set(entry)
    assert records["processed"] < records["valid"]
    assert records["pending"] == 0
    assert entry["resultsHref"]


def test_a_deleted_job_keeps_its_counters_and_times_and_loses_its_files() -> None:
    entry = in_status("deleted")
    assert {"started", "ended"} <= set(entry)
    assert entry["records"]["processed"] == 2
    assert (entry["resultsHref"], entry["errorsHref"]) == ("", "")


def test_a_failed_job_says_what_is_wrong() -> None:
    entry = in_status("failure")
    assert "ended" in entry
    assert entry["problems"][0]["code"] == "WRONG_COLUMNS"
    assert entry["resultsHref"] == ""


def test_a_service_that_fails_a_job_fails_its_records_and_the_job_is_complete() -> None:
    world = World()
    world.shop.status = lambda _job: State.FAILED
    world.shop.answer = lambda _text: {"missing": True}
    job = world.drop(PEOPLE)
    world.drive(job)
    records = world.document(job)["records"]
    assert (records["failed"], records["processed"]) == (2, 2)
