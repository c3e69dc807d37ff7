"""HERE Account's paths → the behaviour's methods."""

import uuid
from collections.abc import Callable, Mapping

from batchdrop_sandbox.simulators.here_account.behaviour import HereAccount, TokenCall
from batchdrop_sandbox.simulators.here_account.refusals import NOWHERE
from batchdrop_sandbox.simulators.reply import Reply, Request


def handle(behaviour: HereAccount, request: Request) -> Reply:
    """One HTTP request; paths as on https://account.api.here.com. Both ids are in every answer [spec]."""
    handler = ENDPOINTS.get((request.method, request.path))
    reply = handler(behaviour, request) if handler else NOWHERE.reply()
    echoed = request.headers.get("x-request-id") or str(uuid.uuid4())
    return reply.with_headers({"X-Correlation-ID": str(uuid.uuid4()), "X-Request-ID": echoed})


def _token(behaviour: HereAccount, request: Request) -> Reply:
    headers = request.headers
    return behaviour.token(
        TokenCall(
            authorization=headers.get("authorization", ""),
            content_type=headers.get("content-type", ""),
            body=request.body,
            url=request.origin + request.path,
            pairs=request.pairs,
        )
    )


ENDPOINTS: Mapping[tuple[str, str], Callable[[HereAccount, Request], Reply]] = {
    ("POST", "/oauth2/token"): _token,
    ("GET", "/timestamp"): lambda here, _: here.timestamp(),
}
