"""The queue of events on their way to the user's URL, on SQS."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LONGEST_DELAY = 42_900
"""Seconds: twelve hours from when a message was received is the most [doc: ChangeMessageVisibility], less the time it was worked on."""


class SqsQueue:
    """The queue with this URL."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def put(self, body: str) -> None:
        """Add a message."""
        self._client.send_message(QueueUrl=self._url, MessageBody=body)

    def later(self, receipt: str, seconds: int) -> None:
        """See Queue.later."""
        self._client.change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=min(seconds, LONGEST_DELAY)
        )
