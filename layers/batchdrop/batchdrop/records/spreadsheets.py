"""Cells that a spreadsheet would take as a formula: those that begin with = + - @ or a tab or line end, and are no plain number.

They get an apostrophe before them where a route's `excel` asks for it. [catalogue F23; OWASP, CSV injection]
"""

from __future__ import annotations

import re

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How such a cell begins; some that begin so are numbers."""

_BEGINS = re.compile(r"[=+\-@\t\r\n]")
_WITHIN = re.compile(r"(?:^|[^A-Za-z0-9 ])[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d{1,3})?")


def may_hold_a_formula(line: str) -> bool:
    """Whether a cell of a line could be one: a quick look before its cells are taken apart."""
    return _WITHIN.search(line) is not None


def harmless(cell: object) -> object:
    """The cell as a spreadsheet takes it for text."""
    return f"'{cell}" if isinstance(cell, str) and _is_formula(cell) else cell


def as_it_was(cell: str) -> str:
    """The inverse of `harmless`, for a file of ours that is dropped back."""
    return cell[1:] if cell[:1] == "'" and _is_formula(cell[1:]) else cell


def _is_formula(cell: str) -> bool:
    return _BEGINS.match(cell) is not None and not _NUMBER.fullmatch(cell)
