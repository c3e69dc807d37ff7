"""The Jobs API as API Gateway calls it, with AWS mocked: events/jobs_api."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests
from jsonschema import Draft202012Validator

from batchdrop import wiring
from batchdrop.api import PATHS
from batchdrop.api.openapi import document
from batchdrop.batches.states import batch_key, lane_key
from batchdrop.ports import Change
from tests.functions.conftest import load_event
from tests.functions.test_road import drive, started

if TYPE_CHECKING:
    import io

    from tests.functions.conftest import Functions

JOB = "people-0123456789abcdef"
DOCUMENT = document()


def called(
    functions: Functions, case: str, job: str = JOB, **changes: Any
) -> tuple[int, Any, dict[str, str]]:
    """Status, body read as JSON, and headers of a call like that of the file; `job` in place of the file's."""
    text = json.dumps({**load_event("jobs_api", case), **changes}).replace(JOB, job)
    answer = functions("jobs_api", json.loads(text))
    headers = {name: ", ".join(values) for name, values in answer["multiValueHeaders"].items()}
    is_as_documented(json.loads(text), answer, headers)
    return answer["statusCode"], json.loads(answer["body"]) if answer["body"] else None, headers


def is_as_documented(event: dict[str, Any], answer: dict[str, Any], headers: dict[str, str]) -> None:
    """Every answer to a call of the OpenAPI document is one that the document has."""
    (pattern,) = [
        path for path in PATHS if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), event["path"])
    ] or [""]
    call = DOCUMENT["paths"].get(pattern, {}).get(event["httpMethod"].lower())
    if call is None:
        return
    content = call["responses"][str(answer["statusCode"])].get("content", {})
    if not content:
        assert not answer["body"]
        return
    schema = {**content[headers["Content-Type"]]["schema"], "components": DOCUMENT["components"]}
    Draft202012Validator(schema).validate(json.loads(answer["body"]))


def asked(functions: Functions, method: str, path: str, **query: str) -> tuple[int, Any, dict[str, str]]:
    """A call of another path."""
    return called(
        functions,
        "show",
        httpMethod=method,
        path=path,
        multiValueQueryStringParameters={name: [value] for name, value in query.items()},
    )


def is_problem(status: int, body: Any, headers: dict[str, str], kind: str) -> bool:
    """Whether this is a refusal of that kind, whole."""
    assert headers["Content-Type"] == "application/problem+json"
    assert body["status"] == status
    assert {"type", "title", "status", "detail", "instance", "correlationId"} <= set(body)
    return bool(body["type"] == f"urn:batchdrop:problem:{kind}")


def dropped(functions: Functions) -> str:
    """A file came through the API and was processed; the job's id."""
    status, body, _ = called(functions, "drop")
    assert status == 201
    assert drive(functions, started(functions)[-1]) == "done"
    return str(body["id"])


def test_a_small_file_is_a_job_at_once(functions: Functions) -> None:
    status, body, headers = called(functions, "drop")
    assert status == 201
    assert headers["Location"] == body["href"] == f"/v1/jobs/{body['id']}"
    assert re.fullmatch(r"incoming/geoapify-geocode/\.job-[0-9a-f]{32}/people\.csv", body["input"]["key"])
    assert headers["X-Correlation-ID"] == "import-42"
    status, job, _ = called(functions, "show", body["id"])
    assert (status, job["status"], job["route"]) == (200, "submitted", "geoapify-geocode")
    stored = functions.client("s3").get_object(Bucket="batchdrop-inbox", Key=body["input"]["key"])
    assert stored["Body"].read() == base64.b64decode(load_event("jobs_api", "drop")["body"])
    assert job["input"]["versionId"] == stored["VersionId"]


def test_the_upload_event_of_a_file_that_came_through_the_api_finds_its_job(functions: Functions) -> None:
    _, body, _ = called(functions, "drop")
    event = functions.drop(body["input"]["key"], b"a second version of the same key")
    assert functions("submit", event) == {"batchItemFailures": []}
    assert [payload["job"] for payload in started(functions)] == [body["id"]]


def test_results_are_a_link_that_needs_no_credentials_and_lives_a_quarter_of_an_hour(
    functions: Functions,
) -> None:
    job = dropped(functions)
    status, body, headers = called(functions, "results", job)
    assert (status, headers["Location"], body["seconds"]) == (303, body["href"], 900)
    assert "X-Amz-Expires=900" in body["href"]
    found = requests.get(body["href"], timeout=10)
    assert found.text.startswith("customer_id,address1")
    assert found.headers["Content-Disposition"] == f'attachment; filename="{job}-results.csv"'
    assert asked(functions, "GET", f"/jobs/{job}/problems")[:2] == (204, None)
    assert asked(functions, "HEAD", f"/jobs/{job}/results")[:2] == (303, None)


def test_an_upload_link_takes_the_file_once_and_makes_the_job_it_named(functions: Functions) -> None:
    status, body, _ = called(functions, "upload-link")
    assert status == 201
    assert asked(functions, "GET", f"/jobs/{body['id']}")[0] == 404
    link = body["upload"]
    assert (link["method"], link["headers"]) == ("PUT", {"If-None-Match": "*"})
    sent = requests.put(link["href"], b"id,address\n1,Main Street\n", headers=link["headers"], timeout=10)
    assert sent.status_code == 200
    assert requests.put(link["href"], b"other", headers=link["headers"], timeout=10).status_code == 412
    event = load_event("submit", "geoapify")
    message = json.loads(event["Records"][0]["body"])
    message["detail"]["object"] |= {
        "key": body["input"]["key"], "size": 25, "version-id": sent.headers["x-amz-version-id"],
    }  # fmt: skip
    event["Records"][0]["body"] = json.dumps(message)
    functions("submit", event)
    assert asked(functions, "GET", f"/jobs/{body['id']}")[1]["status"] == "submitted"


def test_what_is_listed_is_what_is_shown(functions: Functions) -> None:
    job = dropped(functions)
    status, body, _ = called(functions, "list")
    assert (status, body["limit"], body["count"], "next" in body) == (200, 2, 1, False)
    assert body["items"] == [called(functions, "show", job)[1]]
    assert json.loads(functions.results(f"jobs/{job}/job.json")) == body["items"][0]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"status": "failed"}, "status"),
        ({"state": "completed"}, "state"),
        ({"next": "bm9uc2Vuc2U"}, "next"),
        ({"route": "a/b"}, "route"),
    ],
)
def test_a_bad_parameter_is_named(functions: Functions, query: dict[str, str], parameter: str) -> None:
    status, body, headers = asked(functions, "GET", "/jobs", **query)
    assert is_problem(status, body, headers, "bad-parameter")
    assert (status, body["parameter"]) == (400, parameter)


@pytest.mark.parametrize(
    "case", ["show", "start", "stop", "delete", "results", "redrive", "adopt", "resubmit"]
)
def test_a_job_that_nobody_knows_is_not_there_for_any_call(functions: Functions, case: str) -> None:
    for job in (JOB, "people"):
        status, body, headers = called(functions, case, job)
        assert status == 404
        assert is_problem(status, body, headers, "unknown-job")


def test_orders_that_change_nothing_are_no_errors(functions: Functions) -> None:
    """As at HERE: starting what runs and stopping what is over answer as if it had been done."""
    job = dropped(functions)
    for case in ("start", "stop"):
        status, body, _ = called(functions, case, job)
        assert (status, body["status"]) == (200, "completed")


def test_a_deleted_job_has_nothing_and_says_so(functions: Functions) -> None:
    job = dropped(functions)
    end_executions(functions)
    assert called(functions, "delete", job)[0] == 200
    assert drive(functions, {"job": job, "run": 1}) == "done"
    status, body, _ = called(functions, "show", job)
    assert (status, body["status"], body["resultsHref"]) == (200, "deleted", "")
    assert called(functions, "results", job)[0] == 410


def end_executions(functions: Functions) -> None:
    """What the mocked machine never does by itself."""
    client = functions.client("stepfunctions")
    [machine] = client.list_state_machines()["stateMachines"]
    for entry in client.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]:
        client.stop_execution(executionArn=entry["executionArn"])


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", f"/jobs/{JOB}", "GET, DELETE, HEAD, OPTIONS"),
        ("PATCH", "/jobs", "GET, POST, HEAD, OPTIONS"),
        ("GET", f"/jobs/{JOB}/start", "PUT, OPTIONS"),
    ],
)
def test_a_path_that_is_not_called_so_says_how(
    functions: Functions, method: str, path: str, allow: str
) -> None:
    status, body, headers = asked(functions, method, path)
    assert is_problem(status, body, headers, "wrong-method")
    assert (status, headers["Allow"]) == (405, allow)
    assert asked(functions, "OPTIONS", path)[2]["Allow"] == allow


def test_an_unknown_path_leads_to_the_list_of_calls(functions: Functions) -> None:
    status, body, headers = called(functions, "unknown-path")
    assert is_problem(status, body, headers, "unknown-call")
    status, document, _ = asked(functions, "GET", "/openapi")
    assert (status, set(document["paths"])) == (200, set(PATHS))


def test_a_body_over_the_limit_is_sent_to_a_link(functions: Functions) -> None:
    large = base64.b64encode(b"x" * (4 * 1024 * 1024 + 1)).decode()
    status, body, headers = called(functions, "drop", body=large)
    assert is_problem(status, body, headers, "too-large")
    assert (status, body["code"]) == (413, "TOO_LARGE")
    assert "upload=true" in body["remedy"]
    query = {"route": ["geoapify-geocode"], "size": ["5000000"]}
    status, body, _ = called(functions, "upload-link", multiValueQueryStringParameters=query)
    assert (status, body["upload"]["headers"]["Content-Length"]) == (201, "5000000")


def waits(functions: Functions, code: str) -> str:
    """A job whose only batch waits for a person."""
    _, body, _ = called(functions, "drop")
    table, job = wiring.table(), body["id"]
    row = {"number": 1, "state": "parked", "code": code, "start": 0, "end": 9, "first": 1, "count": 3}
    table.write(Change(batch_key(job, 1), put={**row, "parked_from": "posting"}))
    table.write(Change(lane_key(job, 1), put={"first_batch": 1, "last_batch": 1}))
    wiring.journal().change(job, 0, {"attention": {"code": code, "message": "…"}, "plan": {"lanes": 1}})
    return str(job)


def test_sending_again_says_what_it_may_cost_and_wants_a_yes(functions: Functions) -> None:
    job = waits(functions, "AMBIGUOUS_SEND")
    status, body, headers = called(functions, "resubmit", job)
    assert is_problem(status, body, headers, "pays-again")
    assert (status, body["price"]) == (409, {"amount": 5, "unit": "credits"})
    yes = json.dumps({"acceptPayingAgain": True})
    status, body, _ = called(functions, "resubmit", job, body=yes)
    assert (status, body["run"], body["attention"]) == (200, 1, None)


def test_adopting_wants_a_ticket(functions: Functions) -> None:
    job = waits(functions, "AMBIGUOUS_SEND")
    for body in ("{", "[]", "{}", '{"ticket": 5}', '{"ticket": "a b"}', '{"tickets": "x"}'):
        status, said, headers = called(functions, "adopt", job, body=body, isBase64Encoded=False)
        assert is_problem(status, said, headers, "bad-body"), body
    status, said, _ = called(functions, "adopt", job)
    assert (status, said["run"]) == (200, 1)


def test_an_action_that_does_not_fit_says_what_does(functions: Functions) -> None:
    job = waits(functions, "AMBIGUOUS_SEND")
    status, body, headers = asked(functions, "POST", f"/jobs/{job}/batches/1/recollect")
    assert is_problem(status, body, headers, "not-possible")
    assert (status, "adopt, resubmit, stop" in body["detail"]) == (409, True)
    status, body, headers = asked(functions, "POST", f"/jobs/{job}/batches/7/recollect")
    assert is_problem(status, body, headers, "unknown-batch")
    status, body, headers = asked(functions, "POST", f"/jobs/{job}/batches/parked/recollect")
    assert is_problem(status, body, headers, "not-possible")
    status, body, _ = called(functions, "resubmit", job, path=f"/jobs/{job}/batches/parked/resubmit")
    assert (status, body["price"]["amount"]) == (409, 5)


def test_what_breaks_is_logged_and_says_nothing(functions: Functions, said: io.StringIO) -> None:
    functions.client("dynamodb").delete_table(TableName="batchdrop")
    status, body, headers = called(functions, "show")
    assert is_problem(status, body, headers, "broke-down")
    assert status == 500
    assert "dynamodb" not in json.dumps(body).lower()
    assert "ResourceNotFoundException" in said.getvalue()


def test_the_log_names_calls_and_no_link(functions: Functions, said: io.StringIO) -> None:
    job = dropped(functions)
    _, body, _ = called(functions, "results", job)
    signature = urlsplit(body["href"]).query.rpartition("=")[2]
    log = said.getvalue()
    assert '"pattern":"/jobs/{job}/results"' in log
    assert signature not in log
    assert "Walden" not in log
