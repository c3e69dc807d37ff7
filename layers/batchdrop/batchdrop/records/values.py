"""One JSON value out of a record's text, and what may be wrong with it. Python's json module lets more pass than JSON has.

`NaN`, `Infinity`, numbers that overflow and integers of thousands of digits are numbers to nobody [catalogue F31, F32]; of two
members of one name the second would win silently; a deep nesting ends in a RecursionError [F30]. All of them are found here.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, NoReturn

from batchdrop.errors import BadFile
from batchdrop.problems import Problem, problem

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH = 100
"""Levels of lists and objects in one record, or around one."""

_LONGEST_NUMBER = 100
_SIGN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)


class Numeral(str):
    """A number as the file writes it."""

    __slots__ = ()


class _Odd(ValueError):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def value_of(text: str, *, line: int, exact: bool = False) -> Any:
    """The value; or a Problem (NOT_A_NUMBER, DUPLICATE_FIELD, NOT_JSON). Raises BadFile TOO_DEEP, with the line.

    exact: numbers become Numerals, which keep the digits of the file.
    """
    _check_depth(text, line)
    try:
        return _DECODERS[exact].decode(text)
    except _Odd as odd:
        return problem(odd.code, name="A value", hint="")
    except ValueError:
        return problem("NOT_JSON")
    except RecursionError:
        raise too_deep(line) from None


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
    for sign in _SIGN.findall(text):
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
