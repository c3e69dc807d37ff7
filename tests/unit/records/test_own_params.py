"""Columns that are parameters of the record's own."""

from __future__ import annotations

import json

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from batchdrop.errors import BadFile
from batchdrop.ports import Takes
from batchdrop.problems import Problem
from batchdrop.records.mapping import QueryMaker, map_columns
from batchdrop.records.own_params import given


def made(names: list[str], cells: list[str], takes: Takes) -> dict[str, str] | Problem:
    """What is sent of one record."""
    return QueryMaker(names, map_columns(names, takes), takes).make(cells)


@pytest.mark.parametrize(
    ("takes", "names", "cells", "fields"),
    [
        (Takes.PLACE, ["address"], ["Main St 1"], {"text": "Main St 1"}),
        (Takes.POINT, ["lat", "lon"], ["1.5", "2"], {"lat": "1.5", "lon": "2"}),
        (Takes.ID, ["id"], ["x"], {"id": "x"}),
        (Takes.WAYPOINTS, ["waypoints"], ["1,2|3,4"], {"waypoints": "1,2|3,4"}),
    ],
)
def test_every_kind_of_record_may_bring_parameters(
    takes: Takes, names: list[str], cells: list[str], fields: dict[str, str]
) -> None:
    found = made([*names, "param:lang", " Param: maxSpeed "], [*cells, " de ", "overspeed"], takes)
    assert found == {**fields, "param:lang": "de", "param:maxSpeed": "overspeed"}


def test_an_empty_cell_is_no_parameter() -> None:
    assert made(["address", "param:lang"], ["x", " "], Takes.PLACE) == {"text": "x"}


@pytest.mark.parametrize(
    "name", ["lang", "type", "param", "param:", "param:a b", "param:1", "params:x", "xparam:lang"]
)
def test_no_other_column_is_a_parameter(name: str) -> None:
    assert made(["address", name], ["x", "y"], Takes.PLACE) == {"text": "x"}


def test_a_record_that_is_wrong_stays_wrong() -> None:
    found = made(["lat", "lon", "param:lang"], ["100", "0", "de"], Takes.POINT)
    assert isinstance(found, Problem)
    assert found.code == "LAT_RANGE"


def test_of_two_columns_for_one_parameter_the_first_counts() -> None:
    assert made(["address", "param:lang", "PARAM:lang"], ["x", "de", "fr"], Takes.PLACE) == {
        "text": "x",
        "param:lang": "de",
    }


@pytest.mark.parametrize(
    ("names", "cells", "fields"),
    [
        (["postcode", "countrycode"], ["89073", ""], {"input": "{}", "param:postcode": "89073"}),
        (["customer", "param:ip"], ["7", "1.2.3.4"], {"input": "{}", "param:ip": "1.2.3.4"}),
        (["Body"], ['{ "a" : [1, "ü"] }'], {"input": '{"body":{"a":[1,"ü"]}}'}),
        (["body", "param:mode"], ['{"a":1}', "walk"], {"input": '{"body":{"a":1}}', "param:mode": "walk"}),
        (["a column", "ip"], ["x", "1.2.3.4"], {"input": "{}", "param:ip": "1.2.3.4"}),
    ],
)
def test_a_record_may_be_an_input_of_the_service(
    names: list[str], cells: list[str], fields: dict[str, str]
) -> None:
    assert made(names, cells, Takes.INPUT) == fields


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ([" ", ""], "EMPTY_QUERY"),
        (["[1]", ""], "WRONG_TYPE"),
        (["{", "x"], "WRONG_TYPE"),
        (["[" * 9999, ""], "WRONG_TYPE"),
    ],
)
def test_an_input_that_is_none_is_said_so(cells: list[str], code: str) -> None:
    found = made(["body", "param:mode"], cells, Takes.INPUT)
    assert isinstance(found, Problem)
    assert found.code == code


def test_a_file_without_any_name_for_a_parameter_has_the_wrong_columns() -> None:
    with pytest.raises(BadFile) as caught:
        map_columns(["1", "two words"], Takes.INPUT)
    assert caught.value.problems[0].code == "WRONG_COLUMNS"


def test_an_api_is_asked_about_the_routes_parameters_and_the_names_of_the_records_own() -> None:
    columns = map_columns(["address", "param:lang", "param:limit"], Takes.PLACE)
    assert given({"limit": 1}, columns) == {"lang": "", "limit": 1}


@for_all(st.text(max_size=30))
def test_whatever_stands_in_a_body_is_sent_as_compact_json_or_is_a_problem(text: str) -> None:
    found = made(["body"], [text], Takes.INPUT)
    if not isinstance(found, Problem):
        assert json.loads(found["input"]) == {"body": json.loads(text)}


@for_all(st.dictionaries(st.text(max_size=5), st.text(max_size=5) | st.integers(), max_size=3))
def test_every_object_in_a_body_is_sent_as_it_is(body: dict[str, str | int]) -> None:
    found = made(["body"], [json.dumps(body, indent=1)], Takes.INPUT)
    assert isinstance(found, dict)
    assert json.loads(found["input"]) == {"body": body}
