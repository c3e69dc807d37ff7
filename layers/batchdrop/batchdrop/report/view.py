"""The part of the world that a map shows, and where a position of it is drawn. Pure.

Plate carrée with its true scale at the middle of the view: degrees stay straight, cells stay rectangles, and what is as large as a
country or smaller keeps its shape.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchdrop.report.clipping import Box

if TYPE_CHECKING:
    from collections.abc import Iterable

KM_PER_DEGREE = 111.195  # of latitude, on a sphere with the mean radius of the earth
WIDTH = 960
_FLATTEST, _TALLEST = 0.45, 0.72  # height of a map for its width
_LEAST = 0.02  # degrees: a map of one point is a neighbourhood
_MARGIN = 0.07
_STEEPEST = 75.0  # beyond this latitude scale is not kept any more: degrees become too narrow
_STEPS = (60, 30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002)


@dataclass(frozen=True, slots=True)
class View:
    """A box of the world on a picture of `width` units; the height follows. east of the box may lie beyond 180 degrees."""

    box: Box
    width: float
    narrow: float  # how long a degree of longitude is, for one of latitude

    @property
    def scale(self) -> float:
        """Units of the picture for a degree of longitude."""
        return self.width / self.box.width

    @property
    def height(self) -> float:
        """Of the picture, in its units."""
        return self.box.height * self.scale / self.narrow

    def x(self, lon: float) -> float:
        """From the left."""
        return round((lon - self.box.west) * self.scale, 1)

    def y(self, lat: float) -> float:
        """From the top."""
        return round((self.box.north - lat) * self.scale / self.narrow, 1)

    def bar(self) -> tuple[float, str]:
        """A scale bar: its length in units, and how long that is."""
        unit = self.scale / (KM_PER_DEGREE * self.narrow)  # for a kilometre, at the middle of the view
        most = self.width / 5 / unit
        power = 10 ** math.floor(math.log10(most))
        km = next(factor * power for factor in (5, 2, 1) if factor * power <= most)
        return round(km * unit, 1), f"{km:g} km" if km >= 1 else f"{1000 * km:g} m"

    def meridians(self) -> list[tuple[float, str]]:
        """Lines of longitude to be drawn: where, and what is written there."""
        step = self._step(self.box.width)
        return [
            (self.x(lon), _degrees(_wrapped(lon), "E", "W", step))
            for lon in _between(self.box.west, self.box.east, step)
        ]

    def parallels(self) -> list[tuple[float, str]]:
        """Lines of latitude to be drawn."""
        step = self._step(self.box.width)
        return [
            (self.y(lat), _degrees(lat, "N", "S", step))
            for lat in _between(self.box.south, self.box.north, step)
        ]

    @staticmethod
    def _step(width: float) -> float:
        return next((step for step in reversed(_STEPS) if width / step <= 7), _STEPS[0])


def _between(low: float, high: float, step: float) -> list[float]:
    inner = 0.02 * (high - low)
    first, last = math.ceil((low + inner) / step), math.floor((high - inner) / step)
    return [round(number * step, 6) for number in range(first, last + 1)]


def _wrapped(lon: float) -> float:
    return (lon + 180) % 360 - 180


def _degrees(value: float, plus: str, minus: str, step: float) -> str:
    digits = max(0, -math.floor(math.log10(step))) if step < 1 else 0
    side = "" if not round(value, 6) or abs(value) == 180 else plus if value > 0 else minus
    return f"{abs(value):.{digits}f}° {side}".rstrip()


def around(positions: Iterable[tuple[float, float]], width: float = WIDTH) -> View:
    """The view that shows all of these (lon, lat), which must be at least one, with a margin and in a pleasant shape."""
    lons, lats = zip(*positions, strict=True)
    west, east, south, north = min(lons), max(lons), min(lats), max(lats)
    narrow = math.cos(math.radians(min(_STEEPEST, abs(south + north) / 2)))
    across = max(east - west, _LEAST / narrow) * (1 + 2 * _MARGIN)
    upward = max(north - south, _LEAST * _FLATTEST) * (1 + 2 * _MARGIN)
    across = max(across, upward / narrow / _TALLEST)
    upward = max(upward, across * narrow * _FLATTEST)
    across, upward = min(across, 360.0), min(upward, 180.0)
    middle, level = (west + east) / 2, (south + north) / 2
    level = max(-90 + upward / 2, min(90 - upward / 2, level))
    if across == 360:
        middle = 0.0 if west >= -180 and east <= 180 else middle
    return View(
        Box(middle - across / 2, level - upward / 2, middle + across / 2, level + upward / 2), width, narrow
    )


def world(middle: float, width: float) -> View:
    """The inhabited world, around a meridian."""
    return View(Box(middle - 180, -58, middle + 180, 84), width, 0.8)


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Along the great circle between two (lon, lat)."""
    (lon, lat), (lon2, lat2) = ((math.radians(x), math.radians(y)) for x, y in (one, other))
    chord = math.sin((lat2 - lat) / 2) ** 2 + math.cos(lat) * math.cos(lat2) * math.sin((lon2 - lon) / 2) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(min(1.0, chord)))
