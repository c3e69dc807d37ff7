"""The store port: objects in buckets, as streams."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from batchdrop.jobs import Input


@dataclass(frozen=True, slots=True)
class Place:
    """An object: bucket, key and, where it matters, version. etag: where the bucket keeps no versions, these bytes and no others."""

    bucket: str
    key: str
    version: str | None = None
    etag: str = ""

    @classmethod
    def of(cls, dropped: Input) -> Place:
        """Where a dropped file lies; what replaced it since then is not there."""
        return cls(dropped.bucket, dropped.key, dropped.version_id, dropped.etag)


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of a stored object; size in bytes; metadata as the user set it (lower-case names)."""

    size: int
    etag: str
    version: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    content_encoding: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One uploaded part of a multipart upload."""

    number: int
    etag: str
    size: int


@dataclass(frozen=True, slots=True)
class UploadLink:
    """Where to PUT an object, without credentials, and the headers that must come along."""

    url: str
    headers: Mapping[str, str]


class Upload(Protocol):
    """A multipart upload that can be left and taken up again in another invocation."""

    id: str
    parts: list[Part]

    def add(self, body: bytes) -> Part:
        """Upload the next part: 5 MiB or more, except the last."""
        ...

    def complete(self) -> Stored:
        """Make the object; safe to repeat after a lost reply (the object is looked at and compared)."""
        ...

    def complete_if(self, *, etag: str | None) -> Stored | None:
        """Make the object when what is there still has this etag (None = nothing is there); None when it was otherwise.

        The upload stays then, for another try.
        """
        ...

    def abort(self) -> None:
        """Drop the parts; never raises when there is nothing to drop."""
        ...


class Store(Protocol):
    """Objects in buckets. Bodies are streams of bytes; nothing is held whole unless the method says so."""

    def head(self, place: Place) -> Stored | None:
        """What is stored there, or None."""
        ...

    def open(self, place: Place, start: int = 0, end: int | None = None) -> IO[bytes]:
        """A stream over bytes start (included) to end (excluded, None = to the end). Raises GoneMissing."""
        ...

    def read(self, place: Place) -> bytes:
        """A small object, whole. Raises GoneMissing."""
        ...

    def put(self, place: Place, body: bytes, *, content_type: str = "application/octet-stream") -> Stored:
        """Write a small object, whole."""
        ...

    def put_if(
        self,
        place: Place,
        body: bytes,
        *,
        etag: str | None,
        content_type: str = "application/json",
        metadata: Mapping[str, str] | None = None,
    ) -> Stored | None:
        """Write when the object still has this etag (None = when it does not exist); None when it was otherwise."""
        ...

    def upload(
        self, place: Place, *, content_type: str, upload_id: str | None = None, parts: Iterable[Part] = ()
    ) -> Upload:
        """Begin a multipart upload, or take one up again by its id and parts."""
        ...

    def list(self, bucket: str, prefix: str) -> Iterator[str]:
        """Keys below a prefix, in order."""
        ...

    def delete_all(self, bucket: str, prefix: str) -> int:
        """Delete every version of every object below a prefix, and what unfinished uploads hold; says how many versions went."""
        ...

    def erase(self, place: Place, *, older_only: bool = False) -> int:
        """Delete the version that `place` names (not with `older_only`) and all older ones of this object; says how many went.

        Without a version it deletes all there are. A newer version stays as it is.
        """
        ...


class Links(Protocol):
    """Links by which somebody without credentials reads or writes one object for some seconds."""

    def to_read(self, place: Place, seconds: int, *, name: str, shown: bool = False) -> str:
        """A URL to GET. `name`: of the file it is saved as (ASCII, no quotes); `shown`: a browser shows it instead."""
        ...

    def to_write_once(
        self,
        place: Place,
        seconds: int,
        *,
        size: int | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> UploadLink:
        """A URL to PUT an object that is not there yet, of exactly `size` bytes where that is given."""
        ...
