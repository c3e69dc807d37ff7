"""The files of a completed job, read line by line in bounded memory. Pure.

Joined by `recId`, which is the record's ordinal; the order of rows is not guaranteed [doc]. Invalid lines carry the
number of the line instead, and repeat it: it never gets into a message.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from batchdrop.ports import AnswerNotes, Outcome, OutcomeKind
from batchdrop.services.base import ordinal_in
from batchdrop.services.gathering import FOREIGN, Gathering, no_match, outcome_of
from batchdrop.services.here_geocoder_v6 import archives
from batchdrop.services.here_geocoder_v6.lines import FIRST_LINE
from batchdrop.services.here_geocoder_v6.options import options
from batchdrop.services.here_geocoder_v6.rows import Results
from batchdrop.services.parts import read_each
from batchdrop.services.tables import CUT_OFF, DELIMITERS, REC_ID, numbered_lines, split

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batchdrop.ports import Batch, SavedPart
    from batchdrop.records.source import Source
    from batchdrop.services.here_geocoder_v6.archives import Text

_INVALID_LINE = re.compile(rb"\s{0,8}Line Number:\s{0,8}(\d{1,9})(?:\s|\Z)")  # [client]
_BEGINNING = 64  # bytes of an invalid line that are looked at
_CHUNK = 1 << 16
_BOM = b"\xef\xbb\xbf"


def outcomes(batch: Batch, raw: Sequence[SavedPart], notes: AnswerNotes | None) -> Iterator[Outcome]:
    """Outcomes out of all parts. A record in several of them counts by the first: result, no-matches, errors."""
    seen = bytearray(batch.count)
    found = notes if notes is not None else AnswerNotes()
    readers = {archives.OUT: _matches, archives.NO_MATCH: _no_matches, archives.INVALID: _invalid}

    def read_text(text: Text) -> Iterator[Outcome]:
        return readers[text.role](batch, text, seen, found)

    def read_part(part: SavedPart) -> Iterator[Outcome]:
        return read_each(archives.texts(part, found), read_text)

    order = list(archives.ROLES)
    known = [part for part in raw if part.name.partition(".")[0] in order]
    known.sort(key=lambda part: order.index(part.name.partition(".")[0]))
    yield from read_each(known, read_part, notes=found)


def _matches(batch: Batch, text: Text, seen: bytearray, notes: AnswerNotes) -> Iterator[Outcome]:
    """The result file: answers and, where they are combined, rows that say NOMATCH or FAILED in matchLevel [client]."""
    chosen = options(batch.api, batch.params)
    gathering = Gathering(batch, seen, text.name, notes)
    for line, rec_id, level, number, length, answer in Results(text, chosen.fields, notes):
        ordinal = gathering.whose(line, rec_id)
        if ordinal is None:
            continue
        if without := _without(ordinal, level):
            if not seen[ordinal - batch.first]:
                seen[ordinal - batch.first] = 1
                yield without
            continue
        for answers in gathering.take(line, ordinal, number, length, answer):
            yield outcome_of(ordinal, answers)
    # what seqLength counts under maxresults is not said, so as many rows as were asked for are enough
    for ordinal, answers in gathering.left(chosen.most):
        yield outcome_of(ordinal, answers)


def _no_matches(batch: Batch, text: Text, seen: bytearray, notes: AnswerNotes) -> Iterator[Outcome]:
    """The file of records without a match: with the result's columns, or without a header, recId first [assumed]."""
    delimiter: str | None = None
    at, level = 0, -1
    for line, row, ended in numbered_lines(text.body, text.name, notes):
        if delimiter is None:
            delimiter, names = _first_row(row)
            if REC_ID in names:
                at = names.index(REC_ID)
                level = names.index("matchlevel") if "matchlevel" in names else -1
                continue
        cells = split(row, delimiter)
        ordinal = ordinal_in(batch, cells[at].strip()) if len(cells) > max(at, level) else None
        if ordinal is None or (not ended and not text.whole and at == len(cells) - 1):
            notes.set_aside(text.name, line, FOREIGN if ended else CUT_OFF)
        elif not seen[ordinal - batch.first]:
            seen[ordinal - batch.first] = 1
            yield _without(ordinal, cells[level] if level >= 0 else "") or no_match(ordinal)


def _first_row(row: str) -> tuple[str, list[str]]:
    """What a first line is delimited by, and its cells in lower case."""
    ways = [(one, [cell.strip().lower() for cell in split(row, one)]) for one in DELIMITERS]
    return next(
        (way for way in ways if REC_ID in way[1]), next((way for way in ways if len(way[1]) > 1), ways[0])
    )


def _invalid(batch: Batch, text: Text, seen: bytearray, notes: AnswerNotes) -> Iterator[Outcome]:
    """The invalid lines of the input, `Line Number:<n>   <the line>` [client]."""
    for line, beginning, ended in _beginnings(text.body):
        found = _INVALID_LINE.match(beginning)
        if not found:
            notes.set_aside(text.name, line, "it names no line of the input")
            continue
        if not ended and not text.whole and found.end(1) == len(beginning):
            notes.set_aside(text.name, line, CUT_OFF)
            continue
        place = int(found[1]) - FIRST_LINE
        if not 0 <= place < batch.count:
            notes.set_aside(text.name, line, "it names a line that was never sent")
        elif not seen[place]:
            seen[place] = 1
            message = "The service found no valid record in the line that was sent."
            yield Outcome(batch.first + place, OutcomeKind.FAILED, "INVALID_INPUT", message)


def _beginnings(body: Source) -> Iterator[tuple[int, bytes, bool]]:
    """(number, first bytes, whether a line end follows) of each line that is not empty: the service repeats what was sent, however long."""
    number, beginning = 0, b""
    while chunk := body.read(_CHUNK):
        first, *others = chunk.split(b"\n")
        beginning = (beginning + first[:_BEGINNING])[:_BEGINNING]
        for other in others:
            number += 1
            if shown := (beginning.removeprefix(_BOM) if number == 1 else beginning).removesuffix(b"\r"):
                yield number, shown, True
            beginning = other[:_BEGINNING]
    if shown := (beginning if number else beginning.removeprefix(_BOM)):
        yield number + 1, shown, False


def _without(ordinal: int, level: str) -> Outcome | None:
    """What a row without an answer says; None for an answer."""
    word = level.strip().upper()
    if word == "NOMATCH":
        return no_match(ordinal)
    if word == "FAILED":
        text = "The service could not process this record."
        return Outcome(ordinal, OutcomeKind.FAILED, "SERVICE_ERROR", text)
    return None
