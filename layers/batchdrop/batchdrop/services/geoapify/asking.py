"""The body of a submit: `{api, params?, body?, inputs, priority?}` [seed] [spec]. Pure.

Params and body of the request and of an input are merged by the service, and the input's key wins [seed]. Whether a nested
object is merged or replaced is not said, so a body never goes out on both levels: where an input has one of its own, we
merge (the input's key wins) and send the whole with each input.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from batchdrop.errors import ConfigurationError
from batchdrop.ports import OWN_PARAM
from batchdrop.services.geoapify.apis import ANY, APIS, FORMATS, IN_BODY, PATHS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batchdrop.ports import Batch, Query

HOSTS = ("world", "eu")
RADIUS = 1000
"""Metres around a point in which `places` looks, unless the route says otherwise [assumed]."""

MODES = frozenset(
    [
        "drive",
        "light_truck",
        "medium_truck",
        "truck",
        "heavy_truck",
        "truck_dangerous_goods",
        "long_truck",
        "bus",
        "scooter",
        "motorcycle",
        "bicycle",
        "mountain_bike",
        "road_bike",
        "walk",
        "hike",
        "transit",
        "approximated_transit",
    ]
)
"""Ways to travel [spec]."""

_OURS = frozenset({"body", "host", "path", "priority", "radius"})
_PATH = re.compile(r"/v[0-9]{1,2}(?:/[a-z0-9-]{1,40}){1,4}")


def check(api: str, params: Mapping[str, Any]) -> None:
    """Raises ConfigurationError for a route that Geoapify would refuse, or answer with an error for every record.

    Parameters with unknown names go out as they are.
    """
    missing = [name for name in APIS[api].required_params if name not in params]
    if missing:
        raise ConfigurationError(f"geoapify {api} needs the parameter {', '.join(missing)}")
    priority = params.get("priority", 1)
    if isinstance(priority, bool) or not isinstance(priority, int | float) or not 0.5 <= priority <= 1:
        raise ConfigurationError("priority is a number from 0.5 to 1")  # [doc] batch-api page
    if params.get("host", "world") not in HOSTS:
        raise ConfigurationError(f"host is one of {', '.join(HOSTS)}")
    if params.get("format", "json") not in ("json", "geojson") and api != ANY:
        raise ConfigurationError("format is json or geojson: no other is read")
    _check_shape(api, params)
    if api != ANY:
        _check_values(params)


def _check_values(params: Mapping[str, Any]) -> None:
    """What would be answered with an error for every record, each of which is billed. Numbers may be texts of digits [client].

    An empty text is a parameter that records bring themselves.
    """
    limit = params.get("limit", "")
    if limit != "" and (isinstance(limit, bool) or not re.fullmatch(r"[1-9][0-9]*", str(limit))):
        raise ConfigurationError("limit is a whole number from 1 on")
    if str(params.get("mode", "")) not in {"", *MODES}:
        raise ConfigurationError(f"mode is one of {', '.join(sorted(MODES))}")


def _check_shape(api: str, params: Mapping[str, Any]) -> None:
    if api == ANY and not _PATH.fullmatch(str(params["path"])):
        raise ConfigurationError("path is an API of Geoapify, such as /v1/routematrix")
    if not isinstance(params.get("body", {}), dict):
        raise ConfigurationError("body is a JSON object")
    radius = params.get("radius", RADIUS)
    if isinstance(radius, bool) or not isinstance(radius, int | float) or radius <= 0:
        raise ConfigurationError("radius is a number of metres")


def route_of(members: Mapping[str, Any], params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """API and parameters of a file `{api, params?, body?, priority?}`; of the route's, only where and how fast to send it."""
    path = members.get("api")
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        raise ConfigurationError("api is an API of Geoapify, such as /v1/geocode/search")
    asked, body = members.get("params", {}), members.get("body", {})
    if not isinstance(asked, dict) or not isinstance(body, dict):
        raise ConfigurationError("params and body are JSON objects")
    mixed = sorted(_OURS & asked.keys())
    if mixed:
        raise ConfigurationError(
            f"params cannot have {', '.join(mixed)}: no API of Geoapify has such a parameter"
        )
    api = next((name for name, known in PATHS.items() if known == path), ANY)
    kept = {name: params[name] for name in ("host", "priority") if name in params}
    own = {name: members[name] for name in ("body", "priority") if name in members}
    return api, {**kept, **own, **asked, **({"path": path} if api == ANY else {})}


def request(batch: Batch) -> bytes:
    """The whole body, of a batch whose parameters are checked."""
    params, body = _common(batch)
    inputs = list(_inputs(batch, params))
    if any("body" in one for one in inputs):
        inputs = [{**one, "body": {**body, **one.get("body", {})}} for one in inputs]
        body = {}
    whole = {
        "api": PATHS.get(batch.api) or batch.params["path"],
        **({"params": params} if params else {}),
        **({"body": body} if body else {}),
        **({"priority": batch.params["priority"]} if "priority" in batch.params else {}),
        "inputs": inputs,
    }
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _common(batch: Batch) -> tuple[dict[str, Any], dict[str, Any]]:
    """Params and body of the request. `format` is always said where there is a choice: clients' defaults differ [client]."""
    own = {name: value for name, value in batch.params.items() if name not in _OURS}
    body = dict(batch.params.get("body", {}))
    if batch.api in IN_BODY:
        return {}, {**own, **body}
    named = {"format": FORMATS[batch.api]} if batch.api in FORMATS else {}
    return {**named, **own}, body


def _inputs(batch: Batch, common: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for query in batch.queries():
        own = {
            name.removeprefix(OWN_PARAM): value
            for name, value in query.fields.items()
            if name.startswith(OWN_PARAM)
        }
        if "input" in query.fields:
            found: dict[str, Any] = json.loads(query.fields["input"])
            asked = {**found, **({"params": {**found.get("params", {}), **own}} if own else {})}
        elif batch.api in IN_BODY:
            asked = {"body": {**own, "waypoints": _trace(query)}}
        else:
            record = _near(query, batch.params, common) if batch.api == "places" else _plain(query)
            asked = {"params": {**record, **own}}
        if not asked.keys() & {"params", "body"}:
            asked["params"] = {}  # each input has one of the two [spec]
        yield {"id": str(query.ordinal), **asked}


def _plain(query: Query) -> dict[str, str]:
    return {name: value for name, value in query.fields.items() if not name.startswith(OWN_PARAM)}


def _near(query: Query, params: Mapping[str, Any], common: Mapping[str, Any]) -> dict[str, str]:
    """The places around a point, the nearest first: longitude comes first in filter and bias [spec]."""
    point = f"{query.fields['lon']},{query.fields['lat']}"
    near = {"bias": f"proximity:{point}"} if "bias" not in common else {}
    return (
        near if "filter" in common else {"filter": f"circle:{point},{params.get('radius', RADIUS)}", **near}
    )


def _trace(query: Query) -> list[dict[str, list[float]]]:
    """Waypoints as a POST API wants them: [lon, lat], where the text has lat,lon [spec]."""
    points = (point.split(",") for point in query.fields["waypoints"].split("|"))
    return [{"location": [float(lon), float(lat)]} for lat, lon in points]
