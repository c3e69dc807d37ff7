"""Lines and areas made small enough to be drawn by the hundred. Pure."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from batchdrop.records.geometry import NUMBER, to_geojson

if TYPE_CHECKING:
    from collections.abc import Sequence

Position = tuple[float, float]
Part = list[Position]

MOST_POSITIONS = 100
"""Positions of one shape that are kept, of its longest parts."""

_MOST_READ = 2_000_000  # characters of one geometry
_ROUGHLY = 1000  # positions of a part that are looked at closely
_FINE = 400  # a shape is drawn at most this many points wide or so
_DEPTHS = {"LineString": ("line", 0), "MultiLineString": ("line", 1), "Polygon": ("area", 1), "MultiPolygon": ("area", 2)}  # fmt: skip
_FIRST = re.compile(rf"[A-Z]+ ?\(+({NUMBER}) ({NUMBER})")


def first_position(text: str) -> Position | None:
    """Where a geometry in well-known text begins, as (lon, lat)."""
    found = _FIRST.match(text)
    return (float(found[1]), float(found[2])) if found else None


def simplified(text: str) -> tuple[str, list[Part]] | None:
    """("line" or "area", its parts with at most MOST_POSITIONS in all), of well-known text; None for a point or anything odd."""
    if len(text) > _MOST_READ:
        return None
    try:
        shape: dict[str, Any] = json.loads(to_geojson(text))
    except ValueError:
        return None
    if shape["type"] not in _DEPTHS:
        return None
    kind, depth = _DEPTHS[shape["type"]]
    parts: list[Any] = [shape["coordinates"]]
    for _ in range(depth):
        parts = [part for group in parts for part in group]
    lines = [[(float(x), float(y)) for x, y, *_ in part] for part in parts]
    lines = [line for line in lines if len(line) > 1 and all(map(_on_earth, line))]
    return (kind, _fitted(lines)) if lines else None


def _on_earth(position: Position) -> bool:
    return -180 <= position[0] <= 180 and -90 <= position[1] <= 90


def _fitted(lines: list[Part]) -> list[Part]:
    """The longest parts, thinned until all of them together are small enough."""
    lines = sorted(lines, key=len, reverse=True)[: MOST_POSITIONS // 4]
    lines = [line[:: -(-len(line) // _ROUGHLY)] + line[-1:] for line in lines]
    spans = [
        max(values) - min(values)
        for axis in (0, 1)
        for values in [[at[axis] for line in lines for at in line]]
    ]
    tolerance = math.hypot(*spans) / _FINE or 1e-9
    while True:
        thinned = [thin(line, tolerance) for line in lines]
        if sum(map(len, thinned)) <= MOST_POSITIONS:
            return [[(round(x, 5), round(y, 5)) for x, y in line] for line in thinned]
        tolerance *= 2


def thin(line: Sequence[Position], tolerance: float) -> Part:
    """The line without positions that lie within `tolerance` of what is left (Douglas and Peucker's way)."""
    keep = {0, len(line) - 1}
    spans = [(0, len(line) - 1)]
    while spans:
        start, end = spans.pop()
        far, place = 0.0, 0
        for number in range(start + 1, end):
            distance = _distance(line[number], line[start], line[end])
            if distance > far:
                far, place = distance, number
        if far > tolerance:
            keep.add(place)
            spans += [(start, place), (place, end)]
    return [line[number] for number in sorted(keep)]


def _distance(point: Position, start: Position, end: Position) -> float:
    """From a point to the stretch between two others, in degrees."""
    along, across = end[0] - start[0], end[1] - start[1]
    length = along * along + across * across
    share = ((point[0] - start[0]) * along + (point[1] - start[1]) * across) / length if length else 0.0
    share = min(1.0, max(0.0, share))
    return math.hypot(point[0] - start[0] - share * along, point[1] - start[1] - share * across)
