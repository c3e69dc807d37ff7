"""Publish the events that other steps wrote into the outbox: as soon as they are written, and what is left when a run ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

from batchdrop import wiring
from batchdrop.observe import logger, tell

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext


class _LeftToOthersError(Exception):
    """Another invocation is sending the job's events; should it die, this record comes again."""


def _written(record: DynamoDBRecord) -> None:
    """A record of the table's stream: an event was written. Its keys say of which job."""
    job = record.dynamodb.keys["pk"].removeprefix("job#") if record.dynamodb else ""
    try:
        left = wiring.announce().publish(job)
    except Exception:
        logger.exception("an event could not be published", extra={"job": job})
        raise
    if left:
        tell("left to others", job=job, events=left)
        raise _LeftToOthersError


def _from_stream(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    processor = BatchProcessor(event_type=EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
    answer = process_partial_response(event, _written, processor, context)
    tell("published", events=len(event["Records"]), failed=len(answer["batchItemFailures"]))
    return dict(answer)


@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Takes records of the table's stream and answers with those to be delivered again; or takes `{job, run, failed}` from the
    state machine and answers `{outcome}`, which says how the execution ends.
    """
    if "Records" in event:
        return _from_stream(event, context)
    announced = wiring.announce()(event)
    tell(
        "announced", job=event["job"], run=event["run"], failed=event["failed"], outcome=announced["outcome"]
    )
    return dict(announced)
