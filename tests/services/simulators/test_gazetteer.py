"""Answers from real geography."""

from typing import Any

import pytest

from batchdrop_sandbox.simulators.gazetteer import Gazetteer, country_of
from batchdrop_sandbox.simulators.geography import Grid, bearing, destination, distance

COLUMNS = ("address1", "address2", "city", "state", "postal_code", "country")


@pytest.mark.parametrize("columns", [COLUMNS, COLUMNS[:-1]], ids=["with country", "without country"])
def test_every_known_address_is_found_exactly_where_the_truth_says(
    known: Any, columns: tuple[str, ...]
) -> None:
    gazetteer = Gazetteer()
    for row, lat, lon in known:
        (hit,) = gazetteer.search(", ".join(row[column] for column in columns if row[column]))
        assert (repr(hit.place.lat), repr(hit.place.lon), hit.confidence) == (lat, lon, 1.0)


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        ("7374 WEST  walden drive,littleton co 80128", 1.0),
        ("7374 West Walden Drive, Littleton, Colorado, 80128, United States", 1.0),
        ("7374 West Walden Drive, Littleton, CO", 0.95),
    ],
)
def test_an_address_is_found_however_it_is_written(text: str, confidence: float) -> None:
    (hit,) = Gazetteer().search(text)
    assert (hit.place.id, hit.confidence) == ("address-C00001", confidence)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Berlin", "Berlin, Germany"),
        ("münchen", "Munich, Germany"),
        ("Berlin Germany", "Berlin, Germany"),
        ("Springfield, IL", "Springfield, IL, United States"),
        ("Springfield, Illinois, USA", "Springfield, IL, United States"),
        ("Paris, TX, US", "Paris, TX, United States"),
        ("London, UK", "London, United Kingdom"),
    ],
)
def test_a_city_is_found_alone_or_with_its_state_or_country(text: str, label: str) -> None:
    assert Gazetteer().search(text)[0].place.label == label


@pytest.mark.parametrize(
    "text",
    ["", " , ", "Nowhere Street 12, Atlantis", "Paris, Germany", "99 West Walden Drive, Littleton, CO"],
)
def test_what_is_not_known_is_honestly_not_found(text: str) -> None:
    assert Gazetteer().search(text) == []


def test_several_cities_of_a_name_come_the_largest_first_and_less_and_less_sure() -> None:
    hits = Gazetteer().search("Springfield", limit=3)
    assert [hit.confidence for hit in hits] == [0.8, 0.7, 0.6]
    assert hits[0].place.population >= hits[1].place.population


def test_only_the_wanted_countries_answer() -> None:
    assert Gazetteer().search("Paris", countries=frozenset({"US"}))[0].place.state_code == "TX"
    assert Gazetteer().search("Berlin, Germany", countries=frozenset({"US"})) == []


def test_reverse_finds_every_known_address_at_its_own_position(known: Any) -> None:
    gazetteer = Gazetteer()
    for _, lat, lon in known:
        (hit,) = gazetteer.reverse(float(lat), float(lon))
        assert (repr(hit.place.lat), repr(hit.place.lon), hit.distance) == (lat, lon, 0)


def test_reverse_falls_back_to_a_city_and_then_to_nothing() -> None:
    gazetteer = Gazetteer()
    (near,) = gazetteer.reverse(52.6, 13.3)
    assert near.place.country == "Germany"
    assert 0 < near.distance < 50_000
    assert gazetteer.reverse(0, -30) == []
    assert gazetteer.reverse(90, 0) == []


def test_a_place_is_found_by_its_id() -> None:
    gazetteer = Gazetteer()
    (hit,) = gazetteer.search("Berlin, Germany")
    assert gazetteer.by_id(hit.place.id) is hit.place
    assert gazetteer.by_id("address-none") is None


def test_country_codes_of_both_lengths_are_understood() -> None:
    assert (country_of("deu"), country_of("US"), country_of("XXX")) == ("DE", "US", None)


def test_the_grid_looks_across_the_antimeridian_and_around_the_pole() -> None:
    grid: Grid[str] = Grid(0.5)
    grid.add(0.0, 179.99, "west of it")
    grid.add(89.9, 10.0, "beyond the pole")
    assert [item for _, item in grid.near(0.0, -179.99, 5_000)] == ["west of it"]
    assert [item for _, item in grid.near(89.9, -170.0, 30_000)] == ["beyond the pole"]
    assert grid.near(10, 10, 1_000) == []


def test_destination_and_bearing_agree_with_distance() -> None:
    lat, lon = destination(48.0, 11.0, 70.0, 10_000)
    assert distance(48.0, 11.0, lat, lon) == pytest.approx(10_000)
    assert bearing(48.0, 11.0, lat, lon) == pytest.approx(70.0)
