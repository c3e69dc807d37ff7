"""Rows of results.csv and errors.csv: the user's bytes, then our columns in the same dialect (docs/files.md)."""

from __future__ import annotations

import codecs
import csv
from typing import TYPE_CHECKING

from batchdrop.records.cutting import BlankRows, raw_records
from batchdrop.records.dialect import CSV, NDJSON
from batchdrop.records.encodings import UTF_8, sayable
from batchdrop.records.objectlines import ObjectLayout
from batchdrop.records.owncells import OWN_COLUMNS, beside, renamed
from batchdrop.records.quoting import grammar
from batchdrop.records.ragged import regular
from batchdrop.records.spreadsheets import FORMULAS, harmless, may_hold_a_formula

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from batchdrop.records.cutting import RawRecord
    from batchdrop.records.dialect import Dialect
    from batchdrop.records.reading import Header
    from batchdrop.records.source import Readable

RESULT_COLUMNS = ("bd_recId", "bd_seqNumber", "bd_seqLength")
"""Our first columns in results.csv; the API's columns follow. They begin with bd2_ where the input has such columns: owncells.py."""

_RAGGED = frozenset({"MISSING_CELLS", "EXTRA_CELLS", "BAD_QUOTE", "CONTROL_CHAR", "REPEATED_HEADER"})
"""Codes of records that may have another number of cells than the header."""


def layout_for(
    dialect: Dialect, header: Header, columns: Sequence[str], *, job: str = "", excel: bool = False
) -> Layout | ObjectLayout:
    """How output rows look for this input. job: as for Layout; excel: rows are made for a spreadsheet, where they are rows."""
    if dialect.format != CSV:
        by_lines = dialect.format == NDJSON
        return ObjectLayout(header.size, columns, within=bool(dialect.member), by_lines=by_lines, job=job)
    return (Spreadsheet if excel else Layout)(dialect, header, columns, job=job)


class Layout:
    """How output rows look for one input file and one API. columns: the API's (Api.columns).

    job: stands in each row of errors.csv, so that the file says whose records it holds when it is dropped back; without one
    there is no such column.
    """

    def __init__(self, dialect: Dialect, header: Header, columns: Sequence[str], *, job: str = "") -> None:
        self._job = (job,) if job else ()
        self.delimiter = dialect.delimiter
        self._mark = dialect.delimiter.encode()
        self._encoding = dialect.read_as
        self._bom = codecs.BOM_UTF8 if dialect.bom else b""
        self._header = header
        self.start = header.size
        self.blank = BlankRows(dialect.delimiter, dialect.rules)
        self._own = header.own_cells(dialect.delimiter)
        self._named = len(header.names)
        self._width = self._named + max(header.tail, dialect.extra_cells)
        self._added = self._width - self._named - header.tail  # columns that the header has not
        self._columns = tuple(columns)
        self._prefix = beside((*RESULT_COLUMNS, *OWN_COLUMNS, *columns), header.names)
        self._lines: list[str] = []
        # With both letters in its line end, the csv module quotes cells that hold either.
        self._writer = csv.writer(
            _Gathered(self._lines.append), delimiter=dialect.delimiter, lineterminator="\r\n"
        )
        self._line_end = dialect.line_end.encode()

    def cut(self, source: Readable, *, begun: bool) -> Iterator[RawRecord]:  # noqa: ARG002  # as ObjectLayout
        """The raw records of the rest of the input."""
        return raw_records(source, self.delimiter)

    def results_header(self) -> bytes:
        """The first line of results.csv, with the BOM the input had."""
        return self._first_line((*RESULT_COLUMNS, *self._columns))

    def errors_header(self) -> bytes:
        """The first line of errors.csv, with the BOM the input had."""
        return self._first_line(OWN_COLUMNS if self._job else OWN_COLUMNS[:-1])

    def _first_line(self, names: Sequence[str]) -> bytes:
        raw = self._header.raw
        body = raw.rstrip(b"\r\n")
        end = raw[len(body) :] or self._line_end
        if self._own:
            body = self._own.user_header(body)
        body += self._mark * self._added
        ours = self._joined(renamed(names, self._prefix))
        return self._bom + self._user_cells(body) + ours.encode(self._encoding) + end

    def results(self, raw: bytes, rec_id: int, answers: Sequence[Sequence[str]]) -> bytes:
        """One row per answer; a match without any answer is one row of empty cells, so that no record is lost."""
        body, end = self._apart(raw)
        total, width, encoding = len(answers) or 1, len(self._columns), self._encoding
        rows = []
        for number, answer in enumerate(answers or ((),), start=1):
            cells = answer if len(answer) == width else [*answer, *[""] * (width - len(answer))]
            ours = self._joined((rec_id, number, total, *self._sayable(cells)))
            rows.append(body + ours.encode(encoding, "replace") + end)
        return rows[0] if total == 1 else b"".join(rows)

    def plain_results(self, raw: bytes, rec_id: int, answers: Sequence[Sequence[str]]) -> bytes | None:
        """As `results`, for cells without quotes and line ends in UTF-8; None where only `results` will do."""
        if self._encoding != UTF_8:
            return None
        body, end = self._apart(raw)
        mark, total, width = self.delimiter, len(answers), len(self._columns)
        rows = []
        for number, answer in enumerate(answers, start=1):
            if len(answer) != width:
                return None
            ours = mark.join([f'"{cell}"' if mark in cell else cell for cell in answer])
            rows.append(
                b"%b%b%b" % (body, f"{mark}{rec_id}{mark}{number}{mark}{total}{mark}{ours}".encode(), end)
            )
        return rows[0] if total == 1 else b"".join(rows)

    def error(self, raw: bytes, rec_id: int, outcome: str, code: str, message: str) -> bytes:
        """One row of errors.csv.

        So that our cells stand in our columns and any CSV reader can read the file, a record with missing cells or with too many
        gets as many as the header has (ragged.py), and one that would leave a quote open is written as one quoted cell. All
        other bytes are the user's.
        """
        body, end = self._apart(raw, repair=code in _RAGGED)
        ours = self._joined((rec_id, outcome, *self._sayable((code, message)), *self._job))
        return body + ours.encode(self._encoding, "replace") + end

    def _repaired(self, body: bytes) -> bytes:
        if not grammar(self._mark).closes.match(body):
            body = b'"' + body.replace(b'"', b'""') + b'"'
        try:
            cells = next(csv.reader([body.decode(self._encoding, "replace")], delimiter=self.delimiter))
        except csv.Error:  # a cell over the csv module's own limit
            return body
        width = self._named
        if not any(cells[width:]):  # what is too much is empty
            cells = cells[:width]
        elif len(cells) > width:
            whole = regular(cells, width, self.delimiter)
            return self._joined(whole)[1:].encode(self._encoding, "replace")
        missing = regular(cells, width, self.delimiter)[len(cells) :]  # what the user wrote stays as it is
        return body + (self._joined(missing).encode(self._encoding) if missing else b"")

    def _apart(self, raw: bytes, *, repair: bool = False) -> tuple[bytes, bytes]:
        """The user's part of a record and its line end; a last line without one gets the file's. repair: as `error` says."""
        if self._own:
            raw = self._own.user_part(raw)
        body = raw.rstrip(b"\r\n")
        end = raw[len(body) :] or self._line_end
        body = self._user_cells(body)
        if repair:
            body = self._repaired(body)
        return (self._filled_up(body) if self._width > self._named else body), end

    def _filled_up(self, body: bytes) -> bytes:
        """The cells of a record with as many empty ones behind them as the longest record of the file has."""
        count = body.count(self._mark) + 1
        if b'"' in body:
            count = len(next(csv.reader([body.decode(self._encoding, "replace")], delimiter=self.delimiter)))
        return body + self._mark * (self._width - count)

    def _user_cells(self, body: bytes) -> bytes:
        """The user's cells as they stand in the output: the bytes of the input."""
        return body

    def _sayable(self, cells: Sequence[str]) -> Sequence[str]:
        """Cells of a service in the file's encoding: a letter that it lacks becomes a numeric character reference, and is not lost.

        Before cells are quoted, for such a reference ends in a semicolon.
        """
        if self._encoding == UTF_8:
            return cells
        return [sayable(cell, self._encoding) for cell in cells]

    def _joined(self, cells: Sequence[object]) -> str:
        """Cells as CSV, each with a delimiter before it, quoted where they must be and nowhere else."""
        self._writer.writerow(("", *cells))
        return self._lines.pop()[:-2]


class Spreadsheet(Layout):
    """Rows that are safe to open in a spreadsheet, the user's columns too (a route's `excel`).

    UTF-8 with a byte order mark, and an apostrophe before every cell that a spreadsheet would take as a formula (spreadsheets.py).
    """

    def __init__(self, dialect: Dialect, header: Header, columns: Sequence[str], *, job: str = "") -> None:
        super().__init__(dialect, header, columns, job=job)
        self._from, self._encoding, self._bom = self._encoding, UTF_8, codecs.BOM_UTF8

    def _user_cells(self, body: bytes) -> bytes:
        text = body.decode(self._from, "replace")
        if may_hold_a_formula(text):
            try:
                rows = list(csv.reader([text], delimiter=self.delimiter))
            except csv.Error:  # a cell over the csv module's own limit
                rows = []
            if rows:
                text = self._joined(rows[0])[1:]
        return text.encode(UTF_8, "replace")

    def plain_results(self, raw: bytes, rec_id: int, answers: Sequence[Sequence[str]]) -> bytes | None:
        """As Layout's; None where a cell needs an apostrophe."""
        if any(cell[:1] in FORMULAS for answer in answers for cell in answer if cell):
            return None
        return super().plain_results(raw, rec_id, answers)

    def _joined(self, cells: Sequence[object]) -> str:
        return super()._joined([harmless(cell) for cell in cells])


class _Gathered:
    """What the csv module writes to; `write` is an attribute so that no Python function is called for each row."""

    __slots__ = ("write",)

    def __init__(self, write: Callable[[str], object]) -> None:
        self.write = write
