"""Delimited text as HERE's batch services take and give it: one line for each record.

Going out, a delimiter is chosen that no value holds, and what could break a line is taken out of values; so nothing needs
to be quoted. What comes back is read in tables.py.
"""

from __future__ import annotations

import contextlib
import tempfile
import zlib
from collections.abc import Iterable, Sequence
from typing import IO, TYPE_CHECKING, NamedTuple, Protocol

from batchdrop.errors import ServiceRefused, ServiceSpokeUnknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

DELIMITER = "|"
"""Of the files that come back, unless another is asked for."""

_DELIMITERS = (
    "|;:,\t"  # the ones both services take [doc]; a tab is always free, because it is cleaned out of values
)
_ON_DISK = 8 << 20
_GZIP = 31  # zlib's window bits for a gzip member
_CLEAN = dict.fromkeys((*range(32), 127, 133, 8232, 8233), " ") | {ord('"'): None}
# no line break is allowed in a record, not even quoted [doc]; how a quote is escaped is not known


class Readable(Protocol):
    """What is read: up to `size` bytes at a time, none at the end."""

    def read(self, size: int, /) -> bytes:
        """The next bytes."""
        ...


class Sheet(NamedTuple):
    """A body at its start. held: those of the delimiters that some value holds. encoding: `gzip`, or empty."""

    body: IO[bytes]
    delimiter: str
    held: frozenset[str]
    encoding: str


Rows = Iterable[Sequence[str]]


@contextlib.contextmanager
def sheet(
    rows: Callable[[], Rows], *, max_bytes: int, service: str, zipped_from: int | None = None
) -> Iterator[Sheet]:
    """The rows as a body, on disk when it is large. `rows` opens a fresh stream of cells, equal each time.

    Cells must be clean, see `cleaned`. max_bytes: before zipping; zipped_from: bytes from which it is (None: never).
    Raises ServiceRefused when there is nothing or too much.
    """
    size, held = _measured(rows())
    if not 0 < size <= max_bytes:
        raise ServiceRefused(
            f"the input has {size} bytes; 1 to {max_bytes} can be sent", code="BATCH_SIZE", service=service
        )
    delimiter = next(one for one in _DELIMITERS if one not in held)
    pack = zlib.compressobj(wbits=_GZIP) if zipped_from is not None and size >= zipped_from else None
    with tempfile.SpooledTemporaryFile(max_size=_ON_DISK) as body:
        for row in rows():
            line = f"{delimiter.join(row)}\n".encode()
            body.write(pack.compress(line) if pack else line)
        if pack:
            body.write(pack.flush())
        body.seek(0)
        yield Sheet(body, delimiter, held, "gzip" if pack else "")


@contextlib.contextmanager
def written(rows: Callable[[], Rows], *, max_bytes: int, service: str) -> Iterator[tuple[IO[bytes], str]]:
    """As `sheet`, plain: the body and its delimiter."""
    with sheet(rows, max_bytes=max_bytes, service=service) as made:
        yield made.body, made.delimiter


def as_parameter(delimiter: str) -> str:
    r"""How a delimiter is named in a query: a tab is written `\t` [doc]."""
    return "\\t" if delimiter == "\t" else delimiter


def cleaned(text: str) -> str:
    """A value without anything that a line could be broken by."""
    return text.translate(_CLEAN).strip()


def one_line(fields: Mapping[str, str]) -> str:
    """Free text, or one line made of the parts of an address."""
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


def odd(reason: str, service: str) -> ServiceSpokeUnknown:
    """The error for bytes of another form."""
    return ServiceSpokeUnknown(reason, service=service)


def _measured(rows: Rows) -> tuple[int, frozenset[str]]:
    """The bytes of all lines, and which of the delimiters the values hold."""
    size = 0
    held: set[str] = set()
    for row in rows:
        text = "".join(row)
        size += len(text.encode()) + len(row)
        held.update(one for one in _DELIMITERS if one in text)
    return size, frozenset(held)


def _joined(fields: Mapping[str, str], *names: str) -> str:
    return " ".join(fields[name].strip() for name in names if fields.get(name, "").strip())
