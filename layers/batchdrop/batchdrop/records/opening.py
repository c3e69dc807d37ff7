"""Opening a dropped file: from its bytes to a source of text with a known dialect."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from batchdrop.records.delimiters import told
from batchdrop.records.dialect import HEAD, detect
from batchdrop.records.encodings import UTF_8, is_kept, known, marked, recoded
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
    Raises ConfigurationError when the route says something that is not read; BadFile as `unzip`, `detect` and `detect_objects` do.
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
    by_bytes = marked(head)
    found = by_bytes or by_route or UTF_8
    by = "byte order mark" if by_bytes else ("route" if by_route else "default")
    objects = is_objects_name(name)
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
    return (Source(recoded(source, found)) if dialect.recoded and not wide else source), dialect


def open_again(stream: Readable, dialect: Dialect) -> Source:
    """A source as `open_table` gave it, for a file whose dialect is known."""
    plain = unzip(Source(stream)) if dialect.gzip else stream
    return Source(recoded(plain, dialect.encoding) if dialect.recoded else plain)
