"""From HERE's result files to outcomes. Pure, in bounded memory. Joined by `recId`, which is the record's ordinal: the order of
rows is not stated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchdrop.ports import Outcome, OutcomeKind
from batchdrop.services.gathering import Gathering, outcome_of
from batchdrop.services.here_batch_v7 import lines, rows
from batchdrop.services.here_batch_v7.options import options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchdrop.ports import AnswerNotes, Batch
    from batchdrop.records.source import Source

RESULTS, ERRORS = "results.txt", "errors.txt"


def matches(batch: Batch, body: Source, seen: bytearray, notes: AnswerNotes) -> Iterator[Outcome]:
    """Outcomes of the results file, one per record: several answers of a record are put in order of `seqNumber`.

    Marks in `seen` (one byte per record) what it yields.
    """
    chosen = options(batch.api, batch.params)
    reader = rows.jsonl if chosen.jsonl else rows.table
    gathering = Gathering(batch, seen, RESULTS, notes)
    for line, rec_id, number, length, cells in reader(body, RESULTS, chosen.fields, notes):
        ordinal = gathering.whose(line, rec_id)
        if ordinal is not None:
            for answers in gathering.take(line, ordinal, number, length, cells):
                yield outcome_of(ordinal, answers)
    for ordinal, answers in gathering.left():
        yield outcome_of(ordinal, answers)


def unsent(batch: Batch, seen: bytearray) -> Iterator[Outcome]:
    """Outcomes of records that were never sent, because no line of HERE's can hold them."""
    if all(seen):
        return
    text = f"The record is longer than the {lines.LONGEST_LINE} characters of a line."
    for ordinal in lines.unsendable(batch):
        if not seen[ordinal - batch.first]:
            yield Outcome(ordinal, OutcomeKind.FAILED, "FIELD_TOO_LONG", text)
