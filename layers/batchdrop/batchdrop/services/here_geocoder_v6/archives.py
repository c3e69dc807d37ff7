"""A download opened: the texts in a zip, or the one text it is when it came uncompressed. No network.

A zip is known by its first bytes. It is copied to a temporary file, because its directory stands at its end. Nothing is
ever unpacked to a path: a member's name only tells, by its ending, what the member is. One zip within the zip is opened too
[recorded 2013]; limits hold for both levels together. What cannot be the service's zip raises ServiceSpokeUnknown: encrypted,
too large, or expanding too much.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
import zlib
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import IO, TYPE_CHECKING

from batchdrop.errors import ServiceSpokeUnknown
from batchdrop.records.source import Source
from batchdrop.records.unzipping import expands_too_much
from batchdrop.services.delimited import odd
from batchdrop.services.here_geocoder_v6.apis import NAME
from batchdrop.services.parts import MOST_TEXT, open_part
from batchdrop.services.tables import DELIMITERS, REC_ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batchdrop.ports import AnswerNotes, SavedPart

OUT, NO_MATCH, INVALID = "out", "err", "inv"
ROLES: Mapping[str, str] = MappingProxyType({"result": OUT, "no-matches": NO_MATCH, "errors": INVALID})
"""Download (the last part of its path, and the first of its part's name) → what it is when it is plain text [doc]."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a download, to be read before the next is asked for."""

    role: str
    """OUT, NO_MATCH or INVALID."""
    name: str
    """What it is called: the part's name, or the member's."""
    body: Source
    whole: bool
    """Whether a checksum proves that it is not cut off."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Most bytes of zips (the disk of `advance` has twice that), and of their texts (8,000 a record of the largest job)."""

    zipped: int = 1 << 30
    text: int = MOST_TEXT


LIMITS = Limits()
_MOST_DIRECTORY = 1 << 16
_CHUNK = 1 << 16
_HEADER = 1 << 14  # bytes of a first line that are looked at
_ORDER = (OUT, NO_MATCH, INVALID)
_ROLE = re.compile(r"(?:^|_{1,2})(out|err|inv)(?:\.\w{1,8})?$")
# One underscore in five real downloads of 2015 to 2020 [recorded], two on HERE's page [doc]; two clients take both [client]. The report of
# /all has another ending.
_ZIP = b"PK\3\4"
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


def texts(part: SavedPart, notes: AnswerNotes, limits: Limits = LIMITS) -> Iterator[Text]:
    """The texts of a download: OUT first, then NO_MATCH, then INVALID. Raises ServiceSpokeUnknown after those that can be read."""
    role = ROLES.get(part.name.partition(".")[0])
    with open_part(part, NAME) as body:
        if not body.peek(4).startswith(b"PK"):
            if role is not None:
                yield Text(role, part.name, body, whole=False)
            return
        with ExitStack() as stack:
            copy = stack.enter_context(tempfile.TemporaryFile())
            _copy(body, copy, limits.zipped)
            survey = _Survey(stack, notes, limits, part.name)
            survey.add(copy, role)
            for member in sorted(survey.found, key=lambda one: _ORDER.index(one.role)):
                with _opened(member.packed, member.info) as stream:
                    yield Text(member.role, member.name, Source(_Checked(stream)), whole=True)
            survey.finish()


def _copy(source: Source | IO[bytes], copy: IO[bytes], limit: int) -> int:
    copied = 0
    while chunk := source.read(_CHUNK):
        copied += len(chunk)
        if copied > limit:
            raise odd("the zip is too large", NAME)
        copy.write(chunk)
    return copied


@dataclass(frozen=True, slots=True)
class _Found:
    """A member that is read."""

    role: str
    packed: zipfile.ZipFile
    info: zipfile.ZipInfo

    @property
    def name(self) -> str:
        """The last part of its name."""
        return _base(self.info.filename)


@dataclass(slots=True)
class _Survey:
    """Which members of a zip, and of the zips within it, are read. What is opened is closed with `stack`."""

    stack: ExitStack
    notes: AnswerNotes
    limits: Limits
    part: str
    found: list[_Found] = field(default_factory=list)
    broken: ServiceSpokeUnknown | None = None
    zipped: int = 0
    text: int = 0
    passed_over: int = 0

    def add(self, copy: IO[bytes], role: str | None, *, within: bool = False) -> None:
        """Choose members of one zip. role: what a member of an unknown name is; within: whether the zip stood in a zip."""
        size = copy.seek(0, 2)
        self.zipped += size
        if self.zipped > self.limits.zipped:
            raise odd("the zips are too large together", NAME)
        if _directory(copy, size) > _MOST_DIRECTORY:  # it would be held in memory
            raise odd("the zip has too many members", NAME)
        packed = self.stack.enter_context(_opened_zip(copy))
        named = _members(packed)
        chosen = [(info, kind) for info, kind in named if kind is not None]
        if not chosen and len(named) == 1:
            chosen = [(named[0][0], "")]
        self.passed_over += len(named) - len(chosen)
        _check([info for info, _ in chosen], size)
        for info, kind in chosen:
            if kind == _ZIPPED or _head(packed, info, 4).startswith(_ZIP):
                self._add_inner(packed, info, role, within=within)
            else:
                self._add_text(packed, info, kind or _guess(packed, info, role))

    def _add_text(self, packed: zipfile.ZipFile, info: zipfile.ZipInfo, role: str) -> None:
        if not role:
            self.passed_over += 1
            return
        self.text += info.file_size
        if self.text > self.limits.text:
            raise odd("the zip expands to more than it should", NAME)
        self.found.append(_Found(role, packed, info))

    def _add_inner(
        self, packed: zipfile.ZipFile, info: zipfile.ZipInfo, role: str | None, *, within: bool
    ) -> None:
        """A zip within: one level is opened. That it is broken does not keep the other members from being read."""
        if within:
            self.passed_over += 1
            self.notes.remark(
                f"{self.part}: zips stand in it more than one level deep; these were passed over"
            )
            return
        try:
            inner = self.stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  # closed with the stack
            with _opened(packed, info) as stream:
                _copy(Source(_Checked(stream)), inner, self.limits.zipped - self.zipped)
            self.add(inner, _role_of(_base(info.filename).removesuffix(".zip")) or role, within=True)
        except ServiceSpokeUnknown as broken:
            self.broken = self.broken or broken

    def finish(self) -> None:
        """Say what was passed over. Raises ServiceSpokeUnknown when a zip within is broken, or nothing was found at all."""
        if self.broken is not None:
            raise odd(f"a zip within the zip: {self.broken.reason}", NAME)
        if not self.found:
            raise odd("the zip has none of the files that were agreed", NAME)
        if self.passed_over:
            self.notes.remark(f"{self.part}: {self.passed_over} members of the zip are no part of the answer")


_ZIPPED = "zip"


def _members(packed: zipfile.ZipFile) -> list[tuple[zipfile.ZipInfo, str | None]]:
    """The files in a zip, each with its role by its name, `zip`, or None."""
    found: list[tuple[zipfile.ZipInfo, str | None]] = []
    for info in packed.infolist():
        base = _base(info.filename)
        if base and not info.is_dir() and not _is_of_macos(info.filename, base):
            found.append((info, _ZIPPED if base.endswith(".zip") else _role_of(base)))
    return found


def _is_of_macos(filename: str, base: str) -> bool:
    """Whether macOS added the member when somebody made the zip again: it repeats the name of another one."""
    return base.startswith("._") or "__MACOSX" in filename


def _base(filename: str) -> str:
    """The last part of a member's name, in lower case, as far as it can be shown."""
    return "".join(filter(str.isprintable, re.split(r"[/\\]", filename)[-1]))[-100:].lower()


def _role_of(base: str) -> str | None:
    named = _ROLE.search(base)
    return named[1] if named else None


def _guess(packed: zipfile.ZipFile, info: zipfile.ZipInfo, role: str | None) -> str:
    """What the only member of a zip is, by its first line and by the download it came in; empty for no part of the answer."""
    first = _head(packed, info, _HEADER).removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")[0].lower()
    if first.startswith(b"line number"):
        return INVALID
    names = [[cell.strip(b' "\r') for cell in first.split(one.encode())] for one in DELIMITERS]
    if any(REC_ID.encode() in found for found in names):
        return NO_MATCH if role == NO_MATCH else OUT
    return ""


def _check(members: list[zipfile.ZipInfo], size: int) -> None:
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


def _opened_zip(copy: IO[bytes]) -> zipfile.ZipFile:
    """Errors of the zip, in ours."""
    try:
        return zipfile.ZipFile(copy)
    except _BROKEN:
        pass  # raised below, without what the error holds
    raise odd("the zip is broken", NAME)


def _opened(packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    try:
        return packed.open(info)
    except _BROKEN:
        pass
    raise odd("the zip is broken", NAME)


def _head(packed: zipfile.ZipFile, info: zipfile.ZipInfo, size: int) -> bytes:
    """The first bytes of a member; what is wrong with it shows when it is read."""
    with _opened(packed, info) as stream:
        try:
            return stream.read(size)
        except _BROKEN:
            return b""


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


class _Checked:
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
