"""A service calls when a job of ours has ended: verify, ring the lane. What it says is never believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchdrop import wiring
from batchdrop.observe import logger, tell

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes both
    """Takes a REST API proxy event for /callback/{secret}/{service}/{ticket}; answers 200, 404 or 405 without a body.

    GET rings, HEAD only says whether the door is right. Body, query and headers are not looked at.
    """
    method = event["httpMethod"]
    if method not in ("GET", "HEAD"):
        tell("called in another way", method=method)
        return _answer(405, Allow="GET, HEAD")
    called = event.get("pathParameters") or {}
    secret, service, ticket = (str(called.get(name) or "") for name in ("secret", "service", "ticket"))
    answer = wiring.callback()(secret, service, ticket, rings=method == "GET")
    known = {} if answer == "stranger" else {"service": service, "ticket": ticket}
    tell("called", answer=answer, **known)
    return _answer(404 if answer == "stranger" else 200)


def _answer(status: int, **headers: str) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"Cache-Control": "no-store", **headers}, "body": ""}
