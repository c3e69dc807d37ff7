"""A route may name another secret than the service's own, from the list the stack allows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from batchdrop import wiring
from tests.functions.conftest import load_event
from tests.functions.test_road import ADDRESSES, drive, started

if TYPE_CHECKING:
    import io

    from batchdrop_sandbox.simulators.server import SimulatorServer
    from tests.functions.conftest import Functions

OWN = {"geoapify": "BATCHDROP_SECRET_GEOAPIFY", "here_batch_v7": "BATCHDROP_SECRET_HERE_BATCH_V7"}


@pytest.mark.parametrize(
    ("extends", "service"), [("geoapify-geocode", "geoapify"), ("here-geocode", "here_batch_v7")]
)
def test_a_job_goes_by_the_secret_its_route_names_and_by_no_other(
    functions: Functions,
    simulators: SimulatorServer,
    monkeypatch: pytest.MonkeyPatch,
    said: io.StringIO,
    extends: str,
    service: str,
) -> None:
    arn = functions.client("secretsmanager").create_secret(
        Name="acme/maps", SecretString='{"apiKey": "another-canary"}'
    )["ARN"]
    monkeypatch.setenv("BATCHDROP_EXTRA_SECRETS", arn)
    monkeypatch.setenv(OWN[service], "")  # without the other one nothing could be sent
    wiring.forget()
    definition = json.dumps({"extends": extends, "secret": "acme/maps", "repeats": "allow"}).encode()
    functions.client("s3").put_object(Bucket=functions.bucket, Key="routes/acme.json", Body=definition)
    functions("submit", functions.drop("incoming/acme/customers.csv", ADDRESSES))
    [payload] = started(functions)
    assert drive(functions, payload) == "done"
    entry = json.loads(functions.results(f"jobs/{payload['job']}/job.json"))
    assert (entry["status"], entry["records"]["matched"]) == ("completed", 3)
    assert simulators.ledger.snapshot()[service]["jobs"] == 1
    assert "canary" not in said.getvalue()


def test_a_secret_the_stack_does_not_know_refuses_the_file_and_is_not_repeated(functions: Functions) -> None:
    definition = json.dumps({"extends": "geoapify-geocode", "secret": "canary0123456789"}).encode()
    functions.client("s3").put_object(Bucket=functions.bucket, Key="routes/acme.json", Body=definition)
    functions("submit", functions.drop("incoming/acme/customers.csv", ADDRESSES))
    [payload] = started(functions)
    assert drive(functions, payload) == "done"
    text = functions.results(f"jobs/{payload['job']}/job.json").decode()
    [found] = json.loads(text)["problems"]
    assert found["code"] == "ROUTE_INVALID"
    assert "ExtraSecretArns; there are: none" in found["message"]
    assert "canary" not in text


def test_a_file_that_comes_through_the_api_may_go_by_another_secret_too(
    functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = functions.client("secretsmanager").create_secret(
        Name="acme/maps", SecretString='{"apiKey": "another-canary"}'
    )["ARN"]
    monkeypatch.setenv("BATCHDROP_EXTRA_SECRETS", arn)
    definition = json.dumps({"extends": "geoapify-geocode", "secret": "acme/maps"}).encode()
    functions.client("s3").put_object(Bucket=functions.bucket, Key="routes/acme.json", Body=definition)
    event = load_event("jobs_api", "drop")
    event["multiValueQueryStringParameters"]["route"] = ["acme"]
    job = json.loads(functions("jobs_api", event)["body"])["id"]
    assert drive(functions, started(functions)[-1]) == "done"
    assert json.loads(functions.results(f"jobs/{job}/job.json"))["status"] == "completed"
