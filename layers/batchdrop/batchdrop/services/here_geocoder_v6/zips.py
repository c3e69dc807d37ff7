"""Zip files as they are opened here: checked before anything is read, their errors as ours. No network."""

from __future__ import annotations

import zipfile
import zlib
from typing import IO

from batchdrop.records.unzipping import expands_too_much
from batchdrop.services.delimited import odd
from batchdrop.services.here_geocoder_v6.apis import NAME

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


def check(members: list[zipfile.ZipInfo], size: int) -> None:
    """Raises ServiceSpokeUnknown for members that a zip of this size cannot have, or that are encrypted."""
    if any(info.flag_bits & _ENCRYPTED for info in members):
        raise odd("the zip is encrypted", NAME)
    if any(_is_suspicious(info) for info in members):
        raise odd("the zip expands to more than it should", NAME)
    if sum(info.compress_size for info in members) > size:
        raise odd("members of the zip overlap", NAME)


def _is_suspicious(member: zipfile.ZipInfo) -> bool:
    """Another method than the two of old, which unfold in small memory; or far more text than bytes."""
    known = member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    return not known or expands_too_much(member.file_size, member.compress_size)


def open_zip(copy: IO[bytes]) -> zipfile.ZipFile:
    """Errors of the zip, in ours."""
    try:
        return zipfile.ZipFile(copy)
    except _BROKEN:
        pass  # raised below, without what the error holds
    raise odd("the zip is broken", NAME)


def open_member(packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    """A member's bytes. Raises ServiceSpokeUnknown when the zip is broken."""
    try:
        return packed.open(info)
    except _BROKEN:
        pass
    raise odd("the zip is broken", NAME)


def first_bytes(packed: zipfile.ZipFile, info: zipfile.ZipInfo, size: int) -> bytes:
    """The first bytes of a member; what is wrong with it shows when it is read."""
    with open_member(packed, info) as stream:
        try:
            return stream.read(size)
        except _BROKEN:
            return b""


def directory_size(copy: IO[bytes], size: int) -> int:
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


class Checked:
    """A member's bytes, never more than its directory entry says (zipfile sees to that), checked by CRC at the end."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes."""
        try:
            return self._stream.read(size)
        except _BROKEN:
            pass  # raised below, without what the error holds
        raise odd("a member of the zip is damaged", NAME)
