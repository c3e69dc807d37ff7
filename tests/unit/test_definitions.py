"""Definitions of routes: checked against the published schema, with sentences that say what to correct."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchdrop.definitions import LONGEST, parse, read, schema
from batchdrop.routes import BUILT_IN, Route

OPTIONS = schema()["properties"]
HERE = {"extends": "here-geocode"}


def test_the_schema_and_the_route_name_the_same_options() -> None:
    assert set(OPTIONS) - {"$schema", "extends"} == {field.name for field in fields(Route)} - {"name"}
    assert OPTIONS["extends"]["enum"] == list(BUILT_IN)


def test_the_schema_says_the_defaults_that_a_route_has() -> None:
    route = Route("r", "s", "a").to_dict()
    for field in fields(Route):
        if field.default is not MISSING or field.default_factory is not MISSING:
            assert OPTIONS[field.name]["default"] == route[field.name], field.name


def test_the_schema_is_one_and_its_examples_and_defaults_hold() -> None:
    jsonschema.Draft7Validator.check_schema(schema())
    for name, about in OPTIONS.items():
        assert about["description"].endswith(".")
        for value in [*about.get("examples", []), *([about["default"]] if "default" in about else [])]:
            entry = (
                {"extends": value}
                if name == "extends"
                else {"service": "geoapify", "api": "places", name: value}
            )
            jsonschema.validate(entry, schema())
            parse("r", entry)


def test_a_route_may_extend_a_built_in_one() -> None:
    route = parse("mine", {"extends": "geoapify-geocode", "params": {"lang": "de"}, "dedupe": False})
    assert (route.name, route.service, route.api, route.dedupe) == ("mine", "geoapify", "geocode", False)
    assert route.params == {"format": "json", "limit": 1, "lang": "de"}


def test_a_route_may_stand_alone() -> None:
    route = parse("mine", {"service": "here_batch_v7", "api": "lookup", "batch_records": 10})
    assert (route.service, route.api, route.batch_records) == ("here_batch_v7", "lookup", 10)


def test_every_option_arrives_in_the_route() -> None:
    for name, about in OPTIONS.items():
        if name not in ("$schema", "extends", "budget", "params"):
            made = parse("r", {"service": "geoapify", "api": "places", name: about["examples"][0]})
            assert made.to_dict()[name] == about["examples"][0]


def test_a_bare_budget_is_one_for_each_job() -> None:
    assert parse("r", {**HERE, "budget": 500}).budget == {"job": 500}
    assert parse("r", {**HERE, "budget": {"day": 9}}).budget == {"day": 9}


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ([], "the document is a list, not a JSON object"),
        ({}, "no service is named: give `service` and `api`, or `extends` with one of geoapify-geocode"),
        ({"service": "geoapify"}, "`api` is missing: give `service` and `api`"),
        ({"extends": "here-geocod"}, '`extends` is "here-geocod"; expected one of geoapify-geocode, .*did you mean here-geocode'),
        ({"extends": ["here-geocode"]}, "`extends` is a list; expected one of"),
        ({**HERE, "dedup": True}, "there is no option `dedup` .did you mean dedupe..; known are api, batch_records"),
        ({**HERE, "dedupe": "no"}, '`dedupe` is "no"; expected true or false'),
        ({**HERE, "params": []}, "`params` is a list; expected an object"),
        ({**HERE, "batch_records": -5}, "`batch_records` is -5; expected a whole number from 0 to 10,000,000"),
        ({**HERE, "batch_records": True}, "`batch_records` is true; expected a whole number"),
        ({**HERE, "pace": {"min_wait": "soon"}}, '`pace.min_wait` is "soon"; expected a number from 1 to 86,400'),
        ({**HERE, "pace": {"min_wait": 0}}, "`pace.min_wait` is 0; expected a number from 1 to 86,400"),
        ({**HERE, "pace": {"often": 5}}, "there is no option `pace.often`; known are first_look, min_wait"),
        ({**HERE, "pace": {"first_look": float("nan")}}, "`pace.first_look` holds a number that is too large, or none"),
        ({**HERE, "params": {"x": [1e99]}}, "`params.x.1` holds a number"),
        ({**HERE, "max_invalid": -0.1}, "`max_invalid` is -0.1; expected a number from 0 to 1,000,000,000, below 1 or whole"),
        ({**HERE, "max_invalid": 1.5}, "`max_invalid` is 1.5; expected a number from 0 to 1,000,000,000, below 1 or whole"),
        ({**HERE, "budget": {"week": 1}}, "there is no option `budget.week`; known are day, job, month"),
        ({**HERE, "budget": "5"}, '`budget` is "5"; expected a number from 0 to 1,000,000,000,000 or an object with job, day, month'),
        ({**HERE, "repeats": "never"}, '`repeats` is "never"; expected one of hold, warn, pay, allow'),
        ({**HERE, "min_confidence": 60}, "`min_confidence` is 60; expected a number from 0 to 1 or null"),
        ({**HERE, "output_columns": ["lat"]}, '`output_columns.0` is "lat"; expected a text of the form .bd_'),
        ({**HERE, "output_columns": ["bd_lat", "bd_lat"]}, "`output_columns` is a list; expected no name twice"),
        ({**HERE, "language": "Deutsch, bitte"}, '`language` is "Deutsch, bitte"; expected a text like "de"'),
        ({**HERE, "columns": {"a.b": 5}}, "`columns.a.b` is 5; expected a text of 0 to 1000 characters"),
        ({**HERE, "delimiter": "||"}, '`delimiter` is "||"; expected a text like ";"'),
    ],
)  # fmt: skip
def test_a_wrong_route_says_which_option_what_was_found_and_what_is_expected(entry: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("|", r"\|")):
        parse("mine", entry)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "is not JSON"),
        (b"\xff{}", "is not UTF-8 text"),
        (b'{"extends": "here-geocode", "pace": {"min_wait": NaN}}', "NaN is no number in JSON"),
        (b'{"extends": "here-geocode", "dedupe": true, "dedupe": false}', "`dedupe` stands twice"),
        (b'{"params": ' + b"[" * 20_000 + b"]" * 20_000 + b"}", "nested too deeply"),
        (b'{"extends": "here-geocode", "params": {"x": ' + b"9" * 5000 + b"}}", "too many digits"),
        (b" " * (LONGEST + 1), "longer than 65536 bytes"),
    ],
)
def test_bytes_that_are_no_definition_say_why(body: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read("mine", body)


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read("r", b'\xef\xbb\xbf{"extends": "here-geocode"}').api == "geocode"


def test_what_may_be_a_key_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="`secret` is a text of 20 characters") as wrong:
        parse("r", {**HERE, "secret": "not a name but a key"})
    assert "but a key" not in str(wrong.value)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.sampled_from(["", "de", ";", "hold", "bd_x", "x y"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["job", "day", "first_look", "x"]), inner, max_size=2),
    max_leaves=3,
)  # fmt: skip
GOOD = {name: st.sampled_from(about["examples"]) for name, about in OPTIONS.items() if "examples" in about}


@given(
    st.fixed_dictionaries({}, optional={**GOOD, "odd": VALUES}),
    st.dictionaries(st.sampled_from(list(OPTIONS)), VALUES, max_size=2),
)
def test_our_check_and_an_independent_validator_agree(good: dict[str, Any], other: dict[str, Any]) -> None:
    entry = json.loads(json.dumps({**good, **other}))
    valid = jsonschema.Draft7Validator(schema()).is_valid(entry)
    if valid:
        parse("r", entry)
    else:
        with pytest.raises(ValueError, match=r"."):
            parse("r", entry)
