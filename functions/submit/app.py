"""An upload arrives: resolve the route, claim the job, start run 0."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

from batchdrop import wiring
from batchdrop.observe import logger, tell

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext


def _submit(record: SQSRecord) -> None:
    """One message of the inbox queue holds one event, of EventBridge or of S3 itself; what fails stays in the queue."""
    try:
        wiring.submit().deliver(json.loads(record.body))
    except Exception:
        logger.exception("an upload event could not be handled", extra={"message_id": record.message_id})
        raise


@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Takes an SQS batch of `Object Created` events; answers with the messages to be delivered again."""
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    answer = process_partial_response(event, _submit, processor, context)
    tell("submitted", events=len(event["Records"]), failed=len(answer["batchItemFailures"]))
    return dict(answer)
