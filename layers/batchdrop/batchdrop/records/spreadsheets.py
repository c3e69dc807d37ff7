"""Cells that a spreadsheet would take as a formula: those that begin with = + - @ (full-width too, or behind blanks) or a tab or line end, and are no plain number.

They get an apostrophe before them where a route's `excel` asks for it. [OWASP, CSV injection]
"""

from __future__ import annotations

import re

_SIGNS = "=+-@＝＋－＠"
_BREAKS = "\t\r\n"
_BLANKS = (
    " \x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\xad\u1680\u180e\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
    + "".join(map(chr, range(0x2000, 0x2010)))
)
"""Blanks and letters that do not show, which a spreadsheet may drop before it reads the cell."""

FORMULAS = frozenset(_SIGNS + _BREAKS + _BLANKS)
"""How such a cell may begin; most that begin so are text or numbers."""

_BEGINS = re.compile(rf"[{_BREAKS}]|[{_BLANKS}]*+[{re.escape(_SIGNS)}]")
_WITHIN = re.compile(rf"(?:^|[^A-Za-z0-9{_BLANKS}])(?:[{_BREAKS}]|[{_BLANKS}]*+[{re.escape(_SIGNS)}])")
_PLAIN_SIGNS = str.maketrans("＝＋－＠", "=+-@")
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
    if _BEGINS.match(cell) is None:
        return False
    return not _NUMBER.fullmatch(cell.strip(_BLANKS).translate(_PLAIN_SIGNS))
