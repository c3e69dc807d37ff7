"""Opening a dropped file: from its bytes to a source of text with a known dialect."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from batchdrop.records.delimiters import told
from batchdrop.records.dialect import HEAD, detect
from batchdrop.records.encodings import UTF_8, is_kept, is_start_of, known, marked, recoded
from batchdrop.records.kinds import check_binary, check_name, is_objects_name
from batchdrop.records.objectfiles import detect_objects
from batchdrop.records.source import Source
from batchdrop.records.unzipping import is_gzip, unzip

if TYPE_CHECKING:
    from batchdrop.records.dialect import Dialect
    from batchdrop.records.source import Readable


def open_table(
    stream: Readable, *, name: str, encoding: str = "", delimiter: str = "", own: str = ""
) -> tuple[Source, Dialect]:
    """A source at the first byte of the text, and its dialect: unzipped where the bytes are gzip's, as UTF-8 where Dialect.recoded.

    encoding, delimiter: what the route says, "" = nothing. own: the member of the service's own request that holds the records.
    An output of ours is read in the encoding we wrote. Raises ConfigurationError when the route says something that is not read; BadFile as `unzip`, `detect` and `detect_objects` do.
    """
    by_route = known(encoding) if encoding else ""
    mark = told(delimiter) if delimiter else ""
    source = Source(stream)
    zipped = is_gzip(source.peek(2))
    if zipped:
        source = Source(unzip(source))
    head = source.peek(HEAD)
    check_name(name)
    check_binary(head, name)
    by_bytes, objects = marked(head), is_objects_name(name)
    ours = not by_bytes and _is_own_output(head, by_route, mark, objects=objects)
    found = by_bytes or (UTF_8 if ours else by_route) or UTF_8
    by = (
        "byte order mark"
        if by_bytes
        else "output of batchdrop"
        if ours
        else "route"
        if by_route
        else "default"
    )
    wide = found != UTF_8 and (objects or not is_kept(found))
    if wide:
        source = Source(recoded(source, found))
    if objects:
        dialect = detect_objects(source, name=name, gzip=zipped, encoding=found, encoding_by=by, own=own)
    else:
        dialect = detect(
            source.peek(HEAD), name=name, gzip=zipped, encoding=found, encoding_by=by, delimiter=mark,
            sees=UTF_8 if wide else found,
        )  # fmt: skip
    if by_bytes and not by_bytes.startswith(by_route):
        contradiction = f"the route says {by_route}, the file's byte-order mark {by_bytes}"
        dialect = replace(dialect, notes=(contradiction, *dialect.notes))
    if ours:
        written = (
            f"the route says {by_route}, but this is an output of batchdrop, which is written in {UTF_8}"
        )
        dialect = replace(dialect, notes=(written, *dialect.notes))
    return (Source(recoded(source, found)) if dialect.recoded and not wide else source), dialect


def _is_own_output(head: bytes, by_route: str, delimiter: str, *, objects: bool) -> bool:
    """Return True for results or errors of ours that were written in UTF-8, where the route names another encoding for its files.

    A person may have saved them in the route's encoding: then they are no UTF-8, as far as these first bytes show.
    """
    kept = is_kept(by_route) and delimiter.isascii() and not objects
    if not by_route or by_route == UTF_8 or kept:
        return False
    signs = _OWN_MEMBER.search(head) if objects else _OWN_HEADER.match(head)
    return signs is not None and is_start_of(head, UTF_8)


_OWN_MEMBER = re.compile(rb'"bd[0-9]{0,2}"\s*:\s*\{[^{}]*"recId"')
_OWN_HEADER = re.compile(rb"\s*+(?=[^\r\n]*bd[0-9]{0,2}_recId)[^\r\n]*bd[0-9]{0,2}_(?:outcome|seqNumber)")


def open_again(stream: Readable, dialect: Dialect) -> Source:
    """A source as `open_table` gave it, for a file whose dialect is known."""
    plain = unzip(Source(stream)) if dialect.gzip else stream
    return Source(recoded(plain, dialect.encoding) if dialect.recoded else plain)
