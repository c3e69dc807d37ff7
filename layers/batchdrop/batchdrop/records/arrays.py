"""JSON as raw records: one for each element of an array, or each line, cut out of a stream without reading the whole. Pure.

A raw record is an element with what stands before it since the last one: white space and a `[` or `,`. So the records of
a file stand in it without gaps, and cutting can begin again at any of them. Memory stays at one chunk and one element.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from batchdrop.records.source import CHUNK, MAX_RECORD, Readable, line_blocks, nul_bytes, too_long
from batchdrop.records.values import broken_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchdrop.records.cutting import RawRecord

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+(?P<closed>")?|[\[\]{},]', re.DOTALL)
_BEFORE = re.compile(rb"[ \t\r\n]*[\[,][ \t\r\n]*")
_BLANK = b" \t\r\n"


def raw_elements(stream: Readable, *, begun: bool = False) -> Iterator[RawRecord]:
    """Number of the line it begins in, and bytes, of each element. begun: the stream stands behind an element.

    Raises BadFile BROKEN_JSON where the array as a whole is none, LINE_TOO_LONG for an element over 1 MB. Elements are
    cut by their brackets and commas alone: what is between these may be no JSON.
    """
    cutter = _Cutter(begun=begun)
    while chunk := stream.read(CHUNK):
        yield from cutter.feed(chunk)
    cutter.end()


def raw_lines(stream: Readable, *, start_line: int = 1) -> Iterator[RawRecord]:
    """The same for a file of one value a line; blank lines are among them. Raises BadFile LINE_TOO_LONG."""
    blocks = line_blocks(stream, start_line=start_line, cap=MAX_RECORD)
    yield from enumerate(chain.from_iterable(blocks), start_line)


def text_of(raw: bytes) -> bytes:
    """The element's own bytes in a raw record. Raises ValueError when there is no separator before it."""
    before = _BEFORE.match(raw)
    if before is None:
        raise ValueError("no separator")
    return raw[before.end() :].rstrip(_BLANK)


class _Cutter:
    """The bytes since the last cut, and how deep in brackets they end."""

    def __init__(self, *, begun: bool) -> None:
        self._begun = begun
        self._depth = int(begun)
        self._held = b""
        self._seen = 0  # up to where tokens were read
        self._line = 1
        self._first = not begun
        self._ended = False

    def feed(self, chunk: bytes) -> Iterator[RawRecord]:
        """Take bytes; the raw records that end in them."""
        if self._begun:  # the comma that stands before the next element ends none
            self._seen, self._begun = int(chunk[:1] == b","), False
        self._held += chunk
        start, seen = 0, self._seen
        for token in _TOKEN.finditer(self._held, seen):
            byte = token[0][:1]
            if byte == b'"':
                if token["closed"] is None:  # the rest of this text is still to come
                    seen = token.start()
                    break
            elif self._closes(byte):
                if token.start() > start and not self._is_empty(start, token.start(), byte):
                    yield self._cut(start, token.start())
                start = token.start()
            seen = token.end()
        else:
            seen = len(self._held)
        self._held, self._seen = self._held[start:], seen - start
        if len(self._held) > MAX_RECORD:
            raise too_long(self._line)

    def _closes(self, byte: bytes) -> bool:
        """Whether this byte ends an element of the array, or the array."""
        if self._depth == 0 and byte != b"[":
            raise broken_json(self._line)
        if byte in b"[{":
            self._depth += 1
        elif byte in b"]}":
            self._depth -= 1
            self._ended = self._depth == 0
            return self._ended
        return byte == b"," and self._depth == 1

    def _is_empty(self, start: int, end: int, byte: bytes) -> bool:
        """Whether this is `[]`, which has no element; a comma too many is no JSON."""
        before = _BEFORE.fullmatch(self._held, start, end)
        if before is not None and not (self._first and byte == b"]"):
            raise broken_json(self._line)
        return before is not None

    def _cut(self, start: int, end: int) -> RawRecord:
        raw = self._held[start:end]
        if len(raw) > MAX_RECORD:
            raise too_long(self._line)
        before = _BEFORE.match(raw)
        begins = self._line + (before[0].count(b"\n") if before else 0)
        self._line += raw.count(b"\n")
        self._first = False
        return begins, raw

    def end(self) -> None:
        """The stream has ended: so must the array, with nothing behind it but white space."""
        rest = self._held.removeprefix(b"]").strip(_BLANK)
        if self._ended and rest and not rest.strip(b"\0"):
            raise nul_bytes(self._line + self._held.count(b"\n", 0, self._held.index(b"\0")))
        if not self._ended or rest:
            raise broken_json(self._line + self._held.count(b"\n"), cut=not self._ended)
