"""The handler `deliver`: the queue's messages reach a receiver that verifies them; what it does not take is put off."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop import wiring
from tests.functions.conftest import SIGNING_SECRET, load_event
from tests.receiving import Receiver

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from tests.functions.conftest import Functions


@pytest.fixture
def receiver(functions: Functions, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A user's server that stands for the URL."""
    functions.calls = 0
    with Receiver(SIGNING_SECRET) as up:
        monkeypatch.setenv("BATCHDROP_SIMULATOR_ENDPOINTS", json.dumps({"webhook": up.url}))
        wiring.forget()
        yield up


def queued(functions: Functions, case: str) -> dict[str, Any]:
    """The file's message, as the queue really hands it out: its receipt is good for putting it off."""
    event = load_event("deliver", case)
    sqs, url = functions.client("sqs"), functions.clients["webhook"]
    sqs.send_message(QueueUrl=url, MessageBody=event["Records"][0]["body"])
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    event["Records"][0] |= {"messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"]}
    return event


def test_an_event_arrives_and_verifies(functions: Functions, receiver: Receiver, said: io.StringIO) -> None:
    event = queued(functions, "first-attempt")
    assert functions("deliver", event) == {"batchItemFailures": []}
    (taken,) = receiver.taken
    assert taken == json.loads(event["Records"][0]["body"])
    log = said.getvalue()
    assert (
        taken["data"]["jobId"].rpartition("-")[2] in log
    )  # by its hash: the name of the file stays out of logs
    key = base64.b64decode(SIGNING_SECRET.removeprefix("whsec_")).decode()
    assert not [hidden for hidden in (SIGNING_SECRET, key, "v1,", "/events") if hidden in log]


def test_what_is_not_taken_comes_again(functions: Functions, receiver: Receiver) -> None:
    receiver.answers = [500]
    event = queued(functions, "first-attempt")
    failed = {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}
    assert functions("deliver", event) == failed
    assert receiver.taken == []
    names = ["ApproximateNumberOfMessagesNotVisible"]
    url = functions.clients["webhook"]
    found = functions.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    assert found == {names[0]: "1"}
    assert functions("deliver", event) == {"batchItemFailures": []}
    assert len(receiver.taken) == 1
    assert functions("deliver", event) == {"batchItemFailures": []}
    assert (len(receiver.taken), receiver.came) == (1, 2)  # the same webhook-id: a repeat


def test_one_message_that_fails_does_not_bring_the_others_back(
    functions: Functions, receiver: Receiver
) -> None:
    first, second = (queued(functions, case)["Records"][0] for case in ("first-attempt", "third-attempt"))
    receiver.answers = [503]
    answer = functions("deliver", {"Records": [first, second]})
    assert answer == {"batchItemFailures": [{"itemIdentifier": first["messageId"]}]}
    assert [event["type"] for event in receiver.taken] == ["job.attention"]


def test_a_receiver_that_is_gone_is_told_once(
    functions: Functions, receiver: Receiver, said: io.StringIO
) -> None:
    receiver.answers = [410]
    assert functions("deliver", queued(functions, "third-attempt")) == {"batchItemFailures": []}
    assert "wants no more events" in said.getvalue()


def test_a_message_that_nobody_understands_is_left_for_the_dead_letters(
    functions: Functions, receiver: Receiver
) -> None:
    event = queued(functions, "first-attempt")
    event["Records"][0]["body"] = "this is no event"
    assert len(functions("deliver", event)["batchItemFailures"]) == 1
    assert receiver.came == 0


@pytest.mark.parametrize("known", ["old", "new", "other"])
def test_while_the_secret_is_rotated_old_and_new_receivers_verify(
    functions: Functions, monkeypatch: pytest.MonkeyPatch, known: str
) -> None:
    secrets = {"old": SIGNING_SECRET} | {
        name: "whsec_" + base64.b64encode(name[:1].encode() * 32).decode() for name in ("new", "other")
    }
    functions.client("secretsmanager").put_secret_value(SecretId="webhook", SecretString=secrets["new"])
    with Receiver(secrets[known]) as receiver:
        monkeypatch.setenv("BATCHDROP_SIMULATOR_ENDPOINTS", json.dumps({"webhook": receiver.url}))
        wiring.forget()
        failed = functions("deliver", queued(functions, "first-attempt"))["batchItemFailures"]
    assert (len(receiver.taken), len(failed)) == ((0, 1) if known == "other" else (1, 0))
