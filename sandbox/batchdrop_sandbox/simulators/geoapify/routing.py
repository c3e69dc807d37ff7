"""/v1/routing: roads are great circles with a detour, times follow the mode of travel."""

from itertools import pairwise
from typing import Any

from batchdrop_sandbox.simulators.gazetteer import Gazetteer
from batchdrop_sandbox.simulators.geoapify.api import (
    SPEEDS,
    InnerApi,
    Params,
    Question,
    Refused,
    choice,
    parsed,
    text,
)
from batchdrop_sandbox.simulators.geography import bearing, destination, distance

Point = tuple[float, float]  # lat, lon
_DETOUR = 1.25  # [assumed] roads are that much longer than the straight line
_MILE = 1609.344
# [doc] metres that a batch allows, twice those of a call of its own; for other vehicles the doubling is [assumed]
_LONGEST = {
    "walk": 200e3,
    "hike": 200e3,
    "scooter": 600e3,
    "bicycle": 600e3,
    "mountain_bike": 1e6,
    "road_bike": 2e6,
}
_VEHICLES = 20e6
_KINDS = ("balanced", "short", "less_maneuvers")


def route(question: Question, _: Gazetteer) -> dict[str, Any]:
    """One route through all waypoints: geojson (a MultiLineString, one line a leg [spec]) or json."""
    params = question.params
    points = _waypoints(params)
    mode = choice(params, "mode", tuple(SPEEDS))
    kind = choice(params, "type", _KINDS, "balanced")
    units = choice(params, "units", ("metric", "imperial"), "metric")
    shape = choice(params, "format", ("geojson", "json"), "geojson")
    legs = [_line(start, end) for start, end in pairwise(points)]
    metres = [_length(line) * _DETOUR for line in legs]
    if sum(metres) > _LONGEST.get(mode, _VEHICLES) / (2 if question.alone else 1):
        raise Refused(400, f"Too long distance between waypoints for the mode {mode}")
    properties = _properties(points, mode, units, legs, metres)
    common = {
        "mode": mode,
        "waypoints": [{"lat": lat, "lon": lon} for lat, lon in points],
        "units": units,
        "type": kind,
    }
    # Waypoints are lat,lon in the request and lon,lat in the answer [spec].
    lines = [[[lon, lat] for lat, lon in line] for line in legs]
    if shape == "json":
        return {"results": [{**properties, "geometry": lines}], "properties": common}
    feature = {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "MultiLineString", "coordinates": lines},
    }
    return {"type": "FeatureCollection", "features": [feature], "properties": common}


def price(question: Question) -> float:
    """[doc] waypoints - 1, and one more for each 500 km; an input that is refused counts as one call [assumed]."""
    try:
        points = _waypoints(question.params)
    except Refused:
        return 1.0
    metres = sum(distance(*start, *end) * _DETOUR for start, end in pairwise(points))
    return len(points) - 1 + int(metres // 500_000)


def _waypoints(params: Params) -> list[Point]:
    raw = text(params, "waypoints")
    if not raw:
        raise Refused(400, '"waypoints" is required')
    points = [_point(part) for part in raw.split("|")]
    if len(points) < 2:
        raise Refused(400, '"waypoints" must contain at least 2 locations')
    return points


def _point(raw: str) -> Point:
    lat, comma, lon = raw.removeprefix("lonlat:").removeprefix("latlon:").partition(",")
    if not comma:
        raise Refused(400, '"waypoints" must be "lat,lon" pairs separated by "|"')
    if raw.startswith("lonlat:"):
        lat, lon = lon, lat
    return parsed(lat, "waypoints lat", -90, 90), parsed(lon, "waypoints lon", -180, 180)


def _line(start: Point, end: Point) -> list[Point]:
    """A leg's points: its ends and three between, swinging a little to the side as roads do [assumed]."""
    metres = distance(*start, *end)
    ahead = bearing(*start, *end)
    between = [
        _rounded(destination(*start, ahead + side, metres * share))
        for share, side in ((0.25, 6.0), (0.5, -4.0), (0.75, 3.0))
    ]
    return [start, *between, end] if metres > 0 else [start, end]


def _length(line: list[Point]) -> float:
    return sum(distance(*start, *end) for start, end in pairwise(line))


def _rounded(point: Point) -> Point:
    return round(point[0], 6), round(point[1], 6)


def _properties(
    points: list[Point], mode: str, units: str, legs: list[list[Point]], metres: list[float]
) -> dict[str, Any]:
    unit = _MILE if units == "imperial" else 1.0
    details = [_leg(line, length, unit, SPEEDS[mode]) for line, length in zip(legs, metres, strict=True)]
    return {
        "mode": mode,
        "waypoints": [
            {"location": [lon, lat], "original_index": index} for index, (lat, lon) in enumerate(points)
        ],
        "units": units,
        "distance": round(sum(metres) / unit, 3),
        "distance_units": "miles" if units == "imperial" else "meters",
        "time": round(sum(metres) / SPEEDS[mode], 3),
        "legs": details,
    }


def _leg(line: list[Point], length: float, unit: float, speed: float) -> dict[str, Any]:
    step = {
        "from_index": 0,
        "to_index": len(line) - 1,
        "distance": round(length / unit, 3),
        "time": round(length / speed, 3),
        "instruction": {"text": "Go on to the waypoint.", "type": "StartAt"},
    }
    return {"distance": step["distance"], "time": step["time"], "steps": [step]}


ROUTING = InnerApi("/v1/routing", route, price)
