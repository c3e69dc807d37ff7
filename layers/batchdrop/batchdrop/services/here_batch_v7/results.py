"""From HERE's result and error files to outcomes. Pure, in bounded memory.

Joined by `recId`, which is the record's ordinal: the order of rows is not stated. The form of the errors file is known
from MapQuest's twin of the service only [peer].
"""

from __future__ import annotations

import json
import re
from typing import IO, TYPE_CHECKING, Any

from batchdrop.ports import Outcome, OutcomeKind
from batchdrop.redaction import redact
from batchdrop.services.base import ordinal_in
from batchdrop.services.gathering import Gathering
from batchdrop.services.here_batch_v7 import lines, rows
from batchdrop.services.here_batch_v7.options import options
from batchdrop.services.here_batch_v7.rows import odd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchdrop.ports import Batch

RESULTS, ERRORS = "results.txt", "errors.txt"

_ERRORS_HEADER = re.compile(r"(?i)\s*recid([|;:,\t])errorcode\1.*")
_NOTHING_FOUND = re.compile(r"(?i)\bno (results?|match)")  # title of a record without a hit [assumed]
_GENERATED = re.compile(r"InputLine_(\d{1,9})")  # recId of a line whose own could not be read [peer]
_NO_MATCH = "NO_MATCH"


def matches(batch: Batch, body: IO[bytes], seen: bytearray) -> Iterator[Outcome]:
    """Outcomes of the results file, one per record: several answers of a record are put in order of `seqNumber`.

    Marks in `seen` (one byte per record) what it yields. A record with fewer rows than its `seqLength` is left out.
    """
    chosen = options(batch.api, batch.params)
    reader = rows.jsonl if chosen.jsonl else rows.table
    gathering = Gathering(batch, seen, rows.SERVICE)
    for row in reader(body, chosen.fields):
        ordinal = ordinal_in(batch, row.rec_id)
        if ordinal is None:
            raise odd("the results have a recId that was never sent")
        for answers in gathering.add(ordinal, row.number, row.length, row.cells):
            yield _matched(ordinal, answers)


def failures(batch: Batch, body: IO[bytes], seen: bytearray) -> Iterator[Outcome]:
    """Outcomes of the errors file, for records that the results file does not have.

    What parts it is read from its header: the twin always has pipes [peer], whatever was asked for the results.
    """
    generated: list[int] = []
    found = rows.lines(body)
    header = _ERRORS_HEADER.match(next(found, ""))
    if header is None:
        raise odd("the errors do not begin with their header")
    mark = header[1]
    for line in found:
        rec_id, delimiter, rest = line.partition(mark)
        code, second, text = rest.partition(mark)
        message = _message(text)
        if not delimiter or not second or (not message and not line.endswith("\n")):
            raise odd("a line of the errors is cut off")
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
