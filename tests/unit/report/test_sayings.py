"""What a page says of a job is what job.json says, each thing once and in one word."""

from __future__ import annotations

from typing import Any

import pytest

from batchdrop.ports import Told
from batchdrop.report import page, problems, tables
from tests.report.scenes import (
    SCENES,
    country,
    devices,
    job,
    misrouted,
    parked,
    refused,
    sloppy,
    told,
    towns,
    two_continents,
)
from tests.unit.report.test_page import read


def text_of(found: Told) -> str:
    return " ".join(" ".join(read(page(found)).texts).split())


# numbers


@pytest.mark.parametrize(
    ("matched", "kind", "others", "share"),
    [(1, "failed", 2, "33.33 %"), (0, "failed", 3, "0 %"), (0, "noMatch", 3, "0 %"), (6, "lowConfidence", 4, "60 %")],
)  # fmt: skip
def test_the_headline_is_the_share_of_valid_records_whatever_came_of_the_others(
    matched: int, kind: str, others: int, share: str
) -> None:
    found = told(towns(matched), [[kind, "X", others, []], ["invalid", "EMPTY_QUERY", 5, []]])
    assert f"Matched {share} {matched} of {matched + others} valid records" in text_of(found)


@pytest.mark.parametrize("name", SCENES)
def test_the_outcomes_are_all_records(name: str) -> None:
    found = SCENES[name]()
    records = found.job["records"]
    if records.get("total"):
        assert sum(one.records for one in tables.outcomes(records, found.errors)) == records["total"]


def test_where_nothing_was_collected_the_counters_of_the_job_tell_the_outcomes() -> None:
    records = {"total": 10, "valid": 8, "invalid": 2, "matched": 3, "noMatch": 1, "failed": 2, "pending": 3}
    found = tables.outcomes(job(records)["records"], [])
    assert [(one.name, one.records) for one in found] == [
        ("matched", 3), ("no match", 1), ("failed", 1), ("invalid", 2), ("unprocessed", 3),
    ]  # fmt: skip


def test_an_outcome_stands_with_its_word_in_errors_and_with_what_job_json_counts_as_failed() -> None:
    text = text_of(sloppy())
    assert "low confidence lowConfidence" in text
    assert "failed in job.json is 62: it counts no match, low confidence and failed together." in text
    assert "in job.json is" not in text_of(devices()), "there, both are the same"


def test_a_run_is_counted_as_job_json_counts_it() -> None:
    text = text_of(sloppy())
    assert text.count("taken up again once") == 2
    assert text.count("run is 1 in job.json") == 1
    assert "run 2" not in text
    assert "taken up again" not in text_of(country())


def test_the_same_bytes_are_told_of_once() -> None:
    held = told(towns(3), sameBytesAs="a-1", attention={"code": "SAME_BYTES", "message": "They became the job a-1.", "remedy": "", "actions": ["start"], "batches": []})  # fmt: skip
    assert "became the job customers-77aa0c1d2e3f4a5b" in text_of(sloppy())
    assert text_of(held).count("a-1") == 1


def test_of_a_few_results_nothing_is_said_about_what_is_far() -> None:
    assert "Nothing lies far from the others" not in text_of(two_continents())
    assert "Nothing lies far from the others" in text_of(sloppy())


def test_the_key_of_a_map_names_what_is_to_be_seen_on_it() -> None:
    small, large = text_of(two_continents()), text_of(SCENES["isolines"]())
    assert "where an area is too small to be seen" in small
    assert "one area" not in small
    assert "one area" in large
    assert "too small" not in large


# problems


def test_a_job_that_went_on_tells_of_invalid_records_once_by_code_with_places() -> None:
    text = text_of(sloppy())
    assert text.count("EMPTY_QUERY") == text.count("NOT_A_NUMBER") == 1
    assert "line 3, column lat · lat is not a number" in text
    assert "And 117 more in errors.csv." in text
    assert "And 100 more in errors.csv." in text


def test_where_no_errors_are_written_yet_a_few_are_listed_with_the_true_number_of_the_others() -> None:
    entries = [
        {"code": "EMPTY_QUERY", "message": "There is nothing.", "line": n, "recId": n} for n in range(1, 21)
    ]
    records = {"total": 400, "valid": 177, "invalid": 223}
    found = problems.wrong(Told(job(records, problems=entries, status="inProgress", errorsHref="")))
    assert found is not None
    assert (found.heading, len(found.shown), found.rest) == ("Invalid records", 5, "And 218 more.")


def refusal(*codes: str) -> Any:
    entries = [{"code": code, "message": "It is so."} for code in codes]
    return Told({**refused().job, "problems": entries})


def test_a_refused_file_shows_what_its_table_of_problems_lists() -> None:
    found = text_of(refusal("NO_VALID_ROWS", *["EMPTY_QUERY"] * 20))
    assert found.count("EMPTY_QUERY") == 20
    assert "there may be more" in found
    assert "And 9 more in problems.csv." in text_of(refusal(*["EMPTY_COLUMN_NAME"] * 30))
    assert "more" not in text_of(refusal("NO_VALID_ROWS", "EMPTY_QUERY"))


@pytest.mark.parametrize(
    ("code", "what", "advice"),
    [("WRONG_COLUMNS", "the file", "Correct the file"), ("ROUTE_INVALID", "the route", "put the route right"),
     ("NO_ROUTE", "the route", "put the route right"), ("NO_ACCESS", "the dropped object", "")],
)  # fmt: skip
def test_what_is_wrong_is_said_of_what_it_is_wrong_with(code: str, what: str, advice: str) -> None:
    text = text_of(refusal(code))
    assert f"What is wrong with {what}" in text
    assert f"problems.csv what is wrong with {what}" in text
    assert "Nothing was sent and nothing was billed." in text
    assert advice in text
    assert ("Correct the file" in text) == (what == "the file")


def test_a_job_that_had_begun_is_not_told_that_nothing_was_billed() -> None:
    gone = [{"code": "OBJECT_GONE", "message": "The dropped object is gone."}]
    records = {"total": 5, "valid": 5, "unprocessed": 5}
    stopped = job(records, status="stopped", problems=gone, resultsHref="", errorsHref="")
    text = text_of(Told(stopped))
    assert "What is wrong with the dropped object" in text
    assert "billed" not in text
    assert "problems.csv" not in text


def test_a_page_without_records_does_not_say_that_it_holds_some() -> None:
    assert "holds examples" not in text_of(misrouted())
    assert "holds examples" not in text_of(refused())
    assert "holds examples" in text_of(parked())
