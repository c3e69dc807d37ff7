"""Deliver events to the user's URL, signed; what was not taken stays in the queue and comes again, later each time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

from batchdrop import wiring
from batchdrop.observe import logger, tell
from batchdrop.steps.deliver import Message, NotDelivered

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext


def _deliver(record: SQSRecord) -> None:
    attempt = int(record.attributes.approximate_receive_count)
    try:
        wiring.deliver()(Message(record.body, attempt, record.receipt_handle))
    except NotDelivered:
        raise  # the step has said why
    except Exception:
        logger.exception("an event could not be delivered", extra={"message_id": record.message_id})
        raise


@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Takes an SQS batch of events; answers with the messages to be delivered again."""
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    answer = process_partial_response(event, _deliver, processor, context)
    tell("tried", events=len(event["Records"]), failed=len(answer["batchItemFailures"]))
    return dict(answer)
