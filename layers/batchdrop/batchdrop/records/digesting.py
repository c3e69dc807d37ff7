"""A digest of a file's bytes, taken while they are read for another purpose."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batchdrop.records.source import Readable

_CHUNK = 1 << 20


def digest_of(stream: Readable) -> str:
    """Return the digest of a stream as Digesting gives it: 64 hex digits."""
    return Digesting(stream).rest()


class Digesting:
    """A stream that passes on what it reads. `rest` reads what nobody wanted and gives the digest of everything."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._hash = sha256()

    def read(self, size: int = -1, /) -> bytes:
        """As the stream's own."""
        found = self._stream.read(size)
        self._hash.update(found)
        return found

    def rest(self) -> str:
        """64 hex digits, the same for the same bytes."""
        while self.read(_CHUNK):
            pass
        return self._hash.hexdigest()
