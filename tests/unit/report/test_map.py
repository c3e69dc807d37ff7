"""The map: what is shown, where it is drawn, what is marked."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest

from batchdrop.records.summary import POINTS
from batchdrop.report import map as maps
from batchdrop.report import view
from batchdrop.report.clipping import Box, area_within, lines_within
from batchdrop.report.findings import Spot, cut_of, outliers, together, unfolded
from batchdrop.report.outline import outline
from tests.report.scenes import (
    country,
    crowd,
    globe,
    isolines,
    pacific,
    routes,
    summed,
    told,
    towns,
    two_continents,
)

SQUARE = Box(0, 0, 10, 10)


def drawn(told: object) -> maps.Map:
    scene = maps.scene(told.summary, told.rec_ids)  # type: ignore[attr-defined]  # a Told
    assert scene is not None
    return maps.draw(scene)


# the projection


def test_a_view_shows_everything_it_was_made_for() -> None:
    chance = random.Random(1)
    for _ in range(200):
        at = [(chance.uniform(-180, 180), chance.uniform(-90, 90)) for _ in range(chance.randint(1, 5))]
        shown = view.around(at)
        assert all(0 <= shown.x(lon) <= shown.width and 0 <= shown.y(lat) <= shown.height for lon, lat in at)
        assert 0 < shown.height <= 0.76 * shown.width


def test_a_kilometre_is_as_long_upward_as_across_in_the_middle_of_a_view() -> None:
    shown = view.around([(10, 50), (14, 54)])
    middle = 52
    across = view.kilometres((12, middle), (12.1, middle)) / (shown.x(22) - shown.x(12)) * 100
    upward = view.kilometres((12, 51.95), (12, 52.05)) / (shown.y(47) - shown.y(57)) * 100
    assert across == pytest.approx(upward, rel=0.01)


def test_the_scale_bar_is_as_long_as_it_says() -> None:
    shown = view.around([(10, 50), (14, 54)])
    length, text = shown.bar()
    degrees = length / shown.scale
    assert view.kilometres((12, 52), (12 + degrees, 52)) == pytest.approx(
        float(text.removesuffix(" km")), rel=0.01
    )


@pytest.mark.parametrize(("east", "north"), [(0.001, 0.001), (1, 1), (20, 15), (359, 170)])
def test_a_view_has_some_lines_of_degrees(east: float, north: float) -> None:
    shown = view.around([(-east / 2, -north / 2), (east / 2, north / 2)])
    assert 2 <= len(shown.meridians()) <= 8
    assert 1 <= len(shown.parallels()) <= 8
    assert len({label for _, label in shown.meridians()}) == len(shown.meridians())


# clipping


def test_an_area_is_cut_to_the_box() -> None:
    found = area_within([(-5, -5), (5, -5), (5, 5), (-5, 5)], SQUARE)
    assert set(found) == {(0, 0), (5, 0), (5, 5), (0, 5)}
    assert area_within([(20, 20), (30, 20), (30, 30)], SQUARE) == []
    assert set(area_within([(-90, -90), (90, -90), (90, 90), (-90, 90)], SQUARE)) == {
        (0, 0),
        (10, 0),
        (10, 10),
        (0, 10),
    }


def test_a_line_is_cut_into_what_is_in_the_box() -> None:
    zigzag = [(-5.0, 5.0), (5.0, 5.0), (5.0, 20.0), (8.0, 20.0), (8.0, 5.0)]
    assert list(lines_within(zigzag, SQUARE)) == [
        [(0.0, 5.0), (5.0, 5.0), (5.0, 10.0)],
        [(8.0, 10.0), (8.0, 5.0)],
    ]
    assert list(lines_within([(-5.0, -1.0), (15.0, -1.0)], SQUARE)) == []


# the outline


def test_the_outline_is_small_and_says_where_it_comes_from() -> None:
    world = outline()
    assert "Natural Earth" in world.attribution
    assert "public domain" in world.attribution
    assert len(world.land) > 100
    assert all(-182 <= lon <= 195 and -90 <= lat <= 84 for ring in world.land for lon, lat in ring)
    jumps = [abs(x - x2) for ring in world.land for (x, lat), (x2, _) in pairwise(ring) if lat > -85]
    assert max(jumps) < 15


@pytest.mark.parametrize(("lon", "lat", "land"), [(13.4, 52.5, True), (-100, 40, True), (-30, 40, False), (179.9, -40, False), (-175, 66, True), (0, -89, True)])  # fmt: skip
def test_land_is_where_it_is(lon: float, lat: float, land: bool) -> None:
    box = Box(lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01)
    turned = ([(x + turn, y) for x, y in ring] for ring in outline().land for turn in (-360, 0, 360))
    assert any(area_within(ring, box) for ring in turned) is land


# what is odd


def spots(
    *places: tuple[float, float], around: tuple[float, float] = (10.0, 50.0), count: int = 100
) -> list[Spot]:
    chance = random.Random(1)
    near = [
        Spot(around[0] + chance.gauss(0, 1), around[1] + chance.gauss(0, 1), 1, number)
        for number in range(count)
    ]
    return [*near, *(Spot(*place, 1, count + number) for number, place in enumerate(places))]


def test_what_is_far_from_the_others_is_found_the_farthest_first() -> None:
    assert [one.spot.first for one in outliers(spots((11, 51), (0, 0), (150, -30)))] == [102, 101]


def test_nothing_is_far_where_there_are_few_or_where_they_are_everywhere() -> None:
    assert outliers(spots((150, -30), count=5)) == []
    assert outliers(spots((10.2, 50.1), count=100)) == []
    everywhere = [Spot(lon, lat, 1, lon) for lon in range(-180, 180, 20) for lat in range(-60, 80, 20)]
    assert outliers(everywhere) == []


def test_results_at_one_point_make_only_what_is_over_50_km_away_far() -> None:
    same = [Spot(13.4, 52.5, 1, number) for number in range(50)]
    assert [
        one.spot.first for one in outliers([*same, Spot(13.9, 52.5, 1, 50), Spot(14.4, 52.5, 1, 51)])
    ] == [51]


def test_half_of_them_elsewhere_is_nothing_odd() -> None:
    two = [*spots(count=50), *spots(around=(-100.0, 40.0), count=50)]
    assert outliers(two) == []


def test_the_world_is_cut_open_where_nothing_is() -> None:
    assert cut_of([170, -175, 179]) == pytest.approx(-2.5)
    assert unfolded(-175, -2.5) == 185
    assert cut_of([-100, 10, 100]) == -180
    assert cut_of([5]) == -180


def test_records_at_the_very_same_point_are_listed_the_most_first() -> None:
    answers = towns(100)
    for number in (4, 9, 50):
        answers[number] = ("52.5", "13.4", "Berlin", "city", "1", "")
    answers[70] = answers[71]
    found = together(summed(answers))
    assert [(one.count, list(one.among)) for one in found] == [(3, [5, 10, 51]), (2, [71, 72])]


# the picture


def test_up_to_the_limit_every_result_is_a_dot_and_beyond_it_cells_hold_them_all() -> None:
    few, many = drawn(country()), drawn(crowd(POINTS + 1))
    assert len(few.dots) + len(few.locator.far if few.locator else []) == 2400
    assert not few.squares
    assert not many.dots
    assert len(many.squares) > 50
    assert sum(int(square.title.split()[0].replace(",", "")) for square in many.squares) == POINTS + 1


def test_shades_go_by_equal_factors() -> None:
    assert maps.shades(1) == [1]
    assert maps.shades(100_000) == [1, 10, 100, 1000, 10_000]


def test_both_sides_of_the_date_line_are_one_map() -> None:
    found = drawn(pacific())
    assert len(found.dots) == 200
    assert found.ground.view.box.width < 25
    assert found.ground.land


def test_the_whole_world_fits() -> None:
    found = drawn(globe())
    assert len(found.dots) == 1500
    assert found.locator is None


def test_what_is_far_stands_on_the_small_map_and_not_in_the_way_of_the_large_one() -> None:
    found = drawn(country())
    assert found.ground.view.box.width < 30
    assert found.locator is not None
    assert [mark.sign for mark in found.locator.far] == ["1", "2", "3"]
    assert [mark.sign for mark in found.same] == ["A"]


def test_routes_are_lines_and_isolines_areas() -> None:
    lines, areas = drawn(routes()), drawn(isolines())
    assert (len(lines.lines), len(lines.areas), len(lines.dots)) == (30, 0, 0)
    assert (len(areas.lines), len(areas.areas)) == (0, 20)
    assert all(path.endswith("Z") for path, _ in areas.areas)
    assert not any(
        math.isnan(float(number))
        for path, _ in lines.lines
        for number in path[1:].replace("L", ",").replace("M", ",").split(",")
    )


def test_areas_too_small_to_be_seen_have_a_marker_in_their_middle_and_others_have_none() -> None:
    found = drawn(two_continents())
    assert [dot.title for dot in found.small] == ["record 1", "record 2"]
    shown = found.ground.view
    assert found.small[0].x == pytest.approx(shown.x(13.40), abs=0.6)
    assert found.small[0].y == pytest.approx(shown.y(52.52), abs=0.6)
    assert not drawn(isolines()).small


def test_an_area_that_comes_to_nothing_on_the_map_is_a_marker_too() -> None:
    answers = [(f"POLYGON (({x} 1, {x + 0.001} 1, {x} 1.001, {x} 1))",) for x in (-80, 80)]
    found = drawn(told(answers, columns=("bd_geometry",)))
    assert len(found.small) == 2
    assert (found.drawn, found.shaped) == (2, 2)


def test_more_routes_than_are_drawn_are_told_of_and_counted_in_cells() -> None:
    found = drawn(routes(1200))
    assert found.shaped == 1200
    assert 390 <= len(found.lines) <= 410
    assert found.drawn == len(found.lines)
    assert found.squares
