"""What one input costs, before `priority` and beside submit and looks. Pure.

[doc: pricing details] geocode, autocomplete and reverse 1; routing waypoints - 1, and 1 for each 500 km, guessed from the straight
line; map matching 1 for each 100 waypoints; matrix max(s, t) x min(s, t, 10). [doc: route planner pricing] route planner n x n for n
locations up to 10, above that n x 10. [assumed] isoline 1 for each range; places 1 for each 20 places asked for; place details,
boundaries and postcodes 1. Of any other path the price is not known.
"""

from __future__ import annotations

import json
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from typing import TYPE_CHECKING, Any

from batchdrop.ports import OWN_PARAM
from batchdrop.services.geoapify.apis import PATHS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_FURTHER = 500_000  # metres of a route that cost one credit more
_DETOUR = 1.25  # a road by the crow's way [assumed]
_EARTH = 6_371_008.8  # metres
_PLACES = 20  # places of one answer that cost one credit, and the usual limit


def is_known(api: str, params: Mapping[str, Any]) -> bool:
    """Return True if the price of an input of `api` is known: of every API by name, and of some paths of `any`."""
    path = PATHS.get(api) or str(params.get("path", ""))
    return path in _PRICES or path in _ONE_EACH


def units_of(api: str, params: Mapping[str, Any]) -> Callable[[Mapping[str, str]], int] | None:
    """The credits of one input of `api` by its own fields, which override the route's params. None: one credit each."""
    price = _PRICES.get(PATHS.get(api) or str(params.get("path", "")))
    if price is None:
        return None
    common = {**params.get("body", {}), **params}
    return lambda fields: price({**common, **_asked(fields)})


def _asked(fields: Mapping[str, str]) -> dict[str, Any]:
    own: dict[str, Any] = {name.removeprefix(OWN_PARAM): value for name, value in fields.items()}
    if "input" in fields:
        found = json.loads(fields["input"])
        for part in (found.get("params"), found.get("body")):
            own |= part if isinstance(part, dict) else {}
    return own


def _routing(asked: Mapping[str, Any]) -> int:
    return max(1, _points(asked.get("waypoints")) - 1) + int(_metres(asked.get("waypoints")) // _FURTHER)


def _metres(waypoints: Any) -> float:
    """A guess of the route's length; 0 for what is no list of lat,lon."""
    try:
        pairs = [tuple(map(float, point.split(","))) for point in str(waypoints or "").split("|")]
        return _DETOUR * sum(_crow(*start, *end) for start, end in pairwise(pairs))
    except (ValueError, TypeError):
        return 0.0


def _crow(lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """Metres on a great circle."""
    start, end, apart = radians(lat), radians(to_lat), radians(to_lon - lon)
    half = sin((end - start) / 2) ** 2 + cos(start) * cos(end) * sin(apart / 2) ** 2
    return 2 * _EARTH * asin(sqrt(min(1.0, half)))


def _matching(asked: Mapping[str, Any]) -> int:
    return max(1, -(-_points(asked.get("waypoints")) // 100))


def _points(waypoints: Any) -> int:
    return len(waypoints) if isinstance(waypoints, list) else str(waypoints or "").count("|") + 1


def _isoline(asked: Mapping[str, Any]) -> int:
    return len([one for one in str(asked.get("range", "")).split(",") if one.strip()]) or 1


def _matrix(asked: Mapping[str, Any]) -> int:
    sizes = [len(asked[name]) if isinstance(asked.get(name), list) else 0 for name in ("sources", "targets")]
    return max(1, max(sizes) * min(*sizes, 10))


def _planner(asked: Mapping[str, Any]) -> int:
    """Locations are starts and ends of agents, pick-ups and deliveries of shipments, and jobs, each as often as it stands there."""
    count = sum(
        1
        for member, ends in _PLANNED.items()
        for one in _objects(asked.get(member))
        for end in ends
        if end in one or f"{end}_index" in one
    )
    return max(1, count * min(count, 10))


_PLANNED: Mapping[str, tuple[str, ...]] = {
    "agents": ("start_location", "end_location"),
    "shipments": ("pickup", "delivery"),
    "jobs": ("location",),
}
"""Member of the body → where its locations stand ([client] geoapify/route-planner-sdk): a place, or an index into `locations`."""


def _objects(found: Any) -> list[Mapping[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _places(asked: Mapping[str, Any]) -> int:
    limit = str(asked.get("limit", _PLACES))
    return max(1, -(-int(limit) // _PLACES)) if limit.isascii() and limit.isdigit() else 1


_PRICES: Mapping[str, Callable[[Mapping[str, Any]], int]] = {
    "/v1/routing": _routing,
    "/v1/isoline": _isoline,
    "/v1/mapmatching": _matching,
    "/v1/routematrix": _matrix,
    "/v1/routeplanner": _planner,
    "/v2/places": _places,
}

_ONE_EACH = frozenset(
    {
        "/v1/geocode/search",
        "/v1/geocode/reverse",
        "/v1/geocode/autocomplete",
        "/v2/place-details",
        "/v1/boundaries/part-of",
        "/v1/boundaries/consists-of",
        "/v1/postcode/search",
    }
)
"""Paths of which one input costs one credit: the first three [doc: pricing details], the others [assumed]."""
