"""The lines of the plan's and the batches' files, and outcomes in order."""

from __future__ import annotations

import io
import json
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchdrop.errors import ServiceSpokeUnknown
from batchdrop.ports import Outcome, OutcomeKind, Query
from batchdrop.records.outcomes import (
    in_order,
    invalid_line,
    merged,
    ordinal_of,
    outcome_line,
    outcome_row,
    pack_firsts,
    query_line,
    read_invalid,
    read_outcomes,
    read_queries,
    unpack_firsts,
)

if TYPE_CHECKING:
    from pathlib import Path

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
OUTCOMES = st.builds(
    Outcome,
    ordinal=st.integers(1, 10**9),
    kind=st.sampled_from(OutcomeKind),
    code=TEXT,
    message=TEXT,
    answers=st.lists(st.lists(TEXT, max_size=3).map(tuple), max_size=3).map(tuple),
)


@given(OUTCOMES)
def test_an_outcome_survives_its_line(outcome: Outcome) -> None:
    line = outcome_line(outcome)
    assert line.endswith(b"]\n")
    assert len(line.splitlines()) == 1
    assert ordinal_of(line) == outcome.ordinal
    assert list(read_outcomes(io.BytesIO(line + line))) == [outcome, outcome]
    row = outcome_row(line)
    assert (row.kind, row.answers) == (outcome.kind.value, [list(answer) for answer in outcome.answers])
    assert json.loads(line)[:4] == [outcome.ordinal, outcome.kind.value, outcome.code, outcome.message]


@given(st.lists(st.tuples(st.integers(1, 10**7), st.dictionaries(TEXT, TEXT))))
def test_queries_survive_their_lines(queries: list[tuple[int, dict[str, str]]]) -> None:
    data = b"".join(query_line(ordinal, fields) for ordinal, fields in queries)
    assert list(read_queries(io.BytesIO(data))) == [Query(ordinal, fields) for ordinal, fields in queries]


def test_the_forms_are_those_of_the_design() -> None:
    assert query_line(7, {"text": 'Straße "5"'}).decode() == '[7,{"text":"Straße \\"5\\""}]\n'
    outcome = Outcome(7, OutcomeKind.MATCHED, answers=(("52.5", "a\nb"),))
    assert outcome_line(outcome) == b'[7,"matched","","",[["52.5","a\\nb"]]]\n'
    assert invalid_line(3, "EMPTY_QUERY", "nothing") == b'[3,"EMPTY_QUERY","nothing"]\n'
    assert pack_firsts([0, 1, 513]) == b"\0\0\0\0\1\0\0\0\1\2\0\0"


def test_invalid_records_and_firsts_survive() -> None:
    data = invalid_line(3, "A", 'x"\n') + invalid_line(9, "B", "ß")
    assert list(read_invalid(io.BytesIO(data))) == [(3, "A", 'x"\n'), (9, "B", "ß")]
    assert list(unpack_firsts(pack_firsts([0, 1, 2**32 - 1]))) == [0, 1, 2**32 - 1]
    with pytest.raises(OverflowError):
        pack_firsts([2**32])


def test_half_a_surrogate_of_a_service_becomes_a_question_mark() -> None:
    assert outcome_row(outcome_line(Outcome(1, OutcomeKind.FAILED, message="a\ud800b"))).message == "a?b"


def matched(ordinal: int, *cells: str) -> Outcome:
    return Outcome(ordinal, OutcomeKind.MATCHED, answers=tuple((cell,) for cell in cells))


@pytest.mark.parametrize("held", [0, 300, 10**9])
@pytest.mark.parametrize(("first", "count"), [(1, 1), (1, 63), (101, 64), (7, 65), (1, 1000)])
def test_outcomes_come_in_order_and_missing_ones_are_none(
    tmp_path: Path, held: int, first: int, count: int
) -> None:
    chance = random.Random(count)  # a seed, no secret
    given_ones = [
        matched(ordinal, str(ordinal)) for ordinal in range(first, first + count) if chance.random() < 0.8
    ]
    expected = {outcome.ordinal: outcome for outcome in given_ones}
    chance.shuffle(given_ones)
    found = list(in_order(given_ones, first, count, tmp_path, held=held))
    assert found == [expected.get(ordinal) for ordinal in range(first, first + count)]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("held", [0, 10**9])
def test_several_answers_of_one_record_become_one_outcome_in_their_order(tmp_path: Path, held: int) -> None:
    outcomes = [matched(2, "b"), matched(1, "x"), matched(2, "a"), matched(2, "b")]
    assert list(in_order(outcomes, 1, 2, str(tmp_path), held=held)) == [matched(1, "x"), matched(2, "b", "a")]


def test_a_match_wins_over_a_failure_of_the_same_record() -> None:
    failed = Outcome(1, OutcomeKind.FAILED, "E", "no")
    assert merged(failed, matched(1, "a")) == matched(1, "a")
    assert merged(matched(1, "a"), failed) == matched(1, "a")
    assert merged(failed, Outcome(1, OutcomeKind.NO_MATCH, "N", "none")) == failed


@pytest.mark.parametrize("ordinal", [4, 8, 0])
def test_an_answer_for_a_record_that_was_not_sent_is_not_hidden(tmp_path: Path, ordinal: int) -> None:
    with pytest.raises(ServiceSpokeUnknown):
        list(in_order([matched(ordinal, "x")], 5, 3, tmp_path))


def test_an_iterator_that_is_left_removes_its_files(tmp_path: Path) -> None:
    ordered = in_order((matched(ordinal, "x") for ordinal in range(1, 200)), 1, 200, tmp_path, held=0)
    next(ordered)
    assert list(tmp_path.iterdir())
    ordered.close()  # type: ignore[attr-defined]  # a generator
    assert not list(tmp_path.iterdir())
