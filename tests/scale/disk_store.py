"""The store port on a disk, for files too large for memory: one version an object, streams and multipart uploads as S3 has them."""

from __future__ import annotations

import hashlib
import shutil
from itertools import count
from typing import IO, TYPE_CHECKING
from urllib.parse import quote

from batchdrop.errors import GoneMissing
from batchdrop.ports import Part, Place, Stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_SMALL = (
    1024 * 1024
)  # objects up to here have an ETag of their bytes; larger ones are never written on a condition


class DiskStore:
    """Objects below a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._numbers = count(1)

    def path(self, place: Place) -> Path:
        """Where an object stands."""
        return self._root / place.bucket / quote(place.key, safe="")

    def _existing(self, place: Place) -> Path:
        path = self.path(place)
        if not path.is_file():
            raise GoneMissing(f"{place.bucket} has no such object")
        return path

    def head(self, place: Place) -> Stored | None:
        """See Store.head."""
        path = self.path(place)
        if not path.is_file():
            return None
        size = path.stat().st_size
        body = path.read_bytes() if size <= _SMALL else str(size).encode()
        return Stored(size, hashlib.sha256(body).hexdigest(), "v1")

    def open(self, place: Place, start: int = 0, end: int | None = None) -> IO[bytes]:
        """See Store.open; only whole objects and their ends are read as streams, batches are small."""
        file = self._existing(place).open("rb")
        file.seek(start)
        if end is None:
            return file
        with file:
            part = self.path(Place("parts", f"range-{next(self._numbers)}"))
            part.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(file.read(end - start))
        stream = part.open("rb")
        part.unlink()
        return stream

    def read(self, place: Place) -> bytes:
        """See Store.read."""
        return self._existing(place).read_bytes()

    def put(self, place: Place, body: bytes, *, content_type: str = "application/octet-stream") -> Stored:  # noqa: ARG002  # the port's
        """See Store.put."""
        path = self.path(place)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        stored = self.head(place)
        assert stored is not None
        return stored

    def put_if(
        self,
        place: Place,
        body: bytes,
        *,
        etag: str | None,
        content_type: str = "application/json",
        metadata: Mapping[str, str] | None = None,  # noqa: ARG002  # the port's
    ) -> Stored | None:
        """See Store.put_if."""
        stored = self.head(place)
        if (stored.etag if stored else None) != etag:
            return None
        return self.put(place, body, content_type=content_type)

    def upload(
        self,
        place: Place,
        *,
        content_type: str,  # noqa: ARG002  # the port's
        upload_id: str | None = None,
        parts: Iterable[Part] = (),
    ) -> DiskUpload:
        """See Store.upload."""
        return DiskUpload(self, place, upload_id or f"upload-{next(self._numbers)}-{place.key}", list(parts))

    def list(self, bucket: str, prefix: str) -> Iterator[str]:
        """Not needed here."""
        raise NotImplementedError(f"{bucket}/{prefix}")

    def delete_all(self, bucket: str, prefix: str) -> int:
        """Not needed here."""
        raise NotImplementedError(f"{bucket}/{prefix}")

    def erase(self, place: Place, *, older_only: bool = False) -> int:
        """Not needed here."""
        raise NotImplementedError(f"{place.key} {older_only}")


class DiskUpload:
    """A multipart upload: its parts are gathered in one file, which becomes the object."""

    def __init__(self, store: DiskStore, place: Place, upload_id: str, parts: list[Part]) -> None:
        self._store = store
        self._place = place
        self.id = upload_id
        self.parts = parts
        self._path = store.path(Place("parts", upload_id))
        self._path.parent.mkdir(parents=True, exist_ok=True)

    def add(self, body: bytes) -> Part:
        """See Upload.add."""
        with self._path.open("r+b" if self.parts else "wb") as file:
            file.seek(sum(part.size for part in self.parts))
            file.truncate()
            file.write(body)
        part = Part(len(self.parts) + 1, str(len(body)), len(body))
        self.parts.append(part)
        return part

    def complete(self) -> Stored:
        """See Upload.complete."""
        path = self._store.path(self._place)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(self._path, path)
        stored = self._store.head(self._place)
        assert stored is not None
        return stored

    def complete_if(self, *, etag: str | None) -> Stored | None:
        """See Upload.complete_if."""
        stored = self._store.head(self._place)
        return self.complete() if (stored.etag if stored else None) == etag else None

    def abort(self) -> None:
        """See Upload.abort."""
        self._path.unlink(missing_ok=True)
