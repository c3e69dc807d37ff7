"""When to look again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchdrop import pace

SECONDS = st.floats(0, 1e7)


@given(SECONDS, st.integers(0, 10**6), st.integers(0, 10**6), st.floats(1, 60))
def test_a_wait_is_never_shorter_than_the_service_asks_nor_longer_than_ten_minutes(
    elapsed: float, done: int, total: int, least: float
) -> None:
    wait = pace.next_look(elapsed, done=done, total=total, min_wait=least)
    assert least <= wait <= pace.LONGEST_WAIT


def test_progress_makes_the_wait_fit_what_is_left() -> None:
    half = pace.next_look(100, done=50, total=100, min_wait=1)
    nearly = pace.next_look(100, done=95, total=100, min_wait=1)
    assert half == 50  # 0.7 of the 100 s that are left, but at most half of what has passed
    assert nearly == pytest.approx(0.7 * 100 * 5 / 95)


def test_without_progress_the_wait_grows_with_what_has_passed() -> None:
    assert pace.next_look(500, done=None, total=None, min_wait=1) == 100


def test_the_service_may_ask_for_a_longer_wait_than_ours() -> None:
    assert pace.next_look(10, done=None, total=None, min_wait=1, retry_after=900) == 900


def test_where_looks_cost_the_first_one_waits_for_the_estimated_finish() -> None:
    assert pace.first_look(1000, first=5, seconds_per_record=0.05) == 50
    assert pace.first_look(1, first=5, seconds_per_record=0.05) == 5


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9))
def test_a_machine_is_told_whole_seconds_from_one_to_six_hundred(due: float, now: float) -> None:
    wait = pace.machine_wait(due, now)
    assert isinstance(wait, int)
    assert 1 <= wait <= 600


def test_a_machine_never_wakes_before_the_time_that_is_due() -> None:
    assert pace.machine_wait(10.2, 0) == 11


def test_broken_tries_wait_longer_each_time_up_to_five_minutes() -> None:
    waits = [pace.backoff(failures) for failures in range(1, 20)]
    assert waits == sorted(waits)
    assert waits[-1] == 300
