"""Geoapify's paths → the behaviour's methods."""

import re
from collections.abc import Callable, Mapping

from batchdrop_sandbox.simulators.geoapify.api import InnerApi
from batchdrop_sandbox.simulators.geoapify.apis import APIS
from batchdrop_sandbox.simulators.geoapify.behaviour import FAMILIES, Geoapify
from batchdrop_sandbox.simulators.geoapify.refusals import refusal
from batchdrop_sandbox.simulators.reply import Reply, Request

Handler = Callable[[Geoapify, Request, str], Reply]


def handle(behaviour: Geoapify, request: Request) -> Reply:
    """One HTTP request; paths as on https://api.geoapify.com."""
    for (method, pattern), handler in ENDPOINTS.items():
        found = re.fullmatch(pattern, request.path)
        if found and method == request.method:
            return handler(behaviour, request, found[1] if found.groups() else "")
    return refusal(404, "Not Found")


def _key(request: Request) -> str:
    return request.query.get("apiKey", "")


def _alone(api: InnerApi) -> Handler:
    """An API outside a batch: the key is no parameter of it."""

    def handler(here: Geoapify, ask: Request, _: str) -> Reply:
        params = {name: value for name, value in ask.query.items() if name != "apiKey"}
        return here.call_alone(_key(ask), api, params, ask.body)

    return handler


_BATCH, _OLDER = "/v1/batch", f"/v1/batch/geocode/({'|'.join(FAMILIES)})"
ENDPOINTS: Mapping[tuple[str, str], Handler] = {
    ("POST", _BATCH): lambda here, ask, _: here.submit(_key(ask), ask.body, origin=ask.origin),
    ("GET", _BATCH): lambda here, ask, _: here.look(_key(ask), ask.query.get("id", "")),
    ("POST", _OLDER): lambda here, ask, family: here.submit_geocoding(
        family, _key(ask), ask.body, ask.query, origin=ask.origin
    ),
    ("GET", _OLDER): lambda here, ask, family: here.look_geocoding(
        family, _key(ask), ask.query.get("id", ""), ask.query.get("format", "json")
    ),
    **{("POST" if api.posted else "GET", path): _alone(api) for path, api in APIS.items()},
}
