"""JSON Schemas of what the Jobs API takes and gives. Plain data, for the OpenAPI document and the checks of bodies."""

from __future__ import annotations

from dataclasses import fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from batchdrop.api.calls import JOB_ID
from batchdrop.api.refusing import KINDS
from batchdrop.jobs import Records, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEXT: dict[str, Any] = {"type": "string"}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_TIME: dict[str, Any] = {"type": "string", "format": "date-time"}
_ID: dict[str, Any] = {"type": "string", "pattern": JOB_ID}
_STATUS: dict[str, Any] = {"type": "string", "enum": [*Status]}
_ANY: dict[str, Any] = {"type": "object"}


def _object(
    properties: Mapping[str, Any], *required: str, about: str = "", closed: bool = False
) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": dict(properties), "required": list(required)}
    if about:
        schema["description"] = about
    if closed:
        schema["additionalProperties"] = False
    return {name: value for name, value in schema.items() if value != []}


def _to(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(of: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": dict(of)}


def _href(what: str) -> dict[str, Any]:
    return {
        "type": "string",
        "description": f"Where the {what} stand in the results bucket; '' when there are none.",
    }


_COUNTERS = [each.name for each in fields(Records)]
_INPUT = {"bucket": _TEXT, "key": _TEXT, "versionId": _TEXT, "size": _COUNT}

SCHEMAS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "Job": _object(
            {
                "id": _ID,
                "href": {**_TEXT, "description": "job.json in the results bucket; it says the same."},
                "route": _TEXT,
                "service": {**_TEXT, "description": "'' when the route is not known."},
                "api": _TEXT,
                "billingTags": _list(_TEXT),
                "status": _STATUS,
                "created": _TIME,
                "started": _TIME,
                "ended": _TIME,
                "updated": _TIME,
                "run": _COUNT,
                "records": _to("Records"),
                "resultsHref": _href("results"),
                "errorsHref": _href("errors"),
                "geojsonHref": _TEXT,
                "reportHref": _href("report"),
                "outputType": {"type": "string", "enum": ["csv", "jsonl"]},
                "input": _object(_INPUT, *_INPUT),
                "dialect": _ANY,
                "columns": _ANY,
                "notSent": {
                    **_list(_TEXT),
                    "description": "Columns of the file of which nothing is sent; the first 100.",
                },
                "batches": _object(dict.fromkeys(("total", "settled", "parked"), _COUNT)),
                "price": _object(
                    {
                        "unit": _TEXT,
                        "dated": _TEXT,
                        **{
                            name: {"type": "number"}
                            for name in ("estimated", "estimatedLow", "least", "spent", "saved", "again")
                        },
                        "unknown": {
                            "type": "boolean",
                            "description": "True: what a record costs is not known; then there is no `estimated`.",
                        },
                    }
                ),
                "problems": _list(_to("FileProblem")),
                "notes": _list(_to("Note")),
                "sameBytesAs": _TEXT,
                "attention": {"anyOf": [{"type": "null"}, _to("Attention")]},
                "simulated": {"type": "boolean"},
                "legacy": {"type": "boolean"},
            },
            *("id", "href", "route", "service", "api", "status", "created", "updated", "run", "resultsHref"),
            *("errorsHref", "outputType", "input", "batches", "price", "problems", "attention", "simulated"),
            about="A job, as in job.json; shaped like HERE v7's. Times that are not yet known are absent.",
        ),
        "Records": _object(
            dict.fromkeys(_COUNTERS, _COUNT),
            about="HERE's seven counters, then ours. Until a job is planned all are 0.",
        ),
        "FileProblem": _object(
            {
                "code": _TEXT,
                "message": _TEXT,
                "remedy": _TEXT,
                "line": _COUNT,
                "column": _TEXT,
                "recId": _COUNT,
            },
            *("code", "message"),
            about="Something wrong with the file or a record; the codes are those of docs/codes.md.",
        ),
        "Note": _object(
            {
                "code": _TEXT,
                "message": _TEXT,
                "remedy": _TEXT,
                "count": _COUNT,
                "line": _COUNT,
                "column": _TEXT,
            },
            *("code", "message"),
            about="A remark about the file or its answers that does not stop the job; the codes are those of docs/codes.md.",
        ),
        "Attention": _object(
            {
                "code": _TEXT,
                "message": _TEXT,
                "remedy": _TEXT,
                "actions": _list(_TEXT),
                "batches": _list(_ANY),
                "codes": _list(_TEXT),
                "definition": {
                    **_TEXT,
                    "description": "What a route's definition may say about it, as JSON to paste.",
                },
            },
            *("code", "message"),
            about="The job waits for a person: why, and what can be done.",
        ),
        "Jobs": _object(
            {
                "limit": _COUNT,
                "count": _COUNT,
                "items": _list(_to("Job")),
                "next": {
                    **_TEXT,
                    "description": "Give it as `next` for the next page; absent on the last one.",
                },
            },
            *("limit", "count", "items"),
        ),
        "Dropped": _object(
            {
                "id": _ID,
                "href": {**_TEXT, "description": "Where to ask for the job; a path of this API."},
                "route": _TEXT,
                "status": _STATUS,
                "input": _object({"bucket": _TEXT, "key": _TEXT}, "bucket", "key"),
                "upload": _object(
                    {
                        "method": {"type": "string", "const": "PUT"},
                        "href": _TEXT,
                        "headers": {"type": "object", "additionalProperties": _TEXT},
                        "seconds": {**_COUNT, "description": "How long the link lives."},
                    },
                    *("method", "href", "headers", "seconds"),
                    about="Send the file here, with these headers and without credentials. Once: S3 answers 412 to a second one.",
                ),
            },
            *("id", "href", "route", "status", "input"),
            about="A job whose file is dropped, or is to be sent to `upload`. In the second case it can be asked for once the file is there.",
        ),
        "Link": _object(
            {"href": _TEXT, "seconds": _COUNT}, "href", "seconds", about="The same as the header Location."
        ),
        "Adopt": _object(
            {"ticket": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[A-Za-z0-9._:-]+$"}},
            "ticket",
            about="`ticket`: the service's own job id.",
            closed=True,
        ),
        "Resubmit": _object(
            {"acceptPayingAgain": {"type": "boolean", "description": "true: pay again if need be."}},
            closed=True,
        ),
        "GatewayMessage": _object({"message": _TEXT}, about="What API Gateway says itself."),
        "Problem": _object(
            {
                "type": {"type": "string", "enum": [f"urn:batchdrop:problem:{kind}" for kind in KINDS]},
                "title": _TEXT,
                "status": {"type": "integer", "enum": sorted({status for status, _ in KINDS.values()})},
                "detail": _TEXT,
                "instance": _TEXT,
                "correlationId": _TEXT,
                "code": {**_TEXT, "description": "Of docs/codes.md, where there is one."},
                "remedy": _TEXT,
                "parameter": {**_TEXT, "description": "The parameter that is not valid."},
                "price": _object({"amount": {"type": "number"}, "unit": _TEXT}, "amount", "unit"),
            },
            *("type", "title", "status", "detail", "instance", "correlationId"),
            about="RFC 9457.",
        ),
    }
)
"""Name → schema."""
