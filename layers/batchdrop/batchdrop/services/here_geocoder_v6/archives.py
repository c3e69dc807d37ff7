"""A download opened: the texts in a zip, or the one text it is when it came uncompressed. No network.

A zip is known by its first bytes. It is copied to a temporary file, because its directory stands at its end. Nothing is
ever unpacked to a path: a member's name only tells, by its ending, what the member is. One zip within the zip is opened too
[recorded 2013]; limits hold for both levels together. What cannot be the service's zip raises ServiceSpokeUnknown: encrypted,
too large, or expanding too much.
"""

from __future__ import annotations

import re
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import IO, TYPE_CHECKING

from batchdrop.errors import ServiceSpokeUnknown
from batchdrop.records.source import Source
from batchdrop.services.delimited import odd
from batchdrop.services.here_geocoder_v6.apis import NAME
from batchdrop.services.here_geocoder_v6.zips import (
    Checked,
    check,
    directory_size,
    first_bytes,
    open_member,
    open_zip,
)
from batchdrop.services.parts import MOST_TEXT, open_part
from batchdrop.services.tables import DELIMITERS, REC_ID

if TYPE_CHECKING:
    import zipfile
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
                with open_member(member.packed, member.info) as stream:
                    yield Text(member.role, member.name, Source(Checked(stream)), whole=True)
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
        if directory_size(copy, size) > _MOST_DIRECTORY:  # it would be held in memory
            raise odd("the zip has too many members", NAME)
        packed = self.stack.enter_context(open_zip(copy))
        named = _members(packed)
        chosen = [(info, kind) for info, kind in named if kind is not None]
        if not chosen and len(named) == 1:
            chosen = [(named[0][0], "")]
        self.passed_over += len(named) - len(chosen)
        check([info for info, _ in chosen], size)
        for info, kind in chosen:
            if kind == _ZIPPED or first_bytes(packed, info, 4).startswith(_ZIP):
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
            with open_member(packed, info) as stream:
                _copy(Source(Checked(stream)), inner, self.limits.zipped - self.zipped)
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
    first = (
        first_bytes(packed, info, _HEADER).removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")[0].lower()
    )
    if first.startswith(b"line number"):
        return INVALID
    names = [[cell.strip(b' "\r') for cell in first.split(one.encode())] for one in DELIMITERS]
    if any(REC_ID.encode() in found for found in names):
        return NO_MATCH if role == NO_MATCH else OUT
    return ""
