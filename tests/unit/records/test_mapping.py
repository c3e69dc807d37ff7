"""Which column is what, and what is sent."""

from __future__ import annotations

import pytest

from batchdrop.errors import BadFile
from batchdrop.ports import Takes
from batchdrop.problems import Problem
from batchdrop.records.columns import KNOWN, fold, is_well_known
from batchdrop.records.duplicates import Distinct
from batchdrop.records.mapping import QueryMaker, map_columns
from batchdrop.records.outcomes import query_line


def made(takes: Takes, header: str, row: str) -> dict[str, str] | str:
    """What is sent of a row, or the code of its problem. Cells are separated by `;` here."""
    names = header.split(";")
    query = QueryMaker(names, map_columns(names, takes), takes).make(row.split(";"))
    return query.code if isinstance(query, Problem) else query


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("customer_id;address1;address2;city;state;postal_code;country",
         {"address1": "address1", "address2": "address2", "city": "city", "state": "state",
          "postcode": "postal_code", "country": "country"}),
        ("Straße;Hausnummer;PLZ;Ort;Bundesland;Land",
         {"address1": "Straße", "housenumber": "Hausnummer", "postcode": "PLZ", "city": "Ort", "state": "Bundesland", "country": "Land"}),
        ("ADRESSE LIGNE 1;Code Postal;Ville;Pays",
         {"address1": "ADRESSE LIGNE 1", "postcode": "Code Postal", "city": "Ville", "country": "Pays"}),
        ("Dirección;Código Postal;Población;País",
         {"address1": "Dirección", "postcode": "Código Postal", "city": "Población", "country": "País"}),
        ("Street Address;City/Town;ZIP Code;Country Code",
         {"address1": "Street Address", "city": "City/Town", "postcode": "ZIP Code", "country": "Country Code"}),
        ("id;q", {"text": "q"}),
        ("Full-Address", {"text": "Full-Address"}),
        ("id;name;address", {"address1": "address"}),
        ("id;name;city", {"city": "city", "name": "name"}),
        ("street;address1;city", {"address1": "address1", "street_name": "street", "city": "city"}),
        ("住所", {"address1": "住所"}),
        ("город;улица", {"city": "город", "address1": "улица"}),
    ],
)  # fmt: skip
def test_columns_of_addresses_are_known_in_several_languages(header: str, expected: dict[str, str]) -> None:
    assert dict(map_columns(header.split(";"), Takes.PLACE)) == expected


@pytest.mark.parametrize(
    ("takes", "header"),
    [
        (Takes.PLACE, "id;foo"),
        (Takes.PLACE, "lat;lon"),
        (Takes.PLACE, "id;country"),
        (Takes.PLACE, "id;zip"),
        (Takes.PLACE, "id;state"),
        (Takes.PLACE, "unit;country"),
        (Takes.PLACE, "id;name;email"),
        (Takes.PLACE, "housenumber;floor"),
        (Takes.POINT, "address;city"),
        (Takes.POINT, "lat;city"),
        (Takes.ID, "q;name"),
        (Takes.WAYPOINTS, "from_lat;from_lon;to_lat"),
        (Takes.WAYPOINTS, "from;city"),
    ],
)
def test_columns_of_another_api_are_refused_with_what_was_found_and_expected(
    takes: Takes, header: str
) -> None:
    with pytest.raises(BadFile) as refused:
        map_columns(header.split(";"), takes)
    (problem,) = refused.value.problems
    assert problem.code == "WRONG_COLUMNS"
    assert header.replace(";", ", ") in problem.message
    assert problem.remedy.startswith("Name the columns: ")


@pytest.mark.parametrize(
    ("takes", "header", "definition"),
    [
        (Takes.PLACE, "address;ADDRESS;city", '{"columns": {"address1": "address"}} or {"columns": {"address1": "ADDRESS"}}'),
        (Takes.PLACE, "City;city", '{"columns": {"city": "City"}} or {"columns": {"city": "city"}}'),
        (Takes.PLACE, "street;Postal Code;postal_code", '{"columns": {"postcode": "Postal Code"}}'),
        (Takes.POINT, "lat;lon;latitude;longitude", '{"columns": {"lat": "lat", "lon": "lon"}} or {"columns": {"lat": "latitude", "lon": "longitude"}}'),
        (Takes.POINT, "Lat;lat;lon", '{"columns": {"lat": "Lat", "lon": "lon"}} or {"columns": {"lat": "lat", "lon": "lon"}}'),
        (Takes.PLACE, "Billing Street;Shipping Street", '{"columns": {"address1": "Billing Street"}} or {"columns": {"address1": "Shipping Street"}}'),
    ],
)  # fmt: skip
def test_columns_that_can_be_read_in_two_ways_are_refused_with_both(
    takes: Takes, header: str, definition: str
) -> None:
    with pytest.raises(BadFile) as refused:
        map_columns(header.split(";"), takes)
    (problem,) = refused.value.problems
    assert problem.code == "AMBIGUOUS_COLUMNS"
    assert definition in problem.remedy


def test_a_route_says_which_of_two_columns_is_meant() -> None:
    assert dict(map_columns(["address", "ADDRESS"], Takes.PLACE, {"address1": "ADDRESS"})) == {
        "address1": "ADDRESS"
    }
    assert map_columns(["lat", "lon", "latitude"], Takes.POINT, {"lat": "latitude"})["lat"] == "latitude"


def test_projected_coordinates_give_way_to_degrees() -> None:
    assert dict(map_columns(["X", "Y", "lat", "lon"], Takes.POINT)) == {"lat": "lat", "lon": "lon"}


def test_a_long_list_of_columns_is_shortened() -> None:
    with pytest.raises(BadFile) as refused:
        map_columns(["x" * 100] * 500, Takes.PLACE)
    assert len(refused.value.problems[0].message) < 1000


def test_every_known_name_is_written_as_it_is_folded_and_stands_for_one_field() -> None:
    for fields in KNOWN.values():
        names = [name for known in fields.values() for name in known]
        assert [fold(name) for name in names] == names
        assert len(set(names)) == len(names)


def test_known_names_are_told() -> None:
    assert is_well_known(" Postal-Code ")
    assert not is_well_known("7374 West Walden Drive")


@pytest.mark.parametrize(
    ("header", "row", "text"),
    [
        ("address1;address2;city;state;zip;country", "7374 West Walden Drive;;Littleton;CO;80128;USA",
         "7374 West Walden Drive, Littleton, CO 80128, USA"),
        ("address1;address2;city;state;zip;country", " 1  Main\tSt ;Apt 5;; ;;", "1 Main St, Apt 5"),
        ("straße;nr;hausnummer;ort", "Hauptstraße;x;5a;Köln", "Hauptstraße 5a, Köln"),
        ("house no;street;city", "221B;Baker Street;London", "221B Baker Street, London"),
        ("house no;street;city", ";Baker Street;London", "Baker Street, London"),
        ("q;city", "Brandenburger Tor;Paris", "Brandenburger Tor, Paris"),
        ("q;city", "Brandenburger Tor, Berlin;Berlin", "Brandenburger Tor, Berlin"),
        ("q;city", "  ;Paris", "Paris"),
        ("country;city;zip", "France;;75001", "75001, France"),
        ("address1;city", "Main St ;Paris", "Main St, Paris"),
        ("address1;city", "Main St; Paris", "Main St, Paris"),
        ("address1;state;zip", "Main St;;80128", "Main St, 80128"),
        ("q", "a\x7fb\x85c\u2028d", "a b c d"),
        ("q", "\u200fשלום 👩‍💻 e\u0301", "\u200fשלום 👩‍💻 e\u0301"),
        ("city;name", "Paris;Louvre", "Louvre, Paris"),
    ],
)  # fmt: skip
def test_an_address_is_one_text_as_a_person_writes_it(header: str, row: str, text: str) -> None:
    assert made(Takes.PLACE, header, row) == {"text": text}


@pytest.mark.parametrize("row", [";;75001;", ";;;France", "; ;;", "4;;;"])
def test_a_postcode_a_country_or_a_unit_alone_is_not_sent(row: str) -> None:
    assert made(Takes.PLACE, "unit;street;zip;country", row) == (
        "EMPTY_QUERY" if row == "; ;;" else "INCOMPLETE_ADDRESS"
    )


@pytest.mark.parametrize("row", [";", " ;\t", "\x7f;\u3000"])
def test_an_address_of_nothing_is_not_sent(row: str) -> None:
    assert made(Takes.PLACE, "address;city", row) == "EMPTY_QUERY"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("52.5;13.4", {"lat": "52.5", "lon": "13.4"}),
        (" -33.860 ;+151.20900", {"lat": "-33.860", "lon": "+151.20900"}),
        ("0;0", {"lat": "0", "lon": "0"}),
        ("90;-180", {"lat": "90", "lon": "-180"}),
        (".5;5.", {"lat": ".5", "lon": "5."}),
        ("5.25e1;1E-3", {"lat": "52.5", "lon": "0.001"}),
        ("139;35", "LAT_RANGE"),
        ("91;0", "LAT_RANGE"),
        ("90.0000001;0", "LAT_RANGE"),
        ("0;-181", "LON_RANGE"),
        ("0;1e300", "LON_RANGE"),
        ("1e5;0", "LAT_RANGE"),
        ("52,53;13.4", "NOT_A_NUMBER"),
        ("nan;0", "NOT_A_NUMBER"),
        ("0;Infinity", "NOT_A_NUMBER"),
        ("1e999;0", "NOT_A_NUMBER"),
        ("1e1000000;0", "NOT_A_NUMBER"),
        ("1_0;0", "NOT_A_NUMBER"),
        ("٣;0", "NOT_A_NUMBER"),
        ("9" * 5000 + ";0", "NOT_A_NUMBER"),
        ("0x10;0", "NOT_A_NUMBER"),
        (";13.4", "NOT_A_NUMBER"),
        ("52.5;", "NOT_A_NUMBER"),
        (" ; ", "EMPTY_QUERY"),
    ],
)
def test_coordinates_are_checked_and_sent_as_written(row: str, expected: dict[str, str] | str) -> None:
    assert made(Takes.POINT, "Latitude;Lng", row) == expected


def test_a_bad_number_is_told_with_the_users_column_and_without_its_value() -> None:
    names = ("Latitude", "Lng")
    query = QueryMaker(names, map_columns(names, Takes.POINT), Takes.POINT).make(("52.5", "secret place"))
    assert isinstance(query, Problem)
    assert (query.code, query.column, query.message) == ("NOT_A_NUMBER", "Lng", "Lng is not a number.")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("52.5,13.4", {"lat": "52.5", "lon": "13.4"}),
        ("52.5 , 13.4", {"lat": "52.5", "lon": "13.4"}),
        ("52.5", "NOT_A_NUMBER"),
        ("52,5,13,4", "NOT_A_NUMBER"),
        ("139,35", "LAT_RANGE"),
        ("", "EMPTY_QUERY"),
    ],
)
def test_coordinates_may_stand_in_one_column(cell: str, expected: dict[str, str] | str) -> None:
    assert made(Takes.POINT, "at", cell) == expected


def test_x_and_y_are_longitude_and_latitude() -> None:
    assert made(Takes.POINT, "x;y", "13.4;52.5") == {"lat": "52.5", "lon": "13.4"}


def test_a_place_id_goes_before_the_users_own_id() -> None:
    assert made(Takes.ID, "id;here_id", "7;here:pds:place:1") == {"id": "here:pds:place:1"}
    assert made(Takes.ID, "id", "here:1") == {"id": "here:1"}
    assert made(Takes.ID, "id", " ") == "EMPTY_QUERY"


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        ("waypoints", "52.5,13.4|48.1,11.5", {"waypoints": "52.5,13.4|48.1,11.5"}),
        ("waypoints", " 1,2 | 3,4|5,6 ", {"waypoints": "1,2|3,4|5,6"}),
        ("from_lat;from_lon;to_lat;to_lon", "1;2;3;4", {"waypoints": "1,2|3,4"}),
        ("origin lat;origin lng;destination lat;destination lng", "1;2;3;4", {"waypoints": "1,2|3,4"}),
        ("start_latitude;start_longitude;end_latitude;end_longitude", "1;2;3;4", {"waypoints": "1,2|3,4"}),
        ("from;to", "1,2;3,4", {"waypoints": "1,2|3,4"}),
        ("waypoints", "1,2", "WAYPOINTS"),
        ("waypoints", "1,2|", "WAYPOINTS"),
        ("from;to", "1,2;", "WAYPOINTS"),
        ("waypoints", "1,2|x,4", "NOT_A_NUMBER"),
        ("waypoints", "1,2|95,4", "LAT_RANGE"),
        ("waypoints", "", "EMPTY_QUERY"),
        ("from_lat;from_lon;to_lat;to_lon", ";;;", "EMPTY_QUERY"),
    ],
)
def test_waypoints_are_checked_and_joined(header: str, row: str, expected: dict[str, str] | str) -> None:
    assert made(Takes.WAYPOINTS, header, row) == expected


def test_equal_queries_get_one_ordinal() -> None:
    distinct = Distinct()
    texts = ["a", "a", "b", "a", "A", "a ", "b"]
    assert [distinct.ordinal({"text": text}) for text in texts] == [
        (1, True), (1, False), (2, True), (1, False), (3, True), (4, True), (2, False)]  # fmt: skip
    assert distinct.count == 4


def test_equal_text_in_other_fields_is_another_query() -> None:
    distinct = Distinct()
    queries = [{"a": "b", "c": "d"}, {"a": "bc", "": "d"}, {"a": 'b","c":"d'}, {"ab": "", "c": "d"}]
    assert [distinct.ordinal(query)[0] for query in queries] == [1, 2, 3, 4]


def test_without_deduplication_every_query_is_new() -> None:
    distinct = Distinct(dedupe=False)
    assert [distinct.ordinal({"text": "a"}) for _ in range(3)] == [(1, True), (2, True), (3, True)]


def test_the_line_of_a_new_query_is_the_query_line() -> None:
    distinct = Distinct()
    for fields in ({"text": 'Straße "5"'}, {"lat": "1", "lon": "2"}):
        ordinal, line = distinct.line(fields)
        assert line == query_line(ordinal, fields)
        assert distinct.line(fields) == (ordinal, None)
