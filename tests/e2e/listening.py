"""What a consumer of events sets up: a queue on the topic with a filter policy, and a queue behind a rule on the bus."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

    from batchdrop_sandbox.stack import Stack

PATIENCE = 900.0
"""Seconds until something that must happen is given up: sweep comes every 300, and only a failing test waits for so long."""


@dataclass
class Ears:
    """Two queues: `topic` hears the SNS topic, `bus` hears the EventBridge bus."""

    sqs: Any
    topic: str
    bus: str

    def hear(self, queue: str, job: str) -> dict[str, Any]:
        """The first message of this job, whatever else comes; fails when none does."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for message in self.sqs.receive_message(
                QueueUrl=queue, WaitTimeSeconds=1, MaxNumberOfMessages=10
            ).get("Messages", []):
                self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                if job in message["Body"]:
                    body: dict[str, Any] = json.loads(message["Body"])
                    return body
        raise AssertionError(f"no event of {job} came")


def listen(stack: Stack, statuses: list[str], clients: ExitStack) -> Ears:
    """Subscribe to ends with these statuses."""
    sqs, sns, events = (clients.enter_context(_closing(stack, name)) for name in ("sqs", "sns", "events"))
    urls = {}
    for name in ("topic", "bus"):
        urls[name] = sqs.create_queue(QueueName=f"{stack.name}-{name}-{'-'.join(statuses)}")["QueueUrl"]
    arns = {
        name: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        for name, url in urls.items()
    }
    sns.subscribe(
        TopicArn=stack.outputs["TopicArn"],
        Protocol="sqs",
        Endpoint=arns["topic"],
        Attributes={"FilterPolicy": json.dumps({"status": statuses})},
    )
    rule = f"ends-{'-'.join(statuses)}"
    pattern = {"source": ["batchdrop"], "detail": {"status": statuses}}
    events.put_rule(Name=rule, EventBusName=stack.outputs["BusName"], EventPattern=json.dumps(pattern))
    events.put_targets(
        Rule=rule, EventBusName=stack.outputs["BusName"], Targets=[{"Id": "queue", "Arn": arns["bus"]}]
    )
    return Ears(sqs, urls["topic"], urls["bus"])


class _closing:  # noqa: N801  # reads as a function
    """A client that is closed at the end."""

    def __init__(self, stack: Stack, service: str) -> None:
        self._client = stack.client(service)

    def __enter__(self) -> Any:
        return self._client

    def __exit__(self, *_: object) -> None:
        self._client.close()


def until(true: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """What `true` gives once it gives something; fails when it never does."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if found := true():
            return found
        time.sleep(0.1)
    raise AssertionError("nothing came")
