"""Lines and areas cut to a rectangle, so that a page holds only what it shows. Pure."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Position = tuple[float, float]


class Box(NamedTuple):
    """A rectangle, in degrees or in any other unit."""

    west: float
    south: float
    east: float
    north: float

    @property
    def width(self) -> float:
        """From west to east."""
        return self.east - self.west

    @property
    def height(self) -> float:
        """From south to north."""
        return self.north - self.south

    def holds(self, x: float, y: float) -> bool:
        """Whether a position lies in it."""
        return self.west <= x <= self.east and self.south <= y <= self.north

    def grown(self, by: float) -> Box:
        """The same with this much more on every side."""
        return Box(self.west - by, self.south - by, self.east + by, self.north + by)


def area_within(ring: Sequence[Position], box: Box) -> list[Position]:
    """The part of a ring's area in the box, as a ring; empty where there is none (Sutherland and Hodgman's way)."""
    found = list(ring)
    for axis, limit, sign in ((0, box.west, 1), (0, box.east, -1), (1, box.south, 1), (1, box.north, -1)):
        found = _half(found, axis, limit, sign)
    return found


def _half(ring: list[Position], axis: int, limit: float, sign: int) -> list[Position]:
    """What lies on one side of a line."""
    kept: list[Position] = []
    for number, at in enumerate(ring):
        before = ring[number - 1]
        inside, was_inside = (sign * (point[axis] - limit) >= 0 for point in (at, before))
        if inside != was_inside:
            kept.append(_crossing(before, at, axis, limit))
        if inside:
            kept.append(at)
    return kept


def _crossing(start: Position, end: Position, axis: int, limit: float) -> Position:
    share = (limit - start[axis]) / (end[axis] - start[axis])
    other = start[1 - axis] + share * (end[1 - axis] - start[1 - axis])
    return (limit, other) if axis == 0 else (other, limit)


def lines_within(line: Sequence[Position], box: Box) -> Iterator[list[Position]]:
    """The stretches of a line in the box."""
    stretch: list[Position] = []
    for start, end in pairwise(line):
        cut = _segment(start, end, box)
        if cut is None or (stretch and stretch[-1] != cut[0]):
            if len(stretch) > 1:
                yield stretch
            stretch = []
        if cut is not None:
            stretch += cut if not stretch else cut[1:]
    if len(stretch) > 1:
        yield stretch


def _segment(start: Position, end: Position, box: Box) -> list[Position] | None:
    """The part of a segment in the box (Liang and Barsky's way)."""
    first, last = 0.0, 1.0
    step = (end[0] - start[0], end[1] - start[1])
    for axis, low, high in ((0, box.west, box.east), (1, box.south, box.north)):
        if step[axis] == 0:
            if not low <= start[axis] <= high:
                return None
            continue
        one, other = sorted(((low - start[axis]) / step[axis], (high - start[axis]) / step[axis]))
        first, last = max(first, one), min(last, other)
    if first >= last:
        return None
    at: Callable[[float], Position] = lambda share: (start[0] + share * step[0], start[1] + share * step[1])  # noqa: E731  # used twice, below
    return [start if first == 0 else at(first), end if last == 1 else at(last)]
