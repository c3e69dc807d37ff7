"""Publish the event that collect (or sweep) wrote into the job row: outbox, publish, mark. The only publisher."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchdrop import wiring
from batchdrop.observe import logger, tell

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes both
    """Takes `{job, run, failed}`; answers `{outcome}`, which says how the execution ends."""
    announced = wiring.announce()(event)
    tell(
        "announced", job=event["job"], run=event["run"], failed=event["failed"], outcome=announced["outcome"]
    )
    return dict(announced)
