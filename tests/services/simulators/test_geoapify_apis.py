"""The APIs inside a Geoapify batch."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.services.simulators.scene import Scene

SEARCH, REVERSE, ROUTING, ISOLINE = "/v1/geocode/search", "/v1/geocode/reverse", "/v1/routing", "/v1/isoline"
ADDRESS = "7374 West Walden Drive, Littleton, CO, 80128, USA"
SEED_ROUTE = "48.39502045,11.0691551568873|48.369782877329,11.0481118237265|48.3545535,10.99449785"


def ask(scene: "Scene", api: str, **params: Any) -> dict[str, Any]:
    result: dict[str, Any] = scene.ask_geoapify(api, {"params": params})[0]["result"]
    return result


def test_geojson_is_the_default_and_has_a_point_and_a_bbox_array(scene: "Scene") -> None:
    answer = ask(scene, SEARCH, text=ADDRESS)
    (feature,) = answer["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [-105.079419, 39.577761]}
    west, south, east, north = feature["bbox"]
    assert west < -105.079419 < east
    assert south < 39.577761 < north
    assert (feature["properties"]["housenumber"], feature["properties"]["lat"]) == ("7374", 39.577761)
    assert answer["query"]["parsed"]["expected_type"] == "building"


def test_json_has_flat_results_and_a_bbox_object(scene: "Scene") -> None:
    (one,) = ask(scene, SEARCH, text=ADDRESS, format="json")["results"]
    assert set(one["bbox"]) == {"lon1", "lat1", "lon2", "lat2"}
    assert (one["result_type"], one["rank"]["confidence"]) == ("building", 1.0)


def test_a_structured_query_is_echoed_field_by_field(scene: "Scene") -> None:
    asked = {
        "housenumber": "7374",
        "street": "West Walden Drive",
        "city": "Littleton",
        "state": "CO",
        "country": "USA",
    }
    answer = ask(scene, SEARCH, **asked, format="json")
    assert answer["query"] == asked
    assert answer["results"][0]["postcode"] == "80128"


def test_level_confidences_are_left_out_where_they_do_not_apply(scene: "Scene") -> None:
    (one,) = ask(scene, SEARCH, text="Berlin, Germany", format="json")["results"]
    assert "confidence_building_level" not in one["rank"]


def test_the_default_limit_is_five(scene: "Scene") -> None:
    assert len(ask(scene, SEARCH, text="Springfield")["features"]) == 5


@pytest.mark.parametrize(
    ("params", "state"),
    [
        ({"filter": "rect:-95,30,-90,40"}, "MO"),
        ({"filter": "circle:-72.6,42.1,50000"}, "MA"),
        ({"bias": "proximity:-89.6,39.8"}, "IL"),
        ({"filter": "countrycode:us", "bias": "circle:-83.8,39.9,50000"}, "OH"),
    ],
)
def test_filter_and_bias_choose_among_places_of_a_name(
    scene: "Scene", params: dict[str, str], state: str
) -> None:
    results = ask(scene, SEARCH, text="Springfield", format="json", **params)["results"]
    assert results[0]["state_code"] == state


def test_a_filter_by_place_and_by_type_leaves_only_what_fits(scene: "Scene") -> None:
    first, second = ask(scene, SEARCH, text="Springfield", limit=2, format="json")["results"]
    only = ask(scene, SEARCH, text="Springfield", filter=f"place:{second['place_id']}", format="json")[
        "results"
    ]
    assert [one["place_id"] for one in only] == [second["place_id"]]
    assert first["place_id"] != second["place_id"]
    assert ask(scene, SEARCH, text=ADDRESS, type="city", format="json")["results"] == []


def test_reverse_gives_the_distance_and_no_confidence(scene: "Scene") -> None:
    answer = ask(scene, REVERSE, lat="39.5778", lon=-105.0794, format="json")
    (one,) = answer["results"]
    assert one["housenumber"] == "7374"
    assert 0 < one["distance"] < 10
    assert "confidence" not in one["rank"]
    assert answer["query"] == {"lat": 39.5778, "lon": -105.0794}
    assert ask(scene, REVERSE, lat=0, lon=-30)["features"] == []


@pytest.mark.parametrize(
    ("api", "params"),
    [
        (SEARCH, {}),
        (SEARCH, {"text": "Berlin", "limit": "many"}),
        (SEARCH, {"text": "Berlin", "format": "xml"}),
        (SEARCH, {"text": "Berlin", "type": "planet"}),
        (SEARCH, {"text": "Berlin", "filter": "circle:1,2"}),
        (SEARCH, {"text": "Berlin", "filter": "nothing:1"}),
        (SEARCH, {"text": "Berlin", "bias": "proximity:here"}),
        (REVERSE, {"lat": 91, "lon": 0}),
        (REVERSE, {"lat": 1}),
        (REVERSE, {"lat": "nan", "lon": 1}),
        (ROUTING, {"mode": "drive"}),
        (ROUTING, {"mode": "drive", "waypoints": "48,11"}),
        (ROUTING, {"mode": "drive", "waypoints": "48,11|somewhere"}),
        (ROUTING, {"mode": "drive", "waypoints": "48,11|48,200"}),
        (ROUTING, {"waypoints": "48,11|48.1,11"}),
        (ROUTING, {"mode": "fly", "waypoints": "48,11|48.1,11"}),
        (ROUTING, {"mode": "walk", "waypoints": "48,11|52,11"}),
        (ISOLINE, {"lat": 48, "lon": 11, "type": "time", "mode": "drive"}),
        (ISOLINE, {"lat": 48, "lon": 11, "type": "time", "mode": "drive", "range": 7201}),
        (ISOLINE, {"lat": 48, "lon": 11, "type": "size", "mode": "drive", "range": 60}),
    ],
)
def test_wrong_params_give_the_error_object_inside_the_result(
    scene: "Scene", api: str, params: dict[str, Any]
) -> None:
    answer = ask(scene, api, **params)
    assert set(answer) == {"statusCode", "error", "message"}
    assert answer["statusCode"] == 400


def test_a_route_has_one_line_a_leg_and_turns_the_coordinates_round(scene: "Scene") -> None:
    answer = ask(scene, ROUTING, waypoints=SEED_ROUTE, mode="drive")
    (feature,) = answer["features"]
    lines, properties = feature["geometry"]["coordinates"], feature["properties"]
    assert feature["geometry"]["type"] == "MultiLineString"
    assert (len(lines), len(properties["legs"])) == (2, 2)
    assert lines[0][0] == [11.0691551568873, 48.39502045]
    assert lines[0][-1] == lines[1][0] == [11.0481118237265, 48.369782877329]
    assert all(len(line) > 2 for line in lines)
    assert properties["waypoints"][2] == {"location": [10.99449785, 48.3545535], "original_index": 2}
    assert properties["distance"] == pytest.approx(
        sum(leg["distance"] for leg in properties["legs"]), abs=0.01
    )
    assert 4_000 < properties["distance"] < 15_000
    assert 200 < properties["time"] < 1_500
    assert answer["properties"]["waypoints"][0] == {"lat": 48.39502045, "lon": 11.0691551568873}


def test_walking_takes_longer_and_miles_are_fewer_than_metres(scene: "Scene") -> None:
    drive = ask(scene, ROUTING, waypoints=SEED_ROUTE, mode="drive", format="json")["results"][0]
    walk = ask(scene, ROUTING, waypoints=SEED_ROUTE, mode="walk", units="imperial", format="json")["results"][
        0
    ]
    assert walk["time"] > drive["time"] * 5
    assert walk["distance"] == pytest.approx(drive["distance"] / 1609.344, abs=0.01)
    assert walk["distance_units"] == "miles"


def test_a_route_from_a_point_to_itself_has_no_length(scene: "Scene") -> None:
    answer = ask(scene, ROUTING, waypoints="48,11|48,11", mode="drive")
    assert answer["features"][0]["properties"]["distance"] == 0


def test_an_isoline_is_a_closed_ring_around_the_point_for_each_range(scene: "Scene") -> None:
    answer = ask(scene, ISOLINE, lat=48.1, lon=11.5, type="time", mode="drive", range="300,600")
    near, far = answer["features"]
    assert [near["properties"]["range"], far["properties"]["range"]] == [300, 600]
    assert near["properties"]["id"] == answer["properties"]["id"]
    (ring,) = near["geometry"]["coordinates"]
    assert ring[0] == ring[-1]
    (wide,) = far["geometry"]["coordinates"]
    assert max(lon for lon, _ in wide) > max(lon for lon, _ in ring) > 11.5 > min(lon for lon, _ in ring)
    twice_the_area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
    assert twice_the_area > 0, "GeoJSON wants the outer ring counter-clockwise"


def test_an_isoline_that_is_not_computed_has_no_features_but_an_id(scene: "Scene") -> None:
    scene.geoapify.configure({"not_computed_inputs": [0]})
    answer = ask(scene, ISOLINE, lat=48.1, lon=11.5, type="distance", mode="walk", range=1000)
    assert answer["features"] == []
    assert list(answer["properties"]) == ["id"]


def test_routing_costs_waypoints_less_one_and_isolines_one_a_range(scene: "Scene") -> None:
    ask(scene, ROUTING, waypoints=SEED_ROUTE, mode="drive")
    assert scene.account("geoapify")["credits"] == 2 + 1 + 1
    ask(scene, ISOLINE, lat=48, lon=11, type="time", mode="drive", range="60,120,180")
    assert scene.account("geoapify")["credits"] == 4 + 3 + 1 + 1
