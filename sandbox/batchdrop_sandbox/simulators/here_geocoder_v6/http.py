"""The paths of the Batch Geocoder 6.2 → the behaviour's methods."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from batchdrop_sandbox.simulators.here_geocoder_v6.behaviour import Caller, HereGeocoderV6
from batchdrop_sandbox.simulators.here_geocoder_v6.refusals import NOWHERE, bad_input
from batchdrop_sandbox.simulators.keys import Bearer
from batchdrop_sandbox.simulators.reply import Reply, Request

BASE_PATH = "/6.2"
_CREDENTIALS = ("apikey", "app_id", "app_code")


class Endpoint(NamedTuple):
    """One call: its method, its path behind /6.2, and the `action` it needs; "*" is any."""

    method: str
    path: str
    action: str = "*"


Query = Mapping[str, str]
Handler = Callable[[HereGeocoderV6, Caller, str, Query, Request], Reply]


def handle(behaviour: HereGeocoderV6, request: Request) -> Reply:
    """One HTTP request. Parameter names are taken without case [doc] [client]."""
    query = {name.lower(): value for name, value in reversed(tuple(request.query.items()))}
    caller = _caller(request, query)
    path = request.path.removeprefix(BASE_PATH)
    known = False
    for endpoint, handler in ENDPOINTS.items():
        found = re.fullmatch(endpoint.path, path) if path != request.path else None
        if found is None:
            continue
        known = known or endpoint.action != "*"
        if endpoint.method == request.method and endpoint.action in ("*", query.get("action", "").lower()):
            return handler(behaviour, caller, found[1] if found.groups() else "", query, request)
    if known:  # [assumed] the seed's `runs` is a typo
        refused = bad_input("action must be run or cancel (PUT), or status (GET).")
        return refused.reply(as_json=caller.as_json)
    return NOWHERE.reply(as_json=caller.as_json)


def _caller(request: Request, query: dict[str, str]) -> Caller:
    """The credentials, taken out of the query, and the wanted format of the answer [client]."""
    wants_json = "json" in request.headers.get("accept", "").lower()
    key, app_id, app_code = (query.pop(name, "") for name in _CREDENTIALS)
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = Bearer(token.strip()) if kind.lower() == "bearer" else ""  # [doc]
    return Caller(bearer, key, app_id, app_code, as_json=wants_json)


def _zipped(query: Query) -> bool:
    """[doc] `outputcompressed=false` is plain text."""
    return query.get("outputcompressed", "true").lower() != "false"


_JOB = "/jobs/([^/]+)"
ENDPOINTS: Mapping[Endpoint, Handler] = {
    Endpoint("POST", "/jobs"): lambda here, who, _, query, ask: here.submit(who, query, ask.body),
    Endpoint("PUT", _JOB, "run"): lambda here, who, job, query, _: here.run(who, job, query),
    Endpoint("PUT", _JOB, "cancel"): lambda here, who, job, _query, _: here.cancel(who, job),
    Endpoint("GET", _JOB, "status"): lambda here, who, job, _query, _: here.look(who, job),
    # [doc] the method, not an action
    Endpoint("DELETE", _JOB): lambda here, who, job, _query, _: here.delete(who, job),
    Endpoint("GET", f"{_JOB}/result"): lambda here, who, job, query, _: here.result(
        who, job, zipped=_zipped(query)
    ),
    Endpoint("GET", f"{_JOB}/errors"): lambda here, who, job, query, _: here.errors(
        who, job, zipped=_zipped(query)
    ),
    Endpoint("GET", f"{_JOB}/no-matches"): lambda here, who, job, query, _: here.no_matches(
        who, job, zipped=_zipped(query)
    ),
    Endpoint("GET", f"{_JOB}/all"): lambda here, who, job, query, _: here.everything(
        who, job, zipped=_zipped(query)
    ),
}
