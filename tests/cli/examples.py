"""A job.json to start from."""

from __future__ import annotations

from typing import Any


def job_json(**changes: Any) -> dict[str, Any]:
    """job.json of a completed job; `changes` replace whole entries."""
    return {
        "id": "people-0123456789abcdef",
        "href": "s3://results/jobs/people-0123456789abcdef/job.json",
        "route": "geoapify-geocode", "service": "geoapify", "api": "geocode", "status": "completed", "billingTags": [],
        "created": "2026-01-01T10:00:00.000000Z", "started": "2026-01-01T10:00:03.000000Z",
        "ended": "2026-01-01T10:01:30.000000Z", "updated": "2026-01-01T10:01:30.000000Z", "run": 0,
        "records": {
            "total": 2520, "valid": 2518, "invalid": 2, "processed": 2518, "pending": 0, "succeeded": 2517, "failed": 1,
            "matched": 2517, "noMatch": 1, "unprocessed": 0, "distinct": 2500,
        },
        "resultsHref": "s3://results/jobs/people-0123456789abcdef/results.csv",
        "errorsHref": "s3://results/jobs/people-0123456789abcdef/errors.csv", "outputType": "csv",
        "input": {"bucket": "inbox", "key": "incoming/geoapify-geocode/people.csv", "versionId": "v", "size": 9},
        "dialect": {}, "columns": {}, "batches": {"total": 3, "settled": 3, "parked": 0},
        "price": {"unit": "credits", "estimated": 2506.0, "spent": 2505.5}, "problems": [], "attention": None,
        "simulated": False,
        **changes,
    }  # fmt: skip
