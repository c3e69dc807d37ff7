"""What to do next with a batch."""

from __future__ import annotations

from dataclasses import replace

import pytest

from batchdrop.batches.sending import Move, next_move
from batchdrop.batches.states import BatchRow, BatchState
from batchdrop.ports import Key, Ticket
from tests.steps.memory_service import ONE_PHASE, TWO_PHASE

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


def test_a_saved_answer_is_read_at_once() -> None:
    batch = replace(BATCH, state=BatchState.RUNNING, raw=("answer.json",), next_look=NOW + 500)
    assert next_move(batch, ONE_PHASE, until=NOW) is Move.READ
