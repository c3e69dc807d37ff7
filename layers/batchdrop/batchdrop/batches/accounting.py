"""Counting: every record in exactly one place, and the counters that say so. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from batchdrop.batches.states import BatchState
from batchdrop.jobs import Records
from batchdrop.ports import OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from batchdrop.batches.states import BatchRow


_READ = (OutcomeKind.MATCHED, OutcomeKind.NO_MATCH, OutcomeKind.LOW_CONFIDENCE, OutcomeKind.FAILED)
_ANSWERED_WITHOUT_SUCCESS = (OutcomeKind.NO_MATCH, OutcomeKind.LOW_CONFIDENCE, OutcomeKind.FAILED)


def final(outcomes: Mapping[str, int], *, distinct: int) -> Records:
    """The counters of an ended job from the number of records per outcome (docs/architecture.md).

    succeeded = matched; failed = noMatch + lowConfidence + failed; processed = succeeded + failed; total = valid + invalid.
    """
    count = {kind: outcomes.get(kind, 0) for kind in OutcomeKind}
    total, invalid = sum(count.values()), count[OutcomeKind.INVALID]
    failed = sum(count[kind] for kind in _ANSWERED_WITHOUT_SUCCESS)
    return Records(
        total=total,
        valid=total - invalid,
        invalid=invalid,
        processed=count[OutcomeKind.MATCHED] + failed,
        pending=0,
        succeeded=count[OutcomeKind.MATCHED],
        failed=failed,
        matched=count[OutcomeKind.MATCHED],
        noMatch=count[OutcomeKind.NO_MATCH],
        unprocessed=count[OutcomeKind.UNPROCESSED],
        distinct=distinct,
    )


def planned(*, total: int, invalid: int, distinct: int) -> Records:
    """The counters of a planned job: everything valid is pending."""
    return Records(
        total=total, valid=total - invalid, invalid=invalid, pending=total - invalid, distinct=distinct
    )


def contradicts(said: Mapping[str, int], counts: Mapping[str, int]) -> bool:
    """Whether a service's own counters of a completed job cannot be true of the outcomes that were read from its answer.

    said: succeeded, failed, total, as far as it says them. Whether it counts a record without a match as succeeded or as failed is
    its own affair ([assumed] of HERE), so either is right. Records that never got to it count as failed with us.
    """
    found = counts.get(OutcomeKind.MATCHED, 0) + counts.get(OutcomeKind.LOW_CONFIDENCE, 0)
    nothing, failed = counts.get(OutcomeKind.NO_MATCH, 0), counts.get(OutcomeKind.FAILED, 0)
    succeeded, refused = said.get("succeeded", found), said.get("failed", 0)
    return not (
        found <= succeeded <= found + nothing
        and refused <= failed + nothing
        and succeeded + refused <= found + nothing + failed
        and found + nothing <= said.get("total", found + nothing) <= found + nothing + failed
    )


def sums_fail(said: Mapping[str, int]) -> str:
    """Which rule a service's counters of a completed job break among themselves, with the numbers; empty when they keep all.

    valid + invalid = total, processed = valid, succeeded + failed = processed, pending = 0 ([seed] Job status). A rule of which a
    counter is not known says nothing: who does not promise a rule does not hand on its counters.
    """
    rules = (
        (("valid", "invalid"), "total"),
        (("processed",), "valid"),
        (("succeeded", "failed"), "processed"),
    )
    for parts, whole in rules:
        if (
            whole in said
            and all(part in said for part in parts)
            and sum(said[part] for part in parts) != said[whole]
        ):
            return f"{' + '.join(f'{part} {said[part]}' for part in parts)} is not {whole} {said[whole]}"
    return f"pending {said['pending']} of a completed job" if said.get("pending") else ""


def difference(said: Mapping[str, int], counts: Mapping[str, int]) -> str:
    """How a service's counters differ from what was read of its answer, in a sentence with both numbers; empty when they agree."""
    if contradicts(said, counts):
        names = ("total", "succeeded", "failed")
        theirs = ", ".join(f"{name} {said[name]}" for name in names if name in said)
        ours = ", ".join(f"{kind} {counts.get(kind, 0)}" for kind in _READ)
        return f"The service counts {theirs}; read were {ours}."
    broken = sums_fail(said)
    return f"The counters of the service do not add up: {broken}." if broken else ""


def tally(batches: Iterable[BatchRow]) -> dict[str, int]:
    """What a lane's batches add up to: by outcome kind, and `sent`, `units` of what was sent, `submits`, `looks`, `done`, `settled`, `parked`."""
    names = (*OutcomeKind, "sent", "units", "submits", "looks", "done", "settled", "parked")
    sums: Counter[str] = Counter({str(name): 0 for name in names})
    for batch in batches:
        sums.update(batch.counts)
        times = batch.resent + (batch.started > 0)
        sums["sent"] += batch.count * times
        sums["units"] += batch.units * times
        sums["submits"] += batch.submits
        sums["looks"] += batch.looks
        sums["done"] += min(batch.done, batch.count)
        sums["settled"] += batch.state is BatchState.SETTLED
        sums["parked"] += batch.state is BatchState.PARKED
    return dict(sums)


def add_up(tallies: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The tallies of several lanes as one."""
    sums: Counter[str] = Counter()
    for entry in tallies:
        sums.update(entry)
    return dict(sums)


def underway(planned_records: Mapping[str, int], read: Mapping[str, int], done: int) -> Records:
    """The counters of a job at work. Services count distinct records; equal records are brought in by their share.

    done: distinct records the service says it is through with; read: outcomes by kind of batches that are read.
    """
    valid, distinct = planned_records["valid"], planned_records["distinct"]

    def share(number: int) -> int:
        return number * valid // distinct if distinct else 0

    matched = share(read.get(OutcomeKind.MATCHED, 0))
    failed = share(sum(read.get(kind, 0) for kind in _ANSWERED_WITHOUT_SUCCESS))
    processed = max(matched + failed, share(done))
    return Records(
        total=planned_records["total"],
        valid=valid,
        invalid=planned_records["invalid"],
        processed=processed,
        pending=max(0, valid - processed),
        succeeded=matched,
        failed=failed,
        matched=matched,
        noMatch=share(read.get(OutcomeKind.NO_MATCH, 0)),
        distinct=distinct,
    )
