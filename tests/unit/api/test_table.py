"""The table of calls, the checks made from it, and the OpenAPI document: one piece."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from batchdrop.api import CALLS, PATHS
from batchdrop.api.calls import JOB_ID, Call, Parameter
from batchdrop.api.checking import json_body, parameters, wrong
from batchdrop.api.openapi import document
from batchdrop.api.refusing import KINDS, Refused
from batchdrop.api.schemas import SCHEMAS
from batchdrop.jobs import Input, Records, job_id
from batchdrop.jobs import document as job_document

DOCUMENT = document()
LIST = PATHS["/jobs"]["GET"]


def test_every_call_is_in_the_document_with_everything_it_answers() -> None:
    found = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert found == {(call.method, call.path) for call in CALLS}
    for call in CALLS:
        operation = DOCUMENT["paths"][call.path][call.method.lower()]
        assert operation["operationId"] == call.name
        assert set(operation["responses"]) == {*map(str, (*call.answers, *call.refusals, 400, 403, 429, 500))}
        shown = {(each["in"], each["name"]) for each in operation["parameters"]}
        assert shown >= {(each.place, each.name) for each in call.parameters}


def test_names_of_calls_are_unique() -> None:
    assert len({call.name for call in CALLS}) == len(CALLS)


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_schemas_and_lead_nowhere_else(name: str) -> None:
    schema = DOCUMENT["components"]["schemas"][name]
    Draft202012Validator.check_schema(schema)
    refs = [value for value in _walk(schema) if isinstance(value, str) and value.startswith("#/")]
    assert all(ref.removeprefix("#/components/schemas/") in SCHEMAS for ref in refs)


def test_every_status_that_a_refusal_can_have_is_one_that_a_call_may_answer() -> None:
    said = {status for call in CALLS for status in call.refusals} | {400, 405, 500}
    assert {status for status, _ in KINDS.values()} == said


def _walk(value: Any) -> list[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [value, *(found for each in inner for found in _walk(each))]


@pytest.mark.parametrize(
    "key", ["incoming/r/x.csv", "incoming/r/日本.csv", f"incoming/r/{'x' * 200}.csv", "incoming/r/-_-"]
)
def test_every_job_id_is_one_that_can_be_asked_for(key: str) -> None:
    assert wrong({"type": "string", "pattern": JOB_ID}, job_id("b", key, "v")) is None


@pytest.mark.parametrize(
    "extra", [{}, {"records": None, "route": None}, {"attention": {"code": "GAPS", "message": "…"}}]
)
def test_job_json_is_what_the_document_says(extra: dict[str, Any]) -> None:
    row = {
        "id": "sales-0123456789abcdef", "run": 0, "status": "queued", "route_name": "r",
        "created": "2026-11-21T10:00:00.000000Z", "updated": "2026-11-21T10:02:00.000000Z",
        "input": Input("inbox", "incoming/r/sales.csv", "v1", 99).to_dict(),
        "records": Records(total=4).to_dict(), "objects": ["results.csv", "results.geojson"],
        **extra,
    }  # fmt: skip
    shown = job_document(row, "results")
    schema = {**DOCUMENT["components"]["schemas"]["Job"], "components": DOCUMENT["components"]}
    Draft202012Validator(schema).validate(shown)
    assert set(shown) <= set(schema["properties"]), "a new member of job.json belongs into the schema too"


def test_parameters_come_as_their_types_with_their_defaults() -> None:
    given = parameters(LIST, {"limit": ["7"], "status": ["stopped"]}, {})
    assert given == {"limit": 7, "status": "stopped", "route": None, "key": None, "next": None}
    drop = PATHS["/jobs"]["POST"]
    given = parameters(drop, {"route": ["r"], "startJob": ["false"]}, {"idempotency-key": "a"})
    assert (given["startJob"], given["upload"], given["name"]) == (False, False, "input.csv")
    assert given["Idempotency-Key"] == "a"


@pytest.mark.parametrize(
    ("query", "headers", "name"),
    [
        ({}, {}, "route"),
        ({"route": ["a", "b"]}, {}, "route"),
        ({"route": ["r"], "startJob": ["yes"]}, {}, "startJob"),
        ({"route": ["r"], "size": ["1e3"]}, {}, "size"),
        ({"route": ["r"], "size": ["٣"]}, {}, "size"),
        ({"route": ["r"], "size": [""]}, {}, "size"),
        ({"route": ["r\n"]}, {}, "route"),
        ({"route": ["r"], "Route": ["r"]}, {}, "Route"),
        ({"route": ["r"]}, {"idempotency-key": "a b"}, "Idempotency-Key"),
        ({"route": ["r"]}, {"idempotency-key": ""}, "Idempotency-Key"),
    ],
)
def test_what_is_wrong_is_named(query: dict[str, list[str]], headers: dict[str, str], name: str) -> None:
    with pytest.raises(Refused) as no:
        parameters(PATHS["/jobs"]["POST"], query, headers)
    assert (no.value.kind, no.value.about["parameter"]) == ("bad-parameter", name)


@pytest.mark.parametrize(
    "body", [b"\xff", b"[" * 100_000, b"null", b'{"a": 1}', b'{"ticket": true}', b'{"ticket": ""}']
)
def test_a_body_that_does_not_fit_is_refused(body: bytes) -> None:
    with pytest.raises(Refused) as no:
        json_body(SCHEMAS["Adopt"], body)
    assert no.value.kind == "bad-body"


@pytest.mark.parametrize("schema", [each.schema for call in CALLS for each in call.parameters], ids=str)
def test_the_checks_know_every_word_that_the_table_uses(schema: dict[str, Any]) -> None:
    """A word of JSON Schema that is written into the table and not checked would promise what is not kept."""
    assert set(schema) <= {
        "type",
        "enum",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "pattern",
        "default",
    }
    assert schema["type"] in ("string", "integer", "boolean")


VALUES = [
    "",
    "a",
    "parked",
    "0",
    "7",
    "x" * 300,
    "a/b",
    "a\n",
    "sales-0123456789abcdef",
    0,
    1,
    100,
    10**13,
    -1,
    True,
    None,
]


@pytest.mark.parametrize(
    "parameter", {id(each): each for call in CALLS for each in call.parameters}.values(), ids=str
)
def test_the_checks_say_what_a_validator_says(parameter: Parameter) -> None:
    """One difference is wanted: `$` of a pattern is the very end here, as in ECMA-262, and not before a line's end."""
    validator = Draft202012Validator(parameter.schema)
    for value in VALUES:
        if isinstance(value, str) and value.endswith("\n"):
            continue
        assert (wrong(parameter.schema, value) is None) == validator.is_valid(value), (parameter.name, value)


def test_a_call_knows_its_query_by_name() -> None:
    assert isinstance(LIST, Call)
    assert set(LIST.query) == {"status", "route", "key", "limit", "next"}
