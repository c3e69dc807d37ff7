"""A route's own mapping of columns, addresses in parts, and the columns of routes: what is sent of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.steps.anything import Anything
from tests.steps.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping


def driven(body: str, api: str, name: str = "a.csv", **options: Any) -> tuple[World, str]:
    world = World(Anything)
    world.route("any", service="memory", api=api, **options)
    job = world.drop(body.encode(), route="any", name=name)
    assert world.drive(job) == "Done"
    return world, job


def sent(body: str, api: str, name: str = "a.csv", **options: Any) -> list[str]:
    world, _ = driven(body, api, name, **options)
    return list(world.shop.billed)


def refusal(body: str, api: str, name: str = "a.csv", **options: Any) -> dict[str, Any]:
    world, job = driven(body, api, name, **options)
    assert not world.shop.calls
    problem: dict[str, Any] = world.document(job)["problems"][0]
    return problem


ADDRESS = "Firma;Name of Road;Nr.;Where;PLZ;Land;language\nACME;Hauptstraße;5;Köln;50667;DE;de\n"


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"address1": "Name of Road"}, "text=Hauptstraße 5, 50667, DE"),
        ({"address1": "Name of Road", "housenumber": ""}, "text=Hauptstraße, 50667, DE"),
        ({"address1": "name-of-road", "housenumber": "nr"}, "text=Hauptstraße 5, 50667, DE"),
        (
            {"address1": "Name of Road", "city": "Where", "postcode": "", "country": ""},
            "text=Hauptstraße 5, Köln",
        ),
        ({"text": "Where", "param:lang": "language"}, "text=Köln;param:lang=de"),
        ({"name": "Firma"}, "text=ACME, Hauptstraße 5, 50667, DE"),
    ],
)
def test_a_routes_mapping_wins_over_well_known_names(columns: Mapping[str, str], expected: str) -> None:
    assert sent(ADDRESS, "place", columns=columns) == [expected]


def test_a_column_that_the_file_lacks_is_named() -> None:
    problem = refusal(ADDRESS, "place", columns={"text": "Full address"})
    assert (problem["code"], problem["column"]) == ("WRONG_COLUMNS", "Full address")
    assert "Name of Road" in problem["message"]


@pytest.mark.parametrize("field", ["street", "lat", "waypoint1", "tag:x", "params:lang", ""])
def test_a_field_that_no_such_record_has_is_refused_with_the_list(field: str) -> None:
    problem = refusal(ADDRESS, "place", columns={field: "PLZ"})
    assert problem["code"] == "ROUTE_INVALID"
    assert "the fields are text, name, housenumber, " in problem["message"]
    assert problem["message"].endswith("country, country_code and param:<name>.")


def test_job_json_shows_which_column_became_what() -> None:
    world, job = driven(ADDRESS, "place", columns={"address1": "name of road", "param:lang": "language"})
    document = world.document(job)
    assert document["columns"] == {
        "housenumber": "Nr.", "address1": "Name of Road", "postcode": "PLZ", "country": "Land", "param:lang": "language",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("name,street,house number,zip,city,state,country\nCafé,Main  St,5,80128,Littleton,CO,USA\n",
         "name=Café;housenumber=5;street=Main St;postcode=80128;city=Littleton;state=CO;country=USA"),
        ("num,predir,street,st_type,city\n5,N,Main,St,Littleton\n", "housenumber=5;street=N Main St;city=Littleton"),
        ("q,city\n5 Main St Littleton,\n", "text=5 Main St Littleton"),
    ],
)  # fmt: skip
def test_an_address_may_be_sent_in_parts(body: str, expected: str) -> None:
    columns = {"name": "name"} if body.startswith("name") else {}
    assert sent(body, "place", structured=True, columns=columns) == [expected]


def test_parts_of_an_address_are_for_services_that_take_them() -> None:
    problem = refusal("id\nx\n", "id", structured=True)
    assert problem["code"] == "ROUTE_INVALID"
    assert "no structured addresses" in problem["message"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('wp1,wp2,wp3\n"1,2","3,4","5,6"\n', "1,2|3,4|5,6"),
        ("wp10;wp9;wp2\n5,6;3,4;1,2\n", "1,2|3,4|5,6"),
        ("waypoint_1_lat,waypoint_1_lon,waypoint_2_lat,waypoint_2_lng\n1,2,3,4\n", "1,2|3,4"),
        ("lat1,lng1,lat2,lng2,lat3,lng3\n1,2,3,4,,\n", "1,2|3,4"),
        ("Stop 1 Latitude;Stop 1 Longitude;Stop 2 Latitude;Stop 2 Longitude\n1;2;3;4\n", "1,2|3,4"),
        ("from;via1;via2;to\n1,2;;5,6;7,8\n", "1,2|5,6|7,8"),
        ("from_lat,from_lon,to_lat,to_lon\n1,2,3,4\n", "1,2|3,4"),
        ("waypoints\n1 2;3 4\n", "1,2|3,4"),
    ],
)
def test_the_columns_of_a_route_are_its_points_in_order(body: str, expected: str) -> None:
    assert sent(body, "waypoints") == [f"waypoints={expected}"]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ('{"waypoints":["1,2",{"lat":3,"lng":4}]}', "waypoints=1,2|3,4"),
        ('{"waypoints":"1,2|3,4"}', "waypoints=1,2|3,4"),
        ('{"from":{"lat":1.0,"lon":2},"to":{"latitude":"3","longitude":"4"}}', "waypoints=1.0,2|3,4"),
        ('{"wp1":"1,2","wp2":"3,4"}', "waypoints=1,2|3,4"),
    ],
)
def test_members_of_an_object_are_the_points_of_a_route(record: str, expected: str) -> None:
    assert sent(record + "\n", "waypoints", "a.ndjson") == [expected]


def test_arrays_of_numbers_do_not_say_which_is_the_latitude() -> None:
    assert refusal('{"waypoints":[[1,2],[3,4]]}\n', "waypoints", "a.ndjson")["code"] == "NO_VALID_ROWS"


@pytest.mark.parametrize(
    ("body", "name", "expected"),
    [
        ('id,at\n1,"52.5,13.4"\n', "a.csv", "lat=52.5;lon=13.4"),
        ("id;gps\n1;(52.5, 13.4)\n", "a.csv", "lat=52.5;lon=13.4"),
        ("id,point\n1,POINT (13.4 52.5)\n", "a.csv", "lat=52.5;lon=13.4"),
        ("id,location\n1,52.5 13.4\n", "a.csv", "lat=52.5;lon=13.4"),
        ('{"lat":52.50,"lng":13}\n', "a.ndjson", "lat=52.50;lon=13"),
        ('{"location":{"lat":52.5,"lng":13.4}}\n', "a.ndjson", "lat=52.5;lon=13.4"),
        ('["52.5,13.4"]', "a.json", "lat=52.5;lon=13.4"),
        ('{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":[13.4,52.5]}}]}',
         "a.geojson", "lat=52.5;lon=13.4"),
    ],
)  # fmt: skip
def test_a_point_stands_in_two_columns_or_in_one(body: str, name: str, expected: str) -> None:
    assert sent(body, "point", name) == [expected]


@pytest.mark.parametrize(
    ("lat", "lon", "code", "message"),
    [
        ("52,53", "13.4", "NOT_A_NUMBER", "lat is not a number: it has a decimal comma."),
        (
            "139",
            "35",
            "LAT_RANGE",
            "The latitude is not between -90 and 90: latitude and longitude seem to be swapped.",
        ),
        ("139", "95", "LAT_RANGE", "The latitude is not between -90 and 90."),
        ("52°31′12″N", "13", "NOT_A_NUMBER", "lat is not a number: it is not in plain decimal degrees."),
        ("N 52 31 12", "13", "NOT_A_NUMBER", "lat is not a number: it is not in plain decimal degrees."),
        ("52.5", "13.4E", "NOT_A_NUMBER", "lon is not a number: it is not in plain decimal degrees."),
        ("−52.5", "13.4", "NOT_A_NUMBER", "lat is not a number: its minus is not the plain sign -."),
        ("five", "13.4", "NOT_A_NUMBER", "lat is not a number."),
    ],
)
def test_a_number_that_is_none_says_why(lat: str, lon: str, code: str, message: str) -> None:
    world, job = driven(f"lat;lon\n{lat};{lon}\n1;2\n", "point")
    problem = world.document(job)["problems"][0]
    assert (problem["code"], problem["message"]) == (code, message)


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        (
            "Name;Billing Street;Billing City;Billing Zip",
            "Ann;Main St;Denver;80014",
            "text=Main St, Denver, 80014",
        ),
        ("addr:housenumber,addr:street,addr:city", "5,Main St,Denver", "text=5 Main St, Denver"),
        ("Address 1 - Street,Address 1 - City", "Main St,Denver", "text=Main St, Denver"),
        (
            "ship-address-1\tship-city\tship-postal-code",
            "Main St\tDenver\t80014",
            "text=Main St, Denver, 80014",
        ),
    ],
)
def test_columns_of_one_address_may_all_begin_with_one_word(header: str, row: str, expected: str) -> None:
    assert sent(f"{header}\n{row}\n", "place") == [expected]


def test_of_two_addresses_in_a_record_the_route_says_which() -> None:
    body = "Billing Street,Billing City,Shipping Street,Shipping City\na,b,c,d\n"
    problem = refusal(body, "place")
    assert problem["code"] == "AMBIGUOUS_COLUMNS"
    assert "billing, shipping" in problem["message"]
    assert (
        '{"columns": {"address1": "Shipping Street", "city": "Shipping City"}} in routes/any.json'
        in problem["remedy"]
    )
    assert sent(body, "place", columns={"address1": "Shipping Street", "city": "Shipping City"}) == [
        "text=c, d"
    ]


def test_objects_are_mapped_each_by_its_own_members() -> None:
    body = (
        '{"Full":"a","x":[1]}\n{"city":"Denver","zip":80014}\n{"foo":1}\n{"street":"Main St","city":null}\n'
    )
    assert sent(body, "place", "a.ndjson", columns={"text": "full"}) == [
        "text=a",
        "text=Denver, 80014",
        "text=Main St",
    ]


def test_numbers_of_objects_keep_their_digits() -> None:
    assert sent('[{"id":12345678901234567890123}]', "id", "a.json") == ["id=12345678901234567890123"]
