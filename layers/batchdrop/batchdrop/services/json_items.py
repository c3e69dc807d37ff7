"""One array of a large JSON object, item by item: memory holds the largest item, not the body.

Numbers are kept as the text the service wrote, so that 39.577761 has the same digits in results.csv. An item that cannot be read does
not keep the others from being read.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from batchdrop.errors import ServiceSpokeUnknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from batchdrop.services.delimited import Readable

_CHUNK = 1 << 16
_LARGEST = 64 << 20  # characters of one item; a larger one is no answer to one record
_SPACE = " \t\r\n"


class Number(str):
    """A number as the service wrote it."""

    __slots__ = ()


class Constant(Number):
    """NaN, Infinity or -Infinity: no JSON, but some encoders write it. It is no value."""

    __slots__ = ()


class OddItem(NamedTuple):
    """In place of an item that could not be read."""

    reason: str


_DECODER = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=Constant)
# a whole text, the begin of one that does not end, or a bracket
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|["{}\[\]]', re.DOTALL)
_PAIRS = {"}": "{", "]": "["}
_FOLLOWS = re.compile(r"\s*(?:[,\]]|(\Z))")  # what stands behind an item, or nothing yet
_TAIL = re.compile(
    r'\](?=\s*(?:,\s*"[^"]*"\s*:\s*(?:"[^"]*"|[-\w.]+)\s*)*\}\s*\Z)'
)  # the end of the array, and plain members
_LONGEST_TAIL = 1 << 14  # characters behind the array; the search may take the square of them
_BROKEN_BYTE = re.compile("[\udc80-\udcff]")
_SCALAR_END = re.compile(r"[,\]}]")


def written(value: Any) -> str:
    """The value as compact JSON again, with the digits that the service wrote. Only for what `loads` or `items` gave."""
    if isinstance(value, Number):
        return "null" if isinstance(value, Constant) else str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_text(name)}:{written(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return _text(value)


def _text(value: str | bool | None) -> str:
    return json.dumps(value, ensure_ascii=False)


def loads(text: str) -> Any:
    """JSON with numbers as their own text. Raises ValueError or RecursionError."""
    return _DECODER.decode(text)


def items(body: Readable, name: str, *, service: str, begins: Sequence[str] = ("id",)) -> Iterator[Any]:
    """The items of the array `name` of the JSON object in `body`; the rest of the object is read and dropped.

    begins: names of the first member of an item; by them the next one is found after one whose brackets do not match.

    An item that is no JSON, or not UTF-8, comes as an OddItem. Raises ServiceSpokeUnknown when the body is no such object or ends
    too early: also after some items.
    """
    cursor = _Cursor(body, service, begins)
    cursor.take("{")
    seen = False
    if not cursor.took("}"):
        while True:
            key = cursor.value()
            cursor.take(":")
            if key == name and not seen:
                seen = True
                yield from _array(cursor)
            else:
                cursor.value()
            if cursor.took("}"):
                break
            cursor.take(",")
    cursor.finish()
    if not seen:
        raise cursor.odd(f"the answer has no {name}")


def _array(cursor: _Cursor) -> Iterator[Any]:
    cursor.take("[")
    if cursor.took("]"):
        return
    while True:
        yield cursor.item()
        if cursor.took("]"):
            return
        cursor.take(",")


class _Cursor:
    """A place in a JSON text that is read as needed. Bytes that are not UTF-8 become half surrogates."""

    def __init__(self, body: Readable, service: str, begins: Sequence[str]) -> None:
        self._next = re.compile(rf',(?=\s*\{{\s*"(?:{"|".join(begins)})"\s*:)')
        self._body = body
        self._service = service
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._clean = True
        self._text = ""
        self._at = 0
        self._ended = False

    def odd(self, reason: str) -> ServiceSpokeUnknown:
        """The error for a text of another form; never with the text."""
        return ServiceSpokeUnknown(reason, service=self._service)

    def take(self, sign: str) -> None:
        """Step over a sign that must be here."""
        if not self.took(sign):
            raise self.odd(
                "the answer is cut off" if self._peek() == "" else "the answer is not JSON as agreed"
            )

    def took(self, sign: str) -> bool:
        """Step over a sign if it is here."""
        if self._peek() == sign:
            self._at += 1
            return True
        return False

    def value(self) -> Any:
        """The JSON value that begins here."""
        found = self._read(lambda _at_fault: None)
        if isinstance(found, OddItem):
            raise self.odd("the answer is cut off or not JSON")
        return found

    def item(self) -> Any:
        """The JSON value that begins here, or an OddItem where it cannot be read and its end can be found."""
        return self._read(self._find_end)

    def _read(self, find_end: Callable[[bool], int | None]) -> Any:
        """The JSON value that begins here. find_end(certain): where a value that cannot be read ends, if that shows."""
        self._peek()
        while True:
            found, end, certain = None, -1, True
            try:
                found, end = _DECODER.raw_decode(self._text, self._at)
            except RecursionError:
                pass
            except ValueError as fault:
                certain = self._is_certain(fault)
            # a number at the end of what was read may go on
            if end >= 0 and (end < len(self._text) or self._ended):
                start, self._at = self._at, end
                faulty = not self._clean and _BROKEN_BYTE.search(self._text, start, end)
                return OddItem("it is not UTF-8") if faulty else found
            odd_end = find_end(certain) if end < 0 else None
            if odd_end is not None:
                self._at = odd_end
                return OddItem("it is not JSON")
            if self._ended or len(self._text) - self._at > _LARGEST:
                raise self.odd("the answer is cut off or not JSON")
            self._more(len(self._text) - self._at)  # doubling: an item of n characters is scanned about twice

    def _is_certain(self, fault: ValueError) -> bool:
        """Whether a fault is one of the text, and not of its end: more text would not mend it."""
        at = getattr(fault, "pos", 0)
        return self._ended or (at < len(self._text) - 16 and not str(fault).startswith("Unterminated"))

    def _find_end(self, certain: bool) -> int | None:
        """Where a faulty item ends: by its brackets, or else where the next one seems to begin; None when more text is needed."""
        if self._text[self._at : self._at + 1] not in ("{", "[", '"'):
            end = _SCALAR_END.search(self._text, self._at)
            return end.start() if certain and end and end.start() > self._at else None
        found = self._balanced()
        if found is not None:
            follows = _FOLLOWS.match(self._text, found)
            if follows:
                return found if follows[1] is None or self._ended else None
        if not certain:
            return None
        following = self._next.search(self._text, self._at + 1)
        if following is None and self._ended:
            following = _TAIL.search(self._text, max(self._at + 1, len(self._text) - _LONGEST_TAIL))
        return following.start() if following else None

    def _balanced(self) -> int | None:
        """Where the value that begins here ends by its brackets; None when they do not match, or not all are there."""
        opened: list[str] = []
        for token in _TOKEN.finditer(self._text, self._at):
            sign = token[0]
            if sign == '"':
                return None
            if sign in "{[":
                opened.append(sign)
            elif sign in _PAIRS and (not opened or opened.pop() != _PAIRS[sign]):
                return None
            if not opened:
                return token.end()
        return None

    def finish(self) -> None:
        """Nothing but space may follow."""
        if self._peek() != "":
            raise self.odd("the answer goes on after its end")

    def _peek(self) -> str:
        """The next sign that is no space; empty at the end of the text."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._more(0)

    def _more(self, size: int) -> None:
        chunk = self._body.read(max(_CHUNK, size))
        self._ended = not chunk
        self._text = self._text[self._at :] + self._decoded(chunk)
        self._at = 0

    def _decoded(self, chunk: bytes) -> str:
        try:
            return self._decoder.decode(chunk, final=self._ended)
        except UnicodeDecodeError:
            state = self._decoder.getstate()
        self._clean = False
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
        self._decoder.setstate(state)
        return self._decoder.decode(chunk, final=self._ended)
