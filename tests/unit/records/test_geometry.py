"""Well-known text becomes GeoJSON with the same digits, and anything else is noticed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchdrop.records.geometry import to_geojson

numbers = st.integers(-180, 180).map(str) | st.floats(-180, 180, allow_nan=False).map(json.dumps)
positions = st.lists(numbers, min_size=2, max_size=3)


def shapes(depth: int) -> st.SearchStrategy[Any]:
    """Positions in that many levels of lists."""
    return st.lists(shapes(depth - 1), min_size=1, max_size=4) if depth else positions


KINDS = {
    "POINT": ("Point", 0),
    "LINESTRING": ("LineString", 1),
    "MULTILINESTRING": ("MultiLineString", 2),
    "POLYGON": ("Polygon", 2),
    "MULTIPOLYGON": ("MultiPolygon", 3),
}
geometries = st.sampled_from(sorted(KINDS)).flatmap(
    lambda word: st.tuples(st.just(word), shapes(KINDS[word][1]))
)


def wkt(shape: Any) -> str:
    if isinstance(shape[0], str):
        return " ".join(shape)
    return "(" + ", ".join(map(wkt, shape)) + ")"


def valued(shape: Any) -> Any:
    return json.loads(shape) if isinstance(shape, str) else [valued(part) for part in shape]


@given(geometries)
def test_every_geometry_comes_through_with_its_positions(geometry: tuple[str, Any]) -> None:
    word, shape = geometry
    lists = wkt(shape) if KINDS[word][1] else f"({wkt(shape)})"
    text = to_geojson(f"{word} {lists}")
    assert json.loads(text) == {"type": KINDS[word][0], "coordinates": valued(shape)}
    assert " " not in text


def test_digits_stay_as_they_are() -> None:
    text = to_geojson("MULTILINESTRING ((10.50 48.0, -1.2e-05 2))")
    assert text == '{"type":"MultiLineString","coordinates":[[[10.50,48.0],[-1.2e-05,2]]]}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "POINT",
        "POINT EMPTY",
        "POINT (1)",
        "POINT (1 2 3 4)",
        "POINT ((1 2))",
        "POINT (1 2), (3 4)",
        "POINT (01 2)",
        "POINT (.5 2)",
        "POINT (1. 2)",
        "POINT (NaN 2)",
        "LINESTRING (1 2,)",
        "LINESTRING ()",
        "POLYGON (1 2, 3 4)",
        "POLYGON ((1 2, 3 4)",
        "POLYGON ((1 2, 3 4)))",
        "MULTIPOLYGON ((1 2, 3 4))",
        "CIRCLE (1 2)",
        "point (1 2)",
        "POINT (1 2)\n",
    ],
)
def test_anything_else_is_no_geometry(text: str) -> None:
    with pytest.raises(ValueError, match=r"geometry|well-known"):
        to_geojson(text)


@given(st.text(alphabet="POLYGON(), 0123.-e"))
def test_whatever_comes_is_a_geometry_or_an_error(text: str) -> None:
    try:
        made = to_geojson(f"POLYGON {text}")
    except ValueError:
        return
    assert json.loads(made)["type"] == "Polygon"


def test_a_long_line_that_ends_wrongly_is_refused_in_no_time() -> None:
    with pytest.raises(ValueError, match="well-known"):
        to_geojson("MULTILINESTRING ((" + "1 2, " * 100_000 + "x))")
