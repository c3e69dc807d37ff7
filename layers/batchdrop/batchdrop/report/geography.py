"""Points on the map: its extent, which points are alike, which lie far off, and how dense the others are. Pure; degrees and kilometres."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EARTH = 6371.0
"""Radius of the earth in kilometres."""

FEW = 20
"""Points below which nothing is called far off."""

REACHES = (2.0, 4.0, 8.0, 16.0)
NEAR_SHARE = 0.9
"""Far off is who has no other within so many degrees of the earth, while nine in ten have one within a quarter of that."""

LEAST_SPAN = 0.02
"""Degrees a map shows at least."""

_MARGIN = 0.06


class Point(NamedTuple):
    """A result: degrees, the number of its record, the number of its query, and its label or ""."""

    lat: float
    lon: float
    rec_id: int
    ordinal: int
    label: str


@dataclass(frozen=True, slots=True)
class Extent:
    """A part of the world in degrees."""

    west: float
    south: float
    east: float
    north: float

    @property
    def middle(self) -> float:
        """Its middle latitude."""
        return (self.south + self.north) / 2

    @property
    def kilometres(self) -> float:
        """How wide it is in its middle."""
        return math.radians(self.east - self.west) * EARTH * math.cos(math.radians(self.middle))


def extent_of(positions: Iterable[tuple[float, float]]) -> Extent | None:
    """The part of the world that holds all (lat, lon), with a margin; None when there are none."""
    found = list(positions)
    if not found:
        return None
    lats, lons = [lat for lat, _ in found], [lon for _, lon in found]
    south, north = _widened(min(lats), max(lats), -90, 90)
    west, east = _widened(min(lons), max(lons), -180, 180)
    return Extent(west, south, east, north)


def _widened(low: float, high: float, least: float, most: float) -> tuple[float, float]:
    more = max((high - low) * _MARGIN, (LEAST_SPAN - (high - low)) / 2)
    return max(least, low - more), min(most, high + more)


def far_off(points: Sequence[Point]) -> list[tuple[Point, float]]:
    """The points that have no other near them, though nearly all have: with the kilometres around them that are empty, at least."""
    spots = {(point.lat, point.lon): point for point in points}
    if len(spots) < FEW:
        return []
    found: dict[tuple[float, float], float] = {}
    for reach in REACHES:
        alone = _alone(spots, reach)
        if len(_alone(spots, reach / 4)) > (1 - NEAR_SHARE) * len(spots):
            continue  # at this scale being alone is nothing odd
        found |= dict.fromkeys(alone, reach)
    lonely = ((spots[spot], math.radians(reach) * EARTH) for spot, reach in found.items())
    return sorted(lonely, key=lambda pair: (-pair[1], pair[0].rec_id))


def _alone(spots: Iterable[tuple[float, float]], reach: float) -> list[tuple[float, float]]:
    """The places with no other within `reach` degrees (of latitude), looked for in squares of that size."""
    squares: dict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)

    def square(lat: float, lon: float) -> tuple[int, int]:
        return int(lat // reach), int(lon * math.cos(math.radians(lat)) // reach)

    for spot in spots:
        squares[square(*spot)].append(spot)
    alone = []
    for (row, column), held in squares.items():
        around = sum(
            len(squares.get((row + up, column + along), ())) for up in (-1, 0, 1) for along in (-1, 0, 1)
        )
        if around == 1:
            alone += held
    return alone


def alike(points: Iterable[Point]) -> list[list[Point]]:
    """Different queries that came to the very same place, the most first; equal records are one query and do not count."""
    at: dict[tuple[float, float], dict[int, Point]] = defaultdict(dict)
    for point in points:
        at[point.lat, point.lon].setdefault(point.ordinal, point)
    groups = [list(group.values()) for group in at.values() if len(group) > 1]
    return sorted(groups, key=lambda group: (-len(group), group[0].rec_id))


@lru_cache(maxsize=1)
def outline() -> list[list[tuple[float, float]]]:
    """The land of the world as rings of (lon, lat): Natural Earth, 1:110 million, public domain (outline.ATTRIBUTION.txt)."""
    text = files("batchdrop.report").joinpath("outline.json").read_text(encoding="utf-8")
    return [[(lon, lat) for lon, lat in ring] for ring in json.loads(text)]
