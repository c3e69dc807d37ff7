"""The grammar of quoted cells, as patterns over the bytes of one line. One place for what a quote means.

A cell is quoted when its first byte is a quote; inside, a quote is doubled; after the closing quote only a delimiter or
the line's end may follow; an unquoted cell has no quote (RFC 4180, section 2, rules 5 to 7). Anything else is a bad
quote. The encoding must be ASCII-compatible.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Grammar:
    """Patterns for one delimiter. `begins` and `goes_on` match well-formed lines: lastgroup `whole` or `open`.

    begins: a line where a record begins. goes_on: a line inside a quoted cell. closes: a line a lenient reader (that
    takes a bad quote as text) leaves with no quote open.
    """

    begins: re.Pattern[bytes]
    goes_on: re.Pattern[bytes]
    closes: re.Pattern[bytes]


_INSIDE = rb'(?:[^"]++|"")*+'


def cell_of(delimiter: bytes) -> bytes:
    """The pattern of one well-formed cell, without groups. delimiter: one byte, or one letter of UTF-8."""
    return rb'(?:"%b"|%b)' % (_INSIDE, _without(delimiter, rb'"\r\n'))


def _without(delimiter: bytes, others: bytes = b"") -> bytes:
    """Any text without the delimiter and without these bytes."""
    mark = re.escape(delimiter)
    if len(delimiter) == 1:
        return rb"[^%b%b]*+" % (others, mark)
    return rb"(?:(?!%b)%b)*+" % (mark, rb"[^%b]" % others if others else rb"[\s\S]")


@lru_cache(maxsize=8)
def grammar(delimiter: bytes) -> Grammar:
    """The patterns for a delimiter, as for `cell_of`. Possessive repeats: no backtracking, so time is linear."""
    mark = re.escape(delimiter)
    inside, cell, text = _INSIDE, cell_of(delimiter), _without(delimiter)
    rest = rb'(?:%b%b)*+(?:(?P<whole>%b[\r\n]*+\Z)|(?P<open>"%b\Z))' % (cell, mark, cell, inside)
    goes_on = rb'%b(?:(?P<still>\Z)|"(?:(?P<end>[\r\n]*+\Z)|%b%b))' % (inside, mark, rest)
    lenient = rb'(?:"%b"%b|(?!")%b)' % (inside, text, text)
    return Grammar(
        begins=re.compile(rest),
        goes_on=re.compile(goes_on),
        closes=re.compile(rb"%b(?:%b%b)*+\Z" % (lenient, mark, lenient)),
    )


def has_space_before_quote(raw: bytes, delimiter: str) -> bool:
    """Return True if a cell of the line begins with spaces and then a quote, which so is text and does not quote the cell."""
    mark = re.escape(delimiter.encode())
    return re.search(rb'(?:\A|%b)(?:(?!%b)[ \t])+"' % (mark, mark), raw) is not None
