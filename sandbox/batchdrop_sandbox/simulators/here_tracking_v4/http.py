"""Tracking's paths → the behaviour's methods."""

import json
import re
from collections.abc import Callable, Mapping

from batchdrop_sandbox.simulators.here_tracking_v4.behaviour import HereTrackingV4
from batchdrop_sandbox.simulators.here_tracking_v4.refusals import NOWHERE
from batchdrop_sandbox.simulators.keys import Bearer
from batchdrop_sandbox.simulators.reply import Reply, Request

Handler = Callable[[HereTrackingV4, Request, str], Reply]


def handle(behaviour: HereTrackingV4, request: Request) -> Reply:
    """One HTTP request; paths as on https://tracking.api.here.com."""
    for (method, pattern), handler in ENDPOINTS.items():
        found = re.fullmatch(pattern, request.path)
        if found and method == request.method:
            return handler(behaviour, request, found[1] if found.groups() else "")
    return NOWHERE.reply()


def _key(request: Request) -> str:
    """A Bearer token and nothing else [doc]."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return Bearer(token.strip()) if kind.lower() == "bearer" else ""


def _submit(behaviour: HereTrackingV4, request: Request, _: str) -> Reply:
    kind = request.headers.get("content-type", "")
    return behaviour.submit(_key(request), request.body, kind, request.query)


def _list(behaviour: HereTrackingV4, request: Request, _: str) -> Reply:
    """Several states: the key is repeated [assumed]."""
    statuses = [value for name, value in request.pairs if name in ("status", "status[]")]
    return behaviour.list_jobs(_key(request), request.query, statuses)


def _change(behaviour: HereTrackingV4, request: Request, job: str) -> Reply:
    calls = {"cancel": behaviour.cancel, "acknowledge": behaviour.acknowledge}
    return calls.get(_action(request.body), behaviour.unknown_action)(_key(request), job, request.query)


def _action(body: bytes) -> str:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return str(asked.get("action")) if isinstance(asked, dict) else ""


_JOBS = "/bulkjobs/v4/deviceUploads"
_JOB = f"{_JOBS}/([^/]+)"
ENDPOINTS: Mapping[tuple[str, str], Handler] = {
    ("POST", _JOBS): _submit,
    ("GET", _JOBS): _list,
    ("GET", f"{_JOB}/status"): lambda here, ask, job: here.look(_key(ask), job, ask.query),
    ("GET", f"{_JOB}/results"): lambda here, ask, job: here.results(_key(ask), job, ask.query),
    ("PATCH", _JOB): _change,
    ("GET", "/bulkjobs/v4/health"): lambda here, _ask, _: here.health(),
    ("GET", "/bulkjobs/v4/version"): lambda here, _ask, _: here.version(),
    ("POST", "/users/v2/login"): lambda here, ask, _: here.login(ask.body),
    ("POST", "/users/v2/tokenExchange"): lambda here, ask, _: here.exchange(ask.body),
}
