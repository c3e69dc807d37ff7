"""What to do next with a batch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from batchdrop.batches.sending import POSTS_BEFORE_PARKING, Move, Search, after_search, next_move
from batchdrop.batches.states import BatchRow, BatchState
from batchdrop.ports import Key, Ticket
from tests.steps.memory_service import FINDING, ONE_PHASE, TWO_PHASE, UPLOADING

if TYPE_CHECKING:
    from batchdrop.ports import Capabilities

NOW = 1000.0
BATCH = BatchRow(Key("job#j", "batch#00001"), 1, BatchState.PLANNED, start=0, end=10, first=1, count=2)


@pytest.mark.parametrize(
    ("state", "one_phase", "two_phase"),
    [
        (BatchState.PLANNED, Move.SEND, Move.SEND),
        (BatchState.POSTING, Move.PARK_AMBIGUOUS, Move.FIND),
        (BatchState.CREATED, Move.START, Move.START),
        (BatchState.RUNNING, Move.LOOK, Move.LOOK),
        (BatchState.SETTLED, Move.NOTHING, Move.NOTHING),
        (BatchState.PARKED, Move.NOTHING, Move.NOTHING),
    ],
)
def test_every_state_has_its_move(state: BatchState, one_phase: Move, two_phase: Move) -> None:
    batch = replace(BATCH, state=state, ticket=Ticket("t"))
    assert next_move(batch, ONE_PHASE, until=NOW) is one_phase
    assert next_move(batch, TWO_PHASE, until=NOW) is two_phase


@pytest.mark.parametrize("state", [state for state in BatchState if state is not BatchState.SETTLED])
def test_nothing_is_done_before_it_is_due(state: BatchState) -> None:
    assert next_move(replace(BATCH, state=state, next_look=NOW + 1), ONE_PHASE, until=NOW) is Move.NOTHING


def test_what_is_due_at_the_very_moment_is_done() -> None:
    assert next_move(replace(BATCH, next_look=NOW), ONE_PHASE, until=NOW) is Move.SEND


def test_a_call_makes_a_look_due_at_once() -> None:
    batch = replace(BATCH, state=BatchState.RUNNING, next_look=NOW + 500, rung=True)
    assert next_move(batch, ONE_PHASE, until=NOW) is Move.LOOK


def test_a_saved_answer_is_read_at_once() -> None:
    batch = replace(BATCH, state=BatchState.RUNNING, raw=("answer.json",), next_look=NOW + 500)
    assert next_move(batch, ONE_PHASE, until=NOW) is Move.READ


def test_a_lost_job_is_looked_for_where_it_can_be_found_however_it_starts() -> None:
    assert next_move(replace(BATCH, state=BatchState.POSTING), FINDING, until=NOW) is Move.FIND


@pytest.mark.parametrize(
    ("can", "found", "misses", "expected"),
    [
        (FINDING, 1, 0, Search.ADOPT),
        (FINDING, 1, 5, Search.ADOPT),
        (FINDING, 2, 0, Search.CHOOSE),
        (FINDING, 0, 0, Search.SEARCH_AGAIN),
        (FINDING, 0, 1, Search.PARK_AMBIGUOUS),
        (TWO_PHASE, 1, 0, Search.ADOPT),
        (TWO_PHASE, 2, 0, Search.ADOPT),
        (TWO_PHASE, 0, 0, Search.SEARCH_AGAIN),
        (TWO_PHASE, 0, 1, Search.SEND_AGAIN),
    ],
)
def test_what_follows_from_a_search(can: Capabilities, found: int, misses: int, expected: Search) -> None:
    batch = replace(BATCH, state=BatchState.POSTING, misses=misses)
    assert after_search(batch, can, found=found) is expected


@pytest.mark.parametrize("found", range(4))
@pytest.mark.parametrize("misses", range(4))
def test_where_post_starts_the_job_no_search_ever_leads_to_a_second_post(found: int, misses: int) -> None:
    batch = replace(BATCH, state=BatchState.POSTING, misses=misses)
    assert after_search(batch, FINDING, found=found) is not Search.SEND_AGAIN


@pytest.mark.parametrize("misses", range(POSTS_BEFORE_PARKING + 2))
def test_what_cannot_be_found_is_made_anew_where_that_costs_nothing_but_not_for_ever(misses: int) -> None:
    batch = replace(BATCH, state=BatchState.POSTING, misses=misses)
    again = misses + 1 < POSTS_BEFORE_PARKING
    assert next_move(batch, UPLOADING, until=NOW) is (Move.SEND_AGAIN if again else Move.PARK_AMBIGUOUS)
    assert next_move(batch, ONE_PHASE, until=NOW) is Move.PARK_AMBIGUOUS


def test_nothing_is_made_anew_before_the_quiet_time_is_over() -> None:
    batch = replace(BATCH, state=BatchState.POSTING, next_look=NOW + 1)
    assert next_move(batch, UPLOADING, until=NOW) is Move.NOTHING
