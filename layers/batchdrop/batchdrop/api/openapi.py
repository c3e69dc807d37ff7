"""The OpenAPI 3.1 document of the Jobs API, made from the table of calls. docs/openapi.json is this, a test compares it."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from batchdrop.api.calls import CALLS, COMMON, PATHS
from batchdrop.api.schemas import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchdrop.api.calls import Call, Parameter

VERSION = "1"
_EVERYWHERE = (400, 500)  # every call can be given a parameter it does not know
_GATEWAY = (
    403,
    429,
)  # a signature that is missing or not allowed, and too many calls: API Gateway itself says so
_CORRELATION = {"X-Correlation-ID": {"schema": {"type": "string"}, "description": "X-Request-ID, or ours."}}
_SERVER = {
    "url": "https://{api}.execute-api.{region}.amazonaws.com/v1",
    "description": "The output ApiUrl of the stack.",
    "variables": {"api": {"default": "a1b2c3d4e5"}, "region": {"default": "us-east-1"}},
}
_SIGNED = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "description": "AWS Signature Version 4 for the service execute-api; the caller's policy allows execute-api:Invoke.",
    "x-amazon-apigateway-authtype": "awsSigv4",
}


def document() -> dict[str, Any]:
    """The document, as plain data."""
    paths = {
        path: {method.lower(): _operation(call) for method, call in methods.items()}
        for path, methods in PATHS.items()
    }
    made: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "batchdrop Jobs API",
            "version": VERSION,
            "description": "Drop files, follow their jobs, fetch what came back. Shaped after HERE Batch API v7's jobs.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [_SERVER],
        "security": [{"sigv4": []}],
        "tags": [{"name": "jobs"}],
        "paths": paths,
        "components": {"securitySchemes": {"sigv4": _SIGNED}, "schemas": dict(SCHEMAS)},
    }
    plain: dict[str, Any] = json.loads(json.dumps(made, default=dict))
    return plain


def text() -> str:
    """The document as it stands in docs/openapi.json."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def rule(path: str) -> str:
    """A path of the table as Powertools writes it: `/jobs/<job>`."""
    return re.sub(r"\{(\w+)\}", r"<\1>", path)


def _operation(call: Call) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": call.name,
        "summary": call.about.partition(": ")[0].partition(". ")[0].rstrip(".") + ".",
        "description": call.about,
        "tags": ["jobs"],
        "parameters": [_parameter(each) for each in (*call.parameters, *COMMON)],
        "responses": {str(status): _answer(status, name) for status, name in call.answers.items()},
    }
    for status in sorted({*call.refusals, *_EVERYWHERE}):
        made["responses"][str(status)] = _refusal(status)
    for status in _GATEWAY:
        made["responses"][str(status)] = _answer(status, "GatewayMessage", ours=False)
    if call.takes:
        content: dict[str, Any] = {
            "application/json": {"schema": {"$ref": f"#/components/schemas/{call.takes}"}}
        }
        made["requestBody"] = {"required": call.takes == "Adopt", "content": content}
    if call.file:
        described = "The file as it is, gzipped or not."
        content = {"application/octet-stream": {"schema": {"type": "string", "minLength": 1}}}
        made["requestBody"] = {"required": False, "description": described, "content": content}
    return made


def _parameter(each: Parameter) -> dict[str, Any]:
    return {
        "name": each.name,
        "in": each.place,
        "required": each.required,
        "description": each.about,
        "schema": dict(each.schema),
    }


def _answer(status: int, name: str, *, ours: bool = True) -> dict[str, Any]:
    headers: dict[str, Any] = dict(_CORRELATION) if ours else {}
    made: dict[str, Any] = {"description": HTTPStatus(status).phrase, "headers": headers}
    if status in (201, 303):
        headers["Location"] = {"schema": {"type": "string"}}
    if name == "Dropped":
        made["links"] = {
            call.name: _link(call)
            for call in CALLS
            if [each.name for each in call.in_place("path")] == ["job"]
        }
    if name:
        schema: Mapping[str, Any] = (
            {"type": "object"} if name == "*" else {"$ref": f"#/components/schemas/{name}"}
        )
        made["content"] = {"application/json": {"schema": schema}}
    return made


def _link(call: Call) -> dict[str, Any]:
    """How a caller comes from a dropped file to its job."""
    return {"operationId": call.name, "parameters": {"job": "$response.body#/id"}}


def _refusal(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": HTTPStatus(status).phrase,
        "headers": dict(_CORRELATION),
        "content": {"application/problem+json": {"schema": schema}},
    }
