"""The counters and the rules that bind them (design §1)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from batchdrop.batches import accounting
from batchdrop.batches.states import BatchRow, BatchState
from batchdrop.ports import Key, OutcomeKind

COUNTS = st.fixed_dictionaries({str(kind): st.integers(0, 10**6) for kind in OutcomeKind})


@given(COUNTS)
def test_the_final_counters_obey_the_sum_rules(counts: dict[str, int]) -> None:
    records = accounting.final(counts, distinct=1)
    assert records.total == records.valid + records.invalid == sum(counts.values())
    assert records.processed == records.succeeded + records.failed
    assert records.processed + records.unprocessed == records.valid
    assert records.succeeded == records.matched
    assert records.pending == 0


@given(st.integers(0, 1000), st.integers(1, 1000), st.integers(0, 1000))
def test_a_job_at_work_never_shows_more_processed_than_valid(extra: int, distinct: int, done: int) -> None:
    planned = accounting.planned(total=distinct + extra, invalid=0, distinct=distinct).to_dict()
    records = accounting.underway(planned, {"matched": min(done, distinct)}, min(done, distinct))
    assert records.processed + records.pending == records.valid
    assert records.total == records.valid + records.invalid


def test_tallies_of_lanes_add_up() -> None:
    row = BatchRow(
        Key("p", "s"),
        1,
        BatchState.SETTLED,
        0,
        9,
        1,
        5,
        started=1.0,
        submits=1,
        looks=2,
        done=5,
        counts={"matched": 5},
    )
    one = accounting.tally([row, row])
    both = accounting.add_up([one, one])
    assert (both["matched"], both["sent"], both["looks"], both["settled"]) == (20, 20, 8, 4)
