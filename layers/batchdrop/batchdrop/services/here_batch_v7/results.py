"""HERE's result and error files, read line by line in bounded memory. Pure.

Joined by `recId`, which is the record's ordinal: the order of rows is not stated. Column names are compared without
case. The form of the errors file is known from MapQuest's twin of the service only [peer].
"""

from __future__ import annotations

import contextlib
import csv
import json
import re
from typing import IO, TYPE_CHECKING, Any

from batchdrop.errors import ServiceSpokeUnknown
from batchdrop.ports import Outcome, OutcomeKind
from batchdrop.redaction import redact
from batchdrop.services.base import ordinal_in
from batchdrop.services.here_batch_v7 import lines
from batchdrop.services.here_batch_v7.apis import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchdrop.ports import Batch

RESULTS, ERRORS = "results.txt", "errors.txt"
DELIMITER = "|"
"""Of both files: asked for by `outputDelimiter`."""

_SERVICE = "here_batch_v7"
_LONGEST = 1 << 17  # bytes of one line
_CHUNK = 1 << 16
_NOTHING_FOUND = re.compile(r"(?i)\bno (results?|match)")  # title of a record without a hit [assumed]
_GENERATED = re.compile(r"InputLine_(\d{1,9})")  # recId of a line whose own could not be read [peer]
_NO_MATCH = "NO_MATCH"


def matches(batch: Batch, body: IO[bytes], seen: bytearray) -> Iterator[Outcome]:
    """Outcomes of the results file, one per record: several answers of a record are put in order of `seqNumber`.

    Marks in `seen` (one byte per record) what it yields. A record with fewer rows than its `seqLength` is left out.
    """
    rows = _rows(_lines(body))
    columns = _Columns(batch, next(rows, []))
    waiting: dict[int, dict[int, tuple[str, ...]]] = {}
    for row in rows:
        ordinal, number, length = columns.place(row)
        if seen[ordinal - batch.first]:
            raise _odd("a record has more rows than its seqLength")
        answers = waiting.setdefault(ordinal, {})
        if length:
            answers[number] = columns.answer(row)
        if len(answers) >= length:
            del waiting[ordinal]
            seen[ordinal - batch.first] = 1
            yield _matched(ordinal, tuple(answers[key] for key in sorted(answers)))


def failures(batch: Batch, body: IO[bytes], seen: bytearray) -> Iterator[Outcome]:
    """Outcomes of the errors file, for records that the results file does not have."""
    generated: list[int] = []
    found = _lines(body)
    if next(found, "").lower().split(DELIMITER)[:2] != ["recid", "errorcode"]:
        raise _odd("the errors do not begin with their header")
    for line in found:
        rec_id, delimiter, rest = line.partition(DELIMITER)
        code, second, text = rest.partition(DELIMITER)
        message = _message(text)
        if not delimiter or not second or (not message and not line.endswith("\n")):
            raise _odd("a line of the errors is cut off")
        if not generated and _GENERATED.fullmatch(rec_id):
            generated.extend(lines.sent(batch))
        ordinal = _whose(batch, (rec_id, message.get("recordId")), generated)
        if ordinal is not None and not seen[ordinal - batch.first]:
            seen[ordinal - batch.first] = 1
            yield _failed(ordinal, code, message)


def unsent(batch: Batch, seen: bytearray) -> Iterator[Outcome]:
    """Outcomes of records that were never sent, because no line of HERE's can hold them."""
    if all(seen):
        return
    text = f"The record is longer than the {lines.LONGEST_LINE} characters of a line."
    for ordinal in lines.unsendable(batch):
        if not seen[ordinal - batch.first]:
            yield Outcome(ordinal, OutcomeKind.FAILED, "FIELD_TOO_LONG", text)


class _Columns:
    """Where the cells of a row stand, by the header."""

    def __init__(self, batch: Batch, header: list[str]) -> None:
        at = {name.strip().lower(): index for index, name in enumerate(header)}
        wanted = FIELDS[batch.api]
        if any(name.lower() not in at for name in ("recId", wanted["bd_lat"], wanted["bd_lon"])):
            raise _odd("the results lack a column: recId or the position")
        self._batch = batch
        self._width = len(header)
        self._cells = [at.get(name.lower()) for name in wanted.values()]
        self._rec_id, self._number, self._length = (
            at.get(name) for name in ("recid", "seqnumber", "seqlength")
        )

    def place(self, row: list[str]) -> tuple[int, int, int]:
        """Ordinal, seqNumber, seqLength (1, 1 where there are none: lookup [doc])."""
        if len(row) != self._width:
            raise _odd("a row of the results is cut off or has too many cells")
        ordinal = ordinal_in(self._batch, self._cell(row, self._rec_id))
        if ordinal is None:
            raise _odd("the results have a recId that was never sent")
        return ordinal, _count(row, self._number), _count(row, self._length)

    def answer(self, row: list[str]) -> tuple[str, ...]:
        """The cells in the order of our columns; a column the service left out is empty."""
        return tuple(self._cell(row, index) for index in self._cells)

    @staticmethod
    def _cell(row: list[str], index: int | None) -> str:
        return "" if index is None else row[index]


def _count(row: list[str], index: int | None) -> int:
    text = "1" if index is None else row[index]
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise _odd("seqNumber or seqLength is no number")
    return int(text)


def _matched(ordinal: int, answers: tuple[tuple[str, ...], ...]) -> Outcome:
    found = tuple(answer for answer in answers if answer[0] and answer[1])  # latitude and longitude
    if found:
        return Outcome(ordinal, OutcomeKind.MATCHED, answers=found)
    return Outcome(ordinal, OutcomeKind.NO_MATCH, _NO_MATCH, "The service found nothing.")


def _failed(ordinal: int, code: str, message: dict[str, Any]) -> Outcome:
    """`jobRecord` repeats the record and stays out."""
    parts = [part for part in (message.get("title"), message.get("cause")) if isinstance(part, str) and part]
    text = redact(": ".join(parts)[:1000]) or "The service could not process this record."
    if parts and _NOTHING_FOUND.search(parts[0]):
        return Outcome(ordinal, OutcomeKind.NO_MATCH, _NO_MATCH, text)
    return Outcome(ordinal, OutcomeKind.FAILED, code.strip()[:64] or "SERVICE_ERROR", text)


def _message(text: str) -> dict[str, Any]:
    """The JSON of an error, plain or as a quoted cell; nothing when it is neither."""
    for candidate in (text, text.strip().removeprefix('"').removesuffix('"').replace('""', '"')):
        try:
            entry = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict):
            return entry
    return {}


def _whose(batch: Batch, ids: tuple[Any, ...], generated: list[int]) -> int | None:
    for rec_id in ids:
        ordinal = ordinal_in(batch, rec_id)
        if ordinal is not None:
            return ordinal
        line = _GENERATED.fullmatch(rec_id) if isinstance(rec_id, str) else None
        if line and 0 < int(line[1]) <= len(generated):
            return generated[int(line[1]) - 1]
    return None


def _rows(found: Iterator[str]) -> Iterator[list[str]]:
    """Cells of each line; a value holding the delimiter is in quotes [doc]. A line with odd quotes gets no cells."""
    for line in found:
        text, cells = line.removesuffix("\n"), []
        if '"' not in text:
            cells = text.split(DELIMITER)
        else:
            with contextlib.suppress(csv.Error):
                cells = next(csv.reader([text], delimiter=DELIMITER, strict=True))
        yield cells


def _lines(body: IO[bytes]) -> Iterator[str]:
    """Lines as strict UTF-8 (no charset is declared), each with its newline; empty ones are left out."""
    rest, first = b"", True
    while chunk := body.read(_CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield from _text(line, first=first, end="\n")
            first = False
        if len(rest) > _LONGEST:
            raise _odd("a line is too long")
    yield from _text(rest, first=first, end="")


def _text(line: bytes, *, first: bool, end: str) -> Iterator[str]:
    text = None
    with contextlib.suppress(UnicodeDecodeError):  # raised below, without the line in the chain of exceptions
        text = line.removesuffix(b"\r").decode("utf-8-sig" if first else "utf-8")
    if text is None:
        raise _odd("the answer is not UTF-8")
    if text:
        yield text + end


def _odd(reason: str) -> ServiceSpokeUnknown:
    return ServiceSpokeUnknown(reason, service=_SERVICE)
