"""Runs that break down, and files that are gone before anybody reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from batchdrop.steps.announce import BREAKS
from tests.functions.test_road import ADDRESSES, drive, started

if TYPE_CHECKING:
    from tests.functions.conftest import Functions


def test_a_job_that_broke_down_has_a_report(functions: Functions) -> None:
    functions("submit", functions.drop("incoming/geoapify-geocode/customers.csv", ADDRESSES))
    [payload] = started(functions)
    for _ in range(BREAKS + 1):
        assert functions("announce", {**payload, "failed": True}) == {"outcome": "failed"}
    base = f"jobs/{payload['job']}/"
    job = json.loads(functions.results(base + "job.json"))
    assert (job["status"], job["problems"][0]["code"]) == ("failure", "BROKE_DOWN")
    assert b"BROKE_DOWN" in functions.results(base + "report.html")


def test_a_file_that_is_gone_before_it_is_planned_is_refused(functions: Functions) -> None:
    key = "incoming/geoapify-geocode/customers.csv"
    functions("submit", functions.drop(key, ADDRESSES))
    s3 = functions.client("s3")
    [version] = s3.list_object_versions(Bucket=functions.bucket, Prefix=key)["Versions"]
    s3.delete_object(Bucket=functions.bucket, Key=key, VersionId=version["VersionId"])
    [payload] = started(functions)
    assert drive(functions, payload) == "done"
    job = json.loads(functions.results(f"jobs/{payload['job']}/job.json"))
    assert (job["status"], job["problems"][0]["code"]) == ("failure", "OBJECT_GONE")
