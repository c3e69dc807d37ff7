"""The header and the records of a table of text, with what is wrong with them. Streaming, in constant memory.

source, dialect = open_table(stream, name="people.csv.gz")
header = read_header(source, dialect)
for record in records(source, dialect, header): ...
"""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING

from batchdrop.errors import BadFile
from batchdrop.problems import problem
from batchdrop.records.cells import CellReader, control_bytes
from batchdrop.records.cutting import QUOTE, BlankRows, RawRecord, raw_records
from batchdrop.records.delimiters import SEP_LINE
from batchdrop.records.dialect import CSV, Dialect
from batchdrop.records.encodings import lines_before, not_in
from batchdrop.records.headerless import EXAMPLE, check_repeatable, is_data
from batchdrop.records.native import array_start
from batchdrop.records.opening import open_again, open_table
from batchdrop.records.owncells import NO_MARK, own_columns, own_places
from batchdrop.records.quoting import has_space_before_quote
from batchdrop.records.row_check import SPACE_BEFORE, Header, Record, RowCheck, Tally
from batchdrop.records.source import MAX_RECORD, Readable, Source, lines, skip
from batchdrop.records.unzipping import is_gzip, unzip

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "Header", "RawRecord", "Readable", "Record", "Source", "Tally", "is_gzip", "lines", "open_again", "open_table",
    "raw_records", "read_header", "records", "sample_cells", "skip", "unzip",
]  # fmt: skip

MAX_COLUMNS = 1000
_SAMPLE = 64 * 1024  # bytes in which the first records are looked for


def read_header(source: Source, dialect: Dialect, *, expected: str = EXAMPLE) -> Header:
    """Take the header out of the source and check it; the source then stands at the first record. An array has none.

    expected: column names to show when there is no header. Raises BadFile NO_HEADER, DUPLICATE_COLUMN, TOO_MANY_COLUMNS,
    BAD_HEADER, LINE_TOO_LONG, UNCLOSED_QUOTE, NO_ROWS, ENCODING.
    """
    marks = 3 if dialect.bom else 0
    if dialect.format != CSV:
        skip(source, marks)
        before = source.read(array_start(source, dialect.member)) if dialect.member else b""
        return Header((), before, before.count(b"\n"), marks + len(before))
    size, blank = marks, BlankRows(dialect.delimiter, dialect.rules)
    for line, raw in raw_records(_Ahead(source, marks), dialect.delimiter):
        size += len(raw)
        if blank.match(raw) or (dialect.delimiter_by == "sep line" and SEP_LINE.fullmatch(raw)):
            continue
        names = _names(raw, line, size - len(raw), dialect)
        end_line = line + len(raw.splitlines()) - 1
        own_at = own_places(names, dialect.rules)
        named = tuple(name for place, name in enumerate(names) if place not in own_at)
        tail = next((at for at, name in enumerate(reversed(named)) if name), len(named))
        named = named[: len(named) - tail]
        _check_names(named, line, expected)
        skip(source, size)
        moved = [] if own_columns(names) else [(names[place].partition("_")[2], place) for place in own_at]
        return Header(named, raw, end_line, size, len(own_at), tuple(moved), tail)
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
        variant = "space" if code == "BAD_QUOTE" and has_space_before_quote(raw, dialect.delimiter) else ""
        why = problem(code, limit=CellReader.max_length, hint=SPACE_BEFORE if variant else "").message
        raise BadFile([problem("BAD_HEADER", line=line, why=why, variant=variant)])
    return tuple(cell.strip() for cell in cells)


def _decoded(raw: bytes, line: int, offset: int, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise _not_text(error, raw, line, offset, encoding) from None


def _not_text(error: UnicodeDecodeError, raw: bytes, line: int, offset: int, encoding: str) -> BadFile:
    line += lines_before(raw[: error.start])
    return BadFile([not_in(encoding, raw[error.start :], line=line, offset=offset + error.start)])


def _check_names(names: tuple[str, ...], line: int, expected: str) -> None:
    """Columns without a name may stand between others as long as they are empty: see row_check.py."""
    if len(names) > MAX_COLUMNS:
        raise BadFile([problem("TOO_MANY_COLUMNS", line=line, count=len(names), limit=MAX_COLUMNS)])
    filled = [name for name in names if name]
    if is_data(filled):
        raise BadFile([problem("NO_HEADER", line=line, expected=expected, what="data")])
    twice = dict.fromkeys(name for name in filled if filled.count(name) > 1)
    if twice:
        check_repeatable(filled, line, expected)
        raise BadFile([problem("DUPLICATE_COLUMN", line=line, column=name, name=name) for name in twice])


def records(
    source: Readable, dialect: Dialect, header: Header, *, tally: Tally | None = None
) -> Iterator[Record]:
    """The records below the header: blank lines are skipped (and counted in `tally`), bad records carry a problem.

    Cells behind the last column that has a name do not matter as long as they are empty. Record problems: MISSING_CELLS,
    EXTRA_CELLS, BAD_QUOTE, CONTROL_CHAR, FIELD_TOO_LONG. Raises BadFile ENCODING (line and offset), LINE_TOO_LONG, UNCLOSED_QUOTE,
    EMPTY_COLUMN_NAME (a cell below no name is filled) and, at the end, NO_ROWS when there was no record.
    """
    tally = tally if tally is not None else Tally()
    size, rec_id, delimiter = header.size, 0, dialect.delimiter
    reader, expected = CellReader(delimiter), len(header.names)
    check = RowCheck(header, reader, tally)
    blank = BlankRows(delimiter, dialect.rules)
    # This loop runs for every record: what is written out here need not be called.
    longest, encoding, make, read = CellReader.max_length, dialect.read_as, tuple.__new__, reader.read
    control, always, empty = control_bytes(delimiter), check.always, blank.characters
    try:
        for line, raw in raw_records(source, delimiter, start_line=header.end_line + 1):
            length = len(raw)
            size += length
            if not raw.lstrip(empty) and blank.match(raw):
                tally.add_blank(raw, line, delimiter)
                continue
            rec_id += 1
            try:
                text = raw.decode(encoding)
            except UnicodeDecodeError as error:
                raise _not_text(error, raw, line, size - length, encoding) from None
            if always:
                yield check.record(rec_id, line, raw, text)
                continue
            if QUOTE not in raw and length <= longest and len(raw.translate(None, control)) == length:
                cells, code = text.rstrip("\r\n").split(delimiter), ""
            else:
                cells, code = read(raw, text)
            if len(cells) == expected and not code:
                yield make(Record, (rec_id, line, raw, cells, None, NO_MARK))
            else:
                yield check.record(rec_id, line, raw, text)
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


def column_of(head: bytes, dialect: Dialect, header: Header, place: int) -> list[str]:
    """Return the cells of one column in the first bytes below the header, as far as they can be read. place: among the user's columns."""
    reader, own = CellReader(dialect.delimiter), header.own_cells(dialect.delimiter)
    found: list[str] = []
    with suppress(BadFile):  # the last record may be cut
        for _, raw in raw_records(BytesIO(head), dialect.delimiter):
            users = own.user_part(raw) if own else raw
            cells, code = reader.read(users, users.decode(dialect.read_as, "replace"))
            if not code and len(cells) >= len(header.names):
                found.append(cells[place])
    return found
