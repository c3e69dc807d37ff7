"""One JSON value out of a record's text, and what may be wrong with it. Python's json module lets more pass than JSON has.

`NaN`, `Infinity`, numbers that overflow and integers of thousands of digits are numbers to nobody; of two
members of one name the second would win silently; a deep nesting ends in a RecursionError. All of them are found here.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, NoReturn

from batchdrop.errors import BadFile
from batchdrop.problems import Problem, problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_DEPTH = 100
"""Levels of lists and objects in one record, or around one."""

_LONGEST_NUMBER = 100
_LONGEST_NAME = 100
# a text, also one that is never closed: a search that began again inside it would take the square of its length
_SIGN = re.compile(r'"(?:[^"\\]++|\\.)*+(?P<closed>")?|[\[\]{}]', re.DOTALL)
_HALF_ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")
_HALF = re.compile("[\ud800-\udfff]")


class Numeral(str):
    """A number as the file writes it."""

    __slots__ = ()


class _Odd(ValueError):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _NoNumber:
    """Stands for what is written like a number and is none."""


def value_of(text: str, *, line: int, exact: bool = False) -> Any:
    """The value; or a Problem (NOT_A_NUMBER, DUPLICATE_FIELD, NOT_JSON). Raises BadFile TOO_DEEP, with the line.

    exact: numbers become Numerals, which keep the digits of the file.
    """
    _check_depth(text, line)
    try:
        return _DECODERS[exact].decode(text)
    except _Odd as odd:
        return _no_number_problem(text) if odd.code == "NOT_A_NUMBER" else problem(odd.code)
    except ValueError:
        return problem("NOT_JSON", hint="")
    except RecursionError:
        raise too_deep(line) from None


def _no_number_problem(text: str) -> Problem:
    """Return the problem with the name of the first member that holds what is no number."""
    try:
        found = next(path for path, value in _walk(_LENIENT.decode(text)) if isinstance(value, _NoNumber))
    except (
        ValueError,
        StopIteration,
    ):  # of two members of one name only one is found, and something else may be wrong behind it
        found = ()
    hint = ": JSON has no NaN, no Infinity, and no number of that size"
    return problem("NOT_A_NUMBER", variant="json", name=_name(found), column=_top(found), hint=hint)


def check_surrogates(text: str, value: Any) -> Problem | None:
    """Return LONE_SURROGATE for a value with half of a surrogate pair in any text or name. text: the JSON it was read from."""
    return find_surrogate(value) if "\\" in text and _HALF_ESCAPED.search(text) else None


def find_surrogate(value: Any) -> Problem | None:
    """Return LONE_SURROGATE, with the first place, for a value with half of a surrogate pair."""
    for path, found in _walk(value):
        if isinstance(found, str) and _HALF.search(found):
            return problem("LONE_SURROGATE", name=_name(path), column=_top(path))
        if path and isinstance(path[-1], str) and _HALF.search(path[-1]):
            return problem("LONE_SURROGATE", name=f"The name of {_name(path)}", column=_top(path))
    return None


def _walk(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield every value in a value, itself first, with the names and places that lead to it."""
    yield path, value
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _walk(below, (*path, name))
    elif isinstance(value, list):
        for place, below in enumerate(value):
            yield from _walk(below, (*path, place))


def _top(path: tuple[str | int, ...]) -> str | None:
    name = next((part for part in path if isinstance(part, str)), None)
    return None if name is None else _plain(name)


def _name(path: tuple[str | int, ...]) -> str:
    """Return a path as people write it: `stops[1].lat`."""
    parts = "".join(f"[{part}]" if isinstance(part, int) else f".{_plain(part)}" for part in path)
    return parts.removeprefix(".")[:_LONGEST_NAME] if path else "The record"


def _plain(text: str) -> str:
    """Return a text that can be encoded: half surrogates are spelled out."""
    return text.encode("utf-8", "backslashreplace").decode()


def is_cut_off(text: str) -> bool:
    """Return True for JSON that ends within a text, a list or an object: what is there may be right."""
    depth = 0
    for found in _SIGN.finditer(text):
        if found[0].startswith('"') and not found["closed"]:
            return True
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
    return depth > 0


def broken_json(line: int, *, cut: bool = False) -> BadFile:
    """Return the refusal of a file that is no JSON from this line on. cut: it ends before its list does."""
    hint = ": the file ends before its list does" if cut else ""
    return BadFile([problem("BROKEN_JSON", line=line, hint=hint, variant="cut" if cut else "")])


def is_json(text: str) -> bool:
    """Whether any reader of JSON can read this."""
    try:
        return not isinstance(value_of(text, line=1), Problem)
    except BadFile:
        return False


def too_deep(line: int) -> BadFile:
    """The refusal of a value nested deeper than MAX_DEPTH."""
    return BadFile([problem("TOO_DEEP", line=line, limit=MAX_DEPTH)])


def _check_depth(text: str, line: int) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for found in _SIGN.finditer(text):
        sign = found[0]
        if sign in ("[", "{"):
            depth += 1
            if depth > MAX_DEPTH:
                raise too_deep(line)
        elif sign in ("]", "}"):
            depth -= 1


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Odd("DUPLICATE_FIELD")
    return found


def _no_number(_: str) -> NoReturn:
    raise _Odd("NOT_A_NUMBER")


def _checked(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        if len(text) > _LONGEST_NUMBER or not math.isfinite(float(text)):
            _no_number(text)
        return kind(text)

    return read


_DECODERS = {
    exact: json.JSONDecoder(
        object_pairs_hook=_members,
        parse_constant=_no_number,
        parse_int=_checked(Numeral if exact else int),
        parse_float=_checked(Numeral if exact else float),
    )
    for exact in (False, True)
}


def _lenient(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            return kind(text)
        except _Odd:
            return _NoNumber()

    return read


_LENIENT = json.JSONDecoder(
    parse_constant=lambda _: _NoNumber(),
    parse_int=_lenient(_checked(int)),
    parse_float=_lenient(_checked(float)),
)
