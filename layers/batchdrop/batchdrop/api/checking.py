"""Checks of what a request brings, by the schemas of the table: the few words of JSON Schema that the table uses."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from batchdrop.api.refusing import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchdrop.api.calls import Call, Parameter

_BOOLEANS = {"true": True, "false": False}
_KINDS: dict[str, type] = {"string": str, "boolean": bool, "integer": int, "object": dict}


def parameters(call: Call, query: Mapping[str, Sequence[str]], headers: Mapping[str, str]) -> dict[str, Any]:
    """Values of the query's and the headers' parameters by name, with defaults. Raises Refused with the name of a bad one."""
    for name in query:
        if name not in call.query:
            known = ", ".join(call.query) or "none"
            raise _bad(name[:100], f"is not known here; known are: {known}")
    found: dict[str, Any] = {}
    for each in call.parameters:
        if each.place == "path":
            continue
        text = _one(each, query) if each.place == "query" else headers.get(each.name.lower())
        if text is not None:
            found[each.name] = _value(each, text)
        elif each.required:
            raise _bad(each.name, "is missing")
        else:
            found[each.name] = each.schema.get("default")
    return found


def fits(parameter: Parameter, text: str) -> bool:
    """Whether a text is a value of this parameter."""
    return wrong(parameter.schema, text) is None


def json_body(schema: Mapping[str, Any], body: bytes) -> dict[str, Any]:
    """The JSON object of a body; an empty body is an empty object. Raises Refused."""
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise Refused("bad-body", "The body is not JSON.") from None
    if not isinstance(found, dict):
        raise Refused("bad-body", "The body is not a JSON object.")
    for name in found:
        if name not in schema["properties"]:
            raise _bad(
                name[:100], f"is not known here; known are: {', '.join(schema['properties'])}", "bad-body"
            )
    for name, each in schema["properties"].items():
        reason = "is missing" if name in schema.get("required", ()) and name not in found else None
        reason = reason or (wrong(each, found[name]) if name in found else None)
        if reason:
            raise _bad(name, reason, "bad-body")
    return found


def wrong(schema: Mapping[str, Any], value: Any) -> str | None:
    """What is wrong with a value, as the end of a sentence; None when it fits."""
    kind = schema["type"]
    if not isinstance(value, _KINDS[kind]) or (kind == "integer" and isinstance(value, bool)):
        return f"is not of the type {kind}"
    if "enum" in schema and value not in schema["enum"]:
        return f"is none of: {', '.join(schema['enum'])}"
    match value:
        case str():
            return _wrong_text(schema, value)
        case int() if kind == "integer":
            return _out_of_range(schema, value, "a number")
    return None


def _wrong_text(schema: Mapping[str, Any], text: str) -> str | None:
    lengths = {"minimum": schema.get("minLength", 0), "maximum": schema.get("maxLength", len(text))}
    reason = _out_of_range(lengths, len(text), "a text of a length")
    if reason or re.fullmatch(schema.get("pattern", ".*"), text, re.DOTALL):
        return reason
    return f"does not fit {schema['pattern']}"


def _out_of_range(schema: Mapping[str, Any], number: int, what: str) -> str | None:
    least, most = schema.get("minimum", number), schema.get("maximum", number)
    return None if least <= number <= most else f"is not {what} from {least} to {most}"


def _one(parameter: Parameter, query: Mapping[str, Sequence[str]]) -> str | None:
    given = query.get(parameter.name)
    if given is not None and len(given) != 1:
        raise _bad(parameter.name, "is given more than once")
    return given[0] if given else None


def _value(parameter: Parameter, text: str) -> Any:
    """The text as the type of its schema."""
    value: Any = text
    kind = parameter.schema["type"]
    if kind == "boolean":
        value = _BOOLEANS.get(text, text)
    elif kind == "integer" and re.fullmatch(r"-?[0-9]{1,15}", text, re.ASCII):
        value = int(text)
    reason = wrong(parameter.schema, value)
    if reason:
        raise _bad(parameter.name, reason)
    return value


def _bad(name: str, reason: str, kind: str = "bad-parameter") -> Refused:
    return Refused(kind, f"{name} {reason}.", parameter=name)
