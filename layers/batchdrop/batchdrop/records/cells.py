"""The cells of one raw record. Split where no quote stands, else read with the csv module, one record at a time."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, ClassVar

from batchdrop.records.quoting import grammar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CONTROL = bytes(code for code in range(32) if code not in b"\t\n\r")
"""Bytes no record may hold; tabs and line ends are text inside quotes."""


def control_bytes(delimiter: str) -> bytes:
    """CONTROL, without the delimiter where that is one of them."""
    return CONTROL.replace(delimiter.encode(), b"")


class CellReader:
    """Reads records of one delimiter; keeps one csv reader for all of them, which is faster than one each."""

    max_length: ClassVar[int] = 100_000
    """Longest cell in characters (tests/catalogue: 200 KB is refused)."""

    def __init__(self, delimiter: str) -> None:
        self.delimiter = delimiter
        self._begins = grammar(delimiter.encode()).begins
        self._control = control_bytes(delimiter)
        self._waiting: list[str] = []
        self._reader = self._fresh()

    def _fresh(self) -> Iterator[list[str]]:
        self._waiting.clear()
        # iter() with a sentinel never ends by itself: pop raises IndexError where a record asks for a further line.
        return csv.reader(iter(self._waiting.pop, None), delimiter=self.delimiter, strict=True)

    def read(self, raw: bytes, text: str) -> tuple[list[str], str]:
        """Cells and problem code: "", CONTROL_CHAR, BAD_QUOTE (then no cells) or FIELD_TOO_LONG. text: `raw` decoded."""
        code = "" if len(raw.translate(None, self._control)) == len(raw) else "CONTROL_CHAR"
        if b'"' not in raw:
            cells = text.rstrip("\r\n").split(self.delimiter)
        else:
            cells, bad = self._quoted(raw, text)
            code = code or bad
        if not code and len(raw) > self.max_length and max(map(len, cells)) > self.max_length:
            code = "FIELD_TOO_LONG"
        return cells, code

    def worst(self, cells: Sequence[str], code: str) -> int | None:
        """Which cell has a problem that lies in one cell; None for the others."""
        longest, control = self.max_length, {*map(chr, self._control)}
        wrong = {
            "CONTROL_CHAR": lambda cell: not control.isdisjoint(cell),
            "FIELD_TOO_LONG": lambda cell: len(cell) > longest,
        }.get(code)
        return next((at for at, cell in enumerate(cells) if wrong(cell)), None) if wrong else None

    def _quoted(self, raw: bytes, text: str) -> tuple[list[str], str]:
        self._waiting.append(text)
        try:
            cells = next(self._reader)
        except (csv.Error, IndexError, StopIteration) as error:
            self._reader = self._fresh()
            # The csv module has a limit of its own (131,072), above ours.
            return [], "FIELD_TOO_LONG" if str(error).startswith("field larger") else "BAD_QUOTE"
        # The csv module takes a quote inside an unquoted cell as text; then one shows up in a cell.
        if '"' in "".join(cells):
            found = self._begins.match(raw)
            if not found or found.lastgroup != "whole":
                return [], "BAD_QUOTE"
        return cells, ""
