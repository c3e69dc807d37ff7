"""Lines and areas of records, as what is to be drawn; those too small to be seen get a marker. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from batchdrop.report.findings import unfolded
from batchdrop.report.ground import path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchdrop.report.clipping import Position
    from batchdrop.report.view import View

_LEAST = 12.0
"""Units of the picture: on a phone, which shows it at a third, four pixels."""


class Shape(NamedTuple):
    """One line or area of a record; it may have several parts."""

    ordinal: int
    kind: str
    parts: Sequence[Sequence[Position]]


def shapes(summary: Mapping[str, Any], cut: float) -> list[Shape]:
    """The shapes that are kept, in the same turn of the globe as the points."""
    return [
        Shape(ordinal, kind, [[(unfolded(lon, cut), lat) for lon, lat in part] for part in parts])
        for ordinal, drawn in summary["shapes"]
        for kind, parts in drawn
    ]


def paths(found: Sequence[Shape], kind: str, shown: View) -> list[tuple[int, str]]:
    """Ordinal and path of those of one kind."""
    return [
        (one.ordinal, drawn)
        for one in found
        if one.kind == kind and (drawn := path(shown, one.parts, closed=kind == "area"))
    ]


def small(found: Sequence[Shape], shown: View) -> list[tuple[int, float, float]]:
    """Ordinal and middle of each record whose shapes, all together, are smaller than what is seen."""
    boxes: dict[int, tuple[float, float, float, float]] = {}
    for one in found:
        points = [(shown.x(lon), shown.y(lat)) for part in one.parts for lon, lat in part]
        for x, y in points:
            west, north, east, south = boxes.get(one.ordinal, (x, y, x, y))
            boxes[one.ordinal] = (min(west, x), min(north, y), max(east, x), max(south, y))
    return [
        (ordinal, round((west + east) / 2, 1), round((north + south) / 2, 1))
        for ordinal, (west, north, east, south) in boxes.items()
        if max(east - west, south - north) < _LEAST
    ]
