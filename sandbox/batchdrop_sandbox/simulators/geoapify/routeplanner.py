"""/v1/routeplanner: agents, jobs and shipments; here each agent takes its share of the work in the order it came."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from batchdrop_sandbox.simulators.gazetteer import Gazetteer
from batchdrop_sandbox.simulators.geoapify.api import SPEEDS, InnerApi, Question, Refused, choice
from batchdrop_sandbox.simulators.geoapify.coordinates import Point, point_of
from batchdrop_sandbox.simulators.geography import distance

_MODES = ("drive", "truck", "walk", "bicycle", *SPEEDS)  # [doc] the first four; the others [assumed]
_DETOUR = 1.25  # [assumed]


@dataclass(frozen=True)
class Stop:
    """Something to do at a place: `shown` are the members that say what."""

    point: Point
    duration: float
    shown: Mapping[str, Any]


def plan(question: Question, _: Gazetteer) -> dict[str, Any]:
    """A FeatureCollection with one feature for each agent that has work [doc] [client]; no optimum [assumed]."""
    body = question.body
    mode = choice(body, "mode", _MODES)
    agents = _rows(body, "agents")
    if not agents:
        raise Refused(400, '"agents" must contain at least 1 items')
    if not _rows(body, "jobs") and not _rows(body, "shipments"):  # [doc]
        raise Refused(400, '"jobs" or "shipments" is required')
    tasks = [*_jobs(body), *_shipments(body)]
    shares = [tasks[start :: len(agents)] for start in range(len(agents))]
    features = [
        _feature(index, agent, [stop for task in share for stop in task], body, mode)
        for index, (agent, share) in enumerate(zip(agents, shares, strict=True))
        if share
    ]
    idle = [index for index, share in enumerate(shares) if not share]
    issues = {"unassigned_agents": idle, "unassigned_jobs": [], "unassigned_shipments": []}
    return {
        "type": "FeatureCollection",
        "properties": {"mode": mode, "params": dict(body), "issues": issues},
        "features": features,
    }


def price(question: Question) -> float:
    """[doc] n × n credits up to 10 locations, n × 10 above; one that cannot be counted is one call [assumed]."""
    try:
        places = len(list(_places(question.body)))
    except Refused:
        return 1.0
    return float(max(1, places * min(places, 10)))


def _places(body: Mapping[str, Any]) -> Iterator[Point]:
    """[doc] starts and ends of agents, jobs, pickups and deliveries."""
    for index, agent in enumerate(_rows(body, "agents")):
        yield from _ends(agent, body, index)
    for task in (*_jobs(body), *_shipments(body)):
        for stop in task:
            yield stop.point


def _ends(agent: Mapping[str, Any], body: Mapping[str, Any], index: int) -> list[Point]:
    ends = (_point(agent, name, body, f"agents[{index}]") for name in ("start_location", "end_location"))
    return [point for point in ends if point]


def _jobs(body: Mapping[str, Any]) -> Iterator[list[Stop]]:
    for index, job in enumerate(_rows(body, "jobs")):
        yield [_stop(job, "location", body, f"jobs[{index}]", {"type": "job", "job_index": index})]


def _shipments(body: Mapping[str, Any]) -> Iterator[list[Stop]]:
    for index, shipment in enumerate(_rows(body, "shipments")):
        yield [
            _stop(
                part, "location", body, f"shipments[{index}].{kind}", {"type": kind, "shipment_index": index}
            )
            for kind in ("pickup", "delivery")
            if isinstance(part := shipment.get(kind), dict)
        ]


def _stop(
    row: Mapping[str, Any], name: str, body: Mapping[str, Any], where: str, shown: dict[str, Any]
) -> Stop:
    point = _point(row, name, body, where)
    if point is None:
        raise Refused(400, f'"{where}.{name}" is required')
    duration = row.get("duration", 0)
    return Stop(point, float(duration) if isinstance(duration, int | float) else 0.0, shown)


def _point(row: Mapping[str, Any], name: str, body: Mapping[str, Any], where: str) -> Point | None:
    """A location of its own, or one of the list `locations` by its index [doc]."""
    index = row.get(f"{name}_index")
    if isinstance(index, int):
        listed = _rows(body, "locations")
        if not 0 <= index < len(listed):
            raise Refused(400, f'"{where}.{name}_index" is outside of "locations"')
        return point_of(listed[index].get("location"), f"locations[{index}].location")
    return point_of(row[name], f"{where}.{name}") if name in row else None


def _rows(body: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    rows = body.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Refused(400, f'"{name}" must be an array of objects')
    return rows


def _feature(
    index: int, agent: Mapping[str, Any], work: list[Stop], body: Mapping[str, Any], mode: str
) -> dict[str, Any]:
    starts, ends = ("start_location", {"type": "start"}), ("end_location", {"type": "end"})
    first, last = (
        [Stop(point, 0.0, shown)] if (point := _point(agent, name, body, f"agents[{index}]")) else []
        for name, shown in (starts, ends)
    )
    stops = [*first, *work, *last]
    metres = [distance(*start.point, *end.point) * _DETOUR for start, end in pairwise(stops)]
    seconds = [one / SPEEDS[mode] for one in metres]
    actions, clock = [], 0.0
    for place, stop in enumerate(stops):
        clock += seconds[place - 1] if place else 0.0
        shown = {"index": place, **stop.shown, "start_time": round(clock), "duration": stop.duration}
        actions.append({**shown, "waypoint_index": place})
        clock += stop.duration
    legs = [
        {
            "time": round(time),
            "distance": round(length),
            "from_waypoint_index": place,
            "to_waypoint_index": place + 1,
        }
        for place, (time, length) in enumerate(zip(seconds, metres, strict=True))
    ]
    waypoints = [
        {
            "original_location": list(reversed(stop.point)),
            "location": list(reversed(stop.point)),
            "start_time": action["start_time"],
            "duration": stop.duration,
            "actions": [action],
        }
        for stop, action in zip(stops, actions, strict=True)
    ]
    whole = {"time": round(clock), "start_time": 0, "end_time": round(clock), "distance": round(sum(metres))}
    lines = [[list(reversed(start.point)), list(reversed(end.point))] for start, end in pairwise(stops)]
    return {
        "type": "Feature",
        "geometry": {"type": "MultiLineString", "coordinates": lines},
        "properties": {
            "agent_index": index,
            **whole,
            "mode": mode,
            "legs": legs,
            "actions": actions,
            "waypoints": waypoints,
        },
    }


ROUTE_PLANNER = InnerApi("/v1/routeplanner", plan, price, posted=True)
