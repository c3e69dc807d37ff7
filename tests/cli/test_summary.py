"""What a person is told of a job: pinned texts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from batchdrop_cli.summary import SHOWN_PROBLEMS, change_line, elapsed, facts, headline, problems
from tests.cli.examples import job_json


def test_the_headline_says_how_it_went_and_how_long_it_took() -> None:
    assert headline(job_json()) == "people-0123456789abcdef: completed in 1 min 30 s"
    assert headline(job_json(simulated=True)).endswith(" in 1 min 30 s (simulated)")


def test_the_facts_of_a_completed_job() -> None:
    assert facts(job_json()) == [
        ("route", "geoapify-geocode (geoapify geocode)"),
        ("records", "2,520: 2,518 valid, 2 invalid, 2,500 distinct"),
        ("matched", "2,517 (99.9 % of the valid ones)"),
        ("failed", "1: 1 no match"),
        ("batches", "3 of 3 settled"),
        ("price", "2,505.5 credits (2,506 estimated)"),
        ("results", "s3://results/jobs/people-0123456789abcdef/results.csv"),
        ("errors", "s3://results/jobs/people-0123456789abcdef/errors.csv"),
        ("job", "s3://results/jobs/people-0123456789abcdef/job.json"),
    ]


def test_files_that_were_fetched_take_the_place_of_their_hrefs() -> None:
    lines = facts(job_json(), {"job.json": Path("out/job.json"), "results.csv": Path("out/results.csv")})

    assert lines[-2:] == [("files", "out/job.json"), ("", "out/results.csv")]
    assert not [value for _, value in lines if value.startswith("s3://")]


def test_a_refused_file_is_told_with_place_and_remedy_and_without_empty_counts() -> None:
    job = job_json(
        status="failure",
        service="",
        api="",
        route="no-such",
        records={"total": 0},
        batches={"total": 0, "settled": 0, "parked": 0},
        price={},
        resultsHref="",
        errorsHref="",
        problems=[
            {"code": "DUPLICATE_COLUMN", "message": "Twice.", "remedy": "Rename.", "line": 1, "column": "id"}
        ],
    )

    assert facts(job) == [("route", "no-such (–)"), ("job", job["href"])]
    assert problems(job) == ["DUPLICATE_COLUMN (line 1, column id): Twice. Rename."]


@pytest.mark.parametrize(
    ("failed", "no_match", "says"),
    [
        (0, 0, "0"),
        (2, 0, "2: 2 with an error or below min_confidence"),
        (1201, 1200, "1,201: 1,200 no match, 1 with an error or below min_confidence"),
    ],
)
def test_failed_is_the_number_of_job_json_and_says_of_what_kind_they_are(
    failed: int, no_match: int, says: str
) -> None:
    records = {"total": 2000, "valid": 2000, "failed": failed, "noMatch": no_match}

    assert dict(facts(job_json(records=records)))["failed"] == says


def test_notes_are_told_with_their_first_line() -> None:
    found = [
        {
            "code": "LOST_LETTERS",
            "message": "Records with U+FFFD: 3.",
            "remedy": "Export again.",
            "count": 3,
            "line": 7,
        }
    ]
    assert problems(job_json(notes=found)) == [
        "note LOST_LETTERS: Records with U+FFFD: 3. Export again. First in line 7."
    ]


def test_many_problems_of_a_refused_file_are_cut_and_counted() -> None:
    found = [{"code": "NO_HEADER", "message": "m"}] * (SHOWN_PROBLEMS + 3)
    lines = problems(job_json(status="failure", errorsHref="", records={"total": 0}, problems=found))

    assert len(lines) == SHOWN_PROBLEMS + 1
    assert lines[-1] == "… and 3 more, see problems.csv"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "… and 1,213 more, see errors.csv"),
        ({"errorsHref": "s3://results/jobs/p/errors.csv.gz"}, "… and 1,213 more, see errors.csv.gz"),
        ({"status": "submitted", "errorsHref": ""}, "… and 1,213 more"),
    ],
)
def test_invalid_records_are_counted_by_job_json_and_stand_in_the_errors(
    changes: dict[str, Any], says: str
) -> None:
    found = [{"code": "EMPTY_QUERY", "message": "m"}] * 20
    records = {"total": 2000, "valid": 777, "invalid": 1223}

    assert problems(job_json(records=records, problems=found, **changes))[-1] == says


def test_bytes_that_came_before_are_said_and_that_they_were_paid_again() -> None:
    assert problems(job_json(sameBytesAs="people-1")) == [
        "The same bytes were the job people-1 before; this one was paid all the same."
    ]
    unpaid = {"unit": "credits", "estimated": 5.0, "spent": 0}
    assert problems(job_json(sameBytesAs="people-1", price=unpaid)) == [
        "The same bytes were the job people-1 before."
    ]


def test_attention_names_batches_and_what_can_be_done() -> None:
    attention = {
        "code": "GAPS",
        "message": "Lacks records.",
        "actions": ["recollect", "stop"],
        "batches": [{"batch": f"{number:05}", "code": "GAPS", "records": number} for number in range(1, 12)],
    }
    job = job_json(status="inProgress", ended=None, attention=attention)

    assert headline(job) == "people-0123456789abcdef: inProgress – a person is needed"
    assert problems(job) == [
        "GAPS: Lacks records.",
        "  batches: 00001 (1 record, GAPS); "
        + "; ".join(f"{number:05} ({number} records, GAPS)" for number in range(2, 11))
        + "; and 1 more",
        "  what can be done: recollect, stop",
    ]


def test_a_change_line_tells_progress_in_records_and_batches() -> None:
    records = {"valid": 2518, "processed": 1000}
    job = job_json(status="inProgress", records=records, batches={"total": 3, "settled": 1, "parked": 1})

    assert (
        change_line(job)
        == "people-0123456789abcdef: inProgress, 1,000 of 2,518 records, 1 of 3 batches, 1 parked"
    )


def test_elapsed_runs_on_while_the_job_does() -> None:
    now = datetime(2026, 1, 1, 10, 0, 30, tzinfo=UTC)

    assert elapsed(job_json(), now) == 90.0
    assert elapsed(job_json(ended=None), now) == 30.0
    assert elapsed(job_json(ended=None)) is None
    assert elapsed({"created": "soon"}, now) is None


def test_a_price_that_can_be_read_in_two_ways_or_is_not_known_says_so() -> None:
    both = {"unit": "credits", "estimated": 200.0, "estimatedLow": 100.0, "spent": 50}
    assert ("price", "50 credits (100 to 200 estimated)") in facts(job_json(price=both))
    unknown = {"unit": "credits", "unknown": True, "least": 2, "spent": 2}
    assert ("price", "2 credits for submits and looks; what a record costs is not known") in facts(
        job_json(price=unknown)
    )
