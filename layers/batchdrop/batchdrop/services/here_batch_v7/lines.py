"""The input of a HERE job: one line for each record, in a delimiter that no value holds.

The columns are named by `inputColumns` and there is no header line: whether a header line beside it would count as a
record is not known (facts/here.md 5), so only one of the two is sent.
"""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from batchdrop.errors import ConfigurationError, ServiceRefused
from batchdrop.services.here_batch_v7.apis import EXTRAS, INPUTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batchdrop.ports import Batch, Query

LONGEST_LINE = 4096
"""Characters, recId included [doc: limits]; whether characters or bytes is not said, so both are kept to."""

_DELIMITERS = "|;:,\t"  # recommended [doc]; a tab is always free, because it is cleaned out of values
_ON_DISK = 8 << 20
_CLEAN = dict.fromkeys((*range(32), 127, 133, 8232, 8233), " ") | {ord('"'): None}
# how a quote is escaped is not known, and no line break is allowed in a record, not even quoted [doc]


@dataclass(frozen=True, slots=True)
class Input:
    """A body ready to be sent (opened at its start), and how to read it."""

    body: IO[bytes]
    delimiter: str
    columns: tuple[str, ...]


@contextlib.contextmanager
def written(batch: Batch, *, max_bytes: int, service: str) -> Iterator[Input]:
    """The batch as a body, on disk when it is large. Records over a line's length are left out, see `unsendable`.

    Raises ServiceRefused when nothing or too much is left, ConfigurationError for a parameter the API does not have.
    """
    columns = columns_of(batch)
    with tempfile.SpooledTemporaryFile(max_size=_ON_DISK) as body:
        for delimiter in _DELIMITERS:
            body.seek(0)
            body.truncate()
            if _write(batch, columns, delimiter, body):
                break
        size = body.tell()
        if not 0 < size <= max_bytes:
            raise ServiceRefused(
                f"the input has {size} bytes; 1 to {max_bytes} can be sent",
                code="BATCH_SIZE",
                service=service,
            )
        body.seek(0)
        yield Input(body, delimiter, columns)


def columns_of(batch: Batch) -> tuple[str, ...]:
    """`recId`, the record's own column, and the extras that the route or the first record names."""
    extras = EXTRAS[batch.api]
    unknown = sorted(set(batch.params) - {*extras, "billingTags"})
    if unknown:
        raise ConfigurationError(f"here_batch_v7 {batch.api} has no parameter {', '.join(unknown)}")
    first = next(batch.queries(), None)
    named = {*batch.params, *(first.fields if first else ())}
    return ("recId", INPUTS[batch.api], *(name for name in extras if name in named))


def unsendable(batch: Batch) -> Iterator[int]:
    """Ordinals of records that no line can hold."""
    columns = columns_of(batch)
    return (query.ordinal for query in batch.queries() if not _fits(_cells(query, columns, batch.params)))


def sent(batch: Batch) -> Iterator[int]:
    """Ordinals in the order of the lines of the body."""
    columns = columns_of(batch)
    return (query.ordinal for query in batch.queries() if _fits(_cells(query, columns, batch.params)))


def _write(batch: Batch, columns: tuple[str, ...], delimiter: str, body: IO[bytes]) -> bool:
    """Write all lines; False as soon as a value holds the delimiter."""
    for query in batch.queries():
        cells = _cells(query, columns, batch.params)
        if not _fits(cells):
            continue
        if any(delimiter in cell for cell in cells):
            return False
        body.write((delimiter.join(cells) + "\n").encode())
    return True


def _fits(cells: list[str]) -> bool:
    return len("|".join(cells).encode()) <= LONGEST_LINE


def _cells(query: Query, columns: tuple[str, ...], params: Mapping[str, object]) -> list[str]:
    """Cells without anything that a line could be broken by."""
    record, *extras = columns[1:]
    cells = [_record(record, query.fields)]
    cells += [query.fields.get(name) or str(params.get(name, "")) for name in extras]
    return [str(query.ordinal), *(cell.translate(_CLEAN).strip() for cell in cells)]


def _record(column: str, fields: Mapping[str, str]) -> str:
    """What is asked: an id, `lat,lng`, or one line of free text made of the parts of an address."""
    if column == "id":
        return fields["id"]
    if column == "at":
        return f"{fields['lat']},{fields['lon']}"
    if fields.get("text"):
        return fields["text"]
    parts = (
        _joined(fields, "name"),
        _joined(fields, "housenumber", "street"),
        _joined(fields, "city"),
        _joined(fields, "state", "postcode"),
        _joined(fields, "country"),
    )
    return ", ".join(part for part in parts if part)


def _joined(fields: Mapping[str, str], *names: str) -> str:
    return " ".join(fields[name].strip() for name in names if fields.get(name, "").strip())
