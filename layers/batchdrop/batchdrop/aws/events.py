"""The publisher port on EventBridge, SNS and SQS.

The bus gets the event as it is: source `batchdrop`, detail type, detail. The topic gets the detail as its message, with the
attributes a subscriber's filter policy can use. `eventId` in the detail is the same on every repetition.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from batchdrop.errors import BatchdropError
from batchdrop.events import webhook_body

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sns import SNSClient

    from batchdrop.aws.queue import SqsQueue

SOURCE = "batchdrop"
MOST_DETAIL_BYTES = 200_000
"""Below the 256 KB of SNS and of an EventBridge entry, with room for the envelope [doc: quotas of both]."""

FILTERS = ("status", "route", "service", "attention")
"""Members of the detail that become message attributes, where present; `attention` by its code, `none` when nobody is needed."""


def message(detail: Mapping[str, Any]) -> str:
    """The detail as text: compact, sorted, so that equal events are equal bytes. Raises ValueError when it is too long."""
    text = json.dumps(detail, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    if len(text.encode()) > MOST_DETAIL_BYTES:
        raise ValueError(f"an event has at most {MOST_DETAIL_BYTES} bytes")
    return text


def attributes(detail: Mapping[str, Any]) -> dict[str, str]:
    """What a subscriber of the topic can filter by."""
    found = {name: _word(detail[name]) for name in FILTERS if name in detail}
    return {name: word for name, word in found.items() if word}


def _word(value: Any) -> str:
    if value is None:
        return "none"
    return str(value["code"] if isinstance(value, Mapping) else value)


class AwsPublisher:
    """The bus and the topic; `webhook`: the queue of events to the user's URL, where there is one."""

    def __init__(
        self,
        events: EventBridgeClient,
        sns: SNSClient,
        bus: str,
        topic_arn: str,
        webhook: SqsQueue | None = None,
    ) -> None:
        self._webhook = webhook
        self._events = events
        self._sns = sns
        self._bus = bus
        self._topic_arn = topic_arn

    def publish(self, detail_type: str, detail: Mapping[str, Any], *, topic: bool) -> None:
        """See Publisher.publish. Raises BatchdropError with EventBridge's code when the bus did not take the event."""
        text = message(detail)
        answer = self._events.put_events(
            Entries=[{"EventBusName": self._bus, "Source": SOURCE, "DetailType": detail_type, "Detail": text}]
        )
        failed = answer.get("FailedEntryCount")  # the call itself answers 200 [doc: PutEvents]
        if failed is None:  # boto3 takes a reply that was cut off for one that says nothing
            raise BatchdropError("nobody can tell whether the bus took the event: the answer was cut off")
        if failed:
            codes = {entry.get("ErrorCode", "") for entry in answer["Entries"]}
            raise BatchdropError(f"the bus did not take the event: {', '.join(sorted(codes))}")
        if not topic:
            return
        if self._webhook is not None:
            self._webhook.put(message(webhook_body(detail_type, detail)))
        self._sns.publish(
            TopicArn=self._topic_arn,
            Message=text,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": word} for name, word in attributes(detail).items()
            },
        )
