"""Rows to DynamoDB's typed attributes and back: pure, one walk, no import of boto3.

boto3's own serializer refuses floats and gives Decimals, so it would need a second walk each way; these few lines say
exactly what a row may hold: str, int, float, bool, None, lists (tuples become lists) and dicts of these.
An integral number comes back as int whatever it was (DynamoDB itself stores 2.0 as 2).
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from batchdrop.ports import Row

_EXACT = 2**53  # up to here a float holds every whole number
_DIGITS = 38  # what DynamoDB keeps of a number [doc: DynamoDB, Data types]


def encode(value: Any) -> dict[str, Any]:
    """One value as a typed attribute. Raises TypeError or ValueError for what a row cannot hold."""
    match value:
        case None:
            return {"NULL": True}
        case bool():  # before int: True is an int for Python
            return {"BOOL": value}
        case str():
            return {"S": str(value)}
        case int() | float():
            return {"N": _number(value)}
        case Mapping():
            return {"M": encode_row(value)}
        case list() | tuple():
            return {"L": [encode(entry) for entry in value]}
    raise TypeError(f"a row cannot hold {type(value).__name__}")


def encode_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Every attribute of a row (or of a map in it)."""
    if not all(isinstance(name, str) for name in row):
        raise TypeError("names in a row are text")
    return {name: encode(value) for name, value in row.items()}


def decode(attribute: Mapping[str, Any]) -> Any:
    """The inverse of encode. Raises TypeError for kinds that no row of ours has (sets, binary)."""
    ((kind, value),) = attribute.items()
    match kind:
        case "NULL":
            return None
        case "BOOL" | "S":
            return value
        case "N":
            return _parsed(value)
        case "M":
            return decode_row(value)
        case "L":
            return [decode(entry) for entry in value]
    raise TypeError(f"a row of ours has no attribute of kind {kind}")


def decode_row(item: Mapping[str, Any]) -> Row:
    """The inverse of encode_row."""
    return {name: decode(attribute) for name, attribute in item.items()}


def _number(value: float) -> str:
    if isinstance(value, int):
        text = str(int(value))
        if len(text.lstrip("-").rstrip("0")) > _DIGITS:
            raise ValueError("a number in a row has at most 38 digits")
        return text
    if not isfinite(value):
        raise ValueError("a number in a row is finite")
    return str(int(value)) if value.is_integer() and abs(value) <= _EXACT else repr(value)


def _parsed(text: str) -> int | float:
    if text.lstrip("-").isdecimal():
        return int(text)
    number = float(text)
    return int(number) if number.is_integer() and abs(number) <= _EXACT else number
