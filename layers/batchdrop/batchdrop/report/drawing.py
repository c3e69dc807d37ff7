"""The map as SVG: land, a net of degrees, points or their density, routes and areas. Pure.

Plate carrée, squeezed by the cosine of the middle latitude, so that shapes look right where the data are. Nothing is told by colour
alone: results are dots, places of several records are rings, those far off are triangles.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchdrop.records.observing import number
from batchdrop.report.geography import Extent, Point, alike, extent_of, far_off, outline

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDTH = 960
TALLEST = 620
MOST_POINTS = 5000
"""More points are shown by their density."""

CELLS = 60
SHOWN = 20
"""Places of several records, and far off ones, that are marked and listed."""

_VERTICES = 120
_PART = re.compile(r"\(([^()]+)\)")
_STEPS = (60, 30, 15, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005)
_BARS = (5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1)


@dataclass(frozen=True, slots=True)
class Canvas:
    """Degrees to pixels."""

    extent: Extent
    height: int

    @classmethod
    def over(cls, extent: Extent) -> Canvas:
        """A canvas of WIDTH whose height fits; flat extents are given room above and below, tall ones at the sides."""
        squeeze = max(0.05, math.cos(math.radians(extent.middle)))
        wide, tall = (extent.east - extent.west) * squeeze, extent.north - extent.south
        if tall * WIDTH > wide * TALLEST:
            more = (tall * WIDTH / TALLEST - wide) / squeeze / 2
            extent = Extent(extent.west - more, extent.south, extent.east + more, extent.north)
            return cls(extent, TALLEST)
        least = wide * 0.35
        if tall < least:
            extent = Extent(
                extent.west, extent.south - (least - tall) / 2, extent.east, extent.north + (least - tall) / 2
            )
            tall = least
        return cls(extent, round(WIDTH * tall / wide))

    def at(self, lat: float, lon: float) -> tuple[float, float]:
        """x and y."""
        seen = self.extent
        x = (lon - seen.west) / (seen.east - seen.west) * WIDTH
        return round(x, 1), round((seen.north - lat) / (seen.north - seen.south) * self.height, 1)

    def sees(self, lat: float, lon: float) -> bool:
        """Whether the place is on the map."""
        seen = self.extent
        return seen.west <= lon <= seen.east and seen.south <= lat <= seen.north


def positions(shape: str) -> list[list[tuple[float, float]]]:
    """The (lat, lon) of each line or ring of a well-known text, thinned out; what cannot be read is left out."""
    parts = []
    for part in _PART.findall(shape):
        pairs = [pair.split()[:2] for pair in part.split(",")]
        read = [(number(pair[1]), number(pair[0])) for pair in pairs if len(pair) == 2]
        found = [
            (lat, lon)
            for lat, lon in read
            if lat is not None and lon is not None and abs(lat) <= 90 and abs(lon) <= 180
        ]
        if len(found) > 1:
            every = max(1, len(found) // _VERTICES)
            parts.append([*found[::every], found[-1]])
    return parts


def picture(points: Sequence[Point], shapes: Sequence[tuple[int, str]]) -> dict[str, Any] | None:
    """What the template draws: paths and marks in pixels, and the lists beside the map. None when there is nothing to show."""
    lines = [(rec_id, "POLYGON" in shape, positions(shape)) for rec_id, shape in shapes]
    corners = [place for _, _, parts in lines for part in parts for place in part]
    extent = extent_of([*((point.lat, point.lon) for point in points), *corners])
    if extent is None:
        return None
    canvas = Canvas.over(extent)
    groups, far = alike(points), far_off(points)
    dense = len(points) > MOST_POINTS
    return {
        "width": WIDTH,
        "height": canvas.height,
        "land": _land(canvas),
        "net": _net(canvas),
        "scale": _scale(canvas),
        "dots": ""
        if dense
        else "".join(f"M{x} {y}h0" for x, y in sorted({canvas.at(p.lat, p.lon) for p in points})),
        "cells": _density(canvas, points) if dense else [],
        "lines": [_path(canvas, parts) for _, closed, parts in lines if not closed and parts],
        "areas": [_path(canvas, parts, closed=True) for _, closed, parts in lines if closed and parts],
        "shapes": len(lines),
        "points": len(points),
        "alike": [
            _mark(canvas, group[0]) | {"records": [each.rec_id for each in group[:8]], "number": len(group)}
            for group in groups[:SHOWN]
        ],
        "alike_number": len(groups),
        "far": [_mark(canvas, point) | {"kilometres": round(away)} for point, away in far[:SHOWN]],
        "far_number": len(far),
    }


def _mark(canvas: Canvas, point: Point) -> dict[str, Any]:
    x, y = canvas.at(point.lat, point.lon)
    return {"x": x, "y": y, "lat": point.lat, "lon": point.lon, "rec_id": point.rec_id, "label": point.label}


def _path(canvas: Canvas, parts: Iterable[Sequence[tuple[float, float]]], *, closed: bool = False) -> str:
    drawn = []
    for part in parts:
        spots = [f"{x} {y}" for x, y in (canvas.at(lat, lon) for lat, lon in part)]
        drawn.append("M" + "L".join(spots) + ("Z" if closed else ""))
    return "".join(drawn)


def _land(canvas: Canvas) -> str:
    """Rings that touch the map; the template clips them."""
    seen = canvas.extent
    drawn = []
    for ring in outline():
        lons, lats = [lon for lon, _ in ring], [lat for _, lat in ring]
        if max(lons) < seen.west or min(lons) > seen.east or max(lats) < seen.south or min(lats) > seen.north:
            continue
        spots = [canvas.at(lat, lon) for lon, lat in ring]
        drawn.append("M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in spots) + "Z")
    return "".join(drawn)


def _net(canvas: Canvas) -> list[dict[str, Any]]:
    """Lines of degrees, five or so each way, with their labels."""
    seen = canvas.extent
    step = next((step for step in _STEPS if (seen.east - seen.west) / step >= 4), _STEPS[-1])
    lines: list[dict[str, Any]] = []
    for number_ in range(math.ceil(seen.west / step), math.floor(seen.east / step) + 1):
        lon = round(number_ * step, 4)
        x, _ = canvas.at(seen.south, lon)
        lines.append(
            {
                "d": f"M{x} 0V{canvas.height}",
                "x": x + 4,
                "y": canvas.height - 6,
                "text": _degrees(lon, "E", "W"),
            }
        )
    for number_ in range(math.ceil(max(seen.south, -90) / step), math.floor(min(seen.north, 90) / step) + 1):
        lat = round(number_ * step, 4)
        _, y = canvas.at(lat, seen.west)
        lines.append({"d": f"M0 {y}H{WIDTH}", "x": 6, "y": y - 4, "text": _degrees(lat, "N", "S")})
    return lines


def _degrees(value: float, above: str, below: str) -> str:
    return f"{abs(value):g}°{above if value > 0 else below if value < 0 else ''}"


def _scale(canvas: Canvas) -> dict[str, Any]:
    """A bar of a round number of kilometres, at most a quarter of the map."""
    whole = max(canvas.extent.kilometres, 0.001)
    length = next((length for length in _BARS if length <= whole / 4), _BARS[-1])
    text = f"{length:,g} km" if length >= 1 else f"{length * 1000:g} m"
    return {"width": round(WIDTH * length / whole, 1), "text": text}


def _density(canvas: Canvas, points: Iterable[Point]) -> list[dict[str, Any]]:
    """Squares with the number of points in each, and a strength from 0 to 1 that grows with its logarithm."""
    size = WIDTH / CELLS
    counts: dict[tuple[int, int], int] = {}
    for point in points:
        x, y = canvas.at(point.lat, point.lon)
        cell = int(x // size), int(y // size)
        counts[cell] = counts.get(cell, 0) + 1
    most = math.log1p(max(counts.values(), default=1))
    return [
        {
            "x": round(column * size, 1),
            "y": round(row * size, 1),
            "size": round(size, 1),
            "number": count,
            "strength": round(0.15 + 0.85 * math.log1p(count) / most, 2),
        }
        for (column, row), count in sorted(counts.items())
    ]
