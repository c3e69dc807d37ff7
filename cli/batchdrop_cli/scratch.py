"""A store for looking only: one local file stands for the dropped object, and what is written goes nowhere."""

from __future__ import annotations

from io import BytesIO
from itertools import count
from typing import IO, TYPE_CHECKING

from batchdrop.errors import GoneMissing
from batchdrop.ports import Part, Stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from batchdrop.ports import Place


class NoUpload:
    """A multipart upload whose parts are counted and forgotten."""

    def __init__(self) -> None:
        self.id = "nowhere"
        self.parts: list[Part] = []
        self._numbers = count(1)

    def add(self, body: bytes) -> Part:
        """See Upload.add."""
        part = Part(next(self._numbers), "", len(body))
        self.parts.append(part)
        return part

    def complete(self) -> Stored:
        """See Upload.complete."""
        return Stored(sum(part.size for part in self.parts), "")

    def complete_if(self, *, etag: str | None) -> Stored | None:
        """See Upload.complete_if: there is no object here."""
        return self.complete() if etag is None else None

    def abort(self) -> None:
        """See Upload.abort."""


class ScratchStore:
    """The store port over one file. `place` is where the file would have been dropped."""

    def __init__(self, place: Place, file: Path) -> None:
        self._place = place
        self._file = file

    def head(self, place: Place) -> Stored | None:
        """See Store.head: a local file has no metadata."""
        return Stored(self._file.stat().st_size, "") if place == self._place else None

    def open(self, place: Place, start: int = 0, end: int | None = None) -> IO[bytes]:
        """See Store.open."""
        if place != self._place:
            raise GoneMissing(f"{place.bucket} has no such object")
        if end is not None:
            with self._file.open("rb") as stream:
                stream.seek(start)
                return BytesIO(stream.read(max(0, end - start)))
        stream = self._file.open("rb")
        stream.seek(start)
        return stream

    def read(self, place: Place) -> bytes:
        """See Store.read."""
        with self.open(place) as stream:
            return stream.read()

    def put(self, place: Place, body: bytes, *, content_type: str = "application/octet-stream") -> Stored:  # noqa: ARG002  # the port's signature
        """See Store.put."""
        return Stored(len(body), "")

    def put_if(
        self,
        place: Place,
        body: bytes,
        *,
        etag: str | None,  # noqa: ARG002  # the port's signature
        content_type: str = "application/json",
        metadata: Mapping[str, str] | None = None,  # noqa: ARG002  # the port's signature
    ) -> Stored | None:
        """See Store.put_if."""
        return self.put(place, body, content_type=content_type)

    def upload(
        self,
        place: Place,  # noqa: ARG002  # the port's signature
        *,
        content_type: str,  # noqa: ARG002  # the port's signature
        upload_id: str | None = None,  # noqa: ARG002  # the port's signature
        parts: Iterable[Part] = (),  # noqa: ARG002  # the port's signature
    ) -> NoUpload:
        """See Store.upload."""
        return NoUpload()

    def list(self, bucket: str, prefix: str) -> Iterator[str]:
        """See Store.list."""
        return iter(
            (self._place.key,)
            if (bucket, self._place.key[: len(prefix)]) == (self._place.bucket, prefix)
            else ()
        )

    def delete_all(self, bucket: str, prefix: str) -> int:  # noqa: ARG002  # the port's signature
        """See Store.delete_all: nothing was written."""
        return 0

    def erase(self, place: Place, *, older_only: bool = False) -> int:  # noqa: ARG002  # the port's signature
        """See Store.erase: nothing was written."""
        return 0
