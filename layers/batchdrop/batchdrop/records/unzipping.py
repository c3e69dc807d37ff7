"""Gunzip as a stream, with a cap on how much comes out: a small file may expand to a thousand times its size."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, cast

from batchdrop.errors import BadFile
from batchdrop.problems import problem
from batchdrop.records.source import CHUNK, Readable

if TYPE_CHECKING:
    from typing import IO

    from _typeshed import WriteableBuffer

GZIP_MAGIC = b"\x1f\x8b"
MAX_EXPANDED = 5_000_000_000  # 5 GB a file
_MAX_RATIO = 200  # text compresses 3 to 20 times
_JUDGED_FROM = 8 * 1024 * 1024  # a short run of equal bytes is no bomb


def expands_too_much(given: int, taken: int) -> bool:
    """Whether no text unfolds like that: `given` bytes came out of `taken`. For files, answers and archives alike."""
    return given > _JUDGED_FROM and given > _MAX_RATIO * taken


class _Unzipped(io.RawIOBase):
    def __init__(self, stream: Readable, limit: int) -> None:
        self._stream = stream
        self._limit = limit
        self._member = zlib.decompressobj(wbits=31)
        self._inside = True  # a member; no bytes at all are a cut-off member
        self._waiting = b""
        self._taken = 0
        self._given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        piece = self._next(len(view))
        view[: len(piece)] = piece
        return len(piece)

    def _next(self, size: int) -> bytes:
        while True:
            try:
                # Also with nothing waiting: output may be left inside from the call before.
                piece = self._member.decompress(self._waiting, size)
            except zlib.error:
                raise BadFile([problem("BROKEN_GZIP")]) from None
            self._waiting = self._member.unconsumed_tail
            if self._member.eof:
                self._begin_member(self._member.unused_data)
            if piece:
                self._judge(len(piece))
                return piece
            if not self._waiting and not self._fill():
                return b""

    def _begin_member(self, rest: bytes) -> None:
        self._waiting = rest.lstrip(b"\0")  # gzip files may be padded with zeros
        self._inside = bool(self._waiting)
        self._member = zlib.decompressobj(wbits=31)

    def _fill(self) -> bool:
        """Get more compressed bytes; False at a proper end."""
        while part := self._stream.read(CHUNK):
            self._taken += len(part)
            self._waiting = part if self._inside else part.lstrip(b"\0")
            if self._waiting:
                self._inside = True
                return True
        if self._inside:
            raise BadFile([problem("BROKEN_GZIP")])
        return False

    def _judge(self, size: int) -> None:
        self._given += size
        if expands_too_much(self._given, self._taken) or self._given > self._limit:
            raise BadFile([problem("EXPANDS_TOO_MUCH")])


def unzip(stream: Readable, *, limit: int = MAX_EXPANDED) -> IO[bytes]:
    """The expanded bytes of a gzip stream of one or several members, in constant memory.

    limit: most expanded bytes. While reading it raises BadFile BROKEN_GZIP (damaged, cut off, not gzip) or
    EXPANDS_TOO_MUCH (over `limit`, or over 200 times what was read, judged from 8 MiB on).
    """
    return cast("IO[bytes]", io.BufferedReader(_Unzipped(stream, limit), buffer_size=CHUNK))


def is_gzip(head: bytes) -> bool:
    """Whether these first bytes are gzip's. The name of a file says less than its bytes."""
    return head.startswith(GZIP_MAGIC)
