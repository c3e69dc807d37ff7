"""show, jobs and routes; finding a stack; errors of AWS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from batchdrop.routes import BUILT_IN
from batchdrop_cli.stacks import Sandboxed, explain, find, from_environment
from batchdrop_cli.trouble import Trouble
from tests.cli.examples import job_json

if TYPE_CHECKING:
    from tests.cli.conftest import Cloud, Run


def test_show_answers_with_job_json_and_zero_whatever_became_of_the_job(batchdrop: Run, cloud: Cloud) -> None:
    cloud.put_job(job_json(status="failure"))

    plain = batchdrop("show", "people-0123456789abcdef", "--stack", "team")
    as_json = batchdrop("show", "people-0123456789abcdef", "--stack", "team", "--json")

    assert (plain.code, as_json.code) == (0, 0)
    assert plain.out.startswith("people-0123456789abcdef: failure in 1 min 30 s\n")
    assert as_json.documents == [job_json(status="failure")]


def test_jobs_lists_the_newest_first_and_can_be_narrowed(batchdrop: Run, cloud: Cloud) -> None:
    cloud.put_job(job_json(id="a-1", updated="2026-01-01T00:00:01Z"), results=b"r")
    cloud.put_job(job_json(id="b-2", updated="2026-01-01T00:00:03Z", status="stopped", route="here-geocode"))
    cloud.put_job(job_json(id="c-3", updated="2026-01-01T00:00:02Z", input={"key": "incoming/x/y.csv"}))
    cloud.s3.put_object(Bucket="results", Key="jobs/d-4/work/queries.ndjson", Body=b"no job.json yet")

    def ids(*more: str) -> list[str]:
        return [job["id"] for job in batchdrop("jobs", "--stack", "team", "--json", *more).documents[0]]

    assert ids() == ["b-2", "c-3", "a-1"]
    assert ids("--limit", "1") == ["b-2"]
    assert ids("--status", "completed") == ["c-3", "a-1"]
    assert ids("--route", "here-geocode") == ["b-2"]
    assert ids("--key", "incoming/x/y.csv") == ["c-3"]
    assert ids("--status", "queued") == []


def test_jobs_is_a_table_for_a_person(batchdrop: Run, cloud: Cloud) -> None:
    assert batchdrop("jobs", "--stack", "team").out == "No jobs.\n"
    cloud.put_job(job_json())

    assert batchdrop("jobs", "--stack", "team").out.splitlines() == [
        "job                      status     records  matched  updated              attention",
        "people-0123456789abcdef  completed    2,520    2,517  2026-01-01T10:01:30",
    ]


def test_held_jobs_are_shown_as_held_and_wait_for_a_person_too(batchdrop: Run, cloud: Cloud) -> None:
    attention = {"code": "OVER_BUDGET", "message": "?", "actions": [], "batches": []}
    cloud.put_job(job_json(id="a-1", status="submitted", held=True))
    cloud.put_job(job_json(id="b-2", status="submitted", held=True, attention=attention))
    cloud.put_job(job_json(id="c-3"))

    lines = batchdrop("jobs", "--attention", "--stack", "team").out.splitlines()

    assert sorted((line.split()[0], line.split()[-1]) for line in lines[1:]) == [
        ("a-1", "held"),
        ("b-2", "OVER_BUDGET"),
    ]


def test_routes_lists_the_built_in_ones_without_a_stack(batchdrop: Run) -> None:
    said = batchdrop("routes", "--json")

    assert [entry["name"] for entry in said.documents[0]] == list(BUILT_IN)
    assert all(entry["builtIn"] and entry["valid"] for entry in said.documents[0])
    assert "geoapify-geocode" in batchdrop("routes").out


def test_routes_to_legacy_services_say_so(batchdrop: Run) -> None:
    entries = {entry["name"]: entry for entry in batchdrop("routes", "--json").documents[0]}
    rows = batchdrop("routes").out.splitlines()

    assert (entries["here-v6-geocode"]["legacy"], entries["here-geocode"]["legacy"]) == (True, False)
    assert [row.split()[:3] for row in rows if "legacy" in row and "v6-reverse" in row] == [
        ["here-v6-reverse", "here_geocoder_v6", "(legacy)"]
    ]


def test_routes_of_the_bucket_come_too_and_bad_ones_are_marked(batchdrop: Run, cloud: Cloud) -> None:
    for name, body in {
        "all-rows": b'{"extends": "geoapify-geocode", "dedupe": false}',
        "broken": b"{",
        "here-geocode": b'{"service": "here_batch_v7", "api": "geocode", "batch_records": 50}',
    }.items():
        cloud.s3.put_object(Bucket="inbox", Key=f"routes/{name}.json", Body=body)

    found = {entry["name"]: entry for entry in batchdrop("routes", "--stack", "team", "--json").documents[0]}

    assert found["all-rows"]["dedupe"] is False
    assert found["all-rows"]["service"] == "geoapify"
    assert found["broken"] == {"name": "broken", "builtIn": False, "valid": False}
    assert found["here-geocode"]["batch_records"] == 50
    assert found["here-geocode"]["builtIn"] is False
    rows = batchdrop("routes", "--stack", "team").out.splitlines()
    assert any(
        row.split() == ["broken", "–", "–", "not", "a", "valid", "route", "inbox", "bucket"] for row in rows
    )


def test_a_route_shows_every_option_that_it_sets(batchdrop: Run, cloud: Cloud) -> None:
    definition = {
        "extends": "geoapify-geocode", "language": "de", "min_confidence": 0.5, "excel": True, "dedupe": False,
        "budget": {"job": 5000, "day": 20000}, "encoding": "cp1252", "output_columns": ["bd_lat", "bd_lon"],
        "columns": {"city": "Ort"}, "secret": "other", "repeats": "warn", "params": {"filter": "x" * 50},
    }  # fmt: skip
    cloud.s3.put_object(Bucket="inbox", Key="routes/mine.json", Body=json.dumps(definition).encode())

    [row] = [
        row for row in batchdrop("routes", "--stack", "team").out.splitlines() if row.startswith("mine ")
    ]

    assert row.removesuffix("inbox bucket").split("geocode", 1)[1].strip() == (
        f"format=json limit=1 filter={'x' * 39}… dedupe=false columns.city=Ort encoding=cp1252 language=de budget.job=5000 "
        'budget.day=20000 repeats=warn min_confidence=0.5 output_columns=["bd_lat", "bd_lon"] excel=true secret=…'
    )


def test_the_stack_may_be_named_before_the_command_or_in_the_environment(
    batchdrop: Run, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.put_job(job_json())
    asked = ("show", "people-0123456789abcdef")

    assert batchdrop("--stack", "team", *asked).code == 0
    monkeypatch.setenv("BATCHDROP_STACK", "other")
    assert batchdrop("--stack", "team", *asked).code == 0
    assert batchdrop(*asked, "--stack", "team").code == 0
    monkeypatch.setenv("BATCHDROP_STACK", "team")
    assert batchdrop(*asked).code == 0


def test_no_stack_named_is_wrong_usage_with_what_to_do(batchdrop: Run) -> None:
    said = batchdrop("show", "people-1")

    assert (said.code, said.out) == (2, "")
    assert "--stack NAME" in said.err


@pytest.mark.usefixtures("cloud")
def test_a_stack_that_is_not_there_is_told_plainly(batchdrop: Run) -> None:
    said = batchdrop("jobs", "--stack", "other")

    assert said.code == 2
    assert "There is no stack 'other' in eu-central-1." in said.err


def test_a_stack_that_is_not_batchdrop_is_told_plainly() -> None:
    environment = {
        "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    }  # fmt: skip

    with pytest.raises(Trouble, match="no output ResultsBucketName"):
        from_environment(Sandboxed(environment, {"InboxBucketName": "inbox"}))


def test_the_name_sandbox_means_the_sandbox_that_is_up() -> None:
    with pytest.raises(Trouble, match="No sandbox is up"):
        find("sandbox", None)


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (NoCredentialsError(), 2, "AWS_PROFILE"),
        (EndpointConnectionError(endpoint_url="https://s3"), 1, "network"),
        (ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject"), 1, "AccessDenied to GetObject"),
        (ClientError({"Error": {"Code": "ExpiredToken"}}, "PutObject"), 1, "Log in again"),
        (ClientError({}, "PutObject"), 1, "an error to PutObject"),
    ],
)
def test_errors_of_aws_become_what_to_do(error: Exception, code: int, words: str) -> None:
    trouble = explain(error)

    assert trouble.exit == code
    assert words in f"{trouble.message} {trouble.remedy}"


@pytest.mark.usefixtures("cloud")
def test_wrong_usage_ends_with_two_and_leaves_stdout_empty(batchdrop: Run) -> None:
    for arguments in (
        ("put",),
        ("put", "x.csv"),
        ("jobs", "--status", "odd", "--stack", "team"),
        ("nonsense",),
    ):
        said = batchdrop(*arguments)
        assert (said.code, said.out) == (2, "")
        assert said.err


def test_jobs_of_a_key_come_by_its_pointer_and_nothing_else_is_read(batchdrop: Run, cloud: Cloud) -> None:
    key = "incoming/x/a b.csv"
    for job in ("a-1", "b-2", "c-3"):
        cloud.put_job(job_json(id=job, updated=f"2026-01-01T00:00:0{job[-1]}Z", input={"key": key}))
    body = json.dumps({"job": "b-2", "jobs": [{"job": "b-2"}, {"job": "a-1"}, {"job": "gone"}]})
    cloud.s3.put_object(Bucket="results", Key="by-input/x/a b.csv.json", Body=body)

    found = batchdrop("jobs", "--key", key, "--stack", "team", "--json").documents[0]

    assert [job["id"] for job in found] == ["b-2", "a-1"]
