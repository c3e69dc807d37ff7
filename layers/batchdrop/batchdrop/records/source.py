"""Streams of bytes: looking ahead, cutting into lines, skipping. Standard library only."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Protocol

from batchdrop.errors import BadFile, GoneMissing
from batchdrop.problems import problem

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 256 * 1024
"""Bytes asked of a stream at a time."""

MAX_RECORD = 1_000_000
"""Longest record in bytes (1 MB a record)."""

FILLED_UP = b"\0" * 8
"""No encoding has more than three NUL bytes in a row in any text."""


class Readable(Protocol):
    """What is asked of a stream: any IO[bytes], an S3 body, a Source."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; none at the end."""
        ...


class Source:
    """A stream whose next bytes can be looked at before they are read."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._ahead = b""

    def peek(self, size: int) -> bytes:
        """The next `size` bytes (fewer at the end), left in the stream."""
        parts, held = [self._ahead], len(self._ahead)
        while held < size and (part := self._stream.read(size - held)):
            parts.append(part)
            held += len(part)
        self._ahead = b"".join(parts)
        return self._ahead[:size]

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes (all that is left when negative); none at the end."""
        if not self._ahead:
            return self._stream.read(size)
        if size < 0:
            taken, self._ahead = self._ahead + self._stream.read(), b""
        else:
            taken, self._ahead = self._ahead[:size], self._ahead[size:]
        return taken


def skip(stream: Readable, size: int) -> None:
    """Read `size` bytes away. Raises GoneMissing when the stream is shorter: it is not the one that was read before."""
    while size:
        part = stream.read(min(size, CHUNK))
        if not part:
            raise GoneMissing("the input is shorter than what was read of it before")
        size -= len(part)


def line_blocks(stream: Readable, *, start_line: int = 1, cap: int | None = None) -> Iterator[list[bytes]]:
    """Lists of lines with their line ends (LF, CRLF or CR, mixed at will), some thousand lines at a time.

    cap: longest line in bytes, None = any. Memory stays at one chunk and one line. Raises BadFile LINE_TOO_LONG with
    the number of the line, counted from `start_line`.
    """
    carry = b""
    while chunk := stream.read(CHUNK):
        block = (carry + chunk).splitlines(keepends=True)
        # A CR at the end of the chunk may be half of a CRLF: it waits for the next chunk.
        carry = b"" if block[-1].endswith(b"\n") else block.pop()
        if block:
            if cap is not None and len(block[0]) > cap:
                raise too_long(start_line, block[0])
            start_line += len(block)
            yield block
        if cap is not None and len(carry) > cap:
            raise too_long(start_line, carry)
    if carry:
        yield [carry]


def lines(stream: Readable) -> Iterator[bytes]:
    """The lines of a file of ours, of any length."""
    return chain.from_iterable(line_blocks(stream))


def too_long(line: int, record: bytes = b"") -> BadFile:
    """The refusal of a record over MAX_RECORD that begins in this line. record: its bytes, as far as they are there."""
    if record and not record.strip(b"\0 \t\r\n"):
        return nul_bytes(line)
    return BadFile([problem("LINE_TOO_LONG", line=line)])


def nul_bytes(line: int) -> BadFile:
    """The refusal of a file that is filled up with NUL bytes from this line on."""
    return BadFile([problem("NUL_BYTES", line=line)])
