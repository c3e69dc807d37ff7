"""A route from its definition `routes/<name>.json`: checked against the published schema, in sentences that say what to correct.

The schema (`schemas/route.json`, draft 07) says which options there are; a test compares it with Route's fields, another this
check with an independent validator.
"""

from __future__ import annotations

import difflib
import json
import math
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import fastjsonschema

from batchdrop.routes import BUILT_IN, Route

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

LONGEST = 64 * 1024
"""Bytes of a definition; the whole route is kept in the job's row."""

_MOST_NUMBER = 1e15  # params may hold any number; the row keeps 38 digits
_SHOWN = 60
_PRIVATE = frozenset({"secret", "params"})  # what somebody may have put a key into is not repeated
_KINDS = {
    "boolean": "true or false",
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "object": "an object",
    "array": "a list",
    "null": "null",
}
_NOT_OPTIONS = frozenset({"$schema", "extends"})


@lru_cache(maxsize=1)
def schema() -> Mapping[str, Any]:
    """The JSON Schema of a definition."""
    found: dict[str, Any] = json.loads((files("batchdrop") / "schemas" / "route.json").read_bytes())
    return found


def read(name: str, body: bytes) -> Route:
    """A route from the bytes of its definition. Raises ValueError with a sentence that says what to correct."""
    if len(body) > LONGEST:
        raise ValueError(f"the document is longer than {LONGEST} bytes")
    try:
        entry = json.loads(body.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise ValueError("the document is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"the document is not JSON: {error.msg}, line {error.lineno}") from None
    except ValueError as error:
        digits = "digits" in str(error)  # Python's own limit for whole numbers
        raise (ValueError("the document has a number with too many digits") if digits else error) from None
    except RecursionError:
        raise ValueError("the document is nested too deeply") from None
    return parse(name, entry)


def parse(name: str, entry: Any) -> Route:
    """A route from a definition that was read. Raises ValueError with a sentence that says what to correct."""
    if not isinstance(entry, dict):
        raise ValueError(f"the document is {_kind(entry)}, not a JSON object")
    for path, number in _numbers(entry, ()):
        if not math.isfinite(number) or abs(number) > _MOST_NUMBER:
            raise ValueError(f"`{'.'.join(path)}` holds a number that is too large, or none")
    try:
        _validator()(entry)
    except fastjsonschema.JsonSchemaValueException as wrong:
        raise ValueError(_sentence(wrong)) from None
    base = BUILT_IN.get(entry.get("extends", ""))
    before = base.to_dict() if base else {}
    chosen = {option: value for option, value in entry.items() if option not in _NOT_OPTIONS}
    params = {**before.get("params", {}), **entry.get("params", {})}
    made = {**before, **chosen, "name": name, "params": params}
    if not isinstance(made.get("budget", {}), dict):
        made["budget"] = {"job": made["budget"]}
    return Route.from_dict(made)


@lru_cache(maxsize=1)
def _validator() -> Callable[[Any], Any]:
    made: Callable[[Any], Any] = fastjsonschema.compile(dict(schema()), use_default=False)
    return made


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"`{twice[:_SHOWN]}` stands twice in the same object")
    return found


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number in JSON")


def _numbers(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float]]:
    """Every number, with the names that lead to it."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value
    inner: Iterable[tuple[str, Any]] = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = ((str(number), each) for number, each in enumerate(value, 1))
    for name, each in inner:
        yield from _numbers(each, (*path, name))


def _sentence(wrong: fastjsonschema.JsonSchemaValueException) -> str:
    """Which option is wrong, what was found, what is expected."""
    path = [str(step) for step in wrong.path[1:]]
    option, rule = ".".join(path), wrong.rule
    if rule == "additionalProperties" and isinstance(wrong.value, dict):
        return _unknown(option, wrong.value, wrong.definition["properties"])
    if not option:
        missing = "api" if "service" in wrong.value else "service"
        lead = f"`{missing}` is missing" if {"service", "api"} & set(wrong.value) else "no service is named"
        return f"{lead}: give `service` and `api`, or `extends` with one of {', '.join(BUILT_IN)}"
    wanted = expected(wrong.definition)
    if rule in ("maxProperties", "maxItems", "uniqueItems"):
        wanted = f"{'no name twice' if rule == 'uniqueItems' else f'at most {wrong.rule_definition} entries'}"
    hint = _closest(wrong.value, wrong.rule_definition) if rule == "enum" else ""
    return f"`{option}` is {_found(path[0], wrong.value)}; expected {wanted}{hint}"


def _unknown(option: str, value: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    name = min(set(value) - set(known))
    names = sorted(one for one in known if one != "$schema")
    full = f"{option}.{name}" if option else name
    return f"there is no option `{full[:_SHOWN]}`{_closest(name, names)}; known are {', '.join(names)}"


def _closest(word: Any, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(str(word), known, 1)
    return f" (did you mean {close[0]}?)" if close else ""


def expected(definition: Mapping[str, Any]) -> str:
    """What the schema asks of a value, in words."""
    if "enum" in definition:
        return f"one of {', '.join(definition['enum'])}"
    kinds = definition["type"] if isinstance(definition["type"], list) else [definition["type"]]
    return " or ".join(_kind_expected(kind, definition) for kind in kinds)


def _kind_expected(kind: str, definition: Mapping[str, Any]) -> str:
    words = _KINDS[kind]
    if kind in ("number", "integer"):
        words += f" from {definition['minimum']:,} to {definition['maximum']:,}"
        if "anyOf" in definition:
            words += ", below 1 or whole"
    if kind == "object" and "properties" in definition:
        words += f" with {', '.join(definition['properties'])}"
    if kind == "string" and "pattern" in definition:
        example = definition.get("examples")
        words += f" like {json.dumps(example[0])}" if example else f" of the form {definition['pattern']}"
    if kind == "string" and "maxLength" in definition:
        words += f" of {definition.get('minLength', 0)} to {definition['maxLength']} characters"
    return words


def _found(option: str, value: Any) -> str:
    if option in _PRIVATE and isinstance(value, str):
        return f"a text of {len(value)} characters"
    if option in _PRIVATE or isinstance(value, dict | list):
        return _kind(value)
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "…"


def _kind(value: Any) -> str:
    kinds = {
        bool: "true or false",
        str: "a text",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "an object",
    }
    return kinds.get(type(value), "null")
