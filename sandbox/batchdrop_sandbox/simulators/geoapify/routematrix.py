"""/v1/routematrix: a POST body with sources and targets; every pair has a distance and a time."""

from typing import Any

from batchdrop_sandbox.simulators.gazetteer import Gazetteer
from batchdrop_sandbox.simulators.geoapify.api import SPEEDS, InnerApi, Question, Refused, choice
from batchdrop_sandbox.simulators.geoapify.coordinates import Point, locations
from batchdrop_sandbox.simulators.geography import distance

_MOST = 1000  # [spec] cells of one matrix
_DETOUR = 1.25  # [assumed]
_MILE = 1609.344


def matrix(question: Question, _: Gazetteer) -> dict[str, Any]:
    """sources_to_targets[i][j] is the way from source i to target j [spec]."""
    body = question.body
    mode = choice(body, "mode", tuple(SPEEDS))
    units = choice(body, "units", ("metric", "imperial"), "metric")
    sources, targets = locations(body, "sources", 1), locations(body, "targets", 1)
    if len(sources) * len(targets) > _MOST:
        raise Refused(400, f"The matrix has more than {_MOST} cells")
    unit = _MILE if units == "imperial" else 1.0
    cells = [
        [
            {
                "distance": round(metres / unit, 3),
                "time": round(metres / SPEEDS[mode]),
                "source_index": row,
                "target_index": column,
            }
            for column, target in enumerate(targets)
            for metres in (distance(*source, *target) * _DETOUR,)
        ]
        for row, source in enumerate(sources)
    ]
    return {
        "sources": [_shown(point) for point in sources],
        "targets": [_shown(point) for point in targets],
        "sources_to_targets": cells,
        "units": units,
        "distance_units": "miles" if units == "imperial" else "meters",
        "mode": mode,
        "type": choice(body, "type", ("balanced", "short", "less_maneuvers"), "balanced"),
    }


def price(question: Question) -> float:
    """[doc] max(s, t) × min(s, t, 10)."""
    lists = (question.body.get("sources"), question.body.get("targets"))
    sizes = [len(one) if isinstance(one, list) else 0 for one in lists]
    return float(max(1, max(sizes) * min(*sizes, 10)))


def _shown(point: Point) -> dict[str, Any]:
    pair = [point[1], point[0]]
    return {"original_location": pair, "location": pair}


ROUTE_MATRIX = InnerApi("/v1/routematrix", matrix, price, posted=True)
