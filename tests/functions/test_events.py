"""What goes out: every status, equal to its golden event and valid by its schema; from the stream and at the end of a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from batchdrop import wiring
from batchdrop.effects import probing
from tests.functions.conftest import load_event
from tests.functions.test_road import ADDRESSES, drive, started
from tests.golden import example, golden, schema

if TYPE_CHECKING:
    import io
    from collections.abc import Callable

    from batchdrop_sandbox.simulators.server import SimulatorServer
    from tests.functions.conftest import Functions

ROUTE = "geoapify-geocode"


def dropped(functions: Functions, name: str = "customers.csv", body: bytes = ADDRESSES) -> dict[str, Any]:
    """Drop a file; gives the input of the execution that was started for it."""
    before = {each["job"] for each in started(functions)}
    functions("submit", functions.drop(f"incoming/{ROUTE}/{name}", body))
    (payload,) = (each for each in started(functions) if each["job"] not in before)
    return payload


def stream(job: str) -> dict[str, Any]:
    """The record of the table's stream that says: an event of this job was written."""
    event = load_event("announce", "written")
    event["Records"][0]["dynamodb"]["Keys"]["pk"]["S"] = f"job#{job}"
    return event


def heard(functions: Functions, job: str) -> dict[str, dict[str, Any]]:
    """The events of a job on the bus, by status, or `attention`; each is valid by its schema."""
    found: dict[str, dict[str, Any]] = {}
    for event in functions.heard("bus"):
        detail = event["detail"]
        assert event["source"] == "batchdrop"
        Draft202012Validator(schema(event["detail-type"]), format_checker=FormatChecker()).validate(detail)
        if detail["jobId"] == job:
            said = "attention" if event["detail-type"] == "Job Attention" else detail["status"]
            assert said not in found
            found[said] = detail
    numbers = [detail["sequence"] for detail in found.values()]
    assert numbers == sorted(numbers)
    return found


def test_a_job_tells_of_every_status_it_passes(functions: Functions) -> None:
    payload = dropped(functions)
    assert drive(functions, payload) == "done"
    told = heard(functions, payload["job"])
    assert list(told) == ["submitted", "pending", "inProgress", "completed"]
    for status in ("submitted", "pending", "inProgress"):
        assert example(told[status]) == golden(status)
    assert told["completed"]["records"]["matched"] == 3
    assert [json.loads(each["Message"]) for each in functions.heard("queue")] == [told["completed"]]
    (message,) = functions.heard("webhook")
    assert message == {
        "type": "job.completed",
        "timestamp": told["completed"]["time"],
        "data": told["completed"],
    }


def test_the_stream_sends_an_event_while_the_job_goes_on_and_nobody_sends_it_again(
    functions: Functions,
) -> None:
    payload = dropped(functions)
    assert functions("announce", stream(payload["job"])) == {"batchItemFailures": []}
    assert list(heard(functions, payload["job"])) == ["submitted"]
    assert functions("announce", stream(payload["job"])) == {"batchItemFailures": []}
    assert drive(functions, payload) == "done"
    assert list(heard(functions, payload["job"])) == ["pending", "inProgress", "completed"]


def test_a_job_that_finds_no_slot_is_queued(functions: Functions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCHDROP_JOBS_AT_ONCE", "1")
    wiring.forget()
    first = dropped(functions, "first.csv", ADDRESSES + b"\n")
    waiting = dropped(functions)
    for payload, outcome in ((first, "go"), (waiting, "queue")):
        functions("plan", payload)
        assert functions("admit", payload)["outcome"] == outcome
    functions("announce", stream(waiting["job"]))
    told = heard(functions, waiting["job"])
    assert list(told) == ["submitted", "pending", "queued"]
    assert example(told["queued"]) == golden("queued")


def test_a_job_that_was_stopped_says_so(functions: Functions) -> None:
    payload = dropped(functions)
    functions("plan", payload)
    wiring.jobs().stop(payload["job"])
    assert drive(functions, payload) == "done"
    told = heard(functions, payload["job"])
    assert example(told["stopped"]) == golden("stopped")


def test_a_job_that_was_deleted_says_so(functions: Functions) -> None:
    payload = dropped(functions)
    assert drive(functions, payload) == "done"
    heard(functions, payload["job"])
    wiring.jobs().delete(payload["job"])
    assert (
        drive(functions, payload) == "done"
    )  # this AWS ends no execution: the first one carries the order out
    told = heard(functions, payload["job"])
    assert list(told) == ["deleted"]
    assert example(told["deleted"]) == golden("deleted")


def test_a_job_that_needs_a_person_calls_one(functions: Functions) -> None:
    functions.client("secretsmanager").put_secret_value(SecretId="geoapify", SecretString='{"apiKey": ""}')
    payload = dropped(functions)
    assert drive(functions, payload) == "parked"
    told = heard(functions, payload["job"])
    assert list(told) == ["submitted", "pending", "attention"]
    assert example(told["attention"]) == golden("attention")
    (message,) = functions.heard("webhook")
    assert message["type"] == "job.attention"


def lost(_name: str, act: Callable[[], Any]) -> Any:
    """Nothing is published."""
    if _name == "publish":
        raise TimeoutError("the bus does not answer")
    return act()


def test_an_event_that_could_not_be_sent_is_sent_by_the_next_delivery(
    functions: Functions, said: io.StringIO
) -> None:
    payload = dropped(functions)
    event = stream(payload["job"])
    with probing(lost):
        answer = functions("announce", event)
    number = event["Records"][0]["dynamodb"]["SequenceNumber"]
    assert answer == {"batchItemFailures": [{"itemIdentifier": number}]}
    assert "could not be published" in said.getvalue()
    assert functions("announce", event) == {"batchItemFailures": []}
    assert list(heard(functions, payload["job"])) == ["submitted"]


def test_what_another_invocation_is_sending_is_left_to_it_and_comes_again(functions: Functions) -> None:
    payload = dropped(functions)
    event = stream(payload["job"])
    answers: list[dict[str, Any]] = []

    def meanwhile(name: str, act: Callable[[], Any]) -> Any:
        if name == "publish" and not answers:
            answers.append({})
            answers[0] = functions("announce", event)
        return act()

    with probing(meanwhile):
        assert functions("announce", event) == {"batchItemFailures": []}
    assert len(answers[0]["batchItemFailures"]) == 1
    assert list(heard(functions, payload["job"])) == ["submitted"]


@pytest.mark.usefixtures("simulators")
def test_a_stack_without_a_webhook_puts_nothing_into_a_queue(
    functions: Functions, simulators: SimulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATCHDROP_WEBHOOK_QUEUE", "")
    wiring.forget()
    assert drive(functions, dropped(functions)) == "done"
    assert functions.heard("webhook") == []
    assert simulators.ledger.snapshot()["geoapify"]["records"] == 3
