"""The further APIs of the Geoapify batch service: body merging, shapes and prices."""

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.services.simulators.scene import Scene

SEARCH, PLACES, DETAILS = "/v1/geocode/search", "/v2/places", "/v2/place-details"
MATCHING, MATRIX = "/v1/mapmatching", "/v1/routematrix"
PART_OF, CONSISTS_OF = "/v1/boundaries/part-of", "/v1/boundaries/consists-of"
TRACE = [
    {"location": [10.694703, 47.567028], "timestamp": "2019-11-04T07:09:34.000Z"},
    {"location": [10.6950319, 47.567783], "bearing": 90},
    {"location": [10.6960, 47.5680]},
]
HOME = {"lat": 39.577761, "lon": -105.079419}


def ask(scene: "Scene", api: str, **params: Any) -> dict[str, Any]:
    result: dict[str, Any] = scene.ask_geoapify(api, {"params": params})[0]["result"]
    return result


def post(scene: "Scene", api: str, **body: Any) -> dict[str, Any]:
    result: dict[str, Any] = scene.ask_geoapify(api, {"body": body})[0]["result"]
    return result


def credits_of(scene: "Scene", api: str, one: dict[str, Any]) -> float:
    """What one input costs: without the submit."""
    before = scene.account("geoapify")["credits"] if "geoapify" in scene.ledger.snapshot() else 0
    scene.geoapify.submit("k", json.dumps({"api": api, "inputs": [one]}).encode())
    spent: float = scene.account("geoapify")["credits"] - before - 1
    return spent


def test_a_trace_comes_back_as_one_line_with_its_waypoints_matched(scene: "Scene") -> None:
    (feature,) = post(scene, MATCHING, mode="drive", waypoints=TRACE)["features"]
    properties, geometry = feature["properties"], feature["geometry"]
    assert (geometry["type"], len(geometry["coordinates"]), len(geometry["coordinates"][0])) == (
        "MultiLineString",
        1,
        3,
    )
    assert properties["mode"] == "drive"
    (leg,) = properties["legs"]
    assert [step["from_index"] for step in leg["steps"]] == [0, 1]
    assert (
        leg["distance"] == properties["distance"] == pytest.approx(sum(s["distance"] for s in leg["steps"]))
    )
    assert 150 < properties["distance"] < 200
    waypoint = properties["waypoints"][2]
    assert waypoint["original_location"] == [10.696, 47.568]
    assert (waypoint["match_type"], waypoint["original_index"], waypoint["step_index"]) == ("matched", 2, 1)
    assert 0 < waypoint["match_distance"] < 3


def test_bodies_of_request_and_input_are_merged_and_the_input_wins(scene: "Scene") -> None:
    common, own = scene.ask_geoapify(
        MATCHING,
        {"id": "1", "body": {"waypoints": TRACE}},
        {"id": "2", "body": {"waypoints": TRACE, "mode": "walk"}},
        body={"mode": "bicycle"},
    )
    assert common["result"]["features"][0]["properties"]["mode"] == "bicycle"
    assert own["result"]["features"][0]["properties"]["mode"] == "walk"
    assert (own["body"]["mode"], "params" in own) == ("walk", False)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"mode": "drive"},
        {"waypoints": TRACE},
        {"mode": "fly", "waypoints": TRACE},
        {"mode": "drive", "waypoints": TRACE[:1]},
        {"mode": "drive", "waypoints": [[1, 2], [3, 4]]},
        {"mode": "drive", "waypoints": [{"location": [1]}, {"location": [1, 2]}]},
        {"mode": "drive", "waypoints": [{"location": ["1", "2"]}] * 2},
        {"mode": "drive", "waypoints": [{"location": [200, 2]}] * 2},
        {"mode": "drive", "waypoints": TRACE * 400},
    ],
)
def test_a_trace_that_is_none_is_an_error_inside_the_result(scene: "Scene", body: dict[str, Any]) -> None:
    assert post(scene, MATCHING, **body)["statusCode"] == 400


@pytest.mark.parametrize(("waypoints", "price"), [(2, 1), (100, 1), (101, 2), (250, 3)])
def test_map_matching_costs_a_credit_for_each_hundred_waypoints(
    scene: "Scene", waypoints: int, price: int
) -> None:
    points = [{"location": [10 + number / 1000, 47]} for number in range(waypoints)]
    assert credits_of(scene, MATCHING, {"body": {"mode": "drive", "waypoints": points}}) == price


@pytest.mark.parametrize(
    ("waypoints", "price"), [("48.1,11.5|48.2,11.6", 1), ("48.1,11.5|48.2,11.6|48.3,11.7|48.4,11.8", 3)]
)
def test_routing_costs_one_credit_less_than_waypoints(scene: "Scene", waypoints: str, price: int) -> None:
    assert credits_of(scene, "/v1/routing", {"params": {"waypoints": waypoints, "mode": "drive"}}) == price


@pytest.mark.parametrize(
    ("sources", "targets", "price"), [(1, 1, 1), (2, 3, 6), (20, 12, 200), (12, 20, 200)]
)
def test_a_matrix_has_a_cell_for_each_pair_and_its_price(
    scene: "Scene", sources: int, targets: int, price: int
) -> None:
    body = {
        "mode": "drive",
        "sources": [{"location": [10 + number / 100, 47]} for number in range(sources)],
        "targets": [{"location": [11, 47 + number / 100]} for number in range(targets)],
    }
    assert credits_of(scene, MATRIX, {"body": body}) == price
    answer = post(scene, MATRIX, **body)
    assert (answer["units"], answer["distance_units"], answer["mode"]) == ("metric", "meters", "drive")
    cells = answer["sources_to_targets"]
    assert [len(row) for row in cells] == [targets] * sources
    assert (cells[-1][-1]["source_index"], cells[-1][-1]["target_index"]) == (sources - 1, targets - 1)
    assert cells[0][0]["distance"] > 70_000
    assert answer["sources"][0]["original_location"] == [10.0, 47.0]


def test_a_matrix_that_is_too_large_or_empty_is_an_error_inside_the_result(scene: "Scene") -> None:
    many = [{"location": [10, 47]}] * 40
    assert post(scene, MATRIX, mode="drive", sources=many, targets=many)["statusCode"] == 400
    assert post(scene, MATRIX, mode="drive", sources=[], targets=many)["statusCode"] == 400


def test_places_near_a_point_are_found_by_category_the_nearest_first(scene: "Scene") -> None:
    found = ask(scene, PLACES, categories="building,populated_place", bias="proximity:-105.079419,39.577761")
    distances = [feature["properties"]["distance"] for feature in found["features"]]
    assert (len(distances), distances) == (20, sorted(distances))
    first = found["features"][0]
    assert first["properties"]["housenumber"] == "7374"
    assert first["properties"]["categories"] == ["building", "building.residential"]
    assert first["geometry"] == {"type": "Point", "coordinates": [-105.079419, 39.577761]}


def test_places_have_pages_names_and_areas(scene: "Scene") -> None:
    area = {"categories": "building", "filter": "circle:-105.079419,39.577761,20000"}
    whole = [one["properties"]["place_id"] for one in ask(scene, PLACES, limit=500, **area)["features"]]
    page = [
        one["properties"]["place_id"] for one in ask(scene, PLACES, limit=5, offset=2, **area)["features"]
    ]
    assert page == whole[2:7]
    (named,) = ask(scene, PLACES, name="7374 west walden", **area)["features"]
    assert named["properties"]["place_id"] == whole[0]
    cities = ask(scene, PLACES, categories="populated_place.city", filter="rect:-105.2,39.5,-104.9,39.7")
    assert "Littleton" in {one["properties"].get("city") for one in cities["features"]}


@pytest.mark.parametrize(
    ("params", "refused"),
    [
        ({}, True),
        ({"categories": "building", "filter": "circle:nan,1,5"}, True),
        ({"categories": "building", "filter": "circle:1"}, True),
        ({"categories": "building", "limit": "501"}, True),
        ({"categories": "building"}, False),
        ({"categories": "catering", "bias": "proximity:-105.079419,39.577761"}, False),
    ],
)
def test_places_that_cannot_be_found_are_an_empty_list_and_bad_questions_an_error(
    scene: "Scene", params: dict[str, str], *, refused: bool
) -> None:
    answer = ask(scene, PLACES, **params)
    assert (answer.get("statusCode"), answer.get("features")) == ((400, None) if refused else (None, []))


@pytest.mark.parametrize(("limit", "price"), [(None, 1), (20, 1), (21, 2), (500, 25)])
def test_places_cost_a_credit_for_each_twenty(scene: "Scene", limit: int | None, price: int) -> None:
    params = {"categories": "building", **({"limit": limit} if limit else {})}
    assert credits_of(scene, PLACES, {"params": params}) == price


def test_details_of_a_place_come_by_id_and_by_position(scene: "Scene") -> None:
    near = ask(scene, DETAILS, **HOME)["features"][0]["properties"]
    assert (near["feature_type"], near["housenumber"]) == ("details", "7374")
    both = ask(scene, DETAILS, id=near["place_id"], features="details|building|walk_10")["features"]
    assert [one["properties"]["feature_type"] for one in both] == ["details", "building"]
    assert both[0]["properties"]["place_id"] == near["place_id"]
    assert ask(scene, DETAILS, lat=0, lon=-30)["features"] == []
    assert ask(scene, DETAILS)["statusCode"] == 400


def test_boundaries_around_a_place_and_inside_it(scene: "Scene") -> None:
    around = ask(scene, PART_OF, **HOME, geometry="point")["features"]
    assert [one["properties"]["name"] for one in around] == ["Littleton", "Colorado", "United States"]
    assert around[2]["properties"]["categories"] == ["administrative", "administrative.country_level"]
    inside = ask(scene, CONSISTS_OF, id=around[0]["properties"]["place_id"])["features"]
    assert inside[0]["properties"]["name"] == "Denver"
    assert ask(scene, PART_OF, lat=0, lon=-30)["features"] == []
    assert ask(scene, PART_OF, **HOME, geometry="original")["statusCode"] == 400


def test_postcodes_are_listed_and_found(scene: "Scene") -> None:
    listed = ask(scene, "/v1/postcode/list", filter="circle:-105.079419,39.577761,20000", limit=100)[
        "features"
    ]
    codes = [one["properties"]["postcode"] for one in listed]
    assert codes == sorted(set(codes))
    assert "80128" in codes
    (one,) = ask(scene, "/v1/postcode/search", postcode="80128", format="json")["results"]
    assert (one["city"], one["country_code"]) == ("Littleton", "us")
    (same,) = ask(scene, "/v1/postcode/search", **HOME)["features"]
    assert same["properties"]["postcode"] == "80128"
    assert ask(scene, "/v1/postcode/search", postcode="80128", **HOME)["statusCode"] == 400
    assert ask(scene, "/v1/postcode/search", postcode="00000")["features"] == []
    assert ask(scene, "/v1/postcode/search", postcode="80128", countrycode="de")["features"] == []


def test_an_address_of_the_internet_is_always_at_the_same_place(scene: "Scene") -> None:
    first, again = ask(scene, "/v1/ipinfo", ip="8.8.4.4"), ask(scene, "/v1/ipinfo", ip="8.8.4.4")
    assert first == again
    assert first["ip"] == "8.8.4.4"
    assert {"latitude", "longitude"} == set(first["location"])
    assert first["country"]["iso_code"]
    for wrong in ("", "8.8.8", "127.0.0.1"):
        assert ask(scene, "/v1/ipinfo", ip=wrong)["statusCode"] == 400


def test_a_submit_may_answer_everything_at_once(scene: "Scene") -> None:
    scene.geoapify.configure({"answers_at_once": True})
    body = {"api": SEARCH, "inputs": [{"id": "1", "params": {"text": "Berlin"}}]}
    done = scene.geoapify.submit("k", json.dumps(body).encode())
    assert (done.status, done.json()["results"][0]["id"], "status" in done.json()) == (200, "1", False)
    assert scene.geoapify.look("k", done.json()["id"]).status == 200


def test_an_api_that_is_not_simulated_is_refused(scene: "Scene") -> None:
    body = {"api": "/v1/geometry", "inputs": [{"body": {}}]}
    assert scene.geoapify.submit("k", json.dumps(body).encode()).status == 400
