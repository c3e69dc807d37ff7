"""Lines of one file in different encodings: as they come about where files are joined, or pasted into. Streaming."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from batchdrop.records.guessing import likely
from batchdrop.records.source import line_blocks

if TYPE_CHECKING:
    from batchdrop.records.source import Readable

MOST_LINES = 200_000
"""Lines that are looked at behind the first one that is not UTF-8."""


class Mixed(NamedTuple):
    """The first line in UTF-8 that is not ASCII, the first one in another encoding, and what that looks like."""

    utf8: int
    other: int
    looks_like: str


def find_mixed(stream: Readable) -> Mixed | None:
    """Return the lines of a text that is partly UTF-8; None for one in a single encoding, as far as it was read."""
    utf8 = other = number = 0
    sample = b""
    for block in line_blocks(stream):
        for raw in block:
            number += 1
            if raw.isascii():
                continue
            try:
                raw.decode()
            except UnicodeDecodeError:
                other, sample = other or number, sample or raw
            else:
                utf8 = utf8 or number
            if utf8 and other:
                return Mixed(utf8, other, next(iter(likely(sample, "utf-8")), "another encoding"))
        if other and number - other > MOST_LINES:
            return None
    return None
