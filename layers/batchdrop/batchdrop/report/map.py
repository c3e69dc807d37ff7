"""Where the results lie, as what is to be drawn: paths, dots, cells, marks. Pure; the markup stands in map.html.j2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from batchdrop.records.grid import Grid
from batchdrop.records.summary import CELLS
from batchdrop.report import findings, shapes, view
from batchdrop.report.ground import Ground, under

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchdrop.report.findings import Outlier, Spot, Together
    from batchdrop.report.shapes import Shape
    from batchdrop.report.view import View

CLASSES = 5
"""Shades of density."""

_LEAST_CELL = 7.0  # units of the picture
_WIDE = 120.0  # degrees: a map as wide as this needs no second one that shows where it is
_LOCATOR_WIDTH = 420.0
_TITLES = 300_000  # characters of labels on a map


class Dot(NamedTuple):
    """One result; title: what it is."""

    x: float
    y: float
    title: str


class Square(NamedTuple):
    """One cell of the density; shade: 1 to CLASSES."""

    x: float
    y: float
    width: float
    height: float
    shade: int
    title: str


class Mark(NamedTuple):
    """A finding on the map, and the sign that stands in its row of the table too."""

    x: float
    y: float
    sign: str
    title: str


@dataclass(frozen=True, slots=True)
class Map:
    """The map of the results. lines, areas: a path each; small: records whose shapes would not be seen; drawn: records with a
    shape on the map, of so many that have one (shaped).
    """

    ground: Ground
    dots: Sequence[Dot]
    squares: Sequence[Square]
    legend: Sequence[str]
    lines: Sequence[tuple[str, str]]
    areas: Sequence[tuple[str, str]]
    small: Sequence[Dot]
    drawn: int
    shaped: int
    far: Sequence[Mark]
    same: Sequence[Mark]
    locator: Locator | None


@dataclass(frozen=True, slots=True)
class Locator:
    """The small map of the world: the frame of the large one, and what lies far from it."""

    ground: Ground
    frame: tuple[float, float, float, float]
    far: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a map shows: the summary, where its results lie, what is odd, and which record an ordinal is."""

    summary: Mapping[str, Any]
    spots: Sequence[Spot]
    far: Sequence[Outlier]
    same: Sequence[Together]
    rec_ids: Mapping[int, int]
    cut: float

    @property
    def comparable(self) -> bool:
        """Whether something can be said of what is far."""
        return findings.comparable(self.spots)

    def name(self, ordinal: int, label: str = "") -> str:
        """What stands on a result."""
        record = self.rec_ids.get(ordinal)
        return " · ".join(filter(None, (f"record {record}" if record else "", label))) or "a record"


def scene(summary: Mapping[str, Any], rec_ids: Mapping[int, int]) -> Scene | None:
    """What there is to be shown; None where no result has a place."""
    spots = findings.spots(summary)
    if not spots:
        return None
    cut = findings.cut_of(
        [point[1] for point in summary["points"]]
        if summary["everything"]
        else [cell.lon for cell in _grid(summary).cells()]
    )
    return Scene(summary, spots, findings.outliers(spots), findings.together(summary), rec_ids, cut)


def draw(found: Scene) -> Map:
    """The map of a scene, zoomed to the results that are not far from the others."""
    far = {one.spot for one in found.far}
    near = [(spot.lon, spot.lat) for spot in found.spots if spot not in far]
    drawn = shapes.shapes(found.summary, found.cut)
    near += [at for one in drawn for part in one.parts for at in part]
    main = view.around(near)
    ground = under(main)
    dots = _dots(found, main) if found.summary["everything"] and not drawn else []
    squares, legend = (
        ([], [])
        if dots or (drawn and found.summary["shaped"] <= len(found.summary["shapes"]))
        else _squares(found, main)
    )
    return Map(
        ground=ground,
        dots=dots,
        squares=squares,
        legend=legend,
        lines=_paths(found, drawn, "line", main),
        areas=_paths(found, drawn, "area", main),
        small=[Dot(x, y, found.name(ordinal)) for ordinal, x, y in shapes.small(drawn, main)],
        drawn=len({one.ordinal for one in drawn}),
        shaped=found.summary["shaped"],
        far=far_marks(found, main),
        same=_same_marks(found, main),
        locator=_locator(found, main),
    )


def _paths(found: Scene, drawn: Sequence[Shape], kind: str, shown: View) -> list[tuple[str, str]]:
    return [(path, found.name(ordinal)) for ordinal, path in shapes.paths(drawn, kind, shown)]


def _dots(found: Scene, shown: View) -> list[Dot]:
    dots, left = [], _TITLES
    for spot in found.spots:
        if shown.box.holds(spot.lon, spot.lat):
            label = spot.label if left > 0 else ""
            left -= len(label)
            dots.append(Dot(shown.x(spot.lon), shown.y(spot.lat), found.name(spot.first, label)))
    return dots


def _grid(summary: Mapping[str, Any]) -> Grid:
    grid = Grid(CELLS)
    grid.merge(summary["grid"])
    return grid


def _squares(found: Scene, shown: View) -> tuple[list[Square], list[str]]:
    """The cells of the density, and what each shade means."""
    grid = _grid(found.summary)
    while grid.level and grid.size * shown.scale < _LEAST_CELL:
        grid.coarsen()
    cells = [(findings.unfolded(cell.lon, found.cut), cell) for cell in grid.cells()]
    cells = [(lon, cell) for lon, cell in cells if shown.box.grown(grid.size).holds(lon, cell.lat)]
    least = shades(max((cell.things for _, cell in cells), default=1))
    width, height = (round(grid.size * unit, 1) for unit in (shown.scale, shown.scale / shown.narrow))
    squares = [
        Square(
            shown.x(lon),
            shown.y(cell.lat + grid.size),
            width,
            height,
            sum(cell.things >= count for count in least),
            f"{cell.things:,} result{'s' if cell.things > 1 else ''}",
        )
        for lon, cell in cells
    ]
    upper = [f"{count - 1:,}" for count in least[1:]]
    legend = [
        f"{count:,}" if f"{count:,}" == end else f"{count:,} – {end}"
        for count, end in zip(least, upper, strict=False)
    ]
    return squares, [*legend, f"{least[-1]:,} or more"]


def shades(most: int) -> list[int]:
    """The least number of results of each shade: from 1 on, in steps of equal factors, without repeats."""
    return sorted({max(1, round(most ** (number / CLASSES))) for number in range(CLASSES)})


def far_marks(found: Scene, shown: View) -> list[Mark]:
    """The outliers that have a number and lie in this view."""
    return [
        Mark(shown.x(lon), shown.y(one.spot.lat), str(number), found.name(one.spot.first, one.spot.label))
        for number, one in enumerate(found.far[: findings.LISTED], 1)
        for lon in (one.spot.lon, one.spot.lon - 360, one.spot.lon + 360)
        if shown.box.holds(lon, one.spot.lat)
    ]


def _same_marks(found: Scene, shown: View) -> list[Mark]:
    return [
        Mark(shown.x(lon), shown.y(one.lat), sign(number), f"{one.count:,} records at the very same point")
        for number, one in enumerate(found.same[: findings.LISTED])
        for lon in [findings.unfolded(one.lon, found.cut)]
        if shown.box.holds(lon, one.lat)
    ]


def sign(number: int) -> str:
    """A to T: the sign of a point with several records."""
    return chr(ord("A") + number)


def _locator(found: Scene, main: View) -> Locator | None:
    if main.box.width > _WIDE and not found.far:
        return None
    middle = (main.box.west + main.box.east) / 2 if found.cut != -180 else 0.0
    shown = view.world(middle, _LOCATOR_WIDTH)
    x, y = shown.x(main.box.west), shown.y(main.box.north)
    frame = (x, y, max(shown.x(main.box.east) - x, 1.0), max(shown.y(main.box.south) - y, 1.0))
    return Locator(under(shown), frame, far_marks(found, shown))
