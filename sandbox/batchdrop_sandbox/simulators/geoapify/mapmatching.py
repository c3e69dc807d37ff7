"""/v1/mapmatching: a POST body with a trace; here the roads run where the trace does, a few metres beside it."""

from itertools import pairwise
from typing import Any

from batchdrop_sandbox.simulators.gazetteer import Gazetteer
from batchdrop_sandbox.simulators.geoapify.api import SPEEDS, InnerApi, Question, Refused, choice
from batchdrop_sandbox.simulators.geoapify.coordinates import Point, locations
from batchdrop_sandbox.simulators.geography import bearing, destination, distance

_MOST = 1000  # [assumed] waypoints of one trace
_BESIDE = 1.5  # metres between a waypoint and the road it is matched to [assumed]


def match(question: Question, _: Gazetteer) -> dict[str, Any]:
    """One feature, a MultiLineString with one leg [spec]; a step for each stretch between waypoints [assumed]."""
    body = question.body
    mode = choice(body, "mode", tuple(SPEEDS))
    points = locations(body, "waypoints", 2)
    if len(points) > _MOST:
        raise Refused(400, f'"waypoints" must contain less than or equal to {_MOST} items')
    matched = [_rounded(destination(*point, 90.0, _BESIDE)) for point in points]
    steps = [_step(index, start, end, SPEEDS[mode]) for index, (start, end) in enumerate(pairwise(matched))]
    whole = {
        "distance": round(sum(step["distance"] for step in steps), 3),
        "time": round(sum(step["time"] for step in steps), 3),
    }
    properties = {
        **whole,
        "legs": [{**whole, "steps": steps}],
        "mode": mode,
        "waypoints": [
            _waypoint(index, point, road)
            for index, (point, road) in enumerate(zip(points, matched, strict=True))
        ],
    }
    line = [[lon, lat] for lat, lon in matched]
    feature = {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "MultiLineString", "coordinates": [line]},
    }
    return {"type": "FeatureCollection", "features": [feature]}


def price(question: Question) -> float:
    """[doc] one credit for each 100 waypoints, and at least one [assumed]."""
    waypoints = question.body.get("waypoints")
    return float(max(1, -(-len(waypoints) // 100))) if isinstance(waypoints, list) else 1.0


def _step(index: int, start: Point, end: Point, speed: float) -> dict[str, Any]:
    metres = round(distance(*start, *end), 3)
    ahead = round(bearing(*start, *end))
    return {
        "osm_way_id": 100_000 + index,
        "speed": round(speed * 3.6),
        "speed_limit": 50,
        "surface": "paved_smooth",
        "lane_count": 1,
        "road_class": "unclassified",
        "from_index": index,
        "to_index": index + 1,
        "name": "",
        "toll": False,
        "tunnel": False,
        "bridge": False,
        "roundabout": False,
        "traversability": "both",
        "time": round(metres / speed, 3),
        "distance": metres,
        "begin_bearing": ahead,
        "end_bearing": ahead,
    }


def _waypoint(index: int, point: Point, road: Point) -> dict[str, Any]:
    return {
        "original_index": index,
        "location": [road[1], road[0]],
        "original_location": [point[1], point[0]],
        "match_type": "matched",
        "match_distance": round(distance(*point, *road), 6),
        "leg_index": 0,
        "step_index": max(0, index - 1),
    }


def _rounded(point: Point) -> Point:
    return round(point[0], 6), round(point[1], 6)


MAP_MATCHING = InnerApi("/v1/mapmatching", match, price, posted=True)
