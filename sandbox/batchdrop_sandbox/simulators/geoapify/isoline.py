"""/v1/isoline: a ring around the point for each range, as far as the mode of travel gets."""

import hashlib
from typing import Any

from batchdrop_sandbox.simulators.gazetteer import Gazetteer
from batchdrop_sandbox.simulators.geoapify import geobuf
from batchdrop_sandbox.simulators.geoapify.api import (
    SPEEDS,
    InnerApi,
    Question,
    Refused,
    choice,
    number,
    parsed,
    text,
)
from batchdrop_sandbox.simulators.geoapify.topojson import topology
from batchdrop_sandbox.simulators.geography import destination

_LONGEST = {"time": 7_200.0, "distance": 200_000.0}  # [doc] batch limits: seconds, metres; half of it alone
_FORMATS = ("geojson", "topojson", "geobuf")  # [client] geobatchpy offers all three
_CORNERS = 36
_KINDS = ("balanced", "short", "less_maneuvers")


def isoline(question: Question, _: Gazetteer) -> dict[str, Any] | bytes:
    """One feature per requested range [spec], as geojson, topojson or geobuf [client]."""
    shape = choice(question.params, "format", _FORMATS, "geojson")
    found = _features(question)
    if shape == "topojson":
        return topology(found, "isoline")  # the object's name is [assumed]
    return geobuf.encode(found) if shape == "geobuf" else found


def _features(question: Question) -> dict[str, Any]:
    params = question.params
    lat, lon = number(params, "lat", -90, 90), number(params, "lon", -180, 180)
    kind = choice(params, "type", ("time", "distance"))
    mode = choice(params, "mode", tuple(SPEEDS))
    ranges = _ranges(text(params, "range"), _LONGEST[kind] / (2 if question.alone else 1))
    ident = hashlib.blake2b(f"{lat} {lon} {kind} {mode} {ranges}".encode(), digest_size=16).hexdigest()
    if question.not_computed:
        # [spec] of the single call's 202; that it can come inside a batch is [assumed]
        return {"type": "FeatureCollection", "features": [], "properties": {"id": ident}}
    common = {
        "lat": lat,
        "lon": lon,
        "mode": mode,
        "type": kind,
        "route_type": choice(params, "route_type", _KINDS, "balanced"),
        "traffic": choice(params, "traffic", ("free_flow", "approximated"), "free_flow"),
        "units": choice(params, "units", ("metric", "imperial"), "metric"),
    }
    features = [
        {
            "type": "Feature",
            "properties": {**common, "range": int(one) if one.is_integer() else one, "id": ident},
            "geometry": {"type": "Polygon", "coordinates": [_ring(lat, lon, one * _reach(kind, mode))]},
        }
        for one in ranges
    ]
    return {"type": "FeatureCollection", "features": features, "properties": {"id": ident}}


def price(question: Question) -> float:
    """One credit a range: the real price of an isoline was not in the pages read [assumed]."""
    return float(len(text(question.params, "range").split(",")))


def _ranges(raw: str, most: float) -> list[float]:
    if not raw:
        raise Refused(400, '"range" is required')
    return [parsed(part.strip(), "range", 1, most) for part in raw.split(",")]


def _reach(kind: str, mode: str) -> float:
    """Metres on the map for one second or one metre of range: roads wind [assumed]."""
    return 0.7 * (SPEEDS[mode] if kind == "time" else 1.0)


def _ring(lat: float, lon: float, radius: float) -> list[list[float]]:
    """A closed ring, counter-clockwise as GeoJSON wants it, not quite round."""
    ring = []
    for corner in range(_CORNERS):
        uneven = radius * (0.8 + 0.2 * ((corner * 7) % 5) / 4)
        there_lat, there_lon = destination(lat, lon, -corner * 360 / _CORNERS, uneven)
        ring.append([round(there_lon, 6), round(there_lat, 6)])
    return [*ring, ring[0]]


ISOLINE = InnerApi("/v1/isoline", isoline, price)
