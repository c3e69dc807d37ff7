"""The input of a HERE job: one line for each record, in a delimiter that no value holds, zipped where that is worth it.

The columns are named by `inputColumns`, or by a header line where the route says so. Of both the query wins [seed]; whether the
header line would then count as a record is not known, so only one of the two is ever sent.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from batchdrop.ports import OWN_PARAM
from batchdrop.services import delimited
from batchdrop.services.here_batch_v7.apis import EXTRAS, INPUTS
from batchdrop.services.here_batch_v7.options import options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from batchdrop.ports import Batch, Query

LONGEST_LINE = 4096
"""Characters, recId included [doc: limits]; whether characters or bytes is not said, so both are kept to."""

ZIPPED_FROM = 16 * 1024
"""Bytes from which a body goes out as gzip [doc: Content-Encoding: gzip is understood]."""

_OUTPUT_DELIMITERS = "|;\t"
# not : and , which HERE's own ids and addresses hold. What the records hold, their answers may hold too.


@dataclass(frozen=True, slots=True)
class Input:
    """A body ready to be sent (opened at its start), and how to read it. encoding: `gzip`, or empty."""

    body: IO[bytes]
    delimiter: str
    columns: tuple[str, ...]
    output_delimiter: str
    encoding: str


@contextlib.contextmanager
def written(batch: Batch, *, max_bytes: int, service: str) -> Iterator[Input]:
    """The batch as a body, on disk when it is large. Records over a line's length are left out, see `unsendable`.

    max_bytes: of the body before it is zipped [doc]. Raises ServiceRefused when nothing or too much is left,
    ConfigurationError for a parameter the API does not have.
    """
    columns = columns_of(batch)
    with delimited.sheet(
        lambda: _rows(batch, columns), max_bytes=max_bytes, service=service, zipped_from=ZIPPED_FROM
    ) as sheet:
        free = next(one for one in _OUTPUT_DELIMITERS if one not in sheet.held)
        yield Input(sheet.body, sheet.delimiter, columns, free, sheet.encoding)


def columns_of(batch: Batch) -> tuple[str, ...]:
    """`recId`, the record's own column, and the extras that the route or any record names."""
    options(batch.api, batch.params)
    named = set(batch.params)
    for query in batch.queries():
        named.update(query.fields)
    named = {name.removeprefix(OWN_PARAM) for name in named}
    return ("recId", INPUTS[batch.api], *(name for name in EXTRAS[batch.api] if name in named))


def unsendable(batch: Batch) -> Iterator[int]:
    """Ordinals of records that no line can hold."""
    columns = columns_of(batch)
    return (query.ordinal for query in batch.queries() if not _fits(_cells(query, columns, batch.params)))


def sent(batch: Batch) -> Iterator[int]:
    """Ordinals in the order of the lines of the body.

    None where the body has a header line: whether HERE counts it when it numbers lines is not known, and an error must not be taken for
    that of the record beside it.
    """
    if options(batch.api, batch.params).header_in_body:
        return iter(())
    columns = columns_of(batch)
    return (query.ordinal for query in batch.queries() if _fits(_cells(query, columns, batch.params)))


def _rows(batch: Batch, columns: tuple[str, ...]) -> Iterator[Sequence[str]]:
    """All lines of the body: none where no record can be sent, with or without a header."""
    first = options(batch.api, batch.params).header_in_body
    for cells in _sendable(batch, columns):
        if first:
            yield columns
            first = False
        yield cells


def _sendable(batch: Batch, columns: tuple[str, ...]) -> Iterator[list[str]]:
    return filter(_fits, (_cells(query, columns, batch.params) for query in batch.queries()))


def _fits(cells: list[str]) -> bool:
    return len("|".join(cells).encode()) <= LONGEST_LINE


def _cells(query: Query, columns: tuple[str, ...], params: Mapping[str, object]) -> list[str]:
    """Cells without anything that a line could be broken by."""
    record, *extras = columns[1:]
    fields = query.fields
    cells = [_record(record, fields)]
    cells += [
        fields.get(OWN_PARAM + name) or fields.get(name) or str(params.get(name, "")) for name in extras
    ]
    return [str(query.ordinal), *map(delimited.cleaned, cells)]


def _record(column: str, fields: Mapping[str, str]) -> str:
    """What is asked: an id, `lat,lng`, or one line of free text made of the parts of an address."""
    if column == "id":
        return fields["id"]
    if column == "at":
        return f"{fields['lat']},{fields['lon']}"
    return delimited.one_line(fields)
