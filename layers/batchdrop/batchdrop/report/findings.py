"""What is odd about where results lie: far from the others, or several at the very same point. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from batchdrop.records.grid import Grid
from batchdrop.records.summary import CELLS
from batchdrop.report.clipping import Box
from batchdrop.report.view import kilometres

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LISTED = 20
"""Findings of one kind that get a mark of their own and a row."""

_ENOUGH = 10  # results from which on some of them can be far from the others
_MIDDLE = 0.9  # the share of results that tells where the others are
_NEAR = 50.0  # km that nobody calls far
_FAR = 0.5  # of the diagonal of the box that holds the others


class Spot(NamedTuple):
    """Results at one place: a single one, or those of a cell. lon may lie beyond 180; first: an ordinal among theirs."""

    lon: float
    lat: float
    results: int
    first: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class Outlier:
    """Results far from the others; km: from the box of those."""

    spot: Spot
    km: float


@dataclass(frozen=True, slots=True)
class Together:
    """Different records at the very same point; among: ordinals of the first few."""

    lon: float
    lat: float
    count: int
    among: Sequence[int]
    label: str = ""


def spots(summary: Mapping[str, Any]) -> list[Spot]:
    """Where the results lie: each point where all are known, else cells. Cut open where the widest stretch without any is."""
    if summary["everything"]:
        found = [Spot(lon, lat, 1, ordinal, label) for ordinal, lon, lat, label in summary["points"]]
    else:
        grid = Grid(CELLS)
        grid.merge(summary["grid"])
        half = grid.size / 2
        found = [Spot(cell.lon + half, cell.lat + half, cell.things, cell.first) for cell in grid.cells()]
    cut = cut_of([spot.lon for spot in found])
    return [spot._replace(lon=unfolded(spot.lon, cut)) for spot in found]


def cut_of(lons: Iterable[float]) -> float:
    """The meridian at which the world is best cut open: -180, unless results on both sides of it make one group."""
    ordered = sorted(set(lons))
    if len(ordered) < 2 or ordered[-1] - ordered[0] <= 180:
        return -180.0
    gap, west, east = max((east - west, west, east) for west, east in pairwise(ordered))
    return (west + east) / 2 if gap > 180 else -180.0


def unfolded(lon: float, cut: float) -> float:
    """The longitude as one between cut and cut + 360."""
    return lon + 360 if lon < cut else lon


def comparable(found: Iterable[Spot]) -> bool:
    """Whether there are enough results to say that one is far from the others."""
    return sum(spot.results for spot in found) >= _ENOUGH


def outliers(found: Sequence[Spot]) -> list[Outlier]:
    """Results far from the others, the farthest first.

    The others: the box that holds the middle 90 % of longitudes and of latitudes. Far: more than half its diagonal away from it, and
    more than 50 km.
    """
    if not comparable(found):
        return []
    west, east = _middle([(spot.lon, spot.results) for spot in found])
    south, north = _middle([(spot.lat, spot.results) for spot in found])
    box = Box(west, south, east, north)
    far = max(_NEAR, _FAR * kilometres((box.west, box.south), (box.east, box.north)))
    away = [Outlier(spot, _from(box, spot)) for spot in found if not box.holds(spot.lon, spot.lat)]
    return sorted((one for one in away if one.km > far), key=lambda one: (-one.km, one.spot.first))


def _middle(values: list[tuple[float, int]]) -> tuple[float, float]:
    """The least and the greatest of the middle share of weighted values."""
    values.sort()
    whole, passed = sum(weight for _, weight in values), 0
    edge = (1 - _MIDDLE) / 2 * whole
    low = high = values[0][0]
    for value, weight in values:
        if passed <= edge:
            low = value
        if passed < whole - edge:
            high = value
        passed += weight
    return low, high


def _from(box: Box, spot: Spot) -> float:
    nearest = (min(max(spot.lon, box.west), box.east), min(max(spot.lat, box.south), box.north))
    return kilometres((spot.lon, spot.lat), nearest)


def together(summary: Mapping[str, Any]) -> list[Together]:
    """Points with several different records, those with the most first. Of a large job: the ones that stand out within its batches."""
    if not summary["everything"]:
        return [Together(lon, lat, count, among) for lon, lat, count, among in summary["same"]]
    points: dict[tuple[float, float], list[Any]] = defaultdict(list)
    for ordinal, lon, lat, label in summary["points"]:
        points[lon, lat].append((ordinal, label))
    found = [
        Together(*at, len(there), [ordinal for ordinal, _ in there[:5]], there[0][1])
        for at, there in points.items()
        if len(there) > 1
    ]
    return sorted(found, key=lambda one: (-one.count, one.among))
