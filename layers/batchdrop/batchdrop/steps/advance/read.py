"""Turn saved answers into outcomes, one file per batch in the order of ordinals, so that collect only joins.

An answer that was read once is kept: where a later reading lacks a record, what an earlier one found for it stays.
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from batchdrop.batches import claims
from batchdrop.batches.sending import REREADS
from batchdrop.batches.states import End
from batchdrop.effects import effect
from batchdrop.errors import GoneMissing, ServiceSpokeUnknown
from batchdrop.observe import tell
from batchdrop.ports import AnswerNotes, Outcome, OutcomeKind, SavedPart
from batchdrop.problems import CODES
from batchdrop.records.gating import gate
from batchdrop.records.outcomes import in_order, outcome_line, outcomes_name, read_outcomes
from batchdrop.records.summary import POINTS, Summary, summary_name
from batchdrop.records.writing import ObjectWriter
from batchdrop.steps.advance.verdict import Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from batchdrop.batches.states import BatchRow
    from batchdrop.errors import ServiceRefused
    from batchdrop.steps.advance.driver import Driver

_CHUNK = 1 << 20


@dataclass(slots=True)
class Reading:
    """One reading of a batch's saved parts."""

    notes: AnswerNotes = field(default_factory=AnswerNotes)
    broken: str = ""
    """Why a part as a whole could not be read; empty when all could."""
    fresh: int = 0
    """Records with an outcome in these parts."""
    missing: int = 0
    """Records without any outcome, earlier readings included."""
    counts: Counter[str] = field(default_factory=Counter)
    """Outcomes by kind."""


def read(driver: Driver, row: BatchRow) -> BatchRow | None:
    """running with saved answers → settled; read again, or parked with all that was read, when records have no answer."""
    try:
        reading = effect("write_outcomes", lambda: _read(driver, row))
    except GoneMissing as gone:
        return _gone(driver, row, gone)
    verdict = judge(row, reading, billed=driver.service.can.looks_are_billed)
    notes = _kept(reading, verdict)
    if verdict.detail or notes:
        tell(
            "the answer is odd",
            job=driver.job,
            batch=row.number,
            why=verdict.detail,
            rereads=row.rereads,
            **notes,
        )
    if row.accepted:
        return driver.write(claims.accepted_as_read(row, reading.counts, notes))
    if verdict.again:
        later = driver.time() + driver.min_wait()
        return driver.write(claims.read_again(row, later, reading.counts))
    if verdict.gaps:
        return driver.park(row, "GAPS", reading.counts, detail=verdict.detail, notes=notes)
    return driver.write(claims.settled(row, End(row.ended), reading.counts, notes))


def _gone(driver: Driver, row: BatchRow, gone: GoneMissing) -> BatchRow | None:
    """A saved part is not there any more: it is fetched again, a few times."""
    tell("the answer could not be read", job=driver.job, batch=row.number, why=str(gone), rereads=row.rereads)
    if row.accepted:
        return driver.write(claims.accepted_as_read(row, row.counts, row.notes))
    if row.rereads + 1 >= REREADS:
        return driver.park(row, "GAPS", detail="The saved answer is gone.")
    return driver.write(claims.read_again(row, driver.time() + driver.min_wait()))


def _kept(reading: Reading, verdict: Verdict) -> dict[str, Any]:
    """What the batch's row keeps of the notes: few and short, and nothing of a record."""
    notes = reading.notes
    remarks = list(notes.remarks)
    if verdict.detail and not verdict.gaps:
        remarks.append(verdict.detail)
    named = [odd.text() for odd in notes.named]
    return {
        name: value for name, value in (("odd", notes.odd), ("named", named), ("remarks", remarks)) if value
    }


def _read(driver: Driver, row: BatchRow) -> Reading:
    """Read all parts, and write the outcomes of every record that has one."""
    reading = Reading()
    with TemporaryDirectory() as spill, closing(_outcomes(driver, row, reading, Path(spill))) as outcomes:
        reading.counts = _write(driver, row, outcomes)
    return reading


def _outcomes(driver: Driver, row: BatchRow, reading: Reading, spill: Path) -> Generator[Outcome]:
    """Outcomes in the order of ordinals. What a failed job does not mention has failed."""
    passed = gate(driver.route, driver.answers)
    earlier = _earlier(driver, row, spill / "earlier")
    kept = next(earlier, None)
    twice: set[int] = set()
    ordered = in_order(_tolerant(driver, row, reading), row.first, row.count, spill, differ=twice.add)
    for ordinal, outcome in enumerate(ordered, row.first):
        while kept is not None and kept.ordinal < ordinal:
            kept = next(earlier, None)
        before = kept if kept is not None and kept.ordinal == ordinal else None
        if outcome is not None:
            reading.fresh += 1
            found = passed(outcome) if passed else outcome
            yield before if before is not None and len(before.answers) > len(found.answers) else found
        elif before is not None:
            yield before
        elif row.ended == End.FAILED and not reading.broken:
            yield _failed(ordinal, "SERVICE_ERROR", "the service's job failed")
        else:
            reading.missing += 1
    if twice:
        tell("records have two answers that differ", job=driver.job, batch=row.number, records=len(twice))
        reading.notes.remark(f"records with two answers that differ: {len(twice)}; both are kept")


def _tolerant(driver: Driver, row: BatchRow, reading: Reading) -> Iterator[Outcome]:
    """What the service reads, up to where it can read no more."""
    saved = [_saved(driver, row, name) for name in row.raw if name]
    try:
        yield from driver.service.read(driver.batch(row), saved, reading.notes)
    except ServiceSpokeUnknown as odd:
        reading.broken = odd.reason


def _earlier(driver: Driver, row: BatchRow, copy: Path) -> Iterator[Outcome]:
    """The outcomes of an earlier reading of the same job at the service, copied first: the object is about to be written."""
    if not row.counts:
        return
    try:
        with driver.store.open(driver.place(outcomes_name(row.name))) as stream, copy.open("wb") as file:
            while chunk := stream.read(_CHUNK):
                file.write(chunk)
    except GoneMissing:
        return
    with copy.open("rb") as file:
        yield from read_outcomes(file)


def _saved(driver: Driver, row: BatchRow, name: str) -> SavedPart:
    place = driver.place(f"raw/{row.name}/{name}")
    return SavedPart(name, lambda: driver.store.open(place))


def _failed(ordinal: int, code: str, reason: str) -> Outcome:
    return Outcome(ordinal, OutcomeKind.FAILED, code, CODES[code].text.format(reason=reason))


def _write(driver: Driver, row: BatchRow, outcomes: Iterable[Outcome]) -> Counter[str]:
    counts: Counter[str] = Counter()
    summary = _summary(driver, row)
    writer = ObjectWriter(driver.store, driver.place(outcomes_name(row.name)), "application/x-ndjson")
    for outcome in outcomes:
        counts[outcome.kind] += 1
        writer.write(outcome_line(outcome))
        summary.add(outcome)
    body = json.dumps(summary.to_dict(), separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    driver.store.put(driver.place(summary_name(row.name)), body, content_type="application/json")
    writer.close()  # last: who finds outcomes finds their summary
    return counts


def _summary(driver: Driver, row: BatchRow) -> Summary:
    """An empty one, as large as this batch's share of the job."""
    columns = driver.route.output_columns or driver.answers
    distinct = max(driver.distinct, row.count)
    return Summary(columns, share=row.count / distinct, everything=distinct <= POINTS)


def settle_refused(driver: Driver, row: BatchRow, no: ServiceRefused) -> BatchRow | None:
    """The service will never take this batch: its records have failed with the service's code."""
    reason = f"{no.code or 'HTTP'} {no.status or ''}".strip()
    failed = (
        _failed(ordinal, "BATCH_REFUSED", reason) for ordinal in range(row.first, row.first + row.count)
    )
    counts = effect("write_outcomes", lambda: _write(driver, row, failed))
    return driver.write(claims.refused(row, counts))
