"""On a schedule, and at once when an execution fails: look for jobs that were left behind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

from batchdrop import wiring
from batchdrop.observe import logger, seconds_left, tell

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext


def _drive(record: SQSRecord) -> None:
    """One message holds one event of EventBridge: an execution ended badly."""
    try:
        execution = json.loads(record.body)["detail"]["name"]
        driven = wiring.sweep().drive_job(execution)
    except Exception:
        logger.exception(
            "a failed execution could not be looked into", extra={"message_id": record.message_id}
        )
        raise
    tell("looked into a failed execution", execution=execution, driven=driven)


@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Takes an SQS batch of execution status changes and answers with the messages to be delivered again; or takes a scheduled event
    of EventBridge and answers what was found.
    """
    if "Records" in event:
        processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
        return dict(process_partial_response(event, _drive, processor, context))
    found = wiring.sweep()(seconds_left(context))
    tell("swept", cause=event.get("detail-type", ""), found=found)
    return dict(found)
