"""A file that is the service's own request: one JSON object, with the inputs as an array among its members.

    {"api": "/v1/routing", "params": {…}, "inputs": [{"id": "r1", "params": {…}}, …]}          Geoapify [seed]

The array is read as a stream, as records; what stands around it is small. Where the array begins is where the records of
the file begin, so the bytes before it count as its header.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from batchdrop.errors import BadFile
from batchdrop.problems import Problem, problem
from batchdrop.records.source import CHUNK, Readable, Source
from batchdrop.records.values import broken_json, is_cut_off

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST = 1_000_000
"""Bytes before and behind the array, each: common parameters are small."""

MEMBERS = (
    "records", "rows", "data", "items", "results", "features", "addresses", "locations", "places", "points", "entries",
    "elements", "values", "list", "queries", "inputs", "requests", "customers", "contacts", "stores", "devices", "ids", "routes",
    "waypoints",
)  # fmt: skip
"""Names under which everyday exports keep their list, when the file is one object."""

_TOKEN = re.compile(rb'"((?:[^"\\]++|\\.)*+)"?|[\[\]{}:,]', re.DOTALL)
_INPUT = frozenset({"id", "params", "body"})


def array_start(source: Source, member: str) -> int:
    """Bytes before the `[` of this member of the object that begins here, left in the source. Raises BadFile BROKEN_JSON."""
    found = list_start(source, (member,))
    if found is None:
        raise _broken(source.peek(LONGEST))
    return found[0]


def list_start(source: Source, names: Sequence[str], skipped: int = 0) -> tuple[int, str] | None:
    """Bytes before the `[` of the first of these members that is an array, and its name. skipped: bytes before the object.

    None when the object, or its first megabyte, has none.
    """
    size = CHUNK
    wanted = {name.encode(): name for name in names}
    while True:
        head = source.peek(size + skipped)[skipped:]
        found = _array(head, wanted)
        if found is not None:
            return found
        if len(head) < size or size > LONGEST:
            return None
        size *= 2


def _array(head: bytes, wanted: Mapping[bytes, str]) -> tuple[int, str] | None:
    """Where the first wanted member's array begins, as far as this head shows it."""
    depth, key, last = 0, b"", b""
    for token in _TOKEN.finditer(head):
        sign = token[0][:1]
        if sign == b'"':
            last = token[1]  # of a text that is cut off: nothing of the object follows
        elif sign == b":":
            key = last if depth == 1 else key
        elif sign in b"[{":
            if sign == b"[" and depth == 1 and key in wanted:
                return token.start(), wanted[key]
            depth += 1
        elif sign in b"]}":
            depth -= 1
            if depth <= 0:
                return None
        elif depth == 1:
            key = b""
    return None


class WithinArray:
    """The bytes of the array that begins here, and no more. begun: the stream stands behind one of its elements."""

    def __init__(self, stream: Readable, *, begun: bool = False) -> None:
        self._stream = stream
        self._depth = int(begun)
        self._in_text = False
        self._escaped = False  # the last byte was a backslash: the next one is no sign
        self._over = False
        self.rest = b""
        """What was read of the bytes behind the array."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; none at the end of the array."""
        if self._over:
            return b""
        chunk = self._stream.read(size)
        end = self._end(chunk)
        if end is None:
            return chunk
        self._over, self.rest = True, chunk[end:]
        return chunk[:end]

    def _end(self, chunk: bytes) -> int | None:
        """Where the array ends in this chunk. Whether a text or an escape is open is kept from one to the next."""
        start = int(self._escaped and bool(chunk))
        for token in _SIGN.finditer(chunk, start):
            sign = token[0]
            if sign == b'"':
                self._in_text = not self._in_text
            elif not self._in_text and sign in b"[{":
                self._depth += 1
            elif not self._in_text and sign in b"]}":
                self._depth -= 1
                if not self._depth:
                    return token.end()
        if chunk:
            backslashes = len(chunk) - max(start, len(chunk.rstrip(b"\\")))
            self._escaped = backslashes % 2 == 1
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
        cut = is_cut_off((before + b"[]" + behind).decode("utf-8", "replace"))
        raise broken_json(before.count(b"\n") + 1, cut=cut)
    return found, start


def input_query(found: Any) -> dict[str, str] | Problem:
    """The field `input`, see ports.Takes, of one input. It has params, body or both [spec]; its id is the user's and stays with us."""
    if not is_input(found):
        return problem("WRONG_TYPE", name="The record", kind="an input {id?, params?, body?}")
    for name in ("params", "body"):
        if not isinstance(found.get(name, {}), dict):
            return problem("WRONG_TYPE", column=name, name=name, kind="a JSON object")
    asked: Mapping[str, Any] = {name: found[name] for name in ("params", "body") if name in found}
    return {"input": json.dumps(asked, ensure_ascii=False, separators=(",", ":"))}


def is_input(found: Any) -> bool:
    """Whether this has the members of an input."""
    return isinstance(found, dict) and found.keys() <= _INPUT and bool(found.keys() & {"params", "body"})


def _broken(before: bytes) -> BadFile:
    return broken_json(before.count(b"\n") + 1)
