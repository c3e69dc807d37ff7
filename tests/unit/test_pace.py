"""When to look again."""

from __future__ import annotations

import math
import random

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


def test_a_job_whose_records_are_all_done_is_looked_at_soon_and_less_often_the_longer_it_stays() -> None:
    waits = [pace.next_look(elapsed, done=9, total=9, min_wait=1) for elapsed in (100, 1000, 1e6)]
    assert waits == [5, 50, pace.LONGEST_WAIT]
    assert [pace.again_after(elapsed) for elapsed in (100, 1000, 1e6)] == waits


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


def looks_at(duration: float, *, noise: random.Random | None, spread: float = 0.1) -> tuple[int, float]:
    """How many looks a job of that length takes, the last one included, and how late the last one was as a share of its length.

    noise: the job tells its progress, off by a lognormal factor each time; None: it tells none.
    """
    at, looks = pace.first_look(1, first=5, seconds_per_record=0), 1
    while at < duration:
        told = (
            None
            if noise is None
            else min(999, max(1, round(1000 * at / duration * noise.lognormvariate(0, spread))))
        )
        at += pace.next_look(at, done=told, total=None if told is None else 1000, min_wait=5)
        looks += 1
    return looks, (at - duration) / duration


def durations(count: int) -> list[float]:
    """Lengths of jobs as in the project's performance study (§9): lognormal, 10 s to 2 h, median 268 s."""
    chance = random.Random(9)
    drawn = (math.exp(chance.gauss(math.log(268), 1.35)) for _ in iter(int, 1))
    kept = (length for length in drawn if 10 <= length <= 7200)
    return [next(kept) for _ in range(count)]


@pytest.mark.parametrize(
    ("tells", "most_looks", "most_late"),
    [(True, 20, 0.10), (False, 30, 0.15)],
    ids=["with progress", "without"],
)
def test_polling_finds_the_end_in_few_looks_and_soon_after_it(
    *, tells: bool, most_looks: int, most_late: float
) -> None:
    """The targets and limits of the study's §10, on a clock that only the looks move."""
    noise = random.Random(10) if tells else None
    found = [looks_at(length, noise=noise) for length in durations(2000)]
    mean_looks = sum(looks for looks, _ in found) / len(found)
    mean_late = sum(late for _, late in found) / len(found)
    print(f"{mean_looks:.1f} looks a job, the end found {mean_late:.1%} of its length late")  # noqa: T201  # shown with -s
    assert mean_looks <= most_looks
    assert mean_late <= most_late
