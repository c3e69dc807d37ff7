"""Turn saved answers into outcomes, one file per batch in the order of ordinals, so that collect only joins."""

from __future__ import annotations

import json
from collections import Counter
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from batchdrop.batches import accounting, claims
from batchdrop.batches.sending import REREADS
from batchdrop.batches.states import End
from batchdrop.effects import effect
from batchdrop.errors import GoneMissing, ServiceSpokeUnknown
from batchdrop.observe import tell
from batchdrop.ports import Outcome, OutcomeKind, SavedPart
from batchdrop.problems import CODES
from batchdrop.records.gating import gate
from batchdrop.records.outcomes import in_order, outcome_line, outcomes_name
from batchdrop.records.summary import POINTS, Summary, summary_name
from batchdrop.records.writing import ObjectWriter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from batchdrop.batches.states import BatchRow
    from batchdrop.errors import ServiceRefused
    from batchdrop.steps.advance.driver import Driver

_MISSING = "missing"


def read(driver: Driver, row: BatchRow) -> BatchRow | None:
    """running with saved answers → settled; or parked when records are missing or the bytes make no sense."""
    end = End(row.ended)
    try:
        counts = effect("write_outcomes", lambda: _write(driver, row, _outcomes(driver, row, end)))
    except (ServiceSpokeUnknown, GoneMissing) as odd:
        tell(
            "the answer could not be read",
            job=driver.job,
            batch=row.number,
            why=str(odd),
            rereads=row.rereads,
        )
        if row.rereads + 1 >= REREADS:
            return driver.park(row, "GAPS")
        return driver.write(claims.read_again(row, driver.time() + driver.min_wait()))
    missing = counts.pop(_MISSING, 0)
    if end is End.COMPLETED and (missing or accounting.contradicts(row.said, counts)):
        tell(
            "the answer lacks records, or the service counts others",
            job=driver.job,
            batch=row.number,
            missing=missing,
            said=dict(row.said),
            found=dict(counts),
        )
        return driver.park(row, "GAPS", counts)
    return driver.write(claims.settled(row, end, counts))


def _outcomes(driver: Driver, row: BatchRow, end: End) -> Iterator[Outcome | None]:
    """Every ordinal of the batch in order. What a failed job does not mention has failed."""
    batch = driver.batch(row)
    passed = gate(driver.route, driver.answers)
    saved = [_saved(driver, row, name) for name in row.raw if name]
    with TemporaryDirectory() as spill:
        twice: set[int] = set()
        ordered = in_order(driver.service.read(batch, saved), row.first, row.count, spill, differ=twice.add)
        for ordinal, outcome in enumerate(ordered, row.first):
            if outcome is None and end is End.FAILED:
                yield _failed(ordinal, "SERVICE_ERROR", "the service's job failed")
            else:
                yield passed(outcome) if passed and outcome else outcome
    if twice:
        tell("records have two answers that differ", job=driver.job, batch=row.number, records=len(twice))


def _saved(driver: Driver, row: BatchRow, name: str) -> SavedPart:
    place = driver.place(f"raw/{row.name}/{name}")
    return SavedPart(name, lambda: driver.store.open(place))


def _failed(ordinal: int, code: str, reason: str) -> Outcome:
    return Outcome(ordinal, OutcomeKind.FAILED, code, CODES[code].text.format(reason=reason))


def _write(driver: Driver, row: BatchRow, outcomes: Iterable[Outcome | None]) -> Counter[str]:
    counts: Counter[str] = Counter()
    summary = _summary(driver, row)
    writer = ObjectWriter(driver.store, driver.place(outcomes_name(row.name)), "application/x-ndjson")
    for outcome in outcomes:
        if outcome is None:
            counts[_MISSING] += 1
        else:
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
