"""A service calls: early, late, again and again, about strangers, from strangers. Group W of the catalogue, and what lies beside it."""

from __future__ import annotations

import random

import pytest

from batchdrop.batches.ringing import WINDOW
from batchdrop.batches.states import BatchState, ticket_key
from batchdrop.ports import Change
from batchdrop.steps.callback import Answer
from batchdrop.steps.doorbell import registration_key
from tests.steps.door import BEFORE, HERE, SECRET, TICKET, Door


def test_a_call_marks_the_batch_counts_a_ring_and_wakes_the_lane() -> None:
    door = Door()
    assert door.ring() is Answer.RUNG
    assert door.row(door.batch)["rung"] is True
    assert door.row(door.lane)["rings"] == 1
    assert door.machine.rung == ["token-1"]


def test_a_call_changes_nothing_but_that_there_was_one() -> None:
    door = Door()
    before = {key: door.row(key) for key in (door.batch, door.lane)}
    door.ring()
    assert door.row(door.batch) == {**before[door.batch], "rung": True, "rang": door.clock()}
    assert door.row(door.lane) == {**before[door.lane], "rings": 1}


def test_a_lane_that_does_not_listen_yet_finds_the_ring_counted() -> None:
    door = Door()
    door.table.write(Change(door.lane, remove=("token",)))
    assert door.ring() is Answer.RUNG
    assert door.row(door.lane)["rings"] == 1
    assert not door.machine.rung


@pytest.mark.parametrize(
    "secret",
    ["", "x", SECRET[:-1], SECRET + "x", SECRET.upper(), "\udcff", SECRET + "\x00", "€" * len(SECRET)],
)
def test_a_forged_call_reads_and_writes_nothing(secret: str) -> None:
    door = Door()
    assert door.ring(secret=secret) is Answer.STRANGER
    assert door.table.asked == 0
    assert not door.machine.rung


def test_both_versions_of_the_secret_open_the_door_and_no_older_one() -> None:
    door = Door()
    assert door.ring(secret=BEFORE) is Answer.RUNG
    door.secret.current = ("the-newest-one-of-all-the-characters", SECRET)
    assert door.ring(secret="the-newest-one-of-all-the-characters") is Answer.NOTED  # read afresh at once
    assert door.ring(secret=SECRET) is Answer.NOTED
    assert door.ring(secret=BEFORE) is Answer.STRANGER


def test_the_secret_is_read_afresh_only_when_the_one_at_hand_does_not_fit() -> None:
    door = Door()
    door.ring()
    assert door.secret.asked == [False]
    door.ring(secret="wrong")
    assert door.secret.asked == [False, False, True]


def test_a_call_that_is_noted_already_costs_one_write_that_is_refused() -> None:
    """So that a replay of thousands costs next to nothing."""
    door = Door()
    door.ring()
    before = door.table.writes
    door.table.asked = 0
    assert door.ring() is Answer.NOTED
    assert door.table.asked == 2  # the ticket is read, the call is not written
    assert door.table.writes == before


@pytest.mark.parametrize(
    ("service", "ticket"),
    [
        ("geoapify", TICKET),
        ("job#people", TICKET),
        ("", TICKET),
        (HERE, ""),
        (HERE, "JOB-1"),
        (HERE, "x" * 10_000),
        (HERE, TICKET + "#"),
        (HERE, "${JOB_ID}"),
        (HERE, TICKET + "\n"),
        (HERE, "../../job"),
    ],
)
def test_only_doors_of_services_that_ring_and_ids_of_the_right_form_are_looked_at(
    service: str, ticket: str
) -> None:
    door = Door()
    assert door.ring(ticket, service=service) is Answer.STRANGER
    assert door.table.asked == 0


def test_a_call_without_ringing_only_tries_the_door() -> None:
    door = Door()
    assert door.callback(SECRET, HERE, TICKET, rings=False) is Answer.WELCOME
    assert door.callback("wrong", HERE, TICKET, rings=False) is Answer.STRANGER
    assert door.table.asked == 0


def test_an_early_call_and_one_about_a_foreign_job_leave_no_trace() -> None:
    door = Door()
    rows = door.table.rows()
    assert door.ring("JOB-ffffffff-9a5e-4f2b-8b8f-6c6f0d1f4c11") is Answer.UNKNOWN
    assert door.table.rows() == rows
    assert not door.machine.rung


def test_the_test_call_of_the_service_is_noted_beside_the_registration() -> None:
    door = Door()
    door.put(registration_key(HERE), id="NOTIFICATION-1")
    dummy = "JOB-00000000-0000-0000-0000-000000000000"
    assert door.ring(dummy) is Answer.UNKNOWN
    assert door.row(registration_key(HERE))["heard"] == door.clock()


@pytest.mark.parametrize("state", [BatchState.SETTLED, BatchState.PARKED, BatchState.PLANNED])
def test_a_late_call_does_nothing(state: BatchState) -> None:
    door = Door()
    door.put(door.batch, state=state)
    assert door.ring() is Answer.OVER
    assert "rung" not in door.row(door.batch)
    assert door.row(door.lane)["rings"] == 0
    assert not door.machine.rung


def test_rows_that_are_gone_do_not_come_back_as_ghosts() -> None:
    door = Door()
    door.table.write(Change(door.batch, delete=True))
    door.table.write(Change(door.lane, delete=True))
    assert door.ring() is Answer.OVER
    assert {row["pk"] for row in door.table.rows()} == {ticket_key(HERE, TICKET).pk}
    door.put(door.batch, state=BatchState.RUNNING)
    assert door.ring() is Answer.RUNG  # the lane alone is gone
    assert door.table.get(door.lane) is None
    assert not door.machine.rung


def test_ten_thousand_calls_wake_once_a_window_and_none_is_forgotten() -> None:
    """One call every 30 ms for five minutes, a fifth of them forged; the lane looks whenever it is woken."""
    door = Door()
    chance = random.Random(7)
    wakes, wrong = 0, 0
    for _ in range(10_000):
        forged = chance.random() < 0.2
        asked = door.table.asked
        answer = door.ring(secret="forged" if forged else SECRET)
        if forged:
            wrong += answer is not Answer.STRANGER or door.table.asked != asked
        elif answer is Answer.RUNG:
            wakes += 1
            door.look()
        else:
            assert answer is Answer.NOTED
            assert door.row(door.batch)["rung"] is True  # so the next look comes after this call
        door.clock.advance(0.03)
    assert wrong == 0
    assert wakes == len(door.machine.rung) == 10
    assert wakes <= 10_000 * 0.03 / WINDOW


def test_a_call_after_the_window_wakes_again_though_nobody_has_looked_meanwhile() -> None:
    """Else a wake that got lost, after its ring was counted, would keep every later one away."""
    door = Door()
    door.ring()
    door.clock.advance(WINDOW + 1)
    assert door.ring() is Answer.RUNG
    assert len(door.machine.rung) == 2
