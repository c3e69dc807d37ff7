"""Remedies that fit what is really there: headers that are none, encodings that are mixed, numbers that are no degrees."""

from __future__ import annotations

from typing import Any

import pytest

from tests.steps.anything import Anything
from tests.steps.world import World


def first_problem(body: bytes, api: str = "place", name: str = "a.csv", **options: Any) -> dict[str, Any]:
    """The first problem of a file, in job.json."""
    world = World(Anything)
    world.route("any", service="memory", api=api, **options)
    job = world.drop(body, route="any", name=name)
    world.drive(job)
    problem: dict[str, Any] = world.document(job)["problems"][0]
    return problem


@pytest.mark.parametrize(
    ("api", "body", "columns"),
    [
        ("place", b"12 Main St,Springfield,62701\n13 Main St,Springfield,62702\n", "address1, city, state, postal_code, country"),
        ("point", b"48.8606,2.3376\n41.9065,12.4536\n", "lat,lon"),
        ("point", b"48.8606;2.3376\n", "lat,lon"),
        ("id", b"here:af:streetsection:abc:CgcIBCCE59\nhere:af:streetsection:def:CgcIBCCE60\n", "id"),
        ("id", b"123456\n123457\n", "id"),
        ("id", b"ChIJd8BlQ2BZwokRAFUEcm_qrcA\nChIJd8BlQ2BZwokRAFUEcm_qrcB\n", "id"),
        ("waypoints", b"48.8606,2.3376,41.9,12.4\n48.8606,2.3376,41.9,12.4\n", "from_lat,from_lon,to_lat,to_lon"),
        ("device", b"123456,tracker 1\n123457,tracker 2\n", "name,externalId"),
    ],
)  # fmt: skip
def test_the_header_that_is_proposed_is_one_of_the_route(api: str, body: bytes, columns: str) -> None:
    problem = first_problem(body, api)
    assert (problem["code"], problem["line"]) == ("NO_HEADER", 1)
    assert problem["message"] == "The first line looks like data, not like a header."
    assert problem["remedy"] == f"Add a header line, such as: {columns}."


def test_a_route_that_names_its_columns_proposes_these() -> None:
    problem = first_problem(b"48.8,2.3\n41.9,12.4\n", "point", columns={"lat": "Breite", "lon": "Laenge"})
    assert problem["remedy"] == "Add a header line, such as: Breite, Laenge."


TABLE = "id,address,city\n1,Main St 1,Berlin\n2,Side St 2,Paris\n"


@pytest.mark.parametrize(
    ("above", "what", "header"),
    [
        ("# exported 2024-01-01\n", "a comment", 2),
        ("# exported 2024-01-01\n# by the CRM\n\n", "a comment", 4),
        ("// exported by the CRM\n", "a comment", 2),
        ("; exported, by, the, CRM\n", "a comment", 2),
        ("-- select * from address, city\n", "a comment", 2),
        ("Customers of the third quarter\n", "a title", 2),
        ("Customers of the third quarter;2024-01-01\n\n", "a title", 3),
        ("Customers,,\n,,\n", "a title", 3),
        ('"Customers, all of them"\n', "a title", 2),
        ("Report: customers\nDate: 2024-01-01\n", "a title", 3),
        ("0,1,2\n", "data", 2),
        ("\ufeff# exported\n", "a comment", 2),
        ("sep=,\n# exported\n", "a comment", 3),
    ],
)
def test_lines_above_the_header_are_told_apart_from_it(above: str, what: str, header: int) -> None:
    problem = first_problem((above + TABLE).encode())
    assert problem["code"] == "NO_HEADER"
    assert problem["message"] == f"The first line looks like {what}, not like a header."
    assert problem["remedy"] == f"Line {header} looks like the header: remove the lines above it."


def test_comments_above_data_without_a_header_ask_for_both() -> None:
    problem = first_problem(b"# exported\n48.8,2.3\n41.9,12.4\n", "point")
    assert problem["remedy"] == "Remove the lines above the data, and add a header line, such as: lat,lon."


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("colour,size\nred,5\nblue,6\n", "WRONG_COLUMNS"),
        ("colour^size\nred^5\n", "DELIMITER"),
        ("id,address,city\n1,NA,NA\nid,address,city\n2,,\n", "NO_VALID_ROWS"),
        ("id,id,address\n1,2,x\n", "DUPLICATE_COLUMN"),
    ],
)
def test_a_header_that_is_one_keeps_its_own_problem(body: str, code: str) -> None:
    assert first_problem(body.encode())["code"] == code


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030", "cp1252"])
def test_lines_above_the_header_are_found_in_any_encoding(encoding: str) -> None:
    route = {} if encoding == "utf-16" else {"encoding": encoding}
    assert first_problem(("# x\n" + TABLE).encode(encoding), **route)["remedy"].startswith("Line 2 looks")


UTF8, CP1252 = "7,Köln,x\n".encode(), "8,Köln,x\n".encode("cp1252")
FILLER = b"1,Berlin,x\n" * 10_000


@pytest.mark.parametrize(
    ("body", "utf8", "other"),
    [
        (b"id,address,n\n" + UTF8 + CP1252, 2, 3),
        (b"id,address,n\n" + CP1252 + b"1,a,b\n" + UTF8, 4, 2),
        (b"id,address,n\n" + UTF8 + FILLER + CP1252, 2, 10_003),
        (b"id,address,n\n" + CP1252 + FILLER + UTF8, 10_003, 2),
    ],
    ids=range(4),
)
def test_a_file_in_two_encodings_names_a_line_of_each(body: bytes, utf8: int, other: int) -> None:
    problem = first_problem(body)
    assert (problem["code"], problem["line"]) == ("ENCODING", other)
    assert f"line {utf8} is UTF-8, line {other} looks like " in problem["remedy"]
    assert "Bring all lines into one encoding" in problem["remedy"]


def test_a_file_in_one_other_encoding_is_told_that_one() -> None:
    problem = first_problem(b"id,address,n\n" + CP1252 * 5)
    assert "`encoding` cp1252" in problem["remedy"]


@pytest.mark.parametrize(
    ("body", "name"), [(b"id,address\n1,K\xc3", "a.csv"), (b'["Paris","K\xc3', "a.json")]
)
def test_a_file_that_ends_within_a_letter_is_no_other_encoding(body: bytes, name: str) -> None:
    problem = first_problem(body, name=name)
    assert problem["code"] in ("ENCODING", "BROKEN_JSON")
    assert "upload may be incomplete" in problem["remedy"]


@pytest.mark.parametrize(
    ("lat", "lon", "code", "hint", "remedy"),
    [
        ("389523", "5819233", "LAT_RANGE", "metres of a map projection", "Convert the coordinates"),
        ("5819233.12", "389523.5", "LAT_RANGE", "metres of a map projection", "Convert the coordinates"),
        ("-8238310", "4970071", "LAT_RANGE", "metres of a map projection", "Convert the coordinates"),
        ("52.52", "13404954", "LON_RANGE", "without their decimal point", "Write the decimal point"),
        ("139.7", "35.6", "LAT_RANGE", "seem to be swapped", "Exchange latitude and longitude"),
        ("52.5", "200.5", "LON_RANGE", "from 0 to 360", "Subtract 360"),
        ("95", "95", "LAT_RANGE", "", "Check the value."),
        ("95", "190", "LAT_RANGE", "", "Check the value."),
        ("", "13", "NOT_A_NUMBER", "it is empty", ""),
        ("", "", "EMPTY_QUERY", "", "Fill the coordinate columns: y, x."),
    ],
)
def test_a_point_out_of_range_is_told_what_it_may_be(
    lat: str, lon: str, code: str, hint: str, remedy: str
) -> None:
    problem = first_problem(f"key,y,x\n1,{lat},{lon}\n2,52.5,13.4\n".encode() + b"3,1,2\n" * 20, "point")
    assert problem["code"] == code
    assert hint in problem["message"]
    assert remedy in problem["remedy"]
    assert "swapped" not in problem["remedy"]


@pytest.mark.parametrize(
    ("api", "body", "remedy"),
    [
        ("place", b"id,street,town\n1,,\n2,a,b\n", "Fill the address columns: street, town."),
        ("id", b"key,id\n1,\n2,x\n", "Fill the id columns: id."),
        ("waypoints", b'key,wp1,wp2\n1,,\n2,"1,2","3,4"\n', "Fill the waypoint columns: wp1, wp2."),
    ],
)
def test_an_empty_record_names_the_columns_to_fill(api: str, body: bytes, remedy: str) -> None:
    assert first_problem(body, api, max_invalid=5)["remedy"] == remedy


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'id, address\n1, "Main St 1"\n2,Side St\n', "BAD_QUOTE"),
        (b'id;address\n1;\t"Main St; 1"\n2;Side St\n', "BAD_QUOTE"),
        (b'id,address\n "1",x\n2,y\n', "BAD_QUOTE"),
        (b'"id", "address"\n1,x\n', "BAD_HEADER"),
    ],
)
def test_a_space_before_a_quote_is_told(body: bytes, code: str) -> None:
    problem = first_problem(body, max_invalid=5)
    assert problem["code"] == code
    assert "a space stands before it" in problem["message"]
    assert problem["remedy"].startswith("Remove the space before the quote")


@pytest.mark.parametrize(
    "again",
    [
        "id,address,city", "ID,Address,City", "id, address, city", '"id","address","city"', "\ufeffid,address,city", '\ufeff"id","address","city"',
        "id;address;city", "id\taddress\tcity", "  id,address,city  ", 'id,"address",city',
    ],
)  # fmt: skip
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_header_line_among_the_records_is_invalid_and_noted(again: str, end: str) -> None:
    rows = ["id,address,city", "1,Main St,Berlin", again, "2,Side St,Paris", again]
    world = World()
    world.route("t", service="memory", api="geocode", max_invalid=5)
    job = world.drop(end.join([*rows, ""]).encode(), route="t")
    world.drive(job)
    entry = world.document(job)
    assert [(problem["code"], problem["line"]) for problem in entry["problems"]] == [
        ("REPEATED_HEADER", 3),
        ("REPEATED_HEADER", 5),
    ]
    assert [(note["code"], note["count"], note["line"]) for note in entry["notes"]] == [
        ("JOINED_FILES", 2, 3)
    ]
    assert sorted(world.shop.billed) == ["Main St, Berlin", "Side St, Paris"]
    errors = world.output(job, "errors.csv").decode().splitlines()
    assert [f",{number},invalid,REPEATED_HEADER," in line for number, line in zip((2, 4), errors[1:], strict=True)] == [True, True]  # fmt: skip
    world.shop.billed.clear()
    world.drive(world.drop(world.output(job, "errors.csv"), route="t", name="errors.csv"))
    assert not world.shop.billed


def test_errors_files_that_were_joined_have_their_header_once() -> None:
    world = World()
    world.route("t", service="memory", api="geocode", max_invalid=5)
    world.shop.answer = lambda _: None
    job = world.drop(b"id,address\n1,a\n2,b\n", route="t")
    world.drive(job)
    errors = world.output(job, "errors.csv")
    again = world.drop(errors + errors, route="t", name="errors.csv")
    world.drive(again)
    assert [problem["code"] for problem in world.document(again)["problems"]] == ["REPEATED_HEADER"]


@pytest.mark.parametrize("row", ["idx,address,city", "id,address", "1,id,address", "id,address,city,x"])
def test_a_record_that_only_resembles_the_header_is_none(row: str) -> None:
    world = World()
    world.route("t", service="memory", api="geocode", max_invalid=5)
    job = world.drop(f"id,address,city\n{row}\n2,Side St,Paris\n".encode(), route="t")
    world.drive(job)
    assert "REPEATED_HEADER" not in {problem["code"] for problem in world.document(job)["problems"]}


@pytest.mark.parametrize(
    ("tail", "noted"), [("2,Side", True), ("2,Side\n", False), ("2,Side St,Paris", False)]
)
def test_a_last_line_with_too_few_cells_and_no_line_end_may_be_cut_off(tail: str, noted: bool) -> None:
    world = World()
    world.route("t", service="memory", api="geocode", max_invalid=5)
    job = world.drop(f"id,address,city\n1,Main St,Berlin\n{tail}".encode(), route="t")
    world.drive(job)
    entry = world.document(job)
    assert [note["code"] for note in entry.get("notes", [])] == (["TRUNCATED"] if noted else [])
    if noted:
        assert "upload may be incomplete" in entry["problems"][0]["remedy"]


def test_rows_of_nul_bytes_and_archives_are_called_what_they_are() -> None:
    good = b"id,address\n1,Main St\n"
    assert first_problem(good + b"\0" * 5000)["code"] == "NUL_BYTES"
    assert first_problem(good * 5000 + b"\0" * 50)["code"] == "NUL_BYTES"
    assert first_problem(good * 5000 + b"2,x" + b"\0" * 2_000_000)["code"] in ("NUL_BYTES", "LINE_TOO_LONG")
    assert first_problem(good * 5000 + b"\0" * 2_000_000)["code"] == "NUL_BYTES"
    assert first_problem("id,address\n1,Main St\n".encode("utf-16-le"))["code"] == "ENCODING"
