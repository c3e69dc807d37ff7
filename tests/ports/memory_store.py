"""The store port in memory: versioned buckets that need no making."""

from __future__ import annotations

import hashlib
import io
import itertools
from dataclasses import dataclass, field
from threading import RLock
from typing import IO, TYPE_CHECKING

from batchdrop.errors import GoneMissing
from batchdrop.ports import Part, Stored, UploadLink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from batchdrop.ports import Place

LEAST_PART = 5 * 1024 * 1024
MOST_PARTS = 10_000


@dataclass(frozen=True, slots=True)
class _Version:
    stored: Stored
    body: bytes
    content_type: str


@dataclass(slots=True)
class _Begun:
    """An unfinished upload."""

    place: Place
    content_type: str
    bodies: dict[int, bytes] = field(default_factory=dict)


class MemoryStore:
    """Objects for tests; safe for threads."""

    def __init__(self) -> None:
        self._objects: dict[tuple[str, str], list[_Version]] = {}
        self._begun: dict[str, _Begun] = {}
        self._numbers = itertools.count(1)
        self._lock = RLock()

    @property
    def unfinished(self) -> int:
        """How many uploads were begun and neither completed nor dropped: for asserting."""
        return len(self._begun)

    def content_type(self, place: Place) -> str:
        """The content type of an object: for asserting."""
        return self._version(place).content_type

    def drop(
        self,
        place: Place,
        body: bytes,
        *,
        metadata: Mapping[str, str] | None = None,
        content_encoding: str = "",
    ) -> Stored:
        """Put an object as a user does, with metadata."""
        return self._add(place, body, "text/csv", metadata=metadata or {}, content_encoding=content_encoding)

    def lose(self, place: Place) -> None:
        """Make an object vanish, all its versions, as a lifecycle rule does."""
        with self._lock:
            self._objects.pop((place.bucket, place.key), None)

    def head(self, place: Place) -> Stored | None:
        """See Store.head."""
        try:
            return self._version(place).stored
        except GoneMissing:
            return None

    def open(self, place: Place, start: int = 0, end: int | None = None) -> IO[bytes]:
        """See Store.open."""
        return io.BytesIO(self._version(place).body[start:end])

    def read(self, place: Place) -> bytes:
        """See Store.read."""
        return self._version(place).body

    def put(self, place: Place, body: bytes, *, content_type: str = "application/octet-stream") -> Stored:
        """See Store.put."""
        return self._add(place, body, content_type)

    def put_if(
        self,
        place: Place,
        body: bytes,
        *,
        etag: str | None,
        content_type: str = "application/json",
        metadata: Mapping[str, str] | None = None,
    ) -> Stored | None:
        """See Store.put_if."""
        with self._lock:
            current = self._objects.get((place.bucket, place.key))
            if (current[-1].stored.etag if current else None) != etag:
                return None
            return self._add(place, body, content_type, metadata=metadata)

    def upload(
        self, place: Place, *, content_type: str, upload_id: str | None = None, parts: Iterable[Part] = ()
    ) -> MemoryUpload:
        """See Store.upload."""
        with self._lock:
            if upload_id is None:
                upload_id = f"upload-{next(self._numbers)}"
                self._begun[upload_id] = _Begun(place, content_type)
            return MemoryUpload(self, place, upload_id, list(parts))

    def list(self, bucket: str, prefix: str) -> Iterator[str]:
        """See Store.list."""
        with self._lock:
            keys = [key for found, key in self._objects if found == bucket and key.startswith(prefix)]
        return iter(sorted(keys, key=str.encode))

    def delete_all(self, bucket: str, prefix: str) -> int:
        """See Store.delete_all."""
        with self._lock:
            for upload_id, begun in list(self._begun.items()):
                if begun.place.bucket == bucket and begun.place.key.startswith(prefix):
                    del self._begun[upload_id]
            return sum(len(self._objects.pop((bucket, key))) for key in self.list(bucket, prefix))

    def erase(self, place: Place, *, older_only: bool = False) -> int:
        """See Store.erase."""
        with self._lock:
            versions = self._objects.pop((place.bucket, place.key), [])
            names = [version.stored.version for version in versions]
            if place.version is not None and place.version not in names:
                gone = 0
            else:
                last = len(names) if place.version is None else names.index(place.version) + 1
                gone = last - older_only
            if versions[gone:]:
                self._objects[place.bucket, place.key] = versions[gone:]
            return gone

    def _version(self, place: Place) -> _Version:
        with self._lock:
            versions = self._objects.get((place.bucket, place.key), [])
            for version in reversed(versions):
                if place.version in (None, version.stored.version):
                    if place.etag and place.etag != version.stored.etag:
                        break
                    return version
        raise GoneMissing(f"{place.bucket} has no such object")

    def _add(
        self,
        place: Place,
        body: bytes,
        content_type: str,
        *,
        etag: str = "",
        metadata: Mapping[str, str] | None = None,
        content_encoding: str = "",
    ) -> Stored:
        with self._lock:
            stored = Stored(
                size=len(body),
                etag=etag or _md5(body).hex(),
                version=f"v{next(self._numbers)}",
                metadata=dict(metadata or {}),
                content_encoding=content_encoding,
            )
            version = _Version(stored, bytes(body), content_type)
            self._objects.setdefault((place.bucket, place.key), []).append(version)
            return stored

    def _take_part(self, upload_id: str, number: int, body: bytes) -> Part:
        with self._lock:
            if upload_id not in self._begun:
                raise GoneMissing("the upload was completed or dropped")
            self._begun[upload_id].bodies[number] = bytes(body)
        return Part(number=number, etag=_md5(body).hex(), size=len(body))

    def _make(self, upload_id: str, place: Place, parts: Sequence[Part]) -> Stored:
        with self._lock:
            etag = _etag(parts)
            begun = self._begun.get(upload_id)
            if begun is None:
                return self._made_before(place, etag)
            if not parts or any(_md5(begun.bodies[part.number]).hex() != part.etag for part in parts):
                raise ValueError("the parts are not those that were uploaded")
            del self._begun[upload_id]
            body = b"".join(begun.bodies[part.number] for part in parts)
            return self._add(place, body, begun.content_type, etag=etag)

    def _made_before(self, place: Place, etag: str) -> Stored:
        stored = self.head(place)
        if stored is None or stored.etag != etag:
            raise GoneMissing("the upload is gone")
        return stored


class MemoryUpload:
    """A multipart upload for tests; enforces S3's sizes."""

    def __init__(self, store: MemoryStore, place: Place, upload_id: str, parts: list[Part]) -> None:
        self._store = store
        self._place = place
        self.id = upload_id
        self.parts = parts

    def add(self, body: bytes) -> Part:
        """See Upload.add."""
        if self.parts and self.parts[-1].size < LEAST_PART:
            raise ValueError("only the last part of an upload may be shorter than 5 MiB")
        if len(self.parts) >= MOST_PARTS:
            raise ValueError("too many parts")
        number = self.parts[-1].number + 1 if self.parts else 1
        part = self._store._take_part(self.id, number, body)
        self.parts.append(part)
        return part

    def complete(self) -> Stored:
        """See Upload.complete."""
        return self._store._make(self.id, self._place, self.parts)

    def complete_if(self, *, etag: str | None) -> Stored | None:
        """See Upload.complete_if."""
        with self._store._lock:
            current = self._store.head(self._place)
            mine = current is not None and self.id not in self._store._begun
            if not mine and (current.etag if current else None) != etag:
                return None
            return self.complete()

    def abort(self) -> None:
        """See Upload.abort."""
        self._store._begun.pop(self.id, None)


def _md5(body: bytes) -> bytes:
    return hashlib.md5(body, usedforsecurity=False).digest()


def _etag(parts: Sequence[Part]) -> str:
    return f"{_md5(b''.join(bytes.fromhex(part.etag) for part in parts)).hex()}-{len(parts)}"


class MemoryLinks:
    """Links for tests: they say what was asked for and lead nowhere."""

    def to_read(self, place: Place, seconds: int, *, name: str, shown: bool = False) -> str:
        """See Links.to_read."""
        return f"memory://{place.bucket}/{place.key}?seconds={seconds}&name={name}&shown={shown}"

    def to_write_once(
        self,
        place: Place,
        seconds: int,
        *,
        size: int | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> UploadLink:
        """See Links.to_write_once."""
        headers = {f"x-amz-meta-{name}": value for name, value in (metadata or {}).items()}
        return UploadLink(f"memory://{place.bucket}/{place.key}?seconds={seconds}&size={size}", headers)
