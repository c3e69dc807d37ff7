"""What becomes of a batch after its answer was read: settled, read again, or left to a person with the numbers. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchdrop.batches import accounting
from batchdrop.batches.sending import REREADS
from batchdrop.batches.states import End

if TYPE_CHECKING:
    from batchdrop.batches.states import BatchRow
    from batchdrop.steps.advance.read import Reading


@dataclass(frozen=True, slots=True)
class Verdict:
    """again: fetch and read once more; gaps: a person decides; neither: the batch is settled."""

    again: bool
    gaps: bool
    detail: str
    """What was found, with its numbers, in sentences; empty when all is well."""


def judge(row: BatchRow, reading: Reading, *, billed: bool) -> Verdict:
    """Odd rows alone do no harm when every record has its answer. billed: another look costs money.

    More odd rows than records that were read mean an answer of another form, or of another job: then a person decides, also
    where every record seems to have its answer.
    """
    notes = reading.notes
    other_form = notes.odd > reading.fresh
    lacks = _lacks(row, reading) if row.ended == End.COMPLETED else []
    faults = [*lacks]
    if other_form:
        faults.append(f"{notes.odd} rows of the answer could not be used, more than could.")
    elif notes.odd and lacks:
        faults.append(f"{notes.odd} {'row' if notes.odd == 1 else 'rows'} of the answer could not be used.")
    if reading.broken:
        faults.append(f"The answer could not be read to its end: {reading.broken}.")
    gaps = bool(lacks) or other_form or (bool(reading.broken) and row.ended != End.COMPLETED)
    if notes.named and gaps:
        faults.append(f"The first of them: {notes.named[0].text()}.")
    odd = notes.odd > 0 or (bool(notes.remarks) and not billed)
    doubtful = bool(reading.broken) or other_form or (bool(lacks) and odd)
    again = doubtful and row.rereads + 1 < REREADS
    unfinished = (
        notes.unfinished and not billed and row.rereads == 0
    )  # a second download that ends alike is believed
    return Verdict(again or unfinished, gaps, " ".join(faults))


def _lacks(row: BatchRow, reading: Reading) -> list[str]:
    """What a completed job's answer lacks, in sentences."""
    found = []
    if reading.missing:
        found.append(f"{reading.missing} of {row.count} records have no answer.")
    if reading.notes.partial:
        found.append(
            f"{reading.notes.partial} of {row.count} records have fewer answers than the service says."
        )
    difference = accounting.difference(row.said, reading.counts)
    return [*found, difference] if difference else found
