"""The counters and the rules that bind them (docs/architecture.md)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchdrop.batches import accounting
from batchdrop.batches.states import BatchRow, BatchState
from batchdrop.jobs import Records
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


def test_the_final_counters_say_what_became_of_each_record() -> None:
    outcomes = {"matched": 5, "noMatch": 4, "lowConfidence": 3, "failed": 2, "invalid": 6, "unprocessed": 1}
    assert accounting.final(outcomes, distinct=9) == Records(
        total=21,
        valid=15,
        invalid=6,
        processed=14,
        pending=0,
        succeeded=5,
        failed=9,
        matched=5,
        noMatch=4,
        unprocessed=1,
        distinct=9,
    )


def test_outcomes_that_did_not_occur_count_nothing() -> None:
    assert accounting.final({"matched": 1}, distinct=1) == Records(
        total=1, valid=1, processed=1, succeeded=1, matched=1, distinct=1
    )


def test_everything_valid_is_pending_before_it_is_sent() -> None:
    assert accounting.planned(total=10, invalid=3, distinct=5) == Records(
        total=10, valid=7, invalid=3, pending=7, distinct=5
    )


def batch(state: BatchState, **more: Any) -> BatchRow:
    return BatchRow(Key("p", "s"), 1, state, start=0, end=9, first=1, count=5, **more)


NOTHING = {
    **{str(kind): 0 for kind in OutcomeKind},
    "sent": 0,
    "units": 0,
    "submits": 0,
    "looks": 0,
    "done": 0,
    "settled": 0,
    "parked": 0,
}


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({}, False),
        ({"total": 10, "succeeded": 6, "failed": 4}, False),
        (
            {"total": 10, "succeeded": 8, "failed": 2},
            False,
        ),  # records without a match count as succeeded there
        ({"total": 8, "succeeded": 6, "failed": 2}, False),  # two never got to the service
        ({"succeeded": 9}, True),
        ({"succeeded": 5}, True),
        ({"failed": 5}, True),
        ({"succeeded": 8, "failed": 4}, True),
        ({"total": 11}, True),
        ({"total": 7}, True),
    ],
)
def test_a_services_own_counts_must_be_possible_beside_what_was_read(
    said: dict[str, int], wrong: bool
) -> None:
    counts = {"matched": 5, "lowConfidence": 1, "noMatch": 2, "failed": 2}
    assert accounting.contradicts(said, counts) is wrong


@pytest.mark.parametrize(
    ("said", "broken"),
    [
        ({}, ""),
        ({"total": 4}, ""),
        ({"valid": 3, "invalid": 1, "total": 4}, ""),
        ({"valid": 3, "invalid": 1, "total": 5}, "valid 3 + invalid 1 is not total 5"),
        ({"valid": 3, "total": 5}, ""),
        ({"valid": 3, "invalid": 1}, ""),
        ({"processed": 3, "valid": 3}, ""),
        ({"processed": 2, "valid": 3}, "processed 2 is not valid 3"),
        ({"succeeded": 2, "failed": 1, "processed": 3}, ""),
        ({"succeeded": 2, "failed": 0, "processed": 3}, "succeeded 2 + failed 0 is not processed 3"),
        ({"succeeded": 2, "processed": 3}, ""),
        ({"pending": 0}, ""),
        ({"pending": 1}, "pending 1 of a completed job"),
    ],
)
def test_counters_that_a_service_promises_must_add_up(said: dict[str, int], broken: str) -> None:
    assert accounting.sums_fail(said) == broken


def test_a_difference_is_told_with_both_numbers() -> None:
    counts = {"matched": 5, "lowConfidence": 1, "noMatch": 2, "failed": 2}
    assert accounting.difference({"total": 10, "succeeded": 8, "failed": 2}, counts) == ""
    assert accounting.difference({"total": 11, "failed": 0}, counts) == (
        "The service counts total 11, failed 0; read were matched 5, noMatch 2, lowConfidence 1, failed 2."
    )
    assert accounting.difference({"succeeded": 9}, {}) == (
        "The service counts succeeded 9; read were matched 0, noMatch 0, lowConfidence 0, failed 0."
    )
    assert accounting.difference({"pending": 3}, counts) == (
        "The counters of the service do not add up: pending 3 of a completed job."
    )


def test_a_lane_without_batches_has_done_nothing() -> None:
    assert accounting.tally([]) == NOTHING
    assert accounting.add_up([]) == {}


def test_a_lane_adds_up_what_its_batches_asked_for_and_got() -> None:
    settled = batch(
        BatchState.SETTLED,
        units=9,
        started=1.0,
        submits=2,
        looks=3,
        done=5,
        counts={"matched": 4, "failed": 1},
    )
    parked = batch(BatchState.PARKED, units=7, started=1.0, submits=4, looks=5, done=2)
    assert accounting.tally([settled, parked, settled, parked, settled]) == {
        **NOTHING,
        "matched": 12,
        "failed": 3,
        "sent": 25,
        "units": 41,
        "submits": 14,
        "looks": 19,
        "done": 19,
        "settled": 3,
        "parked": 2,
    }


@pytest.mark.parametrize(
    ("resent", "started", "sent"), [(0, 0.0, 0), (0, 0.5, 5), (1, 0.0, 5), (1, 7.0, 10), (2, 7.0, 15)]
)
def test_records_are_sent_as_often_as_the_service_began_them(resent: int, started: float, sent: int) -> None:
    tally = accounting.tally([batch(BatchState.RUNNING, units=10, resent=resent, started=started)])
    assert (tally["sent"], tally["units"]) == (sent, 2 * sent)


def test_a_service_that_says_it_did_more_than_it_was_given_is_not_believed() -> None:
    assert accounting.tally([batch(BatchState.RUNNING, done=7)])["done"] == 5


PLANNED = {"total": 25, "valid": 20, "invalid": 5, "distinct": 10}


def test_equal_records_are_brought_in_by_their_share() -> None:
    read = {"matched": 3, "noMatch": 2, "lowConfidence": 1, "failed": 1}
    assert accounting.underway(PLANNED, read, done=5) == Records(
        total=25,
        valid=20,
        invalid=5,
        processed=14,
        pending=6,
        succeeded=6,
        failed=8,
        matched=6,
        noMatch=4,
        distinct=10,
    )


def test_what_the_service_is_through_with_counts_before_it_is_read() -> None:
    records = accounting.underway(PLANNED, {}, done=9)
    assert records == Records(total=25, valid=20, invalid=5, processed=18, pending=2, distinct=10)


def test_shares_are_whole_records() -> None:
    records = accounting.underway({**PLANNED, "valid": 11, "total": 16}, {"matched": 5}, done=0)
    assert (records.succeeded, records.pending) == (5, 6)
    assert isinstance(records.succeeded, int)


def test_a_job_without_valid_records_has_nothing_under_way() -> None:
    nothing = {"total": 4, "valid": 0, "invalid": 4, "distinct": 0}
    assert accounting.underway(nothing, {}, done=0) == Records(total=4, invalid=4)


def test_a_job_never_shows_fewer_than_no_records_pending() -> None:
    assert accounting.underway(PLANNED, {"matched": 11}, done=0).pending == 0
