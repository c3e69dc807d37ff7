"""The header and the records of a table of text, with what is wrong with them. Streaming, in constant memory.

source, dialect = open_table(stream, name="people.csv.gz")
header = read_header(source, dialect)
for record in records(source, dialect, header): ...
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from batchdrop.errors import BadFile
from batchdrop.problems import Problem, problem
from batchdrop.records.cells import CellReader, control_bytes
from batchdrop.records.cutting import QUOTE, RawRecord, is_blank, raw_records
from batchdrop.records.delimiters import SEP_LINE
from batchdrop.records.dialect import CSV, Dialect
from batchdrop.records.encodings import lines_before, not_in
from batchdrop.records.headerless import EXAMPLE, check_repeatable, is_data
from batchdrop.records.native import array_start
from batchdrop.records.opening import open_again, open_table
from batchdrop.records.owncells import NO_MARK, Mark, mark_in, own_columns, user_part
from batchdrop.records.ragged import told
from batchdrop.records.source import MAX_RECORD, Readable, Source, lines, skip
from batchdrop.records.unzipping import is_gzip, unzip

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "Header", "RawRecord", "Readable", "Record", "Source", "Tally", "is_blank", "is_gzip", "lines", "open_again", "open_table",
    "raw_records", "read_header", "records", "sample_cells", "skip", "unzip",
]  # fmt: skip

MAX_COLUMNS = 1000
_SAMPLE = 64 * 1024  # bytes in which the first records are looked for


@dataclass(frozen=True, slots=True)
class Header:
    """The header line. names: the user's columns. raw: its bytes without a BOM, with the line end, own columns included.

    end_line: number of its last line. size: bytes from the start of the (uncompressed) file to the first record.
    own: how many columns at the end are ours, when errors.csv was dropped back (see owncells.py), else 0. Of JSON: no names, and
    what stands before the list.
    """

    names: tuple[str, ...]
    raw: bytes
    end_line: int
    size: int
    own: int = 0


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
    """What `records` has counted when it is read to its end, or closed."""

    records: int = 0
    blank_lines: int = 0
    size: int = 0  # bytes of the uncompressed file so far


def read_header(source: Source, dialect: Dialect, *, expected: str = EXAMPLE) -> Header:
    """Take the header out of the source and check it; the source then stands at the first record. An array has none.

    expected: column names to show when there is no header. Raises BadFile NO_HEADER, DUPLICATE_COLUMN,
    EMPTY_COLUMN_NAME, TOO_MANY_COLUMNS, BAD_HEADER, LINE_TOO_LONG, UNCLOSED_QUOTE, NO_ROWS, ENCODING.
    """
    marks = 3 if dialect.bom else 0
    if dialect.format != CSV:
        skip(source, marks)
        before = source.read(array_start(source, dialect.member)) if dialect.member else b""
        return Header((), before, before.count(b"\n"), marks + len(before))
    size = marks
    for line, raw in raw_records(_Ahead(source, marks), dialect.delimiter):
        size += len(raw)
        if is_blank(raw, dialect.delimiter) or (
            dialect.delimiter_by == "sep line" and SEP_LINE.fullmatch(raw)
        ):
            continue
        names = _names(raw, line, size - len(raw), dialect)
        end_line = line + len(raw.splitlines()) - 1
        own = own_columns(names)
        _check_names(names, line, expected, own)
        skip(source, size)
        return Header(names[: len(names) - own], raw, end_line, size, own)
    raise BadFile([problem("NO_ROWS")])


class _Ahead:
    """The source as far as a header can reach, read without taking it: cutting reads more than one record."""

    def __init__(self, source: Source, start: int) -> None:
        self._source = source
        self._at = start

    def read(self, size: int = -1, /) -> bytes:
        if self._at > 2 * MAX_RECORD:  # more blank lines than anyone means
            return b""
        part = self._source.peek(self._at + max(size, 0))[self._at :]
        self._at += len(part)
        return part


def _names(raw: bytes, line: int, offset: int, dialect: Dialect) -> tuple[str, ...]:
    text = _decoded(raw, line, offset, dialect.read_as)
    cells, code = CellReader(dialect.delimiter).read(raw, text)
    if code:
        why = problem(code, limit=CellReader.max_length).message
        raise BadFile([problem("BAD_HEADER", line=line, why=why)])
    return tuple(cell.strip() for cell in cells)


def _decoded(raw: bytes, line: int, offset: int, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise _not_text(error, raw, line, offset, encoding) from None


def _not_text(error: UnicodeDecodeError, raw: bytes, line: int, offset: int, encoding: str) -> BadFile:
    line += lines_before(raw[: error.start])
    return BadFile([not_in(encoding, raw[error.start :], line=line, offset=offset + error.start)])


def _check_names(names: tuple[str, ...], line: int, expected: str, own: int) -> None:
    if len(names) - own > MAX_COLUMNS:
        raise BadFile([problem("TOO_MANY_COLUMNS", line=line, count=len(names), limit=MAX_COLUMNS)])
    if is_data(names):
        raise BadFile([problem("NO_HEADER", line=line, expected=expected)])
    problems = [
        problem("EMPTY_COLUMN_NAME", line=line, number=number)
        for number, name in enumerate(names, start=1)
        if not name
    ]
    twice = dict.fromkeys(name for name in names if name and names.count(name) > 1)
    problems += [problem("DUPLICATE_COLUMN", line=line, column=name, name=name) for name in twice]
    if problems:
        check_repeatable(names, line, expected)
        raise BadFile(problems)


def records(
    source: Readable, dialect: Dialect, header: Header, *, tally: Tally | None = None
) -> Iterator[Record]:
    """The records below the header: blank lines are skipped (and counted in `tally`), bad records carry a problem.

    Record problems: MISSING_CELLS, EXTRA_CELLS, BAD_QUOTE, CONTROL_CHAR, FIELD_TOO_LONG. Raises BadFile ENCODING
    (line and offset), LINE_TOO_LONG, UNCLOSED_QUOTE and, at the end, NO_ROWS when there was no record.
    """
    tally = tally if tally is not None else Tally()
    size, rec_id, delimiter = header.size, 0, dialect.delimiter
    reader, expected = CellReader(delimiter), len(header.names)
    # This loop runs for every record: what is written out here need not be called.
    longest, encoding, make, read = CellReader.max_length, dialect.read_as, tuple.__new__, reader.read
    control, own = control_bytes(delimiter), header.own
    try:
        for line, raw in raw_records(source, delimiter, start_line=header.end_line + 1):
            length = len(raw)
            size += length
            if raw.isspace() and is_blank(raw, delimiter):
                tally.blank_lines += 1
                continue
            rec_id += 1
            try:
                text = raw.decode(encoding)
            except UnicodeDecodeError as error:
                raise _not_text(error, raw, line, size - length, encoding) from None
            if own:
                yield _hard(rec_id, line, raw, text, header, reader)
                continue
            if QUOTE not in raw and length <= longest and len(raw.translate(None, control)) == length:
                cells, code = text.rstrip("\r\n").split(delimiter), ""
            else:
                cells, code = read(raw, text)
            if len(cells) == expected and not code:
                yield make(Record, (rec_id, line, raw, cells, None, NO_MARK))
            else:
                yield _hard(rec_id, line, raw, text, header, reader)
    finally:
        tally.records, tally.size = rec_id, size
    if not rec_id:
        raise BadFile([problem("NO_ROWS")])


def sample_cells(source: Source, dialect: Dialect, header: Header, most: int = 50) -> list[Sequence[str]]:
    """Return the cells of the first good records without taking them out of the source, which stands at the first record."""
    ahead = source.peek(_SAMPLE)
    cut = len(ahead) == _SAMPLE  # then the last record may be half a one
    found: list[Sequence[str]] = []
    with suppress(BadFile):
        found = [
            record.cells
            for record in islice(records(BytesIO(ahead), dialect, header), most)
            if not record.problem
        ]
    return found[:-1] if cut and len(found) < most else found


def _hard(rec_id: int, line: int, raw: bytes, text: str, header: Header, reader: CellReader) -> Record:
    """A record with our own columns, or with something wrong."""
    mark = NO_MARK
    if header.own:
        # Both without our own block, which is the same text in either.
        text = user_part(text.encode(), reader.delimiter, len(header.names), header.own).decode()
        mark = mark_in(raw, reader.delimiter, len(header.names), header.own)
        raw = user_part(raw, reader.delimiter, len(header.names), header.own)
    cells, code = reader.read(raw, text)
    expected = len(header.names)
    still, found = told(cells, reader.delimiter) if header.own else ("", len(cells))
    code = code or still
    if not code and len(cells) == expected:
        return Record(rec_id, line, raw, cells, None, mark)
    code = code or ("MISSING_CELLS" if len(cells) < expected else "EXTRA_CELLS")
    numbers: dict[str, Any] = {"found": found, "expected": expected, "limit": CellReader.max_length}
    place = reader.worst(cells, code) if len(cells) == expected else None
    column = None if place is None else header.names[place]
    return Record(
        rec_id, line, raw, cells, problem(code, line=line, column=column, rec_id=rec_id, **numbers), mark
    )
