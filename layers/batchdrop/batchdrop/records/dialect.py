"""How a file is written, found from its first bytes. Nothing is guessed beyond that: what is odd is refused."""

from __future__ import annotations

import codecs
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from batchdrop.errors import BadFile
from batchdrop.problems import problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchdrop.problems import Problem

HEAD = 64 * 1024
"""How many bytes `detect` wants to see."""

SUFFIXES = (".csv", ".tsv", ".txt")
CSV, JSON = "csv", "json"
DELIMITERS = (
    "\t",
    "|",
    ";",
    ",",
)  # of equally frequent ones the first: a comma is often text beside the others

_WIDE_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
_MAGIC = (
    (b"%PDF-", "a PDF document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Office document"),
    (b"\x1f\x8b", "gzip data inside gzip data"),
    (b"BZh91AY&SY", "bzip2 data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"\xfd7zXZ\x00", "xz data"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
)
_JSON = re.compile(rb'\{\s*(?:["}]|\Z)|\[\s*(?:["{\[\]\d-]|true|false|null|\Z)')
_PARQUET = re.compile(rb"PAR1(?![\w,;|\t\r\n\" ])")  # a column may be called PAR1 too
_MARKUP = re.compile(rb"<(?:!doctype|html|\?xml|[a-z]+>)", re.IGNORECASE)
_QUOTED = re.compile(rb'"(?:[^"]++|"")*+"?')
_OTHER_DELIMITER = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f^~:¦]|\S {2,}\S")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the input is written and so how the outputs are. encoding: a codec name, ASCII-compatible ones for now.

    bom: the input begins with a UTF-8 byte-order mark. line_end: the first one seen, for lines of ours. format: `csv` for
    any table of text, `json` for an array, which has no delimiter. member: the array is that member of an object, see native.py.
    """

    delimiter: str
    encoding: str = "utf-8"
    bom: bool = False
    gzip: bool = False
    line_end: str = "\n"
    format: str = CSV
    member: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON form, as in job.json."""
        return asdict(self)

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Dialect:
        """The inverse of to_dict; unknown names raise TypeError."""
        return cls(**entry)


def detect(head: bytes, *, name: str, gzip: bool, encoding: str = "utf-8") -> Dialect:
    """The dialect of a file from its first bytes (HEAD of them, or all, uncompressed) and its name.

    encoding: what the route declares. Raises BadFile UNKNOWN_FORMAT, EMPTY_FILE, NO_ROWS, FORMAT_MISMATCH, ENCODING,
    DELIMITER. The delimiter is found from the header line alone, so data cannot mislead. [catalogue F1-F6, F17, F24, F26]
    """
    _check_name(name)
    _check_kind(head, name)
    bom = head.startswith(codecs.BOM_UTF8)
    text = head.removeprefix(codecs.BOM_UTF8)
    if not text:
        raise BadFile([problem("EMPTY_FILE")])
    if not text.strip():
        raise BadFile([problem("NO_ROWS")])
    header, line_end = _header_line(text)
    _check_text(head, header, encoding)
    return Dialect(_delimiter(header.decode(encoding, "replace")), encoding, bom, gzip, line_end)


def is_array_name(name: str) -> bool:
    """Whether a file of this name is said to hold JSON."""
    return name.lower().removesuffix(".gz").endswith(".json")


def array_dialect(head: bytes, *, gzip: bool, arrays: bool = True, member: str = "") -> Dialect:
    """The dialect of a JSON array, or of an object with the array among its members, where that is allowed.

    Raises BadFile EMPTY_FILE, ENCODING, BROKEN_JSON for anything else.
    """
    bom = head.startswith(codecs.BOM_UTF8)
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if not text:
        raise BadFile([problem("EMPTY_FILE")])
    _check_text(head, b"", "utf-8")
    if text.startswith(b"{") and member:
        return Dialect("", bom=bom, gzip=gzip, format=JSON, member=member)
    if not text.startswith(b"[") or not arrays:
        raise BadFile([problem("BROKEN_JSON", line=1)])
    return Dialect("", bom=bom, gzip=gzip, format=JSON)


def _check_name(name: str) -> None:
    base = name.rsplit("/", 1)[-1].lower().removesuffix(".gz")
    if not base.endswith(SUFFIXES):
        suffix = base[base.rindex(".") :] if "." in base else "without a suffix"
        raise BadFile([problem("UNKNOWN_FORMAT", suffix=suffix)])


def _check_kind(head: bytes, name: str) -> None:
    found = _kind(head)
    if found:
        suffix = name[name.rindex(".") :]
        raise BadFile([problem("FORMAT_MISMATCH", named=suffix, found=found)])


def _kind(head: bytes) -> str:
    """What the first bytes are instead of a table of text; empty when nothing speaks against one."""
    if head.startswith(b"PK\x03\x04"):
        return (
            "an Excel workbook (xlsx)"
            if b"xl/" in head or b"[Content_Types].xml" in head
            else "a zip archive"
        )
    if _PARQUET.match(head):
        return "a Parquet file"
    for magic, found in _MAGIC:
        if head.startswith(magic):
            return found
    begin = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if _JSON.match(begin):
        return "JSON"
    return "HTML or XML" if _MARKUP.match(begin) else ""


def _header_line(text: bytes) -> tuple[bytes, str]:
    """The first line that is not blank, quoted line ends blanked out, and the line end it has (LF when none)."""
    text = text.lstrip()  # blank lines before the header are no header
    plain = _QUOTED.sub(lambda found: b"_" * len(found[0]), text)
    ends = re.search(rb"\r\n|\n|\r", plain)
    return (plain[: ends.start()], ends[0].decode()) if ends else (plain, "\n")


def _check_text(head: bytes, header: bytes, encoding: str) -> None:
    """UTF-16 and other text that is not in `encoding`: refused, with the offset of the first byte in the way.

    A lone NUL in a record is that record's problem; one in the header, or many, mean two bytes a letter.
    """
    if head.startswith(_WIDE_BOMS):
        raise BadFile([problem("ENCODING", offset=0, line=1)])
    nul = head.find(b"\0")
    if nul >= 0 and (b"\0" in header or head.count(b"\0") * 4 > len(head)):
        raise BadFile([_encoding_problem(head, nul)])
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        decoder.decode(head)  # not final: the last letter may be cut
    except UnicodeDecodeError as error:
        raise BadFile([_encoding_problem(head, error.start)]) from None


def _encoding_problem(head: bytes, offset: int) -> Problem:
    line = len((head[:offset] + b"_").splitlines())
    return problem("ENCODING", offset=offset, line=line)


def _delimiter(header: str) -> str:
    best = max(DELIMITERS, key=header.count)
    if best in header:
        return best
    if _OTHER_DELIMITER.search(header.strip()):
        raise BadFile([problem("DELIMITER", line=1)])
    return ","
