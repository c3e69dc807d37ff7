"""What a file is, by its name and its first bytes: only text is read."""

from __future__ import annotations

import codecs
import re

from batchdrop.errors import BadFile
from batchdrop.problems import problem

TABLES = (".csv", ".tsv", ".txt", ".tab", ".psv")
OBJECTS = (".json", ".ndjson", ".jsonl", ".geojson")
LINES = (".ndjson", ".jsonl")

_ZIPS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_MAGIC = (
    (b"%PDF-", "a PDF document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Office document"),
    (b"\x1f\x8b", "gzip data inside gzip data"),
    (b"BZh91AY&SY", "bzip2 data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"\xfd7zXZ\x00", "xz data"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"ARROW1\x00\x00", "an Arrow file"),
    (b"Obj\x01", "an Avro file"),
    (b"\x89HDF\r\n", "an HDF5 file"),
    (b"{\\rtf", "an RTF document"),
)
_TAR_NUMBERS = re.compile(
    rb"(?:[0-7 ]{6,7}[\0 ]{1,2}){3}"
)  # mode and owners, as octal numbers of eight bytes each
_JSON = re.compile(rb'\{\s*(?:["}]|\Z)|\[\s*(?:["{\[\]\d-]|true|false|null|\Z)')
_PARQUET = re.compile(rb"PAR1(?![\w,;|\t\r\n\" ])")  # a column may be called PAR1 too
_MARKUP = re.compile(rb"<(?:!doctype|html|\?xml|[a-z]+>)", re.IGNORECASE)
_OFFICE = ((b"xl/", "an Excel workbook (xlsx)"), (b"word/", "a Word document (docx)"), (b"opendocument", "an OpenDocument file"))  # fmt: skip


def base(name: str) -> str:
    """The name by which a file says what it is: small letters, without folders and without .gz."""
    return name.rsplit("/", 1)[-1].lower().removesuffix(".gz")


def is_objects_name(name: str) -> bool:
    """Whether a file of this name is said to hold JSON."""
    return base(name).endswith(OBJECTS)


def check_name(name: str) -> None:
    """Raises BadFile UNKNOWN_FORMAT, ZIP_NOT_SUPPORTED."""
    short = base(name)
    if short.endswith(".zip"):
        raise BadFile([problem("ZIP_NOT_SUPPORTED")])
    if not short.endswith((*TABLES, *OBJECTS)):
        suffix = short[short.rindex(".") :] if "." in short else "without a suffix"
        raise BadFile([problem("UNKNOWN_FORMAT", suffix=suffix[:40])])


def check_binary(head: bytes, name: str) -> None:
    """Raises BadFile FORMAT_MISMATCH when the first bytes are those of something that is no text."""
    found = _binary(head)
    if found:
        raise mismatch(name, found)


def check_table(head: bytes, name: str) -> None:
    """Raises BadFile FORMAT_MISMATCH when the text is JSON or markup instead of a table."""
    begin = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if _JSON.match(begin):
        raise mismatch(name, "JSON")
    if _MARKUP.match(begin):
        raise mismatch(name, "HTML or XML")


def mismatch(name: str, found: str) -> BadFile:
    """The refusal of a file that holds something else than its name says."""
    suffix = name[name.rindex(".") :] if "." in name else name
    variant = "archive" if found.endswith("archive") else ""
    return BadFile([problem("FORMAT_MISMATCH", named=suffix[:40], found=found, variant=variant)])


def _binary(head: bytes) -> str:
    if head.startswith(_ZIPS):
        office = next((kind for sign, kind in _OFFICE if sign in head), "")
        if not office and b"[Content_Types].xml" in head:
            office = "an Excel workbook (xlsx)"
        return office or "a zip archive"
    if _PARQUET.match(head):
        return "a Parquet file"
    if head[257:262] == b"ustar" or _is_old_tar(head):
        return "a tar archive"
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), "")


def _is_old_tar(head: bytes) -> bool:
    """Whether this begins as a tar archive without a sign of its own: a name of 100 bytes, then octal numbers."""
    return head[99:100] == b"\0" and _TAR_NUMBERS.fullmatch(head[100:124]) is not None
