"""Where the stream of distinct queries is cut into batches."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Cut:
    """One batch: bytes start to end of work/queries.ndjson, `count` ordinals from `first`, which cost what `units` records do."""

    number: int
    start: int
    end: int
    first: int
    count: int
    units: int


@dataclass(slots=True)
class Cutter:
    """Cuts the stream of distinct queries into batches by number and by bytes."""

    max_records: int
    max_bytes: int
    cuts: list[Cut] = field(default_factory=list)
    _start: int = 0
    _end: int = 0
    _first: int = 1
    _count: int = 0
    _units: int = 0

    def add(self, size: int, units: int = 1) -> None:
        """One more query of `size` bytes, which costs what `units` records do."""
        if self._count == self.max_records or (
            self._count and self._end - self._start + size > self.max_bytes
        ):
            self.close()
        self._end += size
        self._count += 1
        self._units += units

    def close(self) -> None:
        """End the batch at hand."""
        if self._count:
            number = len(self.cuts) + 1
            self.cuts.append(Cut(number, self._start, self._end, self._first, self._count, self._units))
            self._start, self._first = self._end, self._first + self._count
            self._count = self._units = 0
