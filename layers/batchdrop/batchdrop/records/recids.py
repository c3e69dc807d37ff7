"""The numbers of records that were dropped back: they keep those of the first input, in whatever order they come.

    work/recids      u32 little-endian a record      0 = a new record, else the number it has in the first input

New are records without a number of ours, with one that its job never gave, and a second one with the same number: no two
records of a job have the same. New ones are numbered on from `new` in the order of the file, once the file was read to
its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchdrop.errors import GoneMissing
from batchdrop.records.outcomes import pack_firsts, unpack_firsts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batchdrop.records.owncells import Mark
    from batchdrop.records.source import Readable

LARGEST = 99_999_999
"""The largest number that is believed of a job nobody here knows: ten full files."""

FAR = 1_000_000_000
"""New records of such a job are numbered from here on: nobody knows how many records its first input has."""

_JOBS = 100  # different jobs looked up for one file; more are not a person's work
_TOGETHER = 16_384
_EACH = 4
_PAGE = 16  # bits: numbers that were seen are kept in pages of 65,536


@dataclass(frozen=True, slots=True)
class Family:
    """A job and all that redo its errors share their numbers.

    origin: the first job. largest: the largest number given so far, 0 where nobody knows.
    """

    origin: str
    largest: int


@dataclass(frozen=True, slots=True)
class Renumbered:
    """What a file of dropped back records comes to. parent: the job it names first, or "". new: how many records are new.

    top: the largest number that was kept.
    """

    parent: str
    origin: str
    new: int
    top: int

    @property
    def first_new(self) -> int:
        """Where new records begin when nobody here knows the origin."""
        return max(FAR, self.top) + 1 if self.parent or self.top else 1


class Numbering:
    """Gives the records of a file the numbers they had; writes work/recids in pieces.

    family: looks a job up. parent: the job, where the file does not say it itself. It begins with the first record that has a
    number, or at once with `begin`; a file that never begins has its own numbers.
    """

    def __init__(
        self, write: Callable[[bytes], object], family: Callable[[str], Family | None], parent: str = ""
    ) -> None:
        self.begun = False
        self._write = write
        self._look_up = family
        self._default = parent
        self._families: dict[str, Family] = {}
        self._parent: str = ""
        self._family: Family | None = None
        self._seen: dict[int, bytearray] = {}
        self._waiting: list[int] = []
        self._before = self._new = self._top = self._last = 0

    def begin(self) -> None:
        """The file is one of ours, whatever its records say."""
        if not self.begun:
            self.begun = True
            self._new = self._before
            for start in range(0, self._before, _TOGETHER):
                self._write(bytes(_EACH * min(_TOGETHER, self._before - start)))

    def take(self, mark: Mark) -> int:
        """The number of the next record; 0 when it is a new one."""
        number = self._kept(mark)
        if number and not self.begun:
            self.begin()
        if not self.begun:
            self._before += 1
            return 0
        self._new += not number
        self._last = number
        self._waiting.append(number)
        if len(self._waiting) >= _TOGETHER:
            self._flush()
        return number

    def place(self, rec_id: int) -> int:
        """What tells of the record just taken: its number, minus how many new ones there are so far, or `rec_id` as it is."""
        if not self.begun:
            return rec_id
        return self._last or -self._new

    def _kept(self, mark: Mark) -> int:
        job, number = mark.job or self._default, mark.number
        if not number or not self._belongs(job):
            return 0
        if not self._was_given(number) or self._was_seen(number):
            return 0
        self._top = max(self._top, number)
        return number

    def _belongs(self, job: str) -> bool:
        """Whether its numbers count: those of the first job that is named, and of its family."""
        if not job:
            return not self._parent
        found = self._families.get(job)
        if found is None:
            if len(self._families) >= _JOBS:
                return False
            found = self._families[job] = self._look_up(job) or Family(job, 0)
        if not self._parent:
            self._parent, self._family = job, found
        return self._family is not None and found.origin == self._family.origin

    def _was_given(self, number: int) -> bool:
        if self._family is not None and self._family.largest:
            return number <= self._family.largest
        return number <= LARGEST or FAR < number <= FAR + LARGEST

    def _was_seen(self, number: int) -> bool:
        page = self._seen.setdefault(number >> _PAGE, bytearray(1 << _PAGE - 3))
        place, bit = (number & (1 << _PAGE) - 1) >> 3, 1 << (number & 7)
        seen = bool(page[place] & bit)
        page[place] |= bit
        return seen

    def _flush(self) -> None:
        self._write(pack_firsts(self._waiting))
        self._waiting.clear()

    def end(self) -> Renumbered | None:
        """Write what is left; None when the file has its own numbers."""
        if not self.begun:
            return None
        self._flush()
        origin = self._family.origin if self._family else ""
        return Renumbered(self._parent, origin, self._new, self._top)


def kept_numbers(stream: Readable, *, new: int, done: int = 0) -> Iterator[int]:
    """The numbers of the records after the first `done`. new: the number of the first new record.

    Raises GoneMissing when work/recids is shorter than that.
    """
    rest, left = b"", done
    while part := stream.read(_TOGETHER * _EACH):
        data = rest + part
        rest = data[len(data) - len(data) % _EACH :]
        numbers = unpack_firsts(data[: len(data) - len(rest)])
        skipped = numbers[:left]
        new += skipped.count(0)
        left -= len(skipped)
        for number in numbers[len(skipped) :]:
            yield number or new
            new += not number
    if rest or left:
        raise GoneMissing("work/recids is shorter than it was, or cut off")
