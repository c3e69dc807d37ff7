"""People and programs ask and act: the Jobs API, behind IAM."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response

from batchdrop import wiring
from batchdrop.api import PATHS, Request
from batchdrop.observe import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

_METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]


@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Takes a REST API proxy event; answers JSON, problem+json or a redirect. See docs/jobs-api.md."""
    answer: dict[str, Any] = app.resolve(event, context)
    return answer


app = APIGatewayRestResolver()


def _serve(pattern: str) -> Callable[..., Response[str]]:
    def serve(**names: str) -> Response[str]:
        answer = wiring.jobs_api()(_request(app.current_event.raw_event, pattern, names))
        return Response(answer.status, body=answer.body, headers={**answer.headers})

    return serve


def _request(event: dict[str, Any], pattern: str, names: dict[str, str]) -> Request:
    about = event["requestContext"]
    return Request(
        method=event["httpMethod"],
        pattern=pattern,
        path=event["path"],
        id=about["requestId"],
        names=names,
        query=event.get("multiValueQueryStringParameters") or {},
        headers={name.lower(): text for name, text in (event.get("headers") or {}).items()},
        body=_body(event),
        prefix=str(about.get("path", "")).removesuffix(event["path"]),
    )


def _body(event: dict[str, Any]) -> bytes:
    body: str = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body)
    except binascii.Error:
        return b""


for _path in PATHS:
    app.route(_path.replace("{", "<").replace("}", ">"), method=_METHODS)(_serve(_path))


@app.not_found
def _nothing(_error: Exception) -> Response[str]:
    return _serve("")()
