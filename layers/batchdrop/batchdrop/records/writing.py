"""Writing a large object piece by piece, across invocations.

Bytes of any size go in; parts of a multipart upload come out. An object that fits into one part is put whole. The writer can be
left in the middle and taken up by another invocation: what it then needs is a small JSON object and the bytes of the unfinished part.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from batchdrop.ports import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batchdrop.ports import Place, Store, Stored, Upload

PART_BYTES = 8 * 1024 * 1024
"""8 MiB: 10,000 parts, S3's limit, make 80 GB; the memory held is about twice this (measured)."""

LEAST_PART_BYTES = 5 * 1024 * 1024
_GZIP = 31  # zlib's window bits for a gzip member


class ObjectWriter:
    """Writes one object to a store.

    With `gzip` the object is a gzip file; each stretch between suspensions is a member of its own, which every reader of gzip
    takes as one file. Equal input, cut at equal places, gives equal bytes. Nothing is visible before `close`.
    """

    def __init__(
        self,
        store: Store,
        place: Place,
        content_type: str,
        *,
        part_size: int = PART_BYTES,
        gzip: bool = False,
    ) -> None:
        if part_size < LEAST_PART_BYTES:
            raise ValueError("a part has at least 5 MiB")
        self._store = store
        self._place = place
        self._content_type = content_type
        self._part_size = part_size
        self._gzip = gzip
        self._member: zlib._Compress | None = None
        self._tail = bytearray()
        self._upload: Upload | None = None
        self._any = False
        self._ended = False

    def write(self, data: bytes) -> int:
        """Take bytes; uploads as soon as a part is full. Returns how many were taken: all."""
        self._check()
        if self._gzip:
            self._member = self._member or zlib.compressobj(wbits=_GZIP)
            self._take(self._member.compress(data))
        else:
            self._take(data)
        return len(data)

    def close(self) -> Stored:
        """Make the object. May be repeated after an error: parts that are stored are not sent again."""
        self._finish()
        if self._upload is None:
            stored = self._store.put(self._place, bytes(self._tail), content_type=self._content_type)
        else:
            stored = self._upload.complete()
        self._ended = True
        return stored

    def replace(self) -> Callable[[], Stored | None]:
        """Look at the object that is there now; give an act that makes ours in its place, and does nothing when it is another by then.

        The act gives None then. An act that reaches the store late thus covers nothing newer. Both may be repeated.
        """
        self._finish()
        seen = self._store.head(self._place)
        etag = seen.etag if seen else None
        return lambda: self._close_if(etag)

    def _close_if(self, etag: str | None) -> Stored | None:
        if self._upload is None:
            body = bytes(self._tail)
            stored = self._store.put_if(self._place, body, etag=etag, content_type=self._content_type)
        else:
            stored = self._upload.complete_if(etag=etag)
        self._ended = stored is not None
        return stored

    def _finish(self) -> None:
        """Send what is left, but for an object that is put whole."""
        self._check()
        if self._gzip and not self._any and self._member is None:
            self._member = zlib.compressobj(
                wbits=_GZIP
            )  # an empty gzip file is one empty member, not no bytes
        self._end_member()
        if self._upload is not None and self._tail:
            self._upload.add(bytes(self._tail))
            self._tail.clear()

    def abandon(self) -> None:
        """Make no object: parts that are stored are dropped."""
        self._ended = True
        if self._upload is not None:
            self._upload.abort()

    def suspend(self) -> tuple[dict[str, Any], bytes]:
        """Leave: the state as JSON, and the bytes of the unfinished part, both for `resume`. The writer is then spent."""
        self._check()
        self._end_member()
        self._ended = True
        state = {
            "contentType": self._content_type,
            "partSize": self._part_size,
            "gzip": self._gzip,
            "any": self._any,
            "upload": self._upload.id if self._upload else None,
            "parts": [[part.number, part.etag, part.size] for part in self._parts()],
        }
        return state, bytes(self._tail)

    @classmethod
    def resume(cls, store: Store, place: Place, state: Mapping[str, Any], tail: bytes) -> ObjectWriter:
        """Go on where `suspend` stopped; from an older state too: parts sent since are then sent again and replaced."""
        writer = cls(store, place, state["contentType"], part_size=state["partSize"], gzip=state["gzip"])
        writer._any = state["any"]
        writer._tail += tail
        if state["upload"] is not None:
            parts = [Part(number=number, etag=etag, size=size) for number, etag, size in state["parts"]]
            writer._upload = store.upload(
                place, content_type=state["contentType"], upload_id=state["upload"], parts=parts
            )
        return writer

    def _check(self) -> None:
        if self._ended:
            raise ValueError("this writer has ended")

    def _parts(self) -> list[Part]:
        return self._upload.parts if self._upload else []

    def _end_member(self) -> None:
        if self._member is not None:
            self._take(self._member.flush(zlib.Z_FINISH))
            self._member = None

    def _take(self, data: bytes) -> None:
        self._any = self._any or bool(data)
        self._tail += data
        while len(self._tail) >= self._part_size:
            self._send(self._part_size)

    def _send(self, size: int) -> None:
        if self._upload is None:
            self._upload = self._store.upload(self._place, content_type=self._content_type)
        with memoryview(self._tail) as view:
            body = bytes(view[:size])
        self._upload.add(body)
        del self._tail[:size]
