"""On a schedule, and at once when an execution fails: look for jobs that were left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchdrop import wiring
from batchdrop.observe import logger, seconds_left, tell

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Takes an EventBridge event (schedule, or execution status change); answers what was found."""
    found = wiring.sweep()(event, seconds_left(context))
    tell("swept", cause=event.get("detail-type", ""), found=found)
    return dict(found)
