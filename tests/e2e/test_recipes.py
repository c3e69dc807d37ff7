"""The recipes of docs/events.md, deployed into the local AWS as they stand in docs/recipes/."""

from __future__ import annotations

import json
from contextlib import ExitStack, closing
from importlib.resources import files
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from tests.e2e.command import main
from tests.e2e.listening import until
from tests.golden import schema
from tests.template.loading import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from batchdrop_sandbox.stack import Stack
    from tests.receiving import Receiver

pytestmark = [pytest.mark.e2e, pytest.mark.long]

NUMBERS = count(1)
LINES = (files("batchdrop_sandbox") / "data/us_addresses.csv").read_bytes().splitlines(keepends=True)
NOWHERE = b"C99999,Nowhere Lane 99999,,Atlantis,ZZ,00000,Neverland\n"


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def run(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command on this stack."""
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: main([*map(str, arguments), "--stack", stack.name])


@pytest.fixture
def put(run: Any, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Drop a file and wait for its end; gives job.json."""

    def put(route: str, body: bytes = b"".join([*LINES[:41], NOWHERE]), ends: int = 0) -> dict[str, Any]:
        number = next(NUMBERS)
        source, out = tmp_path / f"people-{number}.csv", tmp_path / f"out-{number}"
        source.write_bytes(body)
        assert run("put", "--again", source, "--route", route, "--wait", "--out", out) == ends
        entry: dict[str, Any] = json.loads((out / "job.json").read_text())
        return entry

    return put


@pytest.fixture
def deploy(stack: Stack, clients: ExitStack) -> Callable[..., dict[str, str]]:
    """Deploy a recipe, with those outputs of the stack that it asks for; gives its own outputs."""
    formation = clients.enter_context(closing(stack.client("cloudformation")))

    def deploy(recipe: str, **parameters: str) -> dict[str, str]:
        template = (ROOT / f"docs/recipes/{recipe}.yaml").read_text()
        asked = {
            each["ParameterKey"] for each in formation.validate_template(TemplateBody=template)["Parameters"]
        }
        given = {**{name: value for name, value in stack.outputs.items() if name in asked}, **parameters}
        name = f"{stack.name}-{recipe}-{next(NUMBERS)}"
        formation.create_stack(
            StackName=name,
            TemplateBody=template,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
            Capabilities=["CAPABILITY_IAM"],
        )

        def state() -> Any:
            (found,) = formation.describe_stacks(StackName=name)["Stacks"]
            return None if found["StackStatus"].endswith("IN_PROGRESS") else found

        found = until(state)
        assert found["StackStatus"] == "CREATE_COMPLETE", found
        clients.callback(formation.delete_stack, StackName=name)
        return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", ())}

    return deploy


def received(sqs: Any, url: str) -> list[dict[str, Any]]:
    """What waits in a queue."""
    messages = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1, MaxNumberOfMessages=10).get(
        "Messages", []
    )
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"]) for message in messages]


def test_a_queue_behind_a_filter_policy_hears_of_ends_and_of_nothing_else(
    stack: Stack, clients: ExitStack, deploy: Any, put: Any
) -> None:
    url = deploy("queue")["QueueUrl"]
    sqs = clients.enter_context(closing(stack.client("sqs")))
    refused, completed = put("here-geocode", b"colour\nred\n", ends=2), put("geoapify-geocode")
    heard: list[dict[str, Any]] = []

    def both() -> bool:
        heard.extend(received(sqs, url))
        return {refused["id"], completed["id"]} <= {each["jobId"] for each in heard}

    until(both)
    assert {each["jobId"]: each["status"] for each in heard} == {
        refused["id"]: "failure",
        completed["id"]: "completed",
    }
    for each in heard:
        Draft202012Validator(schema("Job Status Change"), format_checker=FormatChecker()).validate(each)


def test_a_function_behind_a_rule_is_told_where_the_results_are(
    stack: Stack, clients: ExitStack, deploy: Any, put: Any
) -> None:
    name = deploy("function")["FunctionName"]
    entry = put("geoapify-geocode")
    logs = clients.enter_context(closing(stack.client("logs")))

    def said() -> list[dict[str, Any]]:
        found = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        return [
            json.loads(each["message"])
            for each in found
            if each["message"].startswith("{") and entry["id"] in each["message"]
        ]

    (told, *more) = until(lambda: _quietly(said))
    assert (told["results"], more) == (entry["resultsHref"], [])
    assert 0.9 < told["matchRate"] < 1


@pytest.mark.parametrize(("output", "records"), [("results", 40), ("errors", 1)])
def test_the_event_of_a_job_starts_a_second_one_on_another_route(
    stack: Stack, clients: ExitStack, deploy: Any, put: Any, output: str, records: int
) -> None:
    s3 = clients.enter_context(closing(stack.client("s3")))
    first = f"first-{output}"
    route = json.dumps({"extends": "geoapify-geocode"}).encode()
    s3.put_object(Bucket=stack.outputs["InboxBucketName"], Key=f"routes/{first}.json", Body=route)
    deploy("second-job", Route=first, NextRoute="here-geocode", Output=output)
    entry = put(first)

    def second() -> Any:
        found = s3.list_objects_v2(Bucket=stack.outputs["ResultsBucketName"], Prefix=f"jobs/{entry['id']}-")
        keys = [each["Key"] for each in found.get("Contents", ()) if each["Key"].endswith("/job.json")]
        if not keys:
            return None
        job = json.loads(s3.get_object(Bucket=stack.outputs["ResultsBucketName"], Key=keys[0])["Body"].read())
        return job if job["status"] in ("completed", "failure") else None

    job = until(second)
    assert (job["status"], job["service"]) == ("completed", "here_batch_v7")
    assert job["records"]["total"] == records
    assert job["input"]["key"] == f"incoming/here-geocode/{entry['id']}-{output}.csv"


def test_the_users_server_gets_ends_signed_and_again_when_it_was_busy(receiver: Receiver, put: Any) -> None:
    receiver.answers.append(503)
    entry = put("geoapify-geocode")
    (event,) = until(lambda: receiver.of(entry["id"]))
    assert event["type"] == "job.completed"
    assert event["data"]["records"] == entry["records"]
    Draft202012Validator(schema("Job Status Change"), format_checker=FormatChecker()).validate(event["data"])
    refused = put("here-geocode", b"colour\nred\n", ends=2)
    (event,) = until(lambda: receiver.of(refused["id"]))
    assert (event["type"], event["data"]["problems"]) == ("job.failure", ["WRONG_COLUMNS"])
    assert receiver.answers == []


def test_the_bus_hears_of_a_status_while_the_job_goes_on(stack: Stack, clients: ExitStack, run: Any) -> None:
    """A held job waits in the middle of its run: what came before is out all the same."""
    sqs, events, s3 = (clients.enter_context(closing(stack.client(name))) for name in ("sqs", "events", "s3"))
    s3.put_object(
        Bucket=stack.outputs["InboxBucketName"],
        Key="routes/waits.json",
        Body=json.dumps({"extends": "geoapify-geocode", "hold": True}).encode(),
    )
    url = sqs.create_queue(QueueName=f"{stack.name}-everything")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = json.dumps({"source": ["batchdrop"], "detail": {"route": ["waits"]}})
    events.put_rule(Name="everything", EventBusName=stack.outputs["BusName"], EventPattern=pattern)
    events.put_targets(
        Rule="everything", EventBusName=stack.outputs["BusName"], Targets=[{"Id": "queue", "Arn": arn}]
    )
    s3.put_object(
        Bucket=stack.outputs["InboxBucketName"], Key="incoming/waits/people.csv", Body=b"".join(LINES[:6])
    )
    heard: list[dict[str, Any]] = []

    def statuses(number: int) -> Any:
        heard.extend(each["detail"] for each in received(sqs, url))
        return len(heard) >= number

    until(lambda: statuses(3))
    assert [each["status"] for each in heard] == ["submitted", "pending", "submitted"]
    assert run("start", heard[0]["jobId"]) == 0
    until(lambda: statuses(5))
    assert [each["status"] for each in heard[3:]] == ["inProgress", "completed"]
    assert [each["sequence"] for each in heard] == [1, 2, 3, 4, 5]
    assert len({each["eventId"] for each in heard}) == 5


def _quietly(ask: Callable[[], Any]) -> Any:
    """What it gives; nothing while there is no log yet."""
    try:
        return ask()
    except Exception as error:
        if "ResourceNotFound" not in type(error).__name__:
            raise
        return None
