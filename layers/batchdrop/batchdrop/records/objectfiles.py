"""How a file of JSON is laid out: one array, one object with a list in it, or one value a line. Found from its first bytes.

The name says what is expected, the bytes decide, and what differs is noted: a `.json` may hold lines, a `.ndjson` an array
(docs/files.md). An object is taken when one of its members is a list under a name that everyday exports use.
"""

from __future__ import annotations

import codecs
import json
from itertools import islice
from typing import TYPE_CHECKING

from batchdrop.errors import BadFile
from batchdrop.problems import problem
from batchdrop.records.dialect import HEAD, JSON, NDJSON, Dialect, check_filled, check_text
from batchdrop.records.encodings import UTF_8
from batchdrop.records.kinds import LINES, base, check_binary, check_name, mismatch
from batchdrop.records.native import MEMBERS, list_start
from batchdrop.records.source import MAX_RECORD
from batchdrop.records.values import broken_json, is_cut_off, too_deep

if TYPE_CHECKING:
    from batchdrop.records.source import Source

_FURTHER = 20  # lines that are looked at where the first ones cannot be read
_WITHIN = (b"{", b"[", b",")  # ends of lines within a value that is written over several
_BROKEN, _PARTIAL, _DEEP, _SCALAR, _ARRAY, _OBJECT = "broken", "partial", "deep", "scalar", "array", "object"


def detect_objects(
    source: Source,
    *,
    name: str,
    gzip: bool = False,
    encoding: str = UTF_8,
    encoding_by: str = "default",
    own: str = "",
) -> Dialect:
    """The dialect of a file that is said to hold JSON, by what stands at its beginning. The source stays where it is.

    own: the member that holds the records in the service's own request. Raises BadFile UNKNOWN_FORMAT, EMPTY_FILE, NO_ROWS,
    FORMAT_MISMATCH, ENCODING, NOT_A_LIST, BROKEN_JSON.
    """
    check_name(name)
    head = source.peek(HEAD)
    check_binary(head, name)
    bom = head.startswith(codecs.BOM_UTF8)
    check_filled(head.removeprefix(codecs.BOM_UTF8))
    check_text(head, b"", UTF_8)
    form, member = _form(source, name, own, skipped=3 if bom else 0)
    said = NDJSON if base(name).endswith(LINES) else JSON
    notes = (f"the name says {said}, the content is {form}",) if form != said else ()
    return Dialect("", encoding, bom, gzip, format=form, member=member, encoding_by=encoding_by, notes=notes)


def _form(source: Source, name: str, own: str, skipped: int) -> tuple[str, str]:
    """`json` or `ndjson`, and the member that holds the array."""
    lines = base(name).endswith(LINES)
    head = source.peek(HEAD)[skipped:].lstrip()
    if b"\n" not in head and b"\r" not in head:
        head = source.peek(MAX_RECORD + HEAD)[skipped:].lstrip()  # one long line
    kinds = _kinds(head, lines=lines)
    first, others = kinds[0], kinds[1:]
    if head.startswith(b"[") and not (lines and first == _ARRAY and others):
        return JSON, ""
    if (lines and first not in (_BROKEN, _PARTIAL)) or ((lines or first == _SCALAR) and _is_value(others)):
        return NDJSON, ""
    if head.startswith(b"{"):
        if first == _OBJECT and others:
            return NDJSON, ""
        found = list_start(source, (own, *MEMBERS) if own else MEMBERS, skipped)
        if found is not None:
            return JSON, found[1]
        if _OBJECT in others or (lines and (first == _PARTIAL or _is_one_cut_line(head))):
            return NDJSON, ""
    raise _refusal(name, head, first)


def _refusal(name: str, head: bytes, first: str) -> BadFile:
    if first == _DEEP:
        return too_deep(1)
    if _is_cut(head):
        return broken_json(head.count(b"\n") + 1, cut=True)
    if first in (_BROKEN, _PARTIAL) and not head.startswith(b"{"):
        return mismatch(name, "something that is no JSON")
    return BadFile([problem("NOT_A_LIST", keys=", ".join(MEMBERS))])


def _is_cut(head: bytes) -> bool:
    """Whether this is all of the file, and ends within a list or an object."""
    return len(head) < HEAD and head[:1] in (b"{", b"[") and is_cut_off(head.decode("utf-8", "replace"))


def _is_one_cut_line(head: bytes) -> bool:
    return b"\n" not in head.strip() and _is_cut(head)


def _is_value(kinds: list[str]) -> bool:
    return any(kind not in (_BROKEN, _PARTIAL) for kind in kinds)


def _kinds(head: bytes, *, lines: bool) -> list[str]:
    """What each of the first two lines that are not blank is by itself. lines: further ones count where these are no JSON."""
    filled = [line for line in head.splitlines()[:200] if line.strip()]
    whole = len(head) < HEAD
    kinds = (_kind(line, ended=whole or number + 1 < len(filled)) for number, line in enumerate(filled))
    found = list(islice(kinds, 2))
    if lines and not _is_value(found) and not any(line.rstrip().endswith(_WITHIN) for line in filled[:2]):
        found += list(islice((kind for kind in islice(kinds, _FURTHER) if kind == _OBJECT), 1))
    return found


def _kind(line: bytes, *, ended: bool) -> str:
    try:
        value = json.loads(line.decode("utf-8", "replace"), parse_int=str, parse_float=str)
    except RecursionError:
        return _DEEP
    except ValueError:
        return _BROKEN if ended else _PARTIAL
    if isinstance(value, dict):
        return _OBJECT
    return _ARRAY if isinstance(value, list) else _SCALAR
