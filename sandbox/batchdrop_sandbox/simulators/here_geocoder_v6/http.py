"""The paths of the Batch Geocoder 6.2 → the behaviour's methods."""

import re
from collections.abc import Callable, Mapping

from batchdrop_sandbox.simulators.here_geocoder_v6.behaviour import Caller, HereGeocoderV6
from batchdrop_sandbox.simulators.here_geocoder_v6.refusals import NOWHERE, bad_input
from batchdrop_sandbox.simulators.reply import Reply, Request

BASE_PATH = "/6.2"
_JOB = re.compile(r"/jobs/([^/]+)(?:/([^/]+))?")
_CREDENTIALS = ("apikey", "app_id", "app_code")


def handle(behaviour: HereGeocoderV6, request: Request) -> Reply:
    """One HTTP request. Parameter names are taken without case [doc] [client]."""
    query = {name.lower(): value for name, value in reversed(tuple(request.query.items()))}
    wants_json = "json" in request.headers.get("accept", "").lower()
    key, app_id, app_code = (query.pop(name, "") for name in _CREDENTIALS)
    caller = Caller(key, app_id, app_code, as_json=wants_json)
    path = request.path.removeprefix(BASE_PATH)
    if path == request.path:
        return NOWHERE.reply(as_json=wants_json)
    if path == "/jobs" and request.method == "POST":
        return behaviour.submit(caller, query, request.body)
    found = _JOB.fullmatch(path)
    if found and found[2] and request.method == "GET" and found[2] in _FILES:
        zipped = query.get("outputcompressed", "true").lower() != "false"
        return _FILES[found[2]](behaviour, caller, found[1], zipped)
    if found and not found[2]:
        return _on_job(behaviour, request.method, caller, found[1], query)
    return NOWHERE.reply(as_json=wants_json)


def _on_job(
    behaviour: HereGeocoderV6, method: str, caller: Caller, job: str, query: Mapping[str, str]
) -> Reply:
    match method, query.get("action", "").lower():
        case "PUT", "run":
            return behaviour.run(caller, job, query)
        case "PUT", "cancel":
            return behaviour.cancel(caller, job)
        case "GET", "status":
            return behaviour.look(caller, job)
        case "DELETE", _:  # [doc] the method, not an action
            return behaviour.delete(caller, job)
    # [assumed] the seed's `runs` is a typo
    return bad_input("action must be run or cancel (PUT), or status (GET).").reply(as_json=caller.as_json)


_FILES: Mapping[str, Callable[[HereGeocoderV6, Caller, str, bool], Reply]] = {
    "result": lambda here, caller, job, zipped: here.result(caller, job, zipped=zipped),
    "errors": lambda here, caller, job, zipped: here.errors(caller, job, zipped=zipped),
    "no-matches": lambda here, caller, job, zipped: here.no_matches(caller, job, zipped=zipped),
    "all": lambda here, caller, job, zipped: here.everything(caller, job, zipped=zipped),
}
