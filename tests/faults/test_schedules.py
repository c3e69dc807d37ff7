"""A few hundred of the random schedules, and what makes them worth anything: a seed is a schedule, and naive products break."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchdrop.observe import logger
from batchdrop.ports import Absent, Below, Change, Either, Exists, Is, Key, OneOf
from tests.faults import flood, naive
from tests.faults.quick_table import QuickTable
from tests.faults.schedules import Play, play
from tests.ports.memory import MemoryTable


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logger._logger, "disabled", True)


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_no_schedule_pays_twice_or_loses_anything(first: int) -> None:
    told = [play(seed) for seed in range(first, first + 50)]
    assert not [(each.seed, each.trouble) for each in told if each.trouble]


@pytest.mark.parametrize("seed", [44092, 44175, 57432, 86365, 93141])
def test_schedules_that_once_broke_something_break_it_no_more(seed: int) -> None:
    """A collect that slept between two of its outputs; plans that came after the end of their job."""
    assert not play(seed).trouble


def test_a_seed_plays_the_same_schedule_again() -> None:
    for seed in (1, 2, 3, 40, 57):
        assert play(seed, verbose=True) == play(seed, verbose=True)


@pytest.mark.parametrize("name", [name for name in naive.VARIANTS if name != "no lease"])
def test_a_naive_product_breaks_within_a_few_hundred_schedules(name: str) -> None:
    assert any(Play(seed, naive.VARIANTS[name]).run().trouble for seed in range(1000))


def test_a_flood_of_files_is_one_job_each() -> None:
    flooded = flood.drop_many(60)
    assert not flooded.trouble
    assert flooded.admissions <= 4 * 60, "a job that waits for a slot sleeps until one is given back"
    assert flooded.seconds < 3600, "and is woken then"
    assert flooded.at_once == flood.AT_ONCE


def test_a_flood_of_calls_wakes_nobody_wrongly() -> None:
    assert not flood.call_much(600, jobs=10).trouble


# The quick table is the slower one's double.

VALUES = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 2.0, "a", "b"])
NAMES = st.sampled_from(["x", "y", "pk"])
SIMPLE = (
    st.builds(Is, NAMES, VALUES)
    | st.builds(OneOf, NAMES, st.tuples(VALUES, VALUES))
    | st.builds(Absent, NAMES)
    | st.builds(Exists, NAMES)
    | st.builds(Below, NAMES, st.integers(-2, 2), equal=st.booleans())
)
CONDITIONS = SIMPLE | st.builds(Either, st.tuples(SIMPLE, SIMPLE))
KEYS = st.builds(Key, st.sampled_from(["p", "q"]), st.sampled_from(["1", "2"]))
WHEN = st.lists(CONDITIONS, max_size=2)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["x", "y"]), VALUES | st.lists(VALUES, max_size=2), min_size=1, max_size=2
)
LISTED = st.fixed_dictionaries(
    {"x": VALUES},
    optional={"status_key": st.sampled_from(["s", "t"]), "updated": st.sampled_from(["1", "2", "3"])},
)
COUNTS = st.dictionaries(st.just("n"), st.integers(1, 3), max_size=1)
CHANGES = (
    st.builds(Change, KEYS, put=ATTRIBUTES | LISTED, add=COUNTS, when=WHEN)
    | st.builds(
        Change,
        KEYS,
        remove=st.lists(st.sampled_from(["x", "y", "updated"]), max_size=2, unique=True),
        when=WHEN,
    )
    | st.builds(Change, KEYS, delete=st.just(value=True), when=WHEN)
)


@settings(max_examples=150)
@given(st.lists(CHANGES, max_size=12))
def test_the_quick_table_does_what_the_checked_one_does(changes: list[Change]) -> None:
    quick, checked = QuickTable(), MemoryTable()
    for change in changes:
        assert quick.write(change) == checked.write(change)
        assert quick.get(change.key) == checked.get(change.key)
    assert quick.rows() == checked.rows()
    for bounds in ({}, {"before": "2"}, {"until": "2", "oldest": True}, {"limit": 1}):
        assert list(quick.jobs("s", **bounds)) == list(checked.jobs("s", **bounds))
    assert list(quick.query("p", first="1", last="1")) == list(checked.query("p", first="1", last="1"))
