"""What lies below a map: land and borders, cut to what is shown. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchdrop.report.clipping import area_within, lines_within
from batchdrop.report.outline import outline

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from batchdrop.report.clipping import Box, Position
    from batchdrop.report.view import View

_TOO_NEAR = 1.5  # degrees: narrower than this, the outline is too coarse to tell anything
_TURNS = (-360, 0, 360)


@dataclass(frozen=True, slots=True)
class Ground:
    """What is drawn below: land and borders as one path each, and the degrees."""

    view: View
    land: str
    borders: str
    plain: bool  # too near for an outline


def under(shown: View) -> Ground:
    """Land, borders and degrees of a view."""
    if shown.box.width < _TOO_NEAR:
        return Ground(shown, "", "", plain=True)
    box = shown.box.grown(0.02 * shown.box.width)
    land = path(shown, (area_within(ring, box) for ring in _turned(outline().land, box)), closed=True)
    borders = path(
        shown, (part for line in _turned(outline().borders, box) for part in lines_within(line, box))
    )
    return Ground(shown, land, borders, plain=False)


def _turned(lines: Iterable[Sequence[Position]], box: Box) -> Iterable[list[Position]]:
    """The lines that may touch the box, each as often as turns of the globe bring it there."""
    for line in lines:
        lons = [lon for lon, _ in line]
        west, east = min(lons), max(lons)
        for turn in _TURNS:
            if west + turn <= box.east and east + turn >= box.west:
                yield [(lon + turn, lat) for lon, lat in line]


def path(shown: View, lines: Iterable[Sequence[Position]], *, closed: bool = False) -> str:
    """The data of an SVG path; points that fall on the one before are left out."""
    pieces = []
    for line in lines:
        points: list[tuple[float, float]] = []
        for lon, lat in line:
            point = (shown.x(lon), shown.y(lat))
            if not points or point != points[-1]:
                points.append(point)
        if len(points) > 1:
            pieces.append("M" + "L".join(f"{x:g},{y:g}" for x, y in points) + ("Z" if closed else ""))
    return "".join(pieces)
