"""A file that is the service's own request: one JSON object, with the inputs as an array among its members.

    {"api": "/v1/routing", "params": {…}, "inputs": [{"id": "r1", "params": {…}}, …]}          Geoapify [seed]

The array is read as a stream, as records; what stands around it is small. Where the array begins is where the records of
the file begin, so the bytes before it count as its header.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from batchdrop.errors import BadFile
from batchdrop.problems import Problem, problem
from batchdrop.records.arrays import element, raw_elements
from batchdrop.records.source import CHUNK, Readable, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST = 1_000_000
"""Bytes before and behind the array, each: common parameters are small."""

_TOKEN = re.compile(rb'"((?:[^"\\]++|\\.)*+)"|[\[\]{}:,]', re.DOTALL)
_INPUT = frozenset({"id", "params", "body"})


def array_start(source: Source, member: str) -> int:
    """Bytes before the `[` of this member of the object that begins here, left in the source. Raises BadFile BROKEN_JSON."""
    size = CHUNK
    while True:
        head = source.peek(size)
        found = _array(head, member.encode())
        if found is not None:
            return found
        if len(head) < size or size > LONGEST:
            raise _broken(head)
        size *= 2


def _array(head: bytes, member: bytes) -> int | None:
    """Where the member's array begins, as far as this head shows it."""
    depth, key, last = 0, b"", b""
    for token in _TOKEN.finditer(head):
        sign = token[0][:1]
        if sign == b'"':
            last = token[1]
        elif sign == b":":
            key = last if depth == 1 else key
        elif sign in b"[{":
            if sign == b"[" and depth == 1 and key == member:
                return token.start()
            depth += 1
        elif sign in b"]}":
            depth -= 1
        elif depth == 1:
            key = b""
    return None


class WithinArray:
    """The bytes of the array that begins here, and no more. begun: the stream stands behind one of its elements."""

    def __init__(self, stream: Readable, *, begun: bool = False) -> None:
        self._stream = stream
        self._depth = int(begun)
        self._in_text = False
        self._over = False
        self.rest = b""
        """What was read of the bytes behind the array."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; none at the end of the array."""
        if self._over:
            return b""
        chunk = self._stream.read(size)
        while chunk.endswith(b"\\") and (more := self._stream.read(1)):
            chunk += more  # an escape is one sign
        end = self._end(chunk)
        if end is None:
            return chunk
        self._over, self.rest = True, chunk[end:]
        return chunk[:end]

    def _end(self, chunk: bytes) -> int | None:
        """Where the array ends in this chunk. Whether a text is open is kept from one to the next."""
        for token in _SIGN.finditer(chunk):
            sign = token[0]
            if sign == b'"':
                self._in_text = not self._in_text
            elif not self._in_text and sign in b"[{":
                self._depth += 1
            elif not self._in_text and sign in b"]}":
                self._depth -= 1
                if not self._depth:
                    return token.end()
        return None


_SIGN = re.compile(rb'\\.|["\[\]{}]', re.DOTALL)


def members(source: Source, member: str) -> tuple[dict[str, Any], int]:
    """The object without the elements of that array, and the bytes before it. Reads the source to its end.

    Raises BadFile BROKEN_JSON when this is no JSON object with such an array, TOO_LARGE when what is around it is.
    """
    start = array_start(source, member)
    before = source.read(start)
    array = WithinArray(source)
    while array.read(CHUNK):
        pass
    behind = array.rest + source.read(LONGEST)
    if source.read(1):
        raise BadFile([problem("TOO_LARGE", what="at most 1 MB beside the inputs")])
    try:
        found = json.loads((before + b"[]" + behind).decode())
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get(member) != []:
        raise _broken(before)
    return found, start


def input_queries(source: Readable, *, lines_before: int) -> Iterator[tuple[int, dict[str, str] | Problem]]:
    """recId and query, or what is wrong with it, of each input: the field `input`, see ports.Takes. Raises as arrays.py does."""
    for rec_id, (line, raw) in enumerate(raw_elements(WithinArray(source)), 1):
        made = _query(element(raw, line))
        if isinstance(made, Problem):
            made = replace(made, line=line + lines_before, rec_id=rec_id)
        yield rec_id, made


def _query(found: Any) -> dict[str, str] | Problem:
    """An input has params, body or both [spec]; its id is the user's and stays with us."""
    if not isinstance(found, dict) or not found.keys() <= _INPUT or not found.keys() & {"params", "body"}:
        return problem("WRONG_TYPE", name="The record", kind="an input {id?, params?, body?}")
    for name in ("params", "body"):
        if not isinstance(found.get(name, {}), dict):
            return problem("WRONG_TYPE", column=name, name=name, kind="a JSON object")
    asked: Mapping[str, Any] = {name: found[name] for name in ("params", "body") if name in found}
    return {"input": json.dumps(asked, ensure_ascii=False, separators=(",", ":"))}


def _broken(before: bytes) -> BadFile:
    return BadFile([problem("BROKEN_JSON", line=before.count(b"\n") + 1)])
