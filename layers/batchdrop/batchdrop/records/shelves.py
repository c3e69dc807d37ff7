"""Outcome lines kept for later: a shelf for the window at hand, and files for the windows to come."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_HELD = (
    12 * 1024 * 1024
)  # bytes of lines in memory: of the window at hand, and again of those for windows to come


class Shelf:
    """Outcome lines by ordinal: in memory up to `held` bytes, the rest in a scratch file."""

    def __init__(self, scratch: IO[bytes], held: int = _HELD) -> None:
        self._scratch = scratch
        self._room = held
        self._lines: dict[int, bytes] = {}
        self._places: dict[int, tuple[int, int]] = {}
        scratch.seek(0)
        scratch.truncate()

    def put(self, ordinal: int, line: bytes) -> None:
        """Keep a line."""
        if len(line) <= self._room:
            self._room -= len(line)
            self._lines[ordinal] = line
        else:
            self._places[ordinal] = (self._scratch.seek(0, 2), len(line))
            self._scratch.write(line)

    def get(self, ordinal: int) -> bytes | None:
        """The line, or None when there is none."""
        line = self._lines.get(ordinal)
        if line is None and ordinal in self._places:
            start, size = self._places[ordinal]
            self._scratch.seek(start)
            line = self._scratch.read(size)
        return line


class Spill:
    """Appends lines to one file a window; gathers them first, so that few files are open and writes are long."""

    def __init__(self, folder: Path, held: int = _HELD) -> None:
        self._folder = folder
        self._held, self._limit = 0, held
        self._waiting: dict[int, list[bytes]] = {}

    def add(self, window: int, line: bytes) -> None:
        """Keep a line for a window."""
        self._waiting.setdefault(window, []).append(line)
        self._held += len(line)
        if self._held > self._limit:
            self._flush(list(self._waiting))

    def _flush(self, windows: Iterable[int]) -> None:
        for window in windows:
            lines = self._waiting.pop(window, [])
            if lines:
                with (self._folder / f"spill-{window}").open("ab") as file:
                    file.writelines(lines)
                self._held -= sum(map(len, lines))

    def take(self, window: int, use: Callable[[bytes], None]) -> None:
        """Call `use` with every line kept for this window, then forget them."""
        path = self._folder / f"spill-{window}"
        if path.exists():
            with path.open("rb") as file:
                for line in file:
                    use(line)
            path.unlink()
        lines = self._waiting.pop(window, [])
        self._held -= sum(map(len, lines))
        for line in lines:
            use(line)
