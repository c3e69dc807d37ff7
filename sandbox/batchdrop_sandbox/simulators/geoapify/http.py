"""Geoapify's paths → the behaviour's methods."""

from batchdrop_sandbox.simulators.geoapify.behaviour import FAMILIES, Geoapify
from batchdrop_sandbox.simulators.geoapify.refusals import refusal
from batchdrop_sandbox.simulators.reply import Reply, Request


def handle(behaviour: Geoapify, request: Request) -> Reply:
    """One HTTP request; paths as on https://api.geoapify.com."""
    if request.method not in ("GET", "POST"):
        return refusal(404, "Not Found")
    if request.path == "/v1/batch":
        return _batch(behaviour, request)
    family = request.path.removeprefix("/v1/batch/geocode/")
    if family in FAMILIES and family != request.path:
        return _geocoding(behaviour, family, request)
    return refusal(404, "Not Found")


def _batch(behaviour: Geoapify, request: Request) -> Reply:
    key = request.query.get("apiKey", "")
    if request.method == "POST":
        return behaviour.submit(key, request.body, origin=request.origin)
    return behaviour.look(key, request.query.get("id", ""))


def _geocoding(behaviour: Geoapify, family: str, request: Request) -> Reply:
    key, query = request.query.get("apiKey", ""), request.query
    if request.method == "POST":
        return behaviour.submit_geocoding(family, key, request.body, query, origin=request.origin)
    return behaviour.look_geocoding(family, key, query.get("id", ""), query.get("format", "json"))
