"""What the map makes of points."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from batchdrop.report.drawing import MOST_POINTS, WIDTH, picture, positions
from batchdrop.report.geography import FEW, Point, alike, extent_of, far_off, outline

PLACES = st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=1, max_size=40)


def town(number: int, lat: float = 52.5, lon: float = 13.4) -> list[Point]:
    return [Point(lat + each / 1000, lon + each / 1500, each, each, "") for each in range(1, number + 1)]


def test_one_result_on_another_continent_is_far_off() -> None:
    [(found, kilometres)] = far_off([*town(50), Point(-33.86, 151.2, 77, 77, "Sydney")])
    assert found.rec_id == 77
    assert kilometres > 1000


def test_two_towns_are_no_outliers_of_each_other() -> None:
    assert not far_off([*town(30), *town(30, lat=48.1, lon=11.5)])


def test_of_few_or_scattered_points_none_is_far_off() -> None:
    assert not far_off([*town(FEW - 2), Point(0, 0, 1, 1, "")])
    assert not far_off(
        [
            Point(lat, lon, 1, lat * 100 + lon, "")
            for lat in range(-60, 61, 20)
            for lon in range(-150, 151, 30)
        ]
    )


def test_different_records_at_one_place_are_alike_and_equal_records_are_not() -> None:
    points = [Point(1, 2, 1, 1, ""), Point(1, 2, 2, 1, ""), Point(1, 2, 3, 3, ""), Point(5, 6, 4, 4, "")]
    assert [[point.rec_id for point in group] for group in alike(points)] == [[1, 3]]


@given(PLACES)
def test_every_point_is_on_the_map(places: list[tuple[float, float]]) -> None:
    points = [Point(lat, lon, number, number, "") for number, (lat, lon) in enumerate(places, 1)]
    drawn = picture(points, [])
    assert drawn is not None
    for spot in drawn["dots"].removeprefix("M").split("M"):
        x, y = spot.removesuffix("h0").split()
        assert -0.1 <= float(x) <= WIDTH + 0.1
        assert -0.1 <= float(y) <= drawn["height"] + 0.1


def test_many_points_are_shown_by_their_density_and_none_is_lost() -> None:
    points = [
        Point(40 + number % 700 / 100, number % 900 / 100, number, number, "")
        for number in range(MOST_POINTS + 1)
    ]
    drawn = picture(points, [])
    assert drawn is not None
    assert not drawn["dots"]
    assert sum(cell["number"] for cell in drawn["cells"]) == MOST_POINTS + 1


def test_routes_are_lines_and_areas_are_closed() -> None:
    drawn = picture(
        [], [(1, "LINESTRING (13.4 52.5, 13.5 52.6)"), (2, "POLYGON ((13 52, 14 52, 14 53, 13 52))")]
    )
    assert drawn is not None
    assert (len(drawn["lines"]), len(drawn["areas"])) == (1, 1)
    assert drawn["areas"][0].endswith("Z")


def test_a_shape_that_cannot_be_read_is_left_out() -> None:
    assert positions("POLYGON ((a b, 1 2))") == []
    assert picture([], [(1, "<svg onload=alert(1)>")]) is None


def test_without_anything_to_show_there_is_no_map() -> None:
    assert picture([], []) is None
    assert extent_of([]) is None


def test_the_outline_is_land_in_degrees() -> None:
    rings = outline()
    assert len(rings) > 100
    assert all(abs(lon) <= 180 and abs(lat) <= 90 for ring in rings for lon, lat in ring)
