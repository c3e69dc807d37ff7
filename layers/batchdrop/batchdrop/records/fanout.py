"""Outcomes that later duplicates need, kept on disk until the walk over the input comes to them.

The records are looked at in windows of 50,000. Backwards over work/firsts once: for every ordinal of a window, the next
window that holds the same ordinal again (`next-<window>` files). Forwards then: an outcome is appended to the file of
the next window that wants it, and handed on from there. So an outcome is on disk at most once per window that wants
it, and memory is one window plus 2 B a distinct record: for 10 M records about 50 MB in all.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from batchdrop.errors import GoneMissing
from batchdrop.records.outcomes import ordinal_of, unpack_firsts
from batchdrop.records.shelves import Shelf, Spill

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from batchdrop.records.source import Readable

WINDOW = 50_000
"""Records a window; of 10,000, 50,000 and 200,000 the middle one was the best trade (measured)."""

_NUMBER = 4  # bytes of a number in work/firsts


class Fanout:
    """The windows of one walk over the input, begun at record number `done` (0 = the start).

    firsts: opens work/firsts; it is copied to `folder` once, and read from there. Raises GoneMissing when it is shorter
    than `done`. After `enter(window)`: `ordinals` of its records, and `wanted`: those whose outcome is to be `keep`-ed.
    """

    def __init__(self, firsts: Readable, folder: Path, *, done: int = 0, window: int = WINDOW) -> None:
        self.window = window
        self.total = self.distinct = self._invalid = 0
        self.done_invalid = self.done_ordinals = 0
        self.ordinals: array[int] = array("I")
        self.wanted: set[int] = set()
        self._folder = folder
        self._next: Mapping[int, int] = {}
        self._copy = (folder / "firsts").open("w+b")
        self._scratch = (folder / "scratch").open("w+b")
        self._shelf = Shelf(self._scratch)
        self._spill = Spill(folder)
        self._nearest = array("H")
        try:
            self._read(firsts, done)
            if self.repeats:
                self._look_back(done // window)
        except BaseException:
            self.close()
            raise

    @property
    def repeats(self) -> bool:
        """Whether any query occurs more than once."""
        return self.distinct < self.total - self._invalid

    def _read(self, firsts: Readable, done: int) -> None:
        rest = b""
        while part := firsts.read(self.window * _NUMBER):
            data = rest + part
            rest = data[len(data) - len(data) % _NUMBER :]
            data = data[: len(data) - len(rest)]
            self._copy.write(data)
            numbers = unpack_firsts(data)
            before = numbers[: max(0, done - self.total)]
            self.done_invalid += before.count(0)
            self.done_ordinals = max(self.done_ordinals, max(before, default=0))
            self.total += len(numbers)
            self._invalid += numbers.count(0)
            self.distinct = max(self.distinct, max(numbers, default=0))
        if rest or done > self.total:
            raise GoneMissing("work/firsts is shorter than it was, or cut off")

    def _window(self, window: int) -> array[int]:
        self._copy.seek(window * self.window * _NUMBER)
        return unpack_firsts(self._copy.read(self.window * _NUMBER))

    def _look_back(self, first_window: int) -> None:
        """Write the `next-…` files from the last window down to the first one that is walked."""
        nearest = array("H", bytes(2 * (self.distinct + 1)))  # per ordinal: nearest later window + 1, or 0
        for window in range((self.total - 1) // self.window, first_window - 1, -1):
            pairs = array("I")
            for ordinal in set(self._window(window)) - {0}:
                if nearest[ordinal]:
                    pairs.append(ordinal)
                    pairs.append(nearest[ordinal] - 1)
                nearest[ordinal] = window + 1
            if pairs:
                (self._folder / f"next-{window}").write_bytes(pairs.tobytes())
        self._nearest = nearest

    def catch_up(self, line: bytes) -> None:
        """On resuming: hand over an outcome that the walk took before it was interrupted."""
        window = self._nearest[ordinal_of(line)] if self.repeats else 0
        if window:
            self._spill.add(window - 1, line)

    def enter(self, window: int) -> None:
        """Go to a window: load what its duplicates need of earlier windows."""
        self.ordinals = self._window(window)
        if not self.repeats:
            return
        self._nearest = array("H")  # needed for catching up only
        path = self._folder / f"next-{window}"
        pairs = array("I", path.read_bytes() if path.exists() else b"")
        path.unlink(missing_ok=True)
        self._next = dict(zip(pairs[::2], pairs[1::2], strict=True))
        self.wanted = _repeated(self.ordinals) | self._next.keys()
        self._shelf = Shelf(self._scratch)
        self._spill.take(window, lambda line: self.keep(ordinal_of(line), line))

    def keep(self, ordinal: int, line: bytes) -> None:
        """Keep an outcome for the duplicates in this window and hand it on to the next window that wants it."""
        self._shelf.put(ordinal, line)
        later = self._next.get(ordinal)
        if later is not None:
            self._spill.add(later, line)

    def outcome(self, ordinal: int) -> bytes | None:
        """The outcome line of a duplicate, or None when its first occurrence had none."""
        return self._shelf.get(ordinal)

    def close(self) -> None:
        """Close and remove the files of this walk."""
        self._copy.close()
        self._scratch.close()
        for pattern in ("firsts", "scratch", "next-*", "spill-*"):
            for path in self._folder.glob(pattern):
                path.unlink()


def _repeated(ordinals: Iterable[int]) -> set[int]:
    once: set[int] = set()
    again: set[int] = set()
    for ordinal in ordinals:
        (again if ordinal in once else once).add(ordinal)
    return again - {0}
