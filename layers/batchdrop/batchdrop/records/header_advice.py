"""What a file that was refused for its header has in place of one: a comment, a title, data; and which line below is the header. Pure."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, NamedTuple

from batchdrop.records.cutting import RULES, BlankRows
from batchdrop.records.delimiters import EVERYDAY, RARE, SEP_LINE
from batchdrop.records.headerless import is_data
from batchdrop.records.known_names import is_well_known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LINES = 40
"""Lines with content that are looked at."""

_COMMENT = re.compile(r"\s*(?:#|//|--|/\*|<!--|;|%|!|REM\b|\*)", re.IGNORECASE)
_SAME_START = 8  # characters: lines of data often begin alike, names of columns and data do not


class Beginning(NamedTuple):
    """What the first line looks like, and the number of the line that looks like the header, or 0."""

    what: str
    line: int
    header: int


def look_at(head: bytes, encoding: str, delimiter: str, usable: Callable[[Sequence[str]], bool]) -> Beginning:
    """Return what stands at the beginning of a table. delimiter: the route's, or "". usable: whether names are those of a header."""
    filled = list(_filled(head, encoding, delimiter))
    if not filled:
        return Beginning("", 1, 0)
    (line, first), *others = filled
    header, below = next(
        ((number, text) for number, text in others if _is_header(text, delimiter, usable)), (0, "")
    )
    if _is_header(first, delimiter, usable) and _counted(first) >= _counted(below):
        return Beginning("", line, 0)  # it is one: what is below is the same again
    return Beginning(_what(first, others, below), line, header)


def _filled(head: bytes, encoding: str, delimiter: str) -> Iterator[tuple[int, str]]:
    """Yield the number and the text of the first lines with content; one that says what the delimiter is has none."""
    blank = [BlankRows(mark, RULES) for mark in ([delimiter] if delimiter else EVERYDAY)]
    found = 0
    for number, raw in enumerate(head.splitlines(keepends=True), 1):
        if any(one.match(raw) for one in blank) or (number == 1 and SEP_LINE.match(raw)):
            continue
        yield number, raw.decode(encoding, "replace").strip("\ufeff\r\n")
        found += 1
        if found == LINES:
            return


def _is_header(text: str, delimiter: str, usable: Callable[[Sequence[str]], bool]) -> bool:
    return any(
        _is_names(names) and usable(names)
        for mark in ([delimiter] if delimiter else (*EVERYDAY, *RARE))
        if mark in text or mark == ","
        for names in [_cells(text, mark)]
    )


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter), [])]
    except csv.Error:
        return []


def _is_names(names: Sequence[str]) -> bool:
    filled = [name for name in names if name]
    return (
        bool(filled)
        and len(set(filled)) == len(filled)
        and not is_data(filled)
        and any(map(is_well_known, filled))
    )


def _what(first: str, others: Sequence[tuple[int, str]], header: str) -> str:
    """Return what the first line is, as far as it can be told: an empty text where it may be a header."""
    if _COMMENT.match(first):
        return "a comment"
    if header:
        return "a title" if _counted(first) < _counted(header) else "data"
    known = any(is_well_known(cell) for mark in EVERYDAY for cell in _cells(first, mark))
    return "data" if others and not known and _are_alike(first, others[0][1]) else ""


def _counted(text: str) -> int:
    """Return how many cells of a line are filled."""
    return max(sum(map(bool, _cells(text, mark))) for mark in EVERYDAY)


def _are_alike(first: str, second: str) -> bool:
    """Return True for two lines that begin alike, or are made of letters, digits and signs in the same way, with digits."""
    start = first[:_SAME_START]
    if len(start) == _SAME_START and second.startswith(start):
        return True
    return any(map(str.isdigit, first)) and _shape(first) == _shape(second)


def _shape(text: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "0", text))
