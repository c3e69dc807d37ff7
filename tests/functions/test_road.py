"""A file's whole road through the handlers, with AWS mocked and the services simulated over HTTP."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.functions.conftest import load_event

if TYPE_CHECKING:
    from batchdrop_sandbox.simulators.server import SimulatorServer
    from tests.functions.conftest import Functions

SEEDS = {"settled": False, "listens": False, "wait": 30, "rings": 0, "ticks": 0}
ADDRESSES = (
    b"customer_id,address1,address2,city,state,postal_code,country\n"
    b"C00001,7374 West Walden Drive,,Littleton,CO,80128,USA\n"
    b"C00002,6518 Dolphin Court,,Glen Burnie,MD,21061,USA\n"
    b"C00003,Nowhere Lane 99999,,Atlantis,ZZ,00000,Neverland\n"
    b"C00004,7374 West Walden Drive,,Littleton,CO,80128,USA\n"
)


def started(functions: Functions) -> list[dict[str, Any]]:
    """Inputs of the executions that were started."""
    client = functions.client("stepfunctions")
    [machine] = client.list_state_machines()["stateMachines"]
    found = client.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]
    return [
        json.loads(client.describe_execution(executionArn=entry["executionArn"])["input"]) for entry in found
    ]


def drive(functions: Functions, payload: dict[str, Any]) -> str:
    """What the state machine does with an execution input, on a clock that runs fast."""
    planned = functions("plan", payload)
    if planned["outcome"] == "planned":
        assert functions("admit", payload)["outcome"] == "go"
        for lane in planned["lanes"]:
            now = dict(SEEDS)
            while not now["settled"]:
                now = functions("advance", {**payload, "lane": lane, "now": now})
                functions.pass_time(now["wait"])  # as a Wait state lets it
        assert functions("collect", payload)["outcome"] in ("done", "parked")
    outcome: str = functions("announce", {**payload, "failed": False})["outcome"]
    return outcome


@pytest.mark.parametrize(
    ("route", "service"), [("geoapify-geocode", "geoapify"), ("here-geocode", "here_batch_v7")]
)
def test_a_dropped_file_comes_back_and_an_event_says_so(
    functions: Functions,
    simulators: SimulatorServer,
    route: str,
    service: str,
    said: io.StringIO,
) -> None:
    event = functions.drop(f"incoming/{route}/customers.csv", ADDRESSES)
    assert functions("submit", event) == {"batchItemFailures": []}
    [payload] = started(functions)
    assert drive(functions, payload) == "done"

    base = f"jobs/{payload['job']}/"
    entry = json.loads(functions.results(base + "job.json"))
    assert (entry["status"], entry["simulated"]) == ("completed", True)
    assert (entry["records"]["matched"], entry["records"]["noMatch"], entry["records"]["distinct"]) == (
        3,
        1,
        3,
    )
    rows = list(csv.DictReader(io.StringIO(functions.results(base + "results.csv").decode())))
    assert [row["customer_id"] for row in rows] == ["C00001", "C00002", "C00004"]
    assert (float(rows[0]["bd_lat"]), float(rows[0]["bd_lon"])) == (39.577761, -105.079419)
    errors = list(csv.DictReader(io.StringIO(functions.results(base + "errors.csv").decode())))
    assert [(row["customer_id"], row["bd_outcome"]) for row in errors] == [("C00003", "noMatch")]

    billed = simulators.ledger.snapshot()[service]
    assert (billed["records"], billed["most_times_one_record_was_billed"]) == (3, 1)
    [message] = functions.client("sqs").receive_message(QueueUrl=functions.clients["queue"])["Messages"]
    envelope = json.loads(message["Body"])
    assert json.loads(envelope["Message"])["jobId"] == payload["job"]
    assert envelope["MessageAttributes"]["status"]["Value"] == "completed"

    log = said.getvalue()
    assert payload["job"][-16:] in log
    for secret in ("canary-key", "Walden", "Dolphin", "Nowhere", "39.577761"):
        assert secret not in log


def test_the_same_event_three_times_is_one_run(functions: Functions) -> None:
    event = functions.drop("incoming/geoapify-geocode/customers.csv", ADDRESSES)
    event["Records"] = event["Records"] * 2
    functions("submit", event)
    functions("submit", event)
    assert len(started(functions)) == 1


def test_a_good_upload_is_not_held_back_by_a_broken_message(functions: Functions) -> None:
    event = load_event("submit", "one-good-one-broken")
    answer = functions("submit", event)
    assert len(answer["batchItemFailures"]) == 1
    assert len(started(functions)) == 1


def test_an_unknown_route_is_refused_with_its_remedy(
    functions: Functions, simulators: SimulatorServer
) -> None:
    functions("submit", functions.drop("incoming/geocod/customers.csv", ADDRESSES))
    [payload] = started(functions)
    assert drive(functions, payload) == "done"
    entry = json.loads(functions.results(f"jobs/{payload['job']}/job.json"))
    assert entry["status"] == "failure"
    assert entry["problems"][0]["code"] == "NO_ROUTE"
    assert "geoapify-geocode" in entry["problems"][0]["remedy"]
    assert simulators.ledger.snapshot().get("geoapify", {}).get("records", 0) == 0


def test_a_folder_marker_starts_nothing(functions: Functions) -> None:
    assert functions("submit", load_event("submit", "folder-marker")) == {"batchItemFailures": []}
    assert not started(functions)


def test_sweep_leaves_a_fresh_job_alone(functions: Functions) -> None:
    functions("submit", functions.drop("incoming/geoapify-geocode/customers.csv", ADDRESSES))
    swept = functions("sweep", load_event("sweep", "schedule"))
    assert (swept["driven"], swept["parked"], swept["batches"]) == (0, 0, 0)
