"""One array of a large JSON object, item by item: memory holds the largest item, not the body.

Numbers are kept as the text the service wrote, so that 39.577761 has the same digits in results.csv.
"""

from __future__ import annotations

import codecs
import contextlib
import json
from typing import IO, TYPE_CHECKING, Any, NoReturn

from batchdrop.errors import ServiceSpokeUnknown

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK = 1 << 16
_LARGEST = 64 << 20  # characters of one item; a larger one is no answer to one record
_SPACE = " \t\r\n"


def _no_constant(_: str) -> NoReturn:
    raise ValueError("not JSON")


class Number(str):
    """A number as the service wrote it."""

    __slots__ = ()


_DECODER = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=_no_constant)


def written(value: Any) -> str:
    """The value as compact JSON again, with the digits that the service wrote. Only for what `loads` or `items` gave."""
    if isinstance(value, Number):
        return str(value)
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


def items(body: IO[bytes], name: str, *, service: str) -> Iterator[Any]:
    """The items of the array `name` of the JSON object in `body`; the rest of the object is read and dropped.

    Raises ServiceSpokeUnknown when the body is no such object, is not UTF-8 or ends too early: also after some items.
    """
    cursor = _Cursor(body, service)
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
        yield cursor.value()
        if cursor.took("]"):
            return
        cursor.take(",")


class _Cursor:
    """A place in a JSON text that is read as needed."""

    def __init__(self, body: IO[bytes], service: str) -> None:
        self._body = body
        self._service = service
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
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
        self._peek()
        while True:
            try:
                found, end = _DECODER.raw_decode(self._text, self._at)
            except (ValueError, RecursionError):
                end = -1
                found = None
            # a number at the end of what was read may go on
            if end >= 0 and (end < len(self._text) or self._ended):
                self._at = end
                return found
            if self._ended or len(self._text) - self._at > _LARGEST:
                break
            self._more(len(self._text) - self._at)  # doubling: an item of n characters is scanned about twice
        raise self.odd("the answer is cut off or not JSON")

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
        text = None
        with contextlib.suppress(UnicodeDecodeError):
            text = self._decode(chunk, final=self._ended)
        if text is None:
            raise self.odd("the answer is not UTF-8")
        self._text = self._text[self._at :] + text
        self._at = 0
