"""May this job run now? Held or over budget: hold; no slot: queue; else go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchdrop import wiring
from batchdrop.observe import logger, tell

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes both
    """Takes `{job, run}`; answers `{outcome, wait}`, wait in seconds."""
    admitted = wiring.admit()(event)
    tell("admitted", job=event["job"], run=event["run"], outcome=admitted["outcome"], wait=admitted["wait"])
    return dict(admitted)
