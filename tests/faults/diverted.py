"""The unmodified template on the local AWS, its functions behind microburst, and somebody who listens to topic and bus.

Step Functions' own calls, and EventBridge's and SQS's deliveries, do not pass through the proxy.
"""

from __future__ import annotations

import json
from collections import defaultdict
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batchdrop.aws.table import DynamoTable
from batchdrop.batches.states import job_pk
from batchdrop.jobs import ENDED, Status
from batchdrop.steps.journal import ANNOUNCING, ORDERED
from batchdrop_sandbox.deploy import SANDBOX_KEY
from batchdrop_sandbox.simulators.clock import Clock
from batchdrop_sandbox.simulators.server import SimulatorServer
from batchdrop_sandbox.stack import Stack
from tests.faults.ageing import age
from tests.faults.bench import ROOT
from tests.faults.checks import CANARY
from tests.faults.proxy import Proxy, in_front_of
from tests.faults.weather import SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batchdrop.ports import Row

SPEED = 50.0
REDELIVERY = 5
"""Seconds until the queue delivers an event again that submit could not take; the emulator's queues know no faster time."""

_ROUTES = {"geoapify": "geoapify-geocode", "here_batch_v7": "here-geocode"}
_CLIENTS = ("s3", "dynamodb", "sqs", "sns", "events", "lambda", "logs", "secretsmanager")


@dataclass(eq=False)
class Diverted:
    """functions: their names by their names in the template; queues: one hears all of the topic, one all of the bus."""

    stack: Stack
    simulators: SimulatorServer
    proxy: Proxy
    clients: dict[str, Any]
    table: DynamoTable
    queues: tuple[str, ...]
    functions: dict[str, str] = field(default_factory=dict)
    heard: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    _begun: int = 0

    def begin_anew(self) -> None:
        """Every function talks to AWS through the proxy from now on, and has nothing at hand."""
        self._begun += 1
        more = {"AWS_ENDPOINT_URL": self.proxy.endpoint, "BEGUN": str(self._begun)}
        for each in self.clients["lambda"].list_functions()["Functions"]:
            name = each["FunctionName"]
            variables = {**each.get("Environment", {}).get("Variables", {}), **more}
            self.clients["lambda"].update_function_configuration(
                FunctionName=name, Environment={"Variables": variables}
            )
            self.functions[name.split("-")[-2].removesuffix("Function")] = name

    def drop(self, key: str, body: bytes) -> None:
        """Put a file into the inbox."""
        self.clients["s3"].put_object(
            Bucket=self.stack.outputs["InboxBucketName"], Key=key, Body=body, Metadata={"again": "true"}
        )

    def result(self, key: str) -> str:
        """An object of the results bucket, as text."""
        bucket = self.stack.outputs["ResultsBucketName"]
        with closing(self.clients["s3"].get_object(Bucket=bucket, Key=key)["Body"]) as body:
            text: str = body.read().decode()
        return text

    def jobs(self) -> list[Row]:
        """Every job's row."""
        statuses = (*Status, ANNOUNCING, ORDERED)
        found = [row for status in statuses for row in self.table.jobs(status, limit=1000)]
        return list({row["id"]: row for row in found}.values())

    def rows(self, job: Row) -> list[Row]:
        """All rows of a job."""
        return list(self.table.query(job_pk(job["id"])))

    def is_over(self, job: Row) -> bool:
        """Ended or parked, and announced."""
        over = job["status"] in ENDED or job.get("attention") is not None
        events = self.table.query(job_pk(job["id"]), "event#")
        return over and job["status_key"] != ANNOUNCING and all(each["published"] for each in events)

    def let_time_pass(self, jobs: Sequence[Row]) -> None:
        """An hour goes by for what is not over, and then sweep does."""
        for job in jobs:
            if not self.is_over(job):
                age(self.table, job["id"])
        event = json.dumps({"detail-type": "Scheduled Event", "source": "aws.events"})
        self.clients["lambda"].invoke(FunctionName=self.functions["Sweep"], Payload=event)

    def listen(self) -> None:
        """Take in what subscribers were told: `heard` has it by job."""
        sqs = self.clients["sqs"]
        for queue in self.queues:
            while found := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1).get(
                "Messages"
            ):
                for message in found:
                    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                    body = json.loads(message["Body"])
                    detail = body["detail"] if "detail" in body else json.loads(body["Message"])
                    self.heard[detail["jobId"]].append({"queue": queue, "detail": detail})

    def leaks(self) -> list[str]:
        """Logs of functions with a secret or an address in them."""
        arn = self.stack.outputs["CallbackSecretArn"]
        path = self.clients["secretsmanager"].get_secret_value(SecretId=arn)["SecretString"]
        words = {"the service's key": SANDBOX_KEY, "the callback's secret": path, "an address": CANARY}
        prefix = f"/aws/lambda/{self.stack.name}/"
        groups = self.clients["logs"].describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
        names = [group["logGroupName"].removeprefix(prefix) for group in groups]
        logs = {name: "\n".join(self.stack.log_lines(name)) for name in names}
        trouble = [
            f"{what} stands in the log of {name}"
            for name, log in logs.items()
            for what, word in words.items()
            if word in log
        ]
        silent = {"submit", "plan", "admit", "advance", "collect", "announce"} - {
            name for name, log in logs.items() if log
        }
        return [*trouble, *(f"{name} has logged nothing" for name in sorted(silent))]


@contextmanager
def diverted() -> Iterator[Diverted]:
    """Deploy it; ends with the block. Raises SandboxError."""
    with ExitStack() as opened:
        simulators = opened.enter_context(SimulatorServer.start(clock=Clock(speed=SPEED)))
        stack = opened.enter_context(Stack.up(ROOT, wait_scale=1 / SPEED, simulators=simulators.urls))
        clients = {name: opened.enter_context(closing(stack.client(name))) for name in _CLIENTS}
        log = stack.emulator.run / "microburst.log"
        proxy = opened.enter_context(in_front_of(ROOT, stack.emulator.endpoint, log))
        clients["sqs"].set_queue_attributes(
            QueueUrl=stack.outputs["InboxQueueUrl"], Attributes={"VisibilityTimeout": str(REDELIVERY)}
        )
        table = DynamoTable(clients["dynamodb"], stack.outputs["TableName"])
        made = Diverted(stack, simulators, proxy, clients, table, _subscribe(stack, clients))
        made.begin_anew()
        for service in SERVICES:
            route = {"extends": _ROUTES[service], "batch_records": 2}
            made.drop(f"routes/{service}.json", json.dumps(route).encode())
        yield made


def _subscribe(stack: Stack, clients: dict[str, Any]) -> tuple[str, ...]:
    """A queue that hears all of the topic, and one that hears all of the bus."""
    sqs, urls = clients["sqs"], {}
    for name in ("topic", "bus"):
        urls[name] = sqs.create_queue(QueueName=f"{stack.name}-all-of-the-{name}")["QueueUrl"]
    arns = {
        name: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        for name, url in urls.items()
    }
    clients["sns"].subscribe(TopicArn=stack.outputs["TopicArn"], Protocol="sqs", Endpoint=arns["topic"])
    bus = stack.outputs["BusName"]
    pattern = json.dumps({"source": ["batchdrop"]})
    clients["events"].put_rule(Name="all-of-the-bus", EventBusName=bus, EventPattern=pattern)
    clients["events"].put_targets(
        Rule="all-of-the-bus", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arns["bus"]}]
    )
    return tuple(urls.values())
