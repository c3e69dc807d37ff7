"""The queue of events to the user's URL: what is put in comes out, and what is put off comes later."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from batchdrop.aws.queue import LONGEST_DELAY, SqsQueue
from tests.ports.conftest import REGION


@pytest.fixture
def sqs(aws: None) -> Any:  # noqa: ARG001  # needs AWS, not its value
    return boto3.client("sqs", region_name=REGION)


@pytest.fixture
def url(sqs: Any) -> str:
    """Whatever is received may be received again at once."""
    made: str = sqs.create_queue(QueueName="webhook", Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    return made


def received(sqs: Any, url: str) -> list[Any]:
    return list(sqs.receive_message(QueueUrl=url).get("Messages", []))


def test_a_message_comes_out_as_it_was_put_in(sqs: Any, url: str) -> None:
    SqsQueue(sqs, url).put('{"name":"Straße"}')
    (message,) = received(sqs, url)
    assert message["Body"] == '{"name":"Straße"}'


def test_a_message_that_is_put_off_is_not_seen_before(sqs: Any, url: str) -> None:
    queue = SqsQueue(sqs, url)
    queue.put("{}")
    (message,) = received(sqs, url)
    assert received(sqs, url)
    queue.later(message["ReceiptHandle"], 300)
    assert received(sqs, url) == []


def test_nobody_asks_for_more_than_sqs_can_do(sqs: Any, url: str) -> None:
    queue = SqsQueue(sqs, url)
    queue.put("{}")
    (message,) = received(sqs, url)
    asked: list[Any] = []
    sqs.meta.events.register(
        "provide-client-params.sqs.ChangeMessageVisibility", lambda params, **_: asked.append(params)
    )
    queue.later(message["ReceiptHandle"], 10 * LONGEST_DELAY)
    assert 43_000 > asked[0]["VisibilityTimeout"] > 42_000
