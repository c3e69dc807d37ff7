"""A job's id, its counters' rules, and job.json made from its row."""

from __future__ import annotations

from typing import Any

import pytest

from batchdrop.jobs import (
    Input,
    document,
    execution_name,
    input_hash,
    job_id,
    single_use_key,
    timestamp,
)


def row(**changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "id": "sales-0123456789abcdef",
        "hash": "0" * 64,
        "run": 0,
        "status": "completed",
        "route_name": "geoapify-geocode",
        "route": {"service": "geoapify", "api": "geocode"},
        "created": "2026-11-21T10:00:00.000000Z",
        "started": "2026-11-21T10:01:00.000000Z",
        "ended": "2026-11-21T10:02:00.000000Z",
        "updated": "2026-11-21T10:02:00.000000Z",
        "input": Input("inbox", "incoming/geoapify-geocode/sales.csv", "v1", 99).to_dict(),
        "records": {"total": 4, "valid": 4, "processed": 4, "matched": 3, "noMatch": 1},
        "objects": ["results.csv", "errors.csv"],
    }
    return {**base, **changes}


@pytest.mark.parametrize(
    ("key", "stem"),
    [
        ("incoming/r/sales 2026.csv", "sales-2026"),
        ("incoming/r/Straße.csv.gz", "Stra-e"),
        ("incoming/r/../..", "file"),
        ("incoming/r/" + "x" * 200, "x" * 40),
        ("incoming/r/日本.csv", "file"),
    ],
)
def test_the_stem_of_a_job_id_holds_only_harmless_characters(key: str, stem: str) -> None:
    assert job_id("inbox", key, "v1").rpartition("-")[0] == stem


def test_private_names_leave_the_file_name_out_of_the_job_id() -> None:
    assert job_id("inbox", "incoming/r/jane-doe.csv", "v1", private=True).startswith("file-")


def test_another_bucket_key_or_version_is_another_job() -> None:
    ids = {
        job_id(*parts) for parts in (("b", "k", "v"), ("b2", "k", "v"), ("b", "k2", "v"), ("b", "k", "v2"))
    }
    assert len(ids) == 4


def test_every_version_at_a_single_use_key_is_one_job_and_other_keys_are_not() -> None:
    once = single_use_key("r", "sales.csv", "0a" * 16)
    assert once == f"incoming/r/.job-{'0a' * 16}/sales.csv"
    assert job_id("b", once, "v1") == job_id("b", once, "v2")
    assert input_hash("b", once, "v1") == input_hash("b", once, "v2")
    assert job_id("b", once, "v1") != job_id("b2", once, "v1")
    word = "0a" * 16
    near = [
        f"incoming/r/.job-{word[1:]}/x.csv",
        f"incoming/r/.job-{word.upper()}/x.csv",
        f"incoming/r/.job-{word}0/x.csv",
        f"incoming/r/.job-{word}/a/x.csv",
        f"incoming/r/a/.job-{word}/x.csv",
        f"incoming/.job-{word}/x.csv",
        f"incoming/r/.job-{word}/",
        f"x/incoming/r/.job-{word}/x.csv",
        f"incoming/r/.job-{word}/x.csv/",
    ]
    for key in near:
        assert job_id("b", key, "v1") != job_id("b", key, "v2"), key


@pytest.mark.parametrize("name", ["a/b", "", "..", "a//b", "\x00", "a\tb", "x" * 1024])
def test_a_name_that_does_not_fit_a_single_use_key_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"it "):
        single_use_key("r", name, "0" * 32)


def test_an_execution_name_fits_into_eighty_characters() -> None:
    assert len(execution_name(job_id("b", "x" * 1000, "v"), 99_999)) <= 80


def test_times_are_utc_with_microseconds() -> None:
    assert timestamp(1_754_326_116.209077) == "2025-08-04T16:48:36.209077Z"


def test_hrefs_that_are_not_set_are_empty_and_unknown_times_are_absent() -> None:
    entry = document(row(status="submitted", started=None, ended=None, objects=[]), "results")
    assert (entry["resultsHref"], entry["errorsHref"]) == ("", "")
    assert "started" not in entry
    assert "ended" not in entry
    assert entry["attention"] is None


def test_hrefs_name_the_objects_that_were_written() -> None:
    entry = document(row(objects=["results.csv.gz", "errors.csv.gz"]), "results")
    assert entry["resultsHref"] == "s3://results/jobs/sales-0123456789abcdef/results.csv.gz"
    assert entry["errorsHref"] == "s3://results/jobs/sales-0123456789abcdef/errors.csv.gz"
