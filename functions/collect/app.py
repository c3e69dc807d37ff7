"""If all batches are settled, stopped or parked: join outcomes to records, write results, errors, report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchdrop import wiring
from batchdrop.observe import logger, seconds_left, tell

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Takes `{job, run}`; answers `{outcome, wait}`, wait in seconds."""
    collected = wiring.collect()(event, seconds_left(context), context.aws_request_id)
    tell(
        "collected", job=event["job"], run=event["run"], outcome=collected["outcome"], wait=collected["wait"]
    )
    return dict(collected)
