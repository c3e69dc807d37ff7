"""Reading an object as a stream that survives dropped connections.

A file of some gigabytes is read for minutes while records are checked; connections drop in that time. The stream then goes on
where it stopped, on the condition that the object is still the same one (If-Match).
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import HTTPClientError, IncompleteReadError

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer

BUFFER_BYTES = 256 * 1024
"""Lines come out of a BufferedReader twice as fast as out of botocore's own iter_lines (measured)."""

MOST_DROPS = 3
"""Drops in a row, without a byte between them, after which the stream gives up."""

_DROPPED = (HTTPClientError, IncompleteReadError, OSError)


class Body(Protocol):
    """The part of botocore's StreamingBody that is used."""

    def readinto(self, b: Any) -> int:
        """Fill the buffer; 0 at the end."""
        ...

    def close(self) -> None:
        """Give the connection back or cut it."""
        ...


class ObjectStream(io.RawIOBase):
    """Bytes of an object from `start`; `fetch(offset)` opens a body from that byte on. `length` bytes are to come."""

    def __init__(self, fetch: Callable[[int], Body], body: Body, start: int, length: int) -> None:
        super().__init__()
        self._fetch = fetch
        self._body = body
        self._offset = start
        self._end = start + length
        self._drops = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Buffer) -> int:
        """See io.RawIOBase. Raises what the last of several drops in a row raised, or GoneMissing when the object changed."""
        while True:
            try:
                count = self._body.readinto(buffer)
            except _DROPPED as error:
                if self._offset >= self._end:
                    return 0
                self._reopen(error)
                continue
            if count:
                self._drops = 0
                self._offset += count
            return count

    def _reopen(self, error: Exception) -> None:
        self._drops += 1
        self._body.close()
        if self._drops > MOST_DROPS:
            raise error
        self._body = self._fetch(self._offset)

    def close(self) -> None:
        """Close the connection as well."""
        if not self.closed:
            self._body.close()
        super().close()
