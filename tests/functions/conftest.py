"""Handlers as Lambda calls them: AWS mocked in process, services simulated over HTTP, the events of the folder events/."""

from __future__ import annotations

import importlib
import io
import json
import logging
import os
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop import wiring
from batchdrop.aws.clients import client
from batchdrop.batches.states import BatchState, batch_key, lane_key, ticket_key
from batchdrop.observe import logger
from batchdrop.ports import Change
from batchdrop.wiring import adapters, use_cases
from batchdrop_sandbox.simulators.clock import Clock
from batchdrop_sandbox.simulators.server import SimulatorServer
from tests.mocked_aws import mock_aws
from tests.permissions.recording import calling
from tests.template.loading import functions as functions_of
from tests.template.loading import load_template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EVENTS = Path(__file__).parents[2] / "events"
REGION = "eu-central-1"
SIGNING_SECRET = "whsec_Y2FuYXJ5IGtleSB0aGF0IHNpZ25zIGV2ZW50cw=="


@dataclass
class Context:
    """What Lambda tells of an invocation."""

    function_name: str
    aws_request_id: str
    memory_limit_in_mb: int = 1769
    invoked_function_arn: str = f"arn:aws:lambda:{REGION}:123456789012:function:batchdrop"

    def get_remaining_time_in_millis(self) -> int:
        """Plenty."""
        return 900_000


@dataclass
class Functions:
    """Calls handlers, each call as an invocation of its own."""

    bucket: str = "batchdrop-inbox"
    calls: int = 0
    clients: dict[str, Any] = field(default_factory=dict)
    pass_time: Callable[[float], None] = lambda _seconds: None

    def __call__(self, name: str, event: dict[str, Any]) -> dict[str, Any]:
        """Invoke the function; its answer must be JSON."""
        self.calls += 1
        handler = importlib.import_module(f"functions.{name}.app").handler
        with self._environment_of(name), calling(name):
            answer: dict[str, Any] = handler(event, Context(name, f"request-{self.calls}"))
        return json.loads(json.dumps(answer)) or {}

    @contextmanager
    def _environment_of(self, name: str) -> Iterator[None]:
        """Take away the variables that the template does not give to this function."""
        hidden = {
            variable: os.environ.pop(variable)
            for variable in [each for each in os.environ if each.startswith("BATCHDROP_")]
            if variable not in variables_of(name)
        }
        _forget_settings()
        try:
            yield
        finally:
            os.environ.update(hidden)
            _forget_settings()

    def client(self, service: str) -> Any:
        """A boto3 client of the mocked AWS."""
        return self.clients.setdefault(service, client(service))

    def drop(self, key: str, body: bytes) -> dict[str, Any]:
        """Put an object; gives the SQS event that tells of it."""
        stored = self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)
        event = load_event("submit", "geoapify")
        message = json.loads(event["Records"][0]["body"])
        message["detail"]["object"] |= {"key": key, "size": len(body), "version-id": stored["VersionId"]}
        event["Records"][0]["body"] = json.dumps(message)
        return event

    def heard(self, queue: str) -> list[dict[str, Any]]:
        """What came into `queue`, `bus` or `webhook` since the last time, in order."""
        url, found = self.clients[queue], []
        while (
            messages := self.client("sqs")
            .receive_message(QueueUrl=url, MaxNumberOfMessages=10)
            .get("Messages")
        ):
            for message in messages:
                self.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"]))
        return found

    def results(self, key: str) -> bytes:
        """An object of the results bucket."""
        body: bytes = self.client("s3").get_object(Bucket="batchdrop-results", Key=key)["Body"].read()
        return body


@cache
def variables_of(function: str) -> set[str]:
    """The environment variables that the template gives to a function."""
    template = load_template()
    everywhere = template["Globals"]["Function"]["Environment"]["Variables"]
    own = functions_of(template)[function].get("Environment", {}).get("Variables", {})
    return {*everywhere, *own}


def _forget_settings() -> None:
    """Drop what was made with other variables; clients know none of them and stay."""
    for module in (adapters, use_cases):
        for made in vars(module).values():
            if hasattr(made, "cache_clear"):
                made.cache_clear()


def load_event(function: str, case: str) -> dict[str, Any]:
    """events/<function>/<case>.json, a fresh copy."""
    return deepcopy(json.loads((EVENTS / function / f"{case}.json").read_text()))


def ring_of_a_running_batch(job: str) -> dict[str, Any]:
    """The event of a ring about a batch that runs, whose lane does not listen and has been rung four times."""
    event = load_event("callback", "ring")
    table = wiring.table()
    batch, lane = batch_key(job, 1), lane_key(job, 1)
    ticket = ticket_key("here_batch_v7", event["pathParameters"]["ticket"])
    table.write(Change(batch, put={"state": BatchState.RUNNING}))
    table.write(Change(lane, put={"rings": 4, "token": "x" * 64}))
    table.write(Change(ticket, put={"job": batch.pk, "batch": batch.sk, "lane": lane.sk}))
    return event


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """Everything the functions log, as it would stand in CloudWatch."""
    handler = logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    text = io.StringIO()
    before = handler.setStream(text)
    yield text
    if before is not None:
        handler.setStream(before)


@pytest.fixture(scope="session")
def simulators() -> Iterator[SimulatorServer]:
    """The simulated services, on a clock that only tests move: were it the wall's, jobs would expire on a busy machine."""
    with SimulatorServer.start(clock=Clock(speed=0)) as server:
        yield server


@pytest.fixture
def functions(simulators: SimulatorServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Functions]:
    """A fresh AWS account with everything the template makes, as far as the handlers use it."""
    simulators.reset()  # jobs too: one of another test that ends now would ring here
    with mock_aws():
        made = Functions(pass_time=simulators.clock.advance)
        environment = _deploy(made)
        environment["BATCHDROP_SIMULATOR_ENDPOINTS"] = json.dumps(simulators.urls)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        wiring.forget()
        yield made
        wiring.forget()


def _deploy(made: Functions) -> dict[str, str]:
    for bucket in ("batchdrop-inbox", "batchdrop-results"):
        made.client("s3").create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        made.client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    texts = ("pk", "sk", "status_key", "updated")
    made.client("dynamodb").create_table(
        TableName="batchdrop",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in texts],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "byStatus",
                "KeySchema": [
                    {"AttributeName": "status_key", "KeyType": "HASH"},
                    {"AttributeName": "updated", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    machine = made.client("stepfunctions").create_state_machine(
        name="batchdrop-batch_job",
        definition=json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}),
        roleArn="arn:aws:iam::123456789012:role/machine",
    )["stateMachineArn"]
    topic = made.client("sns").create_topic(Name="batchdrop")["TopicArn"]
    queue = made.client("sqs").create_queue(QueueName="listener")["QueueUrl"]
    queue_arn = f"arn:aws:sqs:{REGION}:123456789012:listener"
    made.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    made.client("events").create_event_bus(Name="batchdrop")
    bus = made.client("sqs").create_queue(QueueName="bus")["QueueUrl"]
    made.client("events").put_rule(
        Name="all", EventBusName="batchdrop", EventPattern=json.dumps({"source": ["batchdrop"]})
    )
    target = {"Id": "queue", "Arn": f"arn:aws:sqs:{REGION}:123456789012:bus"}
    made.client("events").put_targets(Rule="all", EventBusName="batchdrop", Targets=[target])
    webhook = made.client("sqs").create_queue(QueueName="webhook")["QueueUrl"]
    signing = made.client("secretsmanager").create_secret(Name="webhook", SecretString=SIGNING_SECRET + "\n")
    secrets = {
        name: made.client("secretsmanager").create_secret(Name=name, SecretString='{"apiKey": "canary-key"}')[
            "ARN"
        ]
        for name in ("geoapify", "here_batch_v7")
    }
    event = load_event("callback", "ring")
    door = made.client("secretsmanager").create_secret(
        Name="callback", SecretString=event["pathParameters"]["secret"]
    )["ARN"]
    made.clients |= {"queue": queue, "bus": bus, "webhook": webhook}
    return {
        "AWS_REGION": REGION,
        "POWERTOOLS_SERVICE_NAME": "batchdrop",
        "POWERTOOLS_METRICS_NAMESPACE": "batchdrop",
        "BATCHDROP_STACK": "batchdrop",
        "BATCHDROP_TABLE": "batchdrop",
        "BATCHDROP_INBOX_BUCKET": "batchdrop-inbox",
        "BATCHDROP_RESULTS_BUCKET": "batchdrop-results",
        "BATCHDROP_MACHINE_ARN": machine,
        "BATCHDROP_TOPIC_ARN": topic,
        "BATCHDROP_BUS_NAME": "batchdrop",
        "BATCHDROP_WEBHOOK_QUEUE": webhook,
        "BATCHDROP_WEBHOOK_URL": "https://webhook.invalid/events",
        "BATCHDROP_WEBHOOK_SECRET": signing["ARN"],
        "BATCHDROP_PRIVATE_NAMES": "false",
        "BATCHDROP_CALLBACK_SECRET": door,
        "BATCHDROP_CALLBACK_URL": "https://a1b2c3d4.execute-api.eu-central-1.amazonaws.com/v1/callback",
        "BATCHDROP_JOBS_AT_ONCE": "50",
        "BATCHDROP_SECRET_GEOAPIFY": secrets["geoapify"],
        "BATCHDROP_SECRET_HERE_BATCH_V7": secrets["here_batch_v7"],
    }
