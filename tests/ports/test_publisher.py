"""One suite for both publishers; the real one is read back from queues behind the bus and the topic."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
import pytest

from batchdrop.aws.events import MOST_DETAIL_BYTES, SOURCE, AwsPublisher, attributes
from batchdrop.aws.queue import SqsQueue
from batchdrop.errors import BatchdropError
from tests.ports.conftest import REGION
from tests.ports.faults import lose_reply
from tests.ports.memory import MemoryPublisher

if TYPE_CHECKING:
    from batchdrop.ports import Publisher

KIND = "Job Completed"
DETAIL = {
    "eventId": "e1",
    "id": "ä",
    "status": "completed",
    "route": "geoapify-geocode",
    "service": "geoapify",
    "attention": None,
    "records": {"total": 3},
}
COMPACT = (
    '{"attention":null,"eventId":"e1","id":"ä","records":{"total":3},'
    '"route":"geoapify-geocode","service":"geoapify","status":"completed"}'
)


class World(NamedTuple):
    """AWS with a bus and a topic, and a queue behind each."""

    events: Any
    sns: Any
    sqs: Any
    bus_queue: str
    topic_queue: str
    topic: str

    def read(self, queue: str) -> list[Any]:
        """What arrived."""
        found = self.sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return list(found.get("Messages", []))


@pytest.fixture
def world(aws: None) -> World:  # noqa: ARG001  # needs AWS, not its value
    events: Any = boto3.client("events", region_name=REGION)
    sns: Any = boto3.client("sns", region_name=REGION)
    sqs: Any = boto3.client("sqs", region_name=REGION)
    urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("bus", "topic")]
    arns = [
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        for url in urls
    ]
    events.create_event_bus(Name="outgoing")
    events.put_rule(Name="all", EventBusName="outgoing", EventPattern=json.dumps({"source": [SOURCE]}))
    events.put_targets(Rule="all", EventBusName="outgoing", Targets=[{"Id": "queue", "Arn": arns[0]}])
    topic = sns.create_topic(Name="done")["TopicArn"]
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=arns[1],
        Attributes={
            "RawMessageDelivery": "true",
            "FilterPolicy": json.dumps({"status": ["completed"], "attention": ["none"]}),
        },
    )
    return World(events, sns, sqs, urls[0], urls[1], topic)


@pytest.fixture
def real(world: World) -> AwsPublisher:
    return AwsPublisher(world.events, world.sns, "outgoing", world.topic)


@pytest.fixture(params=["memory", "real"])
def publisher(request: pytest.FixtureRequest) -> Publisher:
    if request.param == "memory":
        return MemoryPublisher()
    found: Publisher = request.getfixturevalue("real")
    return found


def test_an_event_may_go_out_twice(publisher: Publisher) -> None:
    publisher.publish(KIND, DETAIL, topic=True)
    publisher.publish(KIND, DETAIL, topic=False)


def test_an_event_that_is_too_long_is_refused(publisher: Publisher) -> None:
    detail = {"a": "ä" * (MOST_DETAIL_BYTES // 2)}
    with pytest.raises(ValueError, match="200000 bytes"):
        publisher.publish(KIND, detail, topic=True)


def test_an_event_that_is_no_json_is_refused(publisher: Publisher) -> None:
    with pytest.raises((TypeError, ValueError)):
        publisher.publish(KIND, {"a": float("nan")}, topic=True)
    with pytest.raises(TypeError):
        publisher.publish(KIND, {"a": object()}, topic=True)


def test_the_publisher_in_memory_keeps_what_went_out() -> None:
    publisher = MemoryPublisher()
    publisher.publish(KIND, DETAIL, topic=True)
    (event,) = publisher.published
    assert (event.detail_type, event.detail, event.topic) == (KIND, DETAIL, True)


def test_the_bus_gets_source_type_and_detail(world: World, real: AwsPublisher) -> None:
    real.publish(KIND, DETAIL, topic=False)
    (message,) = world.read(world.bus_queue)
    event = json.loads(message["Body"])
    assert (event["source"], event["detail-type"], event["detail"]) == ("batchdrop", KIND, DETAIL)
    assert world.read(world.topic_queue) == []


def test_the_topic_gets_the_detail_as_compact_sorted_text_with_attributes(
    world: World, real: AwsPublisher
) -> None:
    real.publish(KIND, DETAIL, topic=True)
    (message,) = world.read(world.topic_queue)
    assert message["Body"] == COMPACT
    found = {name: entry["StringValue"] for name, entry in message["MessageAttributes"].items()}
    assert found == {
        "status": "completed",
        "route": "geoapify-geocode",
        "service": "geoapify",
        "attention": "none",
    }


def test_subscribers_can_filter_by_status_and_attention(world: World, real: AwsPublisher) -> None:
    real.publish(KIND, {**DETAIL, "status": "failure"}, topic=True)
    real.publish(KIND, {**DETAIL, "attention": {"code": "GAPS", "message": "…"}}, topic=True)
    assert world.read(world.topic_queue) == []


def test_only_members_that_are_there_become_attributes() -> None:
    assert attributes({"eventId": "e", "route": "", "status": "failure"}) == {"status": "failure"}
    assert attributes({"attention": {"code": "GAPS"}}) == {"attention": "GAPS"}
    assert attributes({"attention": "GAPS"}) == {"attention": "GAPS"}


def test_a_bus_that_does_not_take_the_event_is_an_error_and_the_topic_is_not_told(
    world: World, real: AwsPublisher
) -> None:
    def refused(parsed: dict[str, Any], **_: Any) -> None:
        parsed.update(FailedEntryCount=1, Entries=[{"ErrorCode": "ThrottlingException"}])

    world.events.meta.events.register("after-call.events.PutEvents", refused)
    with pytest.raises(BatchdropError, match="ThrottlingException"):
        real.publish(KIND, DETAIL, topic=True)
    assert world.read(world.topic_queue) == []


def test_an_answer_of_the_bus_that_was_cut_off_is_an_error_that_says_so(
    world: World, real: AwsPublisher
) -> None:
    def cut(parsed: dict[str, Any], **_: Any) -> None:
        for name in ("FailedEntryCount", "Entries"):
            parsed.pop(name, None)

    world.events.meta.events.register("after-call.events.PutEvents", cut)
    with pytest.raises(BatchdropError, match="cut off"):
        real.publish(KIND, DETAIL, topic=True)
    assert world.read(world.topic_queue) == []


@pytest.mark.usefixtures("no_waits")
def test_after_a_lost_reply_the_same_event_goes_out_twice_under_one_id(
    world: World, real: AwsPublisher
) -> None:
    lose_reply(world.sns, "Publish")
    real.publish(KIND, DETAIL, topic=True)
    assert [json.loads(message["Body"])["eventId"] for message in world.read(world.topic_queue)] == [
        "e1",
        "e1",
    ]


@pytest.mark.parametrize("kind", ["Job Status Change", "Job Attention"])
def test_what_the_topic_hears_goes_into_the_queue_of_the_users_url_too(world: World, kind: str) -> None:
    url = world.sqs.create_queue(QueueName="webhook")["QueueUrl"]
    publisher = AwsPublisher(world.events, world.sns, "outgoing", world.topic, SqsQueue(world.sqs, url))
    told = {**DETAIL, "time": "2026-03-02T09:17:52.907144Z"}
    publisher.publish(kind, told, topic=False)
    assert world.read(url) == []
    publisher.publish(kind, told, topic=True)
    (message,) = world.read(url)
    said = "job.attention" if kind == "Job Attention" else "job.completed"
    assert json.loads(message["Body"]) == {"type": said, "timestamp": told["time"], "data": told}
    assert len(world.read(world.topic_queue)) == 1
