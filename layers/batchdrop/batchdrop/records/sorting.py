"""Rows put in the order of their numbers, on disk where they are many: errors that were dropped back may come in any order."""

from __future__ import annotations

import heapq
import struct
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

HELD = 32 * 1024 * 1024
"""Bytes of rows kept in memory before they go to disk."""

_FRAME = struct.Struct("<QII")  # a row may hold line ends: its length stands before it
_ROW = 120  # bytes a row needs in memory beside its own


class Row(NamedTuple):
    """One row of an output. number: its bd_recId. part: its bd_seqNumber, 0 in errors. raw: its bytes with the line end."""

    number: int
    part: int
    raw: bytes


def in_order(rows: Iterable[Row], folder: Path, *, held: int = HELD) -> Iterator[Row]:
    """The rows by number and part, ascending. folder: an existing folder of its own for up to the bytes of all rows."""
    waiting: list[Row] = []
    size = runs = 0
    for row in rows:
        waiting.append(row)
        size += len(row.raw) + _ROW
        if size > held:
            _write(folder / f"run-{runs}", sorted(waiting))
            runs += 1
            size = 0
            waiting.clear()
    waiting.sort()
    if not runs:
        yield from waiting
        return
    with ExitStack() as opened:
        files = [opened.enter_context((folder / f"run-{number}").open("rb")) for number in range(runs)]
        yield from heapq.merge(*map(_read, files), waiting)


def _write(path: Path, rows: list[Row]) -> None:
    with path.open("wb") as file:
        for row in rows:
            file.write(_FRAME.pack(row.number, row.part, len(row.raw)))
            file.write(row.raw)


def _read(file: IO[bytes]) -> Iterator[Row]:
    while head := file.read(_FRAME.size):
        number, part, size = _FRAME.unpack(head)
        yield Row(number, part, file.read(size))
