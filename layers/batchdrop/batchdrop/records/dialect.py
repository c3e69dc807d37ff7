"""How a file is written, found from its first bytes. Nothing is guessed beyond that: what is odd is refused."""

from __future__ import annotations

import codecs
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from batchdrop.errors import BadFile
from batchdrop.problems import problem
from batchdrop.records.cutting import RULES
from batchdrop.records.delimiters import SEP_LINE, Found, find
from batchdrop.records.encodings import UTF_8, is_kept, lines_before, not_in
from batchdrop.records.kinds import TABLES, base, check_binary, check_name, check_table, mismatch
from batchdrop.records.source import FILLED_UP, nul_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchdrop.problems import Problem

HEAD = 64 * 1024
"""How many bytes `detect` wants to see."""

CSV, JSON, NDJSON = "csv", "json", "ndjson"

_BLANK_ROWS = re.compile(rb'(?:(?:[ \t,;|]|"[ \t]*")*+(?:[\r\n]++|\Z))++')  # of everyday delimiters
_QUOTED = re.compile(rb'"(?:[^"]++|"")*+"?')


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the input is written and so how the outputs are; what was assumed, and why. Stands in job.json.

    encoding: of the file, as encodings.py names it. bom: it begins with a byte-order mark. line_end: the first one seen, for
    lines of ours. format: `csv` for any table of text, `json` for an array, `ndjson` for one value a line; these two have no
    delimiter. member: the array is that member of an object, see native.py. delimiter_by: `header`, `route`, `sep line`,
    `one column`. encoding_by: `default`, `route`, `byte order mark`, `output of batchdrop`. blank_lines: skipped, counted when the file was read, rows
    without content among them. extra_cells: empty cells behind the last column that has a name, of the longest row; known when the file
    was read. rules: see cutting.RULES; plans of earlier versions lack it.
    """

    delimiter: str
    encoding: str = UTF_8
    bom: bool = False
    gzip: bool = False
    line_end: str = "\n"
    format: str = CSV
    member: str = ""
    delimiter_by: str = "header"
    encoding_by: str = "default"
    blank_lines: int = 0
    notes: tuple[str, ...] = ()
    extra_cells: int = 0
    rules: int = RULES

    @property
    def recoded(self) -> bool:
        """Whether readers see the file as UTF-8 and outputs are: where bytes cannot be cut, and for JSON."""
        kept = is_kept(self.encoding) and self.delimiter.isascii() and self.format == CSV
        return self.encoding != UTF_8 and not kept

    @property
    def read_as(self) -> str:
        """The encoding of the bytes that readers see, and of the outputs."""
        return UTF_8 if self.recoded else self.encoding

    def to_dict(self) -> dict[str, Any]:
        """JSON form, as in job.json."""
        return {**asdict(self), "notes": list(self.notes)}

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Dialect:
        """The inverse of to_dict; unknown names raise TypeError."""
        return cls(**{"rules": 1, **entry, "notes": tuple(entry.get("notes", ()))})


def detect(
    head: bytes,
    *,
    name: str,
    gzip: bool = False,
    encoding: str = UTF_8,
    encoding_by: str = "default",
    delimiter: str = "",
    sees: str = "",
) -> Dialect:
    """The dialect of a table from its first bytes (HEAD of them, or all, uncompressed) and its name.

    encoding: what the route or a byte-order mark says. sees: the encoding of `head`, where that is not the file's. delimiter: what
    the route says, "" = found, from the header line alone, so that data cannot mislead. Raises BadFile UNKNOWN_FORMAT,
    EMPTY_FILE, NO_ROWS, FORMAT_MISMATCH, ENCODING, DELIMITER. See docs/files.md.
    """
    check_name(name)
    check_binary(head, name)
    check_table(head, name)
    if not base(name).endswith(TABLES):
        raise mismatch(name, "a table of text")
    bom = head.startswith(codecs.BOM_UTF8)
    text = head.removeprefix(codecs.BOM_UTF8)
    check_filled(text)
    header, line_end = _header_line(SEP_LINE.sub(b"", text, count=1) if SEP_LINE.match(text) else text)
    check_text(head, header, sees or encoding)
    found = _delimiter(text, header.decode(sees or encoding, "replace"), delimiter)
    notes = (found.note,) if found.note else ()
    return Dialect(
        found.delimiter,
        encoding,
        bom,
        gzip,
        line_end,
        delimiter_by=found.by,
        encoding_by=encoding_by,
        notes=notes,
    )


def _delimiter(text: bytes, header: str, told: str) -> Found:
    if told:
        absent = "" if told in header else f"the header does not hold {told!r}: it has one column"
        return Found(told, "route", absent)
    said = SEP_LINE.match(text)
    if said and not (sign := said[1].decode("ascii", "replace")).isalnum():
        return Found(sign, "sep line")
    return find(header)


def check_filled(text: bytes) -> None:
    """Raises BadFile EMPTY_FILE, NO_ROWS for a file without anything in it. text: without a byte-order mark."""
    if not text:
        raise BadFile([problem("EMPTY_FILE")])
    if not text.strip():
        raise BadFile([problem("NO_ROWS")])


def _header_line(text: bytes) -> tuple[bytes, str]:
    """The first line with content, quoted line ends blanked out, and the line end it has (LF when none). Raises BadFile NO_ROWS."""
    blank = _BLANK_ROWS.match(text)  # rows without content before the header are no header
    text = text[blank.end() if blank else 0 :].lstrip()
    if not text:
        raise BadFile([problem("NO_ROWS")])
    plain = _QUOTED.sub(lambda found: b"_" * len(found[0]), text)
    ends = re.search(rb"\r\n|\n|\r", plain)
    return (plain[: ends.start()], ends[0].decode()) if ends else (plain, "\n")


def check_text(head: bytes, header: bytes, encoding: str) -> None:
    """Text that is not in `encoding`: refused, with the offset of the first byte in the way. Raises BadFile ENCODING.

    A lone NUL in a record is that record's problem; one in the header, or many, mean two bytes a letter; a row of them is none of
    these. Raises BadFile NUL_BYTES for that.
    """
    filled = head.find(FILLED_UP)
    if filled >= 0:
        raise nul_bytes(lines_before(head[:filled]) + 1)
    nul = head.find(b"\0")
    if nul >= 0 and (b"\0" in header or head.count(b"\0") * 4 > len(head)):
        wide = "utf-16-le" if head[:HEAD:2].count(0) < head[1:HEAD:2].count(0) else "utf-16-be"
        raise BadFile([_misread(head, nul, encoding, wide)])
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        decoder.decode(head)  # not final: the last letter may be cut
    except UnicodeDecodeError as error:
        raise BadFile([_misread(head, error.start, encoding)]) from None


def _misread(head: bytes, offset: int, encoding: str, looks_like: str = "") -> Problem:
    return not_in(
        encoding, head[offset:], offset=offset, line=lines_before(head[:offset]) + 1, looks_like=looks_like
    )
