"""A download opened: the texts in a zip, or the one text it is when it came uncompressed. No network.

A zip is known by its first bytes. It is copied to a temporary file, because its directory stands at its end. Nothing is
ever unpacked to a path: a member's name only tells, by its ending, what the member is. What does not look like the
service's zips is refused with ServiceSpokeUnknown: encrypted or nested, too large, or expanding too much.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import IO, TYPE_CHECKING

from batchdrop.records.unzipping import expands_too_much
from batchdrop.services.delimited import odd
from batchdrop.services.here_geocoder_v6.apis import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batchdrop.ports import SavedPart
    from batchdrop.services.delimited import Readable

OUT, NO_MATCH, INVALID = "out", "err", "inv"
ROLES: Mapping[str, str] = MappingProxyType({"result": OUT, "no-matches": NO_MATCH, "errors": INVALID})
"""Download (the last part of its path, and the first of its part's name) → what it is when it is plain text [doc]."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Most bytes of a zip (the disk of `advance` has twice that), and of its texts (8,000 a record of the largest job)."""

    zipped: int = 1 << 30
    text: int = 8 << 30


LIMITS = Limits()
_MOST_DIRECTORY = 1 << 16
_CHUNK = 1 << 16
_ROLE = re.compile(r"__(out|err|inv)\.\w{1,8}")  # [doc] [client]; the report of /all has another ending
_ENCRYPTED = 0x41  # bits 0 and 6 of the flags, APPNOTE 4.4.4
_END, _LOCATOR, _END64 = b"PK\5\6", b"PK\6\7", b"PK\6\6"  # APPNOTE 4.3.14 to 4.3.16
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)


def texts(part: SavedPart, limits: Limits = LIMITS) -> Iterator[tuple[str, Readable]]:
    """What each text is (OUT, NO_MATCH, INVALID, in this order) and its bytes; read each before the next is asked for."""
    with part.open() as body:
        head = body.read(4)
        if not head.startswith(b"PK"):
            role = ROLES.get(part.name.partition(".")[0])
            if role is not None:
                yield role, _Rest(head, body)
            return
        with tempfile.TemporaryFile() as copy:
            _copy(head, body, copy, limits)
            yield from _members(copy, limits)


def _copy(head: bytes, body: IO[bytes], copy: IO[bytes], limits: Limits) -> None:
    copied, chunk = 0, head
    while chunk:
        copied += len(chunk)
        if copied > limits.zipped:
            raise odd("the zip is too large", NAME)
        copy.write(chunk)
        chunk = body.read(_CHUNK)


def _members(copy: IO[bytes], limits: Limits) -> Iterator[tuple[str, Readable]]:
    size = copy.tell()
    if _directory(copy, size) > _MOST_DIRECTORY:  # it would be held in memory
        raise odd("the zip has too many members", NAME)
    with _opened(copy) as packed:
        for role, member in _chosen(packed, size, limits):
            with packed.open(member) as stream:
                yield role, _Member(stream)


@contextmanager
def _opened(copy: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """Errors of the zip, in ours; those of whoever reads the members do not pass here."""
    try:
        with zipfile.ZipFile(copy) as packed:
            yield packed
    except _BROKEN:
        broken = True
    else:
        broken = False
    if broken:
        raise odd("the zip is broken", NAME)


def _directory(copy: IO[bytes], size: int) -> int:
    """Bytes of the directory as the end of the zip gives them; none when there is no end (then it cannot be opened)."""
    start = max(0, size - (1 << 16) - 98)  # the longest comment, and the three records before it
    copy.seek(start)
    tail = copy.read()
    end = tail.rfind(_END)
    if end < 0:
        return 0
    if tail[max(0, end - 20) :].startswith(_LOCATOR):
        end64 = tail.rfind(_END64, 0, end)
        return int.from_bytes(tail[end64 + 40 : end64 + 48], "little") if end64 >= 0 else size
    return int.from_bytes(tail[end + 12 : end + 16], "little")


def _chosen(packed: zipfile.ZipFile, size: int, limits: Limits) -> list[tuple[str, zipfile.ZipInfo]]:
    """The members that are read, checked."""
    found = []
    for member in packed.infolist():
        if member.flag_bits & _ENCRYPTED:
            raise odd("the zip is encrypted", NAME)
        if member.filename.lower().endswith(".zip"):
            raise odd("there is a zip within the zip", NAME)
        named = _ROLE.search(member.filename.lower()[-16:])
        if named and member.filename.lower().endswith(named[0]):
            found.append((named[1], member))
    if not found:
        raise odd("the zip has none of the files that were agreed", NAME)
    members = [member for _, member in found]
    if any(_suspicious(member) for member in members) or sum(one.file_size for one in members) > limits.text:
        raise odd("the zip expands to more than it should", NAME)
    if sum(one.compress_size for one in members) > size:
        raise odd("members of the zip overlap", NAME)
    return sorted(found, key=lambda one: (OUT, NO_MATCH, INVALID).index(one[0]))


def _suspicious(member: zipfile.ZipInfo) -> bool:
    """Another method than the two of old, which unfold in small memory; or far more text than bytes."""
    known = member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    return not known or expands_too_much(member.file_size, member.compress_size)


class _Member:
    """A member's bytes, never more than its directory entry says (zipfile sees to that), checked by CRC at the end."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._begun = False

    def read(self, size: int, /) -> bytes:
        """The next bytes."""
        try:
            piece: bytes | None = self._stream.read(size)
        except _BROKEN:
            piece = None
        if piece is None:
            raise odd("a member of the zip is damaged", NAME)
        if not self._begun and piece.startswith(b"PK\3\4"):
            raise odd("there is a zip within the zip", NAME)
        self._begun = True
        return piece


class _Rest:
    """A stream whose first bytes were looked at."""

    def __init__(self, head: bytes, body: IO[bytes]) -> None:
        self._head = head
        self._body = body

    def read(self, size: int, /) -> bytes:
        """The next bytes."""
        head, self._head = self._head, b""
        return head or self._body.read(size)
