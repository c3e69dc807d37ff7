"""HERE's paths → the behaviour's methods."""

import re
import uuid
from collections.abc import Callable, Mapping

from batchdrop_sandbox.simulators.here_batch_v7.refusals import Refusal
from batchdrop_sandbox.simulators.here_batch_v7.webhooks import HereBatchV7
from batchdrop_sandbox.simulators.keys import Bearer
from batchdrop_sandbox.simulators.reply import Reply, Request, json_reply

BASE_PATH = "/v7"
_BASES = re.compile(r"/v[17](?=/)")  # [client] Mapotempo posts to /v1/batch/jobs and follows the hrefs
_NOWHERE = Refusal(404, "E6004040", "Resource not found")  # [assumed]
Handler = Callable[[HereBatchV7, Request, str], Reply]


def handle(behaviour: HereBatchV7, request: Request) -> Reply:
    """One HTTP request. Every answer has X-Correlation-ID; X-Request-ID is echoed [spec]."""
    reply = _routed(behaviour, request)
    echoed = request.headers.get("x-request-id")
    asked = {"X-Request-ID": echoed} if echoed else {}
    return reply.with_headers({"X-Correlation-ID": str(uuid.uuid4()), **asked})


def _routed(behaviour: HereBatchV7, request: Request) -> Reply:
    base = _BASES.match(request.path)
    if base:
        for (method, pattern), handler in ENDPOINTS.items():
            found = re.fullmatch(pattern, request.path[base.end() :])
            if found and method == request.method:
                return handler(behaviour, request, found[1] if found.groups() else "")
    return _NOWHERE.reply()


def _key(request: Request) -> str:
    """A Bearer token, else the apiKey of the query [spec]."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return Bearer(token.strip()) if kind.lower() == "bearer" else request.query.get("apiKey", "")


def _base(request: Request) -> str:
    """The address that hrefs begin with: the one that was asked."""
    base = _BASES.match(request.path)
    return request.origin + (base[0] if base else BASE_PATH)


def _zip(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "").lower()


def _submit(behaviour: HereBatchV7, request: Request, _: str) -> Reply:
    encoding = request.headers.get("content-encoding", "").lower()
    return behaviour.submit(
        _key(request), request.query, request.body, encoding=encoding, base=_base(request)
    )


def _openapi(_behaviour: HereBatchV7, _request: Request, _: str) -> Reply:
    """GET /openapi, open to all [spec]; ours lists the simulated paths only."""
    paths: dict[str, dict[str, object]] = {}
    for method, pattern in ENDPOINTS:
        paths.setdefault(pattern.replace("([^/]+)", "{id}"), {})[method.lower()] = {}
    return json_reply(
        200, {"openapi": "3.1.0", "info": {"title": "Simulated", "version": "7"}, "paths": paths}
    )


_JOB, _HOOK = "/batch/jobs/([^/]+)", "/batch/notifications/([^/]+)"
ENDPOINTS: Mapping[tuple[str, str], Handler] = {
    ("POST", "/batch/jobs"): _submit,
    ("GET", "/batch/jobs"): lambda here, ask, _: here.list_jobs(_key(ask), ask.query, base=_base(ask)),
    ("DELETE", "/batch/jobs"): lambda here, ask, _: here.delete_jobs(_key(ask), ask.query),
    ("GET", _JOB): lambda here, ask, job: here.look(_key(ask), job, base=_base(ask)),
    ("DELETE", _JOB): lambda here, ask, job: here.delete(_key(ask), job),
    ("PUT", f"{_JOB}/start"): lambda here, ask, job: here.start(_key(ask), job, base=_base(ask)),
    ("PUT", f"{_JOB}/stop"): lambda here, ask, job: here.stop(_key(ask), job, base=_base(ask)),
    ("GET", f"{_JOB}/results"): lambda here, ask, job: here.results(_key(ask), job, gzipped=_zip(ask)),
    ("GET", f"{_JOB}/errors"): lambda here, ask, job: here.errors(_key(ask), job, gzipped=_zip(ask)),
    ("POST", "/batch/notifications"): lambda here, ask, _: here.create_notification(_key(ask), ask.body),
    ("GET", "/batch/notifications"): lambda here, ask, _: here.list_notifications(_key(ask)),
    ("GET", _HOOK): lambda here, ask, hook: here.get_notification(_key(ask), hook),
    ("PUT", _HOOK): lambda here, ask, hook: here.change_notification(_key(ask), hook, ask.body),
    ("DELETE", _HOOK): lambda here, ask, hook: here.delete_notification(_key(ask), hook),
    ("GET", f"{_HOOK}/test"): lambda here, ask, hook: here.try_notification(_key(ask), hook),
    ("GET", "/health"): lambda here, _ask, _: here.health(),
    ("GET", "/version"): lambda here, ask, _: here.version(_key(ask)),
    ("GET", "/openapi"): _openapi,
}
