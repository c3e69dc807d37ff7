"""What a job costs."""

from __future__ import annotations

from batchdrop.money import estimate, spent
from batchdrop.ports import Price

CREDITS = Price("credits", per_record=1, per_submit=1, per_look=1)


def test_a_thousand_inputs_and_one_look_are_the_service_s_own_example() -> None:
    """[seed] Geoapify: 1000 inputs + 1 job call + 1 result call = 1002 API calls."""
    assert estimate(CREDITS, {}, records=1000, batches=1) == 1002


def test_priority_lowers_everything() -> None:
    assert estimate(CREDITS, {"priority": 0.5}, records=1000, batches=1) == 501


def test_what_was_spent_counts_what_was_really_asked() -> None:
    assert spent(CREDITS, {}, records=2520, submits=3, looks=7) == 2530
