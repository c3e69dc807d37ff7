"""The outputs of one job as rows with their numbers, and how its rows look in the outputs of another."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchdrop.errors import BatchdropError
from batchdrop.records.cutting import is_blank, raw_records
from batchdrop.records.dialect import JSON
from batchdrop.records.encodings import UTF_8
from batchdrop.records.objectlines import dumped, with_member
from batchdrop.records.owncells import (
    OWN_COLUMNS,
    mark,
    mark_in,
    named,
    own_block,
    own_columns,
    own_members,
    without_member,
)
from batchdrop.records.quoting import cell_of
from batchdrop.records.rendering import RESULT_COLUMNS
from batchdrop.records.sorting import Row
from batchdrop.records.source import lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from batchdrop.records.dialect import Dialect
    from batchdrop.records.source import Readable

_BOM = b"\xef\xbb\xbf"
_CHANGED = "its outputs are not as they were written"


class NotAsWritten(BatchdropError):
    """An output of ours was changed, or cut off; the text says in what."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One job of a family: its outputs from their starts, unzipped. redoes: its records may stand in any order."""

    job: str
    dialect: Dialect
    results: Readable
    errors: Readable
    redoes: bool = False


class Table:
    """An output that is a table of text. names: of all its columns. width: how many of them are the user's.

    Raises NotAsWritten when it is none of ours.
    """

    def __init__(self, stream: Readable, dialect: Dialect, *, errors: bool) -> None:
        self.delimiter = dialect.delimiter
        self.mark = dialect.delimiter.encode()
        cell = cell_of(self.mark)
        self._cells = re.compile(rb"(?:\A|%b)(%b)" % (re.escape(self.mark), cell))
        self._raws = raw_records(stream, dialect.delimiter, cap=None)
        _, header = next(self._raws, (0, b""))
        self.bom = header.startswith(_BOM)
        self.encoding = UTF_8 if self.bom else dialect.read_as
        self.header = header.removeprefix(_BOM)
        self.names = tuple(name.strip() for name in self.cells(self.header))
        self.own = own_columns(self.names)
        self.width = len(self.names) - self.own if errors else _start(self.names)
        if self.width < 1 or (errors and not self.own):
            raise NotAsWritten(_CHANGED)
        self._errors = errors
        self._place = re.compile(
            rb'(?:%b%b){%d}+"?(\d++)"?%b"?(\d++)'
            % (cell, re.escape(self.mark), self.width, re.escape(self.mark))
        )

    def cells(self, raw: bytes) -> list[str]:
        """The cells of a row, as any CSV reader reads them."""
        found = self._cells.findall(raw.rstrip(b"\r\n"))
        return [_unquoted(cell).decode(self.encoding, "replace") for cell in found]

    def rows(self) -> Iterator[Row]:
        """The rows, with a line end each. Raises NotAsWritten for one that is not as it was written, BadFile as raw_records."""
        for _, raw in self._raws:
            if is_blank(raw, self.delimiter):
                continue
            whole = raw if raw.endswith((b"\n", b"\r")) else raw + b"\n"
            if self._errors:
                mark = mark_in(whole, self.delimiter, self.width, self.own)
                yield Row(_checked(mark.number), 0, whole)
            else:
                found = self._place.match(whole)
                yield Row(_checked(int(found[1]) if found else 0), int(found[2]) if found else 0, whole)

    def block(self, raw: bytes) -> tuple[int, int]:
        """Where our own cells of a row of errors begin and end."""
        found = own_block(raw, self.delimiter, self.width, self.own)
        if found is None:
            raise NotAsWritten(_CHANGED)
        return found.span("own")


def _start(names: Sequence[str]) -> int:
    """Where our columns begin in the results."""
    for place in range(len(names) - len(RESULT_COLUMNS), 0, -1):
        if named(tuple(names[place : place + len(RESULT_COLUMNS)]), RESULT_COLUMNS):
            return place
    return 0


def _unquoted(cell: bytes) -> bytes:
    return cell[1:-1].replace(b'""', b'"') if cell.startswith(b'"') else cell


def _checked(number: int) -> int:
    if not number:
        raise NotAsWritten("its outputs have a record without a number")
    return number


class Rewriting:
    """Rows of one table as rows of another with columns `names`: copied where they are written in the same way, else anew."""

    def __init__(self, table: Table, like: Table, names: Sequence[str]) -> None:
        self._table = table
        self._like = like
        self._same = (table.delimiter, table.encoding) == (like.delimiter, like.encoding)
        self._more = table.mark * (len(names) - len(table.names))
        self._copies = self._same and tuple(names[: len(table.names)]) == table.names
        at = {name: place for place, name in enumerate(table.names)}
        self._places = [at.get(name, -1) for name in names]

    def result(self, raw: bytes) -> bytes:
        """A row of the results."""
        if self._copies:
            body = raw.rstrip(b"\r\n") if self._more else b""
            return body + self._more + raw[len(body) :] if self._more else raw
        cells = self._table.cells(raw)
        return self._written([cells[place] if 0 <= place < len(cells) else "" for place in self._places])

    def error(self, raw: bytes, job: str) -> bytes:
        """A row of the errors, in the name of this job."""
        table = self._table
        if self._same:
            start, end = table.block(raw)
            own = raw[start:end]
            if table.own == len(OWN_COLUMNS):
                own = own.rpartition(table.mark)[0]
            return raw[:start] + own + table.mark + job.encode() + raw[end:]
        cells = table.cells(raw)
        user, ours = cells[: -table.own], cells[-table.own :]
        return self._written([*user, *ours[: len(OWN_COLUMNS) - 1], job])

    def _written(self, cells: Sequence[str]) -> bytes:
        text = io.StringIO()
        csv.writer(text, delimiter=self._like.delimiter, lineterminator="\r\n").writerow(cells)
        end = self._like.header[len(self._like.header.rstrip(b"\r\n")) :] or b"\n"
        return text.getvalue()[:-2].encode(self._like.encoding, "replace") + end


def ascending(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows as they come, which is in order. Raises NotAsWritten where it is not."""
    before = (0, -1)
    for row in rows:
        if row[:2] <= before:
            raise NotAsWritten("its records are not in the order of the input any more")
        before = row[:2]
        yield row


class Lines:
    """An output that is lines of objects."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream

    def rows(self) -> Iterator[Row]:
        """The lines. Raises NotAsWritten for one that is not as it was written."""
        for raw in lines(self._stream):
            if raw.strip():
                _, ours = _ours(raw)
                part = ours.get("seqNumber", 0)
                number = mark("", ours.get("recId")).number
                yield Row(_checked(number), part if isinstance(part, int) else 0, raw.rstrip(b"\r\n") + b"\n")


class Copying:
    """Lines of objects in the outputs of another job."""

    @staticmethod
    def result(raw: bytes) -> bytes:
        """As it is."""
        return raw

    @staticmethod
    def error(raw: bytes, job: str) -> bytes:
        """A line of the errors, in the name of this job."""
        name, ours = _ours(raw)
        return with_member(without_member(raw.strip()), dumped({**ours, "job": job}), name)


def _ours(raw: bytes) -> tuple[str, dict[str, Any]]:
    """Our member of a line: its name, and what it holds."""
    try:
        found = json.loads(raw)
        name = own_members(found)[-1]
    except (ValueError, AttributeError, IndexError):
        raise NotAsWritten(_CHANGED) from None
    return name, found[name]


def is_lines(attempt: Attempt) -> bool:
    """Whether its outputs are lines of objects."""
    return attempt.dialect.format == JSON
