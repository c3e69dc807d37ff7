"""Text encodings of files: which ones are read, which of them outputs keep, and reading the others as UTF-8. Streaming.

An encoding is never guessed. A byte-order mark says it; else the route does; else it is UTF-8, and bytes that are not are
refused. Records are cut as bytes, which is right only where a byte below 0x80 always is that ASCII letter: such encodings
are kept from input to output. Files in any other are read as UTF-8 from the first byte on, and so are their outputs.
"""

from __future__ import annotations

import codecs
import io
import re
from typing import TYPE_CHECKING, cast

from batchdrop.errors import BadFile, ConfigurationError
from batchdrop.problems import Problem, problem
from batchdrop.records.guessing import likely
from batchdrop.records.source import CHUNK, Readable

if TYPE_CHECKING:
    from typing import IO

    from _typeshed import WriteableBuffer

UTF_8 = "utf-8"

_KEPT = (
    "utf-8", "ascii", "cp437", "cp737", "cp775", "cp850", "cp852", "cp855", "cp857", "cp858", "cp860", "cp861", "cp862", "cp863", "cp865",
    "cp866", "cp869", "cp1125", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "iso8859-1",
    "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8", "iso8859-9", "iso8859-10", "iso8859-11",
    "iso8859-13", "iso8859-14", "iso8859-15", "iso8859-16", "koi8-r", "koi8-t", "koi8-u", "kz1048", "mac-cyrillic", "mac-greek",
    "mac-iceland", "mac-latin2", "mac-roman", "mac-turkish", "tis-620", "euc_jp", "euc_kr", "gb2312",
)  # fmt: skip
_READ_AS_UTF_8 = (
    "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "shift_jis", "cp932", "shift_jis_2004", "iso2022_jp",
    "euc_jis_2004", "big5", "big5hkscs", "cp950", "gbk", "gb18030", "hz", "johab", "cp949",
)  # fmt: skip
ENCODINGS = (*_KEPT, *_READ_AS_UTF_8)
"""Every encoding a route may declare, as Python names it; its other names (latin-1, windows-1252, sjis) do too."""

_MARKS = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins like UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_. -]{0,39}")
_WITHOUT_ORDER = {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}


def known(name: str) -> str:
    """The name in ENCODINGS of what a route calls `name`. Raises ConfigurationError, which lists them all."""
    found = ""
    if _NAME.fullmatch(name):
        try:
            found = codecs.lookup(name).name
        except LookupError:
            found = ""
    found = UTF_8 if found == "utf-8-sig" else found
    if found not in ENCODINGS:
        raise ConfigurationError(f"`encoding` {name[:40]!r} is not one that is read: {', '.join(ENCODINGS)}")
    return found


def is_kept(encoding: str) -> bool:
    """Whether files in this encoding are read, cut and written as they are."""
    return encoding in _KEPT


def is_start_of(head: bytes, encoding: str) -> bool:
    """Return True if these are the first bytes of a text in this encoding; the last letter may be cut."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeError:  # also of UTF-16 that no mark says the byte order of
        return False
    return True


def marked(head: bytes) -> str:
    """The encoding that a byte-order mark at the start says; empty when there is none."""
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), "")


def not_in(encoding: str, sample: bytes, *, offset: int, line: int, looks_like: str = "") -> Problem:
    """The problem of a byte that cannot be read. sample: what stands there, and on; looks_like: an encoding that other signs hint at.

    Only a person can tell; the remedy names what may be tried.
    """
    hint = looks_like or _WITHOUT_ORDER.get(encoding, "")
    names = (hint,) if hint else likely(sample, encoding)
    way = (
        f", such as `encoding` {' or '.join(names)}"
        if names
        else ": it does not look like text in any usual one"
    )
    variant = "cut" if _is_start_of_letter(sample, encoding) else ""
    return problem("ENCODING", offset=offset, line=line, encoding=encoding, way=way, variant=variant)


def _is_start_of_letter(sample: bytes, encoding: str) -> bool:
    """Return True if these last bytes of a file are the beginning of a letter."""
    return len(sample) < 4 and is_start_of(sample, encoding) and not sample.decode(encoding, "ignore")


def lines_before(text: bytes) -> int:
    """How many lines end in these bytes, which stand before a place."""
    return len((text + b"_").splitlines()) - 1


def sayable(text: str, encoding: str) -> str:
    """The text with numeric character references (`&#1052;`) for letters that the encoding lacks, or would not give back."""
    if text.isascii() or _returns(text, encoding):
        return text
    return "".join(letter if _returns(letter, encoding) else f"&#{ord(letter)};" for letter in text)


def _returns(text: str, encoding: str) -> bool:
    try:
        return text.encode(encoding).decode(encoding) == text
    except UnicodeError:
        return False


class _Recoded(io.RawIOBase):
    """UTF-8 of a stream of another encoding. `_line` and `_taken` tell the place of what cannot be read."""

    def __init__(self, stream: Readable, encoding: str) -> None:
        self._stream = stream
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._taken = 0
        self._line = 1
        self._torn = False  # the last byte was a CR: a LF would belong to it
        self._waiting = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        while not self._waiting and not self._ended:
            self._waiting = self._next()
        piece, self._waiting = self._waiting[: len(view)], self._waiting[len(view) :]
        view[: len(piece)] = piece
        return len(piece)

    def _next(self) -> bytes:
        chunk = self._stream.read(CHUNK)
        self._ended = not chunk
        held = self._decoder.getstate()[0]
        try:
            text = self._decoder.decode(chunk, self._ended).encode()
        except UnicodeError as error:  # also of UTF-16 that no mark says the byte order of
            start = error.start if isinstance(error, UnicodeDecodeError) else 0
            good = (held + chunk)[:start].decode(self._encoding, "ignore").encode()
            self._count(good)
            offset = self._taken - len(held) + start
            raise BadFile(
                [not_in(self._encoding, (held + chunk)[start:], offset=offset, line=self._line)]
            ) from None
        self._taken += len(chunk)
        self._count(text)
        return text

    def _count(self, text: bytes) -> None:
        if text:
            self._line += lines_before(text) - (self._torn and text.startswith(b"\n"))
            self._torn = text.endswith(b"\r")


def recoded(stream: Readable, encoding: str) -> IO[bytes]:
    """The stream's text as UTF-8, in constant memory. While reading it raises BadFile ENCODING, with offset and line."""
    return cast("IO[bytes]", io.BufferedReader(_Recoded(stream, encoding), buffer_size=CHUNK))
