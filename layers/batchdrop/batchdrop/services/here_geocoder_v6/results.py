"""The files of a completed job, read line by line in bounded memory. Pure.

Joined by `recId`, which is the record's ordinal; the order of rows is not guaranteed [doc]. Invalid lines carry the
number of the line instead, and repeat it: it never gets into a message.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from batchdrop.ports import Outcome, OutcomeKind
from batchdrop.services.base import ordinal_in
from batchdrop.services.delimited import DELIMITER, cells, odd, text_lines
from batchdrop.services.gathering import Gathering
from batchdrop.services.here_geocoder_v6 import archives
from batchdrop.services.here_geocoder_v6.apis import FIELDS, NAME
from batchdrop.services.here_geocoder_v6.lines import FIRST_LINE
from batchdrop.services.here_geocoder_v6.options import options
from batchdrop.services.here_geocoder_v6.rows import Columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batchdrop.ports import Batch, SavedPart
    from batchdrop.services.delimited import Readable

_POSITION = (FIELDS["bd_lat"], FIELDS["bd_lon"])
_INVALID_LINE = re.compile(rb"\s{0,8}Line Number:\s{0,8}(\d{1,9})(?:\s|\Z)")  # [client]
_BEGINNING = 64  # bytes of an invalid line that are looked at
_CHUNK = 1 << 16


def outcomes(batch: Batch, raw: Sequence[SavedPart]) -> Iterator[Outcome]:
    """Outcomes out of all parts. A record in several of them counts by the first: result, no-matches, errors."""
    seen = bytearray(batch.count)
    readers = {archives.OUT: _matches, archives.NO_MATCH: _no_matches, archives.INVALID: _invalid}
    for part in raw:
        for role, body in archives.texts(part):
            yield from readers[role](batch, body, seen)


def _matches(batch: Batch, body: Readable, seen: bytearray) -> Iterator[Outcome]:
    """The result file: answers and, where they are combined, rows that say NOMATCH or FAILED in matchLevel [client]."""
    rows = _rows(body)
    chosen = options(batch.api, batch.params)
    columns = Columns(batch, next(rows, []), chosen.fields.values(), _POSITION)
    gathering = Gathering(batch, seen, NAME)
    for row in rows:
        ordinal = columns.ordinal(row)
        without = _without(ordinal, columns.cell(row, "matchlevel"))
        # the SeqNumber of a row without an answer is not known [client], so it is not looked at
        number, length = (0, 0) if without else columns.sequence(row)
        for answers in gathering.add(ordinal, number, length, columns.answer(row)):
            yield without or _matched(ordinal, answers)
    # what seqLength counts under maxresults is not said, so as many rows as were asked for are enough
    for ordinal, answers in gathering.left(chosen.most):
        yield _matched(ordinal, answers)


def _no_matches(batch: Batch, body: Readable, seen: bytearray) -> Iterator[Outcome]:
    """The file of records without a match: with the result's columns, or without a header, recId first [assumed]."""
    at, level = 0, -1
    for number, row in enumerate(_rows(body)):
        names = [name.strip().lower() for name in row]
        if number == 0 and "recid" in names:
            at, level = names.index("recid"), names.index("matchlevel") if "matchlevel" in names else -1
            continue
        ordinal = ordinal_in(batch, row[at]) if len(row) > max(at, level) else None
        if ordinal is None:
            raise odd("the no-matches have a recId that was never sent", NAME)
        if not seen[ordinal - batch.first]:
            seen[ordinal - batch.first] = 1
            yield _without(ordinal, row[level] if level >= 0 else "") or _no_match(ordinal)


def _invalid(batch: Batch, body: Readable, seen: bytearray) -> Iterator[Outcome]:
    """The invalid lines of the input, `Line Number:<n>   <the line>` [client]. Lines of another form are passed over."""
    for beginning in _beginnings(body):
        found = _INVALID_LINE.match(beginning)
        if not found:
            continue
        place = int(found[1]) - FIRST_LINE
        if not 0 <= place < batch.count:
            raise odd("the errors have a line that was never sent", NAME)
        if not seen[place]:
            seen[place] = 1
            text = "The service found no valid record in the line that was sent."
            yield Outcome(batch.first + place, OutcomeKind.FAILED, "INVALID_INPUT", text)


def _rows(body: Readable) -> Iterator[list[str]]:
    """Cells of each line; every line ends in a newline [client]. A stray quote is part of its value [doc: data input]."""
    for line in text_lines(body, NAME):
        if not line.endswith("\n"):
            raise odd("a file is cut off", NAME)
        yield cells(line) or line.removesuffix("\n").split(DELIMITER)


def _beginnings(body: Readable) -> Iterator[bytes]:
    """The first bytes of each line, however long it is: the service repeats what was sent."""
    beginning = b""
    while chunk := body.read(_CHUNK):
        first, *others = chunk.split(b"\n")
        beginning = (beginning + first[:_BEGINNING])[:_BEGINNING]
        for other in others:
            yield beginning
            beginning = other[:_BEGINNING]
    if beginning:
        raise odd("a file is cut off", NAME)


def _matched(ordinal: int, answers: tuple[tuple[str, ...], ...]) -> Outcome:
    found = tuple(answer for answer in answers if answer[0] and answer[1])  # latitude and longitude
    return Outcome(ordinal, OutcomeKind.MATCHED, answers=found) if found else _no_match(ordinal)


def _without(ordinal: int, level: str) -> Outcome | None:
    """What a row without an answer says; None for an answer."""
    word = level.strip().upper()
    if word == "NOMATCH":
        return _no_match(ordinal)
    if word == "FAILED":
        text = "The service could not process this record."
        return Outcome(ordinal, OutcomeKind.FAILED, "SERVICE_ERROR", text)
    return None


def _no_match(ordinal: int) -> Outcome:
    return Outcome(ordinal, OutcomeKind.NO_MATCH, "NO_MATCH", "The service found nothing.")
