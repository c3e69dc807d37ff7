"""check: what a file comes to, before a cent is spent."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.routes import BUILT_IN
from batchdrop_cli.demo import FILE
from batchdrop_cli.routes import route_of
from batchdrop_cli.stacks import Stack
from tests.cli.conftest import INBOX, RESULTS
from tests.ports.faults import refuse

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cloud, Run

MESSY = (
    "\ufeffKunde;Straße;PLZ;Ort\r\n1;Hauptstr. 5;86150;Augsburg\r\n2;;;\r\n4;Hauptstr. 5;86150;Augsburg\r\n"
    '5;Main "St" 3;10115;Berlin\r\n8;Ring 4;10115;Berlin\r\n9;Ring 5;10115;Berlin\r\n'
)


def said(batchdrop: Run, file: Path, *more: str) -> dict[str, Any]:
    found: dict[str, Any] = batchdrop("check", str(file), "--json", *more).documents[0]
    return found


def test_the_shipped_file_needs_no_stack_and_would_go(batchdrop: Run) -> None:
    answer = batchdrop("check", str(FILE), "--route", "geoapify-geocode")
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert lines[0] == "us_addresses.csv by geoapify-geocode (geoapify geocode)"
    assert "  records    2,520: 2,520 valid, 0 invalid" in lines
    assert "  batches    3" in lines
    assert "  price      1,263 to 2,526 credits estimated (prices: 2026)" in lines
    assert "  not sent   customer_id" in lines
    assert "postcode  postal_code" in lines
    assert lines[-1] == "It would go."


def test_a_request_file_for_an_api_of_unknown_price_would_be_held_and_says_so(
    batchdrop: Run, tmp_path: Path
) -> None:
    file = tmp_path / "visitors.json"
    file.write_text(
        '{"api": "/v1/ipinfo", "inputs": [{"params": {"ip": "8.8.4.4"}}, {"params": {"ip": "8.8.8.8"}}]}'
    )
    answer = batchdrop("check", str(file), "--route", "geoapify-geocode")
    assert answer.code == 4
    assert "price unknown: 2 credits for submits and looks, and the records on top" in answer.out
    assert "PRICE_UNKNOWN: What a record costs at this API is not known here." in answer.out
    planner = tmp_path / "planner.json"
    planner.write_text(
        '{"api": "/v1/routeplanner", "inputs": [{"body": {"jobs": [{"location": [1, 2]}, {"location": [3, 4]}]}}]}'
    )
    answer = batchdrop("check", str(planner), "--route", "geoapify-geocode")
    assert answer.code == 0
    assert "  price      3 to 6 credits estimated (prices: 2026)" in answer.out.splitlines()


def test_a_messy_file_shows_what_was_assumed_its_problems_and_why_it_would_be_held(
    batchdrop: Run, tmp_path: Path
) -> None:
    file, route = tmp_path / "kunden.csv.gz", tmp_path / "route.json"
    file.write_bytes(gzip.compress(MESSY.encode()))
    route.write_text('{"extends": "geoapify-geocode", "language": "de", "budget": 4}')
    answer = batchdrop("check", str(file), "--route", "kunden", "--define", str(route))
    assert answer.code == 4
    assert "CSV, UTF-8, parted by semicolon, byte order mark, gzip" in answer.out
    assert "6: 4 valid, 2 invalid, 1 equal to another" in answer.out
    assert "5 credits estimated (prices: 2026); 1 saved by equal records" in answer.out
    assert "address1  Straße" in answer.out
    assert "first      text = Hauptstr. 5, Augsburg, 86150" in answer.out
    assert "1  EMPTY_QUERY  line 3" in answer.out
    assert (
        "OVER_BUDGET: The estimated price is over the budget. It is 5 credits; a job may cost 4."
        in answer.out
    )
    assert "MANY_INVALID: Too many records are invalid. 2 of 6" in answer.out
    assert answer.out.splitlines()[-1] == "It would be held until somebody starts or deletes it."


def test_programs_get_the_same_in_the_words_of_job_json(batchdrop: Run, tmp_path: Path) -> None:
    file = tmp_path / "kunden.csv"
    file.write_text(MESSY, encoding="utf-8")
    found = said(batchdrop, file, "--route", "here-geocode")
    assert found["verdict"] == "held"
    assert found["records"] == {"total": 6, "valid": 4, "invalid": 2, "distinct": 3}
    assert found["price"] == {"unit": "transactions", "dated": "2026", "estimated": 3, "saved": 1, "spent": 0}
    assert found["invalidByCode"] == {"EMPTY_QUERY": 1, "BAD_QUOTE": 1}
    assert found["columns"] == {"address1": "Straße", "postcode": "PLZ", "city": "Ort"}
    assert found["notSent"] == ["Kunde"]
    assert [concern["code"] for concern in found["concerns"]] == ["MANY_INVALID"]


@pytest.mark.parametrize(
    ("body", "name", "code"),
    [(b"", "x.csv", "EMPTY_FILE"), (b"a,b\n1,2\n", "x.csv", "WRONG_COLUMNS"), (b"a\n1\n", "x.xyz", "UNKNOWN_FORMAT")],
)  # fmt: skip
def test_a_file_that_would_be_refused_says_why(
    batchdrop: Run, tmp_path: Path, body: bytes, name: str, code: str
) -> None:
    file = tmp_path / name
    file.write_bytes(body)
    answer = batchdrop("check", str(file), "--route", "geoapify-geocode")
    assert answer.code == 2
    assert f"  {code}" in answer.out
    assert said(batchdrop, file, "--route", "geoapify-geocode")["verdict"] == "refused"


@pytest.mark.parametrize(
    ("definition", "says"),
    [
        ({"extends": "geoapify-geocode", "dedup": False}, "did you mean dedupe?"),
        ({"service": "nobody", "api": "geocode"}, "there is no service 'nobody'; known are geoapify"),
    ],
)
def test_a_wrong_route_is_wrong_usage(
    batchdrop: Run, tmp_path: Path, definition: dict[str, Any], says: str
) -> None:
    route = tmp_path / "route.json"
    route.write_text(json.dumps(definition))
    answer = batchdrop("check", str(FILE), "--route", "mine", "--define", str(route))
    assert answer.code == 2
    assert says in answer.err
    found = batchdrop("check", str(FILE), "--route", "mine", "--define", str(route), "--json").documents
    assert [each["verdict"] for each in found] == ["refused"]
    [problem] = found[0]["problems"]
    assert problem["code"] == "ROUTE_INVALID"
    assert says in problem["message"]


def test_options_that_the_api_does_not_have_refuse_the_file(batchdrop: Run, tmp_path: Path) -> None:
    route = tmp_path / "route.json"
    route.write_text('{"extends": "geoapify-isoline", "min_confidence": 0.5}')
    points = tmp_path / "points.csv"
    points.write_text("lat,lon\n52.5,13.4\n")
    answer = batchdrop("check", str(points), "--route", "mine", "--define", str(route))
    assert answer.code == 2
    assert "ROUTE_INVALID" in answer.out


def test_a_stack_knows_its_own_routes_and_they_come_first(batchdrop: Run, cloud: Cloud) -> None:
    cloud.s3.put_object(
        Bucket="inbox", Key="routes/here-geocode.json", Body=b'{"extends": "here-geocode", "hold": true}'
    )
    answer = batchdrop("check", str(FILE), "--route", "here-geocode", "--stack", "team")
    assert answer.code == 4
    assert answer.out.splitlines()[-1] == "It would be held, as the route says, until somebody starts it."
    assert batchdrop("check", str(FILE), "--route", "here-geocode").code == 0


def test_an_unknown_route_names_the_known_ones(batchdrop: Run) -> None:
    answer = batchdrop("check", str(FILE), "--route", "nothing")
    assert answer.code == 2
    assert "Use one of geoapify-geocode" in answer.err
    assert "--stack" in answer.err
    found = said(batchdrop, FILE, "--route", "nothing")
    assert (found["verdict"], found["problems"][0]["code"]) == ("refused", "NO_ROUTE")


def test_notes_are_told_and_a_file_with_nothing_else_goes(batchdrop: Run, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("id,address,city\n1,Main St 1,NULL\n,,\n2,Side St 2,Berlin\n")
    answer = batchdrop("check", str(file), "--route", "geoapify-geocode")
    assert answer.code == 0
    assert "note PLACEHOLDERS: Records with a word for a missing value (NULL): 1." in answer.out
    assert "First in line 2." in answer.out
    assert "note BLANK_ROWS" in answer.out
    notes = said(batchdrop, file, "--route", "geoapify-geocode")["notes"]
    assert [(note["code"], note["count"], note["line"]) for note in notes] == [
        ("PLACEHOLDERS", 1, 2),
        ("BLANK_ROWS", 1, 3),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b'{"\\ud800":"x"}\n',
        b'{"city":"\\ud800"}\n',
        b'[{"\\udfffcity":1}]',
        b'{"rows":["\\ud800"]}',
        b'{"api":"\\ud800","inputs":[{"id":"\\ud800","params":{"text":"x"}}]}',
        b'{"api":"/v1/geocode/search","params":{"text":"\\ud800"},"inputs":[{"params":{"text":"x"}}]}',
    ],
)
@pytest.mark.parametrize("name", ["a.json", "a.ndjson", "a.geojson"])
@pytest.mark.parametrize(
    "route", ["geoapify-geocode", "geoapify-reverse", "here-lookup", "here-tracking-devices"]
)
def test_half_a_surrogate_pair_never_ends_in_a_traceback(
    batchdrop: Run, tmp_path: Path, body: bytes, name: str, route: str
) -> None:
    file = tmp_path / name
    file.write_bytes(body)
    answer = batchdrop("check", str(file), "--route", route)
    assert answer.code in (2, 4)
    (answer.out + answer.err).encode()
    assert said(batchdrop, file, "--route", route)["verdict"] in ("refused", "held")


def test_a_route_with_half_a_surrogate_pair_is_wrong_usage_and_no_traceback(
    batchdrop: Run, tmp_path: Path
) -> None:
    route = tmp_path / "route.json"
    route.write_text('{"extends": "geoapify-geocode", "columns": {"text": "\\ud800"}}')
    answer = batchdrop("check", str(FILE), "--route", "mine", "--define", str(route))
    assert answer.code == 2
    assert "ud800" in answer.out + answer.err
    assert said(batchdrop, FILE, "--route", "mine", "--define", str(route))["verdict"] == "refused"


def test_who_may_drop_and_not_list_is_told_of_the_built_in_route(cloud: Cloud) -> None:
    """S3 answers 403 for a definition that is not there to those who may not list the bucket."""
    refuse(cloud.s3, "GetObject", "AccessDenied")
    stack = Stack(name="team", inbox=INBOX, results=RESULTS, s3=cloud.s3)
    assert route_of("geoapify-geocode", None, stack) == BUILT_IN["geoapify-geocode"]
