"""Stream the file once: check, map, drop equal records, price, cut into batches and lanes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchdrop import wiring
from batchdrop.observe import logger, tell

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes both
    """Takes `{job, run}`; answers `{job, run, outcome, lanes}`, the state the machine goes on with."""
    planned = wiring.plan()(event)
    tell(
        "planned", job=event["job"], run=event["run"], outcome=planned["outcome"], lanes=len(planned["lanes"])
    )
    return dict(planned)
