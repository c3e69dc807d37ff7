"""The outline of the world that comes with the package: land and borders, made from Natural Earth by tests/docs/outline.py."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Line = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Outline:
    """Rings of land and lines of borders, as (longitude, latitude); a ring may go on beyond 180 degrees."""

    land: tuple[Line, ...]
    borders: tuple[Line, ...]
    attribution: str


@lru_cache(maxsize=1)
def outline() -> Outline:
    """Read once."""
    found = json.loads(files("batchdrop.report").joinpath("outline.json").read_text(encoding="utf-8"))
    land, borders = (tuple(_line(steps) for steps in found[kind]) for kind in ("land", "borders"))
    return Outline(land, borders, found["attribution"])


def _line(steps: Sequence[int]) -> Line:
    x = y = 0
    line = []
    for step_x, step_y in zip(steps[::2], steps[1::2], strict=True):
        x, y = x + step_x, y + step_y
        line.append((x / 100, y / 100))
    return line
