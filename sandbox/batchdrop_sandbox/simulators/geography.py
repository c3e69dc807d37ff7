"""Distances, directions and a grid that finds what is near, on a sphere. Degrees and metres."""

import math
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")
EARTH = 6_371_008.8  # mean radius, metres
_METRES_PER_DEGREE = math.pi * EARTH / 180


def distance(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Metres between two points along the great circle."""
    a, b = math.radians(lat1), math.radians(lat2)
    half_lat, half_lon = (b - a) / 2, math.radians(lon2 - lon1) / 2
    square = math.sin(half_lat) ** 2 + math.cos(a) * math.cos(b) * math.sin(half_lon) ** 2
    return 2 * EARTH * math.asin(min(1.0, math.sqrt(square)))


def bearing(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """The first direction from one point to the other, in degrees from north."""
    a, b, turn = math.radians(lat1), math.radians(lat2), math.radians(lon2 - lon1)
    east = math.sin(turn) * math.cos(b)
    north = math.cos(a) * math.sin(b) - math.sin(a) * math.cos(b) * math.cos(turn)
    return math.degrees(math.atan2(east, north)) % 360


def destination(lat: float, lon: float, direction: float, metres: float) -> tuple[float, float]:
    """Where one ends after so many metres in that direction: (lat, lon), lon within ±180."""
    start, angle, turn = math.radians(lat), metres / EARTH, math.radians(direction)
    end = math.asin(math.sin(start) * math.cos(angle) + math.cos(start) * math.sin(angle) * math.cos(turn))
    east = math.sin(turn) * math.sin(angle) * math.cos(start)
    far = math.radians(lon) + math.atan2(east, math.cos(angle) - math.sin(start) * math.sin(end))
    return math.degrees(end), (math.degrees(far) + 180) % 360 - 180


class Grid(Generic[T]):
    """Points in square cells of `cell` degrees; looking up costs the cells that the radius touches."""

    def __init__(self, cell: float) -> None:
        self._cell = cell
        self._columns = math.ceil(360 / cell)
        self._cells: dict[tuple[int, int], list[tuple[float, float, T]]] = {}

    def add(self, lat: float, lon: float, item: T) -> None:
        """Put an item at a point."""
        self._cells.setdefault((self._row(lat), self._column(lon)), []).append((lat, lon, item))

    def near(self, lat: float, lon: float, radius: float) -> list[tuple[float, T]]:
        """Everything within `radius` metres as (metres, item), the nearest first."""
        found = [
            (metres, item)
            for cell in self._around(lat, lon, radius)
            for there_lat, there_lon, item in self._cells.get(cell, ())
            if (metres := distance(lat, lon, there_lat, there_lon)) <= radius
        ]
        found.sort(key=lambda hit: hit[0])
        return found

    def _row(self, lat: float) -> int:
        return math.floor((lat + 90) / self._cell)

    def _column(self, lon: float) -> int:
        return math.floor((lon + 180) / self._cell) % self._columns

    def _around(self, lat: float, lon: float, radius: float) -> Iterator[tuple[int, int]]:
        tall = radius / _METRES_PER_DEGREE
        # Columns grow narrow towards the poles; at a pole the radius touches all of them.
        narrow = math.cos(math.radians(min(abs(lat) + tall, 90)))
        wide = min(180.0, tall / narrow) if narrow > 1e-9 else 180.0
        first = math.floor((lon - wide + 180) / self._cell)
        last = math.floor((lon + wide + 180) / self._cell)
        columns = {column % self._columns for column in range(first, last + 1)}
        for row in range(self._row(max(-90, lat - tall)), self._row(min(90, lat + tall)) + 1):
            for column in columns:
                yield row, column
