"""A table's header and its records, and the records that need a closer look: with cells of ours, or with something wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from batchdrop.errors import BadFile
from batchdrop.problems import Problem, problem
from batchdrop.records.cells import CellReader
from batchdrop.records.owncells import NO_MARK, Mark, OwnCells, OwnPlaces
from batchdrop.records.quoting import has_space_before_quote
from batchdrop.records.ragged import told
from batchdrop.records.source import FILLED_UP, nul_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

SPACE_BEFORE = ": a space stands before it"


@dataclass(frozen=True, slots=True)
class Header:
    """The header line. names: the user's columns. raw: its bytes without a BOM, with the line end, own columns included.

    end_line: number of its last line. size: bytes from the start of the (uncompressed) file to the first record.
    own: how many columns are ours, when errors.csv was dropped back (see owncells.py), else 0; own_at: where they are not the last
    ones, the name of each without its beginning, and its place. tail: columns without a name behind the last one that has a name; `names` lacks them. Of JSON: no names, and what
    stands before the list.
    """

    names: tuple[str, ...]
    raw: bytes
    end_line: int
    size: int
    own: int = 0
    own_at: tuple[tuple[str, int], ...] = ()
    tail: int = 0

    def own_cells(self, delimiter: str) -> OwnCells | OwnPlaces | None:
        """Return what takes our cells off a record; None where the file has none."""
        width = len(self.names) + self.tail
        if self.own_at:
            return OwnPlaces(delimiter, width + self.own, dict(self.own_at))
        return OwnCells(delimiter, width, self.own) if self.own else None


class Record(NamedTuple):
    """One record. rec_id: 1-based number. raw: the user's bytes with the line end. problem: why it is invalid, or None.
    mark: whose record it was, when errors.csv was dropped back.

    cells is empty where quotes are bad. A tuple and no dataclass: there may be ten million of them.
    """

    rec_id: int
    line: int
    raw: bytes
    cells: Sequence[str]
    problem: Problem | None
    mark: Mark = NO_MARK


@dataclass(slots=True)
class Tally:
    """What `records` has counted when it is read to its end, or closed.

    blank_lines: skipped, rows without content among them. blank_rows: those of them that hold delimiters, and the line of the first.
    extra_cells: see Dialect.
    """

    records: int = 0
    blank_lines: int = 0
    blank_rows: int = 0
    first_blank_row: int | None = None
    extra_cells: int = 0
    size: int = 0  # bytes of the uncompressed file so far

    def add_blank(self, raw: bytes, line: int, delimiter: str) -> None:
        """Count a row that is skipped."""
        self.blank_lines += 1
        if not raw.isspace() or delimiter.encode() in raw:
            self.blank_rows += 1
            self.first_blank_row = self.first_blank_row or line


class RowCheck:
    """Makes records of the rows that are not plainly right. always: every row of this file needs it."""

    def __init__(self, header: Header, reader: CellReader, tally: Tally) -> None:
        self._header = header
        self._reader = reader
        self._tally = tally
        self._width = len(header.names)
        self._own = header.own_cells(reader.delimiter)
        self._nameless = [place for place, name in enumerate(header.names) if not name]
        self._row_number = -1
        self._most = header.tail
        self._spaced = f"{reader.delimiter} ".encode() in header.raw
        self.always = bool(self._own or self._nameless)
        tally.extra_cells = max(tally.extra_cells, header.tail)

    def record(self, rec_id: int, line: int, raw: bytes, text: str) -> Record:
        """Return the record of a row. Raises BadFile EMPTY_COLUMN_NAME for a filled cell in a column without a name, NUL_BYTES."""
        mark, own, width = NO_MARK, self._own, self._width
        if own:
            # Both without our own cells, which are the same text in either.
            mark, text, raw = own.mark(raw), own.user_part(text.encode()).decode(), own.user_part(raw)
        cells, code = self._reader.read(raw, text)
        if rec_id == 1 and not any(map(str.strip, cells[width:])):
            self._most = max(self._most, len(cells) - width)
        still, found = told(cells[:width], self._reader.delimiter) if own else ("", len(cells))
        if code == "CONTROL_CHAR" and raw.rstrip(b"\r\n").endswith(FILLED_UP):
            raise nul_bytes(line)
        code = code or still or self._wrong_number(cells, line)
        if not code:
            return Record(rec_id, line, raw, cells, None, mark)
        hint, variant = self._cause(code, raw, "" if still else cells[width:])
        numbers: dict[str, Any] = {
            "found": found,
            "expected": width,
            "limit": CellReader.max_length,
            "hint": hint,
        }
        place = self._reader.worst(cells[:width], code) if len(cells) >= width else None
        column = None if place is None else self._header.names[place] or None
        why = problem(code, line=line, column=column, rec_id=rec_id, variant=variant, **numbers)
        return Record(rec_id, line, raw, cells, why, mark)

    def _cause(self, code: str, raw: bytes, more: Sequence[str]) -> tuple[str, str]:
        """Return what is added to the text, and the variant of the remedy. more: cells behind the last column."""
        if code == "BAD_QUOTE" and has_space_before_quote(raw, self._reader.delimiter):
            return SPACE_BEFORE, "space"
        if code == "EXTRA_CELLS" and more and not any(map(str.strip, more)):
            return "", "empty"
        if code == "MISSING_CELLS" and not raw.endswith((b"\n", b"\r")):
            return "", "cut"
        return "", ""

    def _wrong_number(self, cells: Sequence[str], line: int) -> str:
        """Return the code of a row with cells missing or too many; an empty text where all that is too much is empty.

        A single one more than in the header, the first record and others before tells that another cell holds the delimiter: then the
        cells behind that one are not in their columns. So does text as it stands behind a comma.
        """
        more = len(cells) - self._width
        if more < 0:
            return "MISSING_CELLS"
        filled = [place for place in range(self._width, len(cells)) if cells[place].strip()]
        if filled and filled[-1] >= self._width + self._header.tail:
            return "EXTRA_CELLS"
        if more == self._most + 1 or (more > self._header.tail and self._is_shifted(cells)):
            return "EXTRA_CELLS"
        self._most = max(self._most, more)
        filled += [
            place
            for place in self._nameless
            if cells[place].strip() and not self._is_row_number(place, cells)
        ]
        if filled:
            raise BadFile(
                [
                    problem(
                        "EMPTY_COLUMN_NAME", line=self._header.end_line, number=min(filled) + 1, filled=line
                    )
                ]
            )
        self._tally.extra_cells = max(self._tally.extra_cells, more)
        return ""

    def _is_shifted(self, cells: Sequence[str]) -> bool:
        """Return True for a row with a cell that begins with a space, as text behind a comma does, in a file whose names do not."""
        behind = cells[1 : self._width]
        return not self._spaced and any(cell[:1] == " " and cell.strip() for cell in behind)

    def _is_row_number(self, place: int, cells: Sequence[str]) -> bool:
        """Return True for the number in a first column without a name, as pandas and R write it: it grows from row to row."""
        text = cells[place].strip()
        if place or not (
            text.isdecimal() and text.isascii() and len(text) < 16 and int(text) > self._row_number
        ):
            return False
        self._row_number = int(text)
        return True
