"""A few hundred schedules in wider weather, and what makes them worth anything: a seed is a schedule, and naive products break."""

from __future__ import annotations

import pytest

from batchdrop.observe import logger
from tests.faults.wider import play
from tests.faults.wider_naive import WIDER_VARIANTS

NAIVE_SCHEDULES = 600


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logger._logger, "disabled", True)


@pytest.mark.parametrize("first", range(0, 300, 75))
def test_no_schedule_in_wider_weather_breaks_a_promise(first: int) -> None:
    told = [play(seed) for seed in range(first, first + 75)]
    assert not [(each.seed, each.trouble) for each in told if each.trouble]


def test_a_seed_plays_the_same_schedule_again() -> None:
    for seed in (1, 2, 3, 40):
        assert play(seed, verbose=True) == play(seed, verbose=True)


@pytest.mark.parametrize("name", WIDER_VARIANTS)
def test_a_naive_product_breaks_within_a_few_hundred_schedules(name: str) -> None:
    assert next(WIDER_VARIANTS[name].get_broken(NAIVE_SCHEDULES), None) is not None
