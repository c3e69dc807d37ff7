"""Delimited text that comes back: a header line, then rows. Read line by line in bounded memory; odd rows are set aside.

What has really been seen decides what is read: names in any case and order, spaces around them [recorded], a delimiter at the end
of the header or of the rows [recorded], columns that nobody asked for, quoted cells [doc], a byte order mark, Windows line
ends, no line end after the last row [client: node-geocoder].
"""

from __future__ import annotations

import contextlib
import csv
from typing import TYPE_CHECKING

from batchdrop.services.delimited import odd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchdrop.ports import AnswerNotes
    from batchdrop.services.delimited import Readable

DELIMITERS = "|;\t:,"
"""What a header line may be delimited by."""

REC_ID = "recid"
TOO_LONG = "the line is over 128 KB"
NOT_UTF8 = "the line is not UTF-8"
CUT_OFF = "the line is cut off"
_CHUNK = 1 << 16
_LONGEST = 1 << 17  # bytes of one line
_BOM = b"\xef\xbb\xbf"


def numbered_lines(body: Readable, part: str, notes: AnswerNotes) -> Iterator[tuple[int, str, bool]]:
    """(number, text, whether a line end follows) of each line that is not empty; only the last may lack its line end.

    Strict UTF-8, for no charset is declared; a line that is none, or is over 128 KB, is set aside.
    """
    number, rest, too_long = 0, b"", False
    while chunk := body.read(_CHUNK):
        pieces = (rest + chunk).split(b"\n")
        rest = pieces.pop()
        for piece in pieces:
            number += 1
            text = _decoded(piece, first=number == 1)
            if too_long or text is None:
                notes.set_aside(part, number, TOO_LONG if too_long else NOT_UTF8)
                too_long = False
            elif text:
                yield number, text, True
        if len(rest) > _LONGEST:
            rest, too_long = b"", True
    text = _decoded(rest, first=number == 0)
    if too_long or text is None:
        notes.set_aside(part, number + 1, TOO_LONG if too_long else NOT_UTF8)
    elif text:
        yield number + 1, text, False


def _decoded(piece: bytes, *, first: bool) -> str | None:
    """A line as text without its carriage return; None when it is not UTF-8."""
    if first:
        piece = piece.removeprefix(_BOM)
    try:
        return piece.removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        return None


class Table:
    """The rows below a header line; iterate once.

    Attributes:
        at: Column name in lower case → its place in a row. The first of two equal names counts: those that are always there
            come first [spec].
        empty: Whether there is no line at all; then `at` is empty too.
    """

    def __init__(
        self, body: Readable, part: str, notes: AnswerNotes, service: str, *, whole: bool = False
    ) -> None:
        """`whole`: something else proves that the text is not cut off, such as the checksum of a zip.

        Raises ServiceSpokeUnknown when the first line has no column `recId`.
        """
        self._part = part
        self._notes = notes
        self._whole = whole
        self._lines = numbered_lines(body, part, notes)
        self._delimiter = DELIMITERS[0]
        self._surplus = False
        self.at: dict[str, int] = {}
        first = next(self._lines, None)
        self.empty = first is None
        names = [] if first is None else self._read_header(first[1], service)
        self._width = len(names)
        for index, name in enumerate(names):
            if name and self.at.setdefault(name, index) != index:
                notes.remark(f"{part}: the header has a column twice; the first one counts")

    def _read_header(self, header: str, service: str) -> list[str]:
        """The names in lower case. Sets the delimiter, and whether lines end in one."""
        for delimiter in DELIMITERS:
            names = [cell.strip().strip('"').strip().lower() for cell in split(header, delimiter)]
            if REC_ID in names and len(names) > 1:
                break
        else:
            raise odd("there is no column recId", service)
        self._delimiter = delimiter
        if not names[-1]:
            self._surplus = True
            self._notes.remark(f"{self._part}: the header ends in a delimiter")
            while not names[-1]:
                names.pop()
        return names

    def has(self, *names: str) -> bool:
        """Whether there is a column of each of these names."""
        return all(name.lower() in self.at for name in names)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """(line number, cells) of each row; one of another width than the header is set aside."""
        width, delimiter, first = self._width, self._delimiter, True
        for number, text, ended in self._lines:
            cells = text.split(delimiter)
            if len(cells) != width or '"' in text:
                fitted = self._fit(text, cells, first=first)
                if fitted is None:
                    self._set_aside(number, len(cells), ended=ended)
                    continue
                cells = fitted
            first = False
            if not ended:
                self._notes.remark(f"{self._part}: there is no line end after the last row")
                self._notes.unfinished = self._notes.unfinished or not self._whole
            yield number, cells

    def _fit(self, text: str, plain: list[str], *, first: bool) -> list[str] | None:
        """The cells of a line that is not plainly as wide as the header; None when it can be read in no way."""
        width = self._width
        ways = (split(text, self._delimiter), plain)
        for cells in ways:
            if len(cells) == width:
                return cells
        for cells in ways:
            # Where neither header nor first row ends in a delimiter, an empty cell too many means that a cell was split in two.
            if len(cells) > width and not any(cells[width:]) and (self._surplus or first):
                if not self._surplus:
                    self._surplus = True
                    self._notes.remark(f"{self._part}: the rows end in a delimiter")
                return cells[:width]
        return None

    def _set_aside(self, number: int, found: int, *, ended: bool) -> None:
        if found > self._width:
            reason = "it has more cells than the header"
        else:
            reason = "it has fewer cells than the header" if ended else CUT_OFF
        self._notes.set_aside(self._part, number, reason)


def split(text: str, delimiter: str) -> list[str]:
    """Cells of a line; a value that holds the delimiter is in quotes [doc], a quote in it is doubled or stands as it is [assumed].

    A quote that is never closed is part of its cell [doc: 6.2 data input].
    """
    if '"' in text:
        with contextlib.suppress(csv.Error):
            return next(csv.reader([text], delimiter=delimiter, strict=True))
    return text.split(delimiter)
