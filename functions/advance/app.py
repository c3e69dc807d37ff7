"""Move every due batch of one lane as far as it will go: send, check, fetch, read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchdrop import wiring
from batchdrop.observe import logger, seconds_left, tell

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Takes `{job, run, lane, now}`; answers the next `now`: `{settled, listens, wait, rings, ticks}`."""
    now = wiring.advance()(event, seconds_left(context), context.aws_request_id)
    tell("advanced", job=event["job"], run=event["run"], lane=event["lane"]["sk"], now=now)
    return dict(now)
