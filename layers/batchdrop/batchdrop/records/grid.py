"""How many things lie where, on a grid as fine as a bounded number of cells allows. Pure.

Level n divides the circle of latitude into 2^n cells, which are as high as they are wide in degrees. A grid begins at the finest
level and goes one coarser whenever it has too many cells; so what it ends with depends on what lies in it, not on the order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FINEST = 24
"""Some two metres at the equator."""

_ROW = FINEST
_MASK = (1 << FINEST) - 1
_PER_DEGREE = (1 << FINEST) / 360


class Cell(NamedTuple):
    """One cell: the degrees of its south-west corner, how many things lie in it, and the least number among theirs."""

    lon: float
    lat: float
    things: int
    first: int


class Grid:
    """Counts by cell. limit: cells at most."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.level = FINEST
        self._cells: dict[int, tuple[int, int]] = {}  # column << 24 | row → count, first

    def __len__(self) -> int:
        return len(self._cells)

    @property
    def total(self) -> int:
        """How many things lie in it."""
        return sum(count for count, _ in self._cells.values())

    @property
    def size(self) -> float:
        """Degrees from one side of a cell to the other."""
        return float(360 / (1 << self.level))

    def add(self, lon: float, lat: float, first: int) -> None:
        """One more thing, with a number of its own. -180 ≤ lon ≤ 180, -90 ≤ lat ≤ 90."""
        shift = FINEST - self.level
        column = min(int((lon + 180) * _PER_DEGREE), _MASK) >> shift
        row = min(int((lat + 90) * _PER_DEGREE), _MASK) >> shift
        at = column << _ROW | row
        before = self._cells.get(at)
        if before:
            self._cells[at] = (before[0] + 1, min(before[1], first))
        else:
            self._cells[at] = (1, first)
            self._fit()

    def merge(self, entry: Mapping[str, Any]) -> None:
        """Everything of another grid, in its JSON form."""
        while self.level > entry["level"]:
            self.coarsen()
        shift, cells = entry["level"] - self.level, self._cells
        columns, known = _ROW + shift, cells.get
        for key, count, first in zip(entry["keys"], entry["counts"], entry["firsts"], strict=True):
            at = key >> columns << _ROW | (key & _MASK) >> shift
            before = known(at)
            if before:
                cells[at] = (before[0] + count, min(before[1], first))
            else:
                cells[at] = (count, first)
        self._fit()

    def coarsen(self) -> None:
        """One level up: four cells become one."""
        finer = self.to_dict()
        self._cells = {}
        self.level -= 1
        self.merge(finer)

    def cells(self) -> Iterator[Cell]:
        """The cells, from the west to the east and from the south to the north."""
        size = self.size
        for key, (count, first) in sorted(self._cells.items()):
            yield Cell((key >> _ROW) * size - 180, (key & _MASK) * size - 90, count, first)

    def to_dict(self) -> dict[str, Any]:
        """JSON form: columns, which are quicker to read than rows."""
        cells = sorted(self._cells.items())
        return {
            "level": self.level,
            "keys": [key for key, _ in cells],
            "counts": [count for _, (count, _) in cells],
            "firsts": [first for _, (_, first) in cells],
        }

    def _fit(self) -> None:
        while len(self._cells) > self._limit and self.level:
            self.coarsen()
