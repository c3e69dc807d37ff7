"""The simulators' time and their books."""

import pytest

from batchdrop_sandbox.simulators.clock import Clock
from batchdrop_sandbox.simulators.ledger import Ledger


class Wall:
    """A wall clock moved by hand."""

    time = 100.0

    def __call__(self) -> float:
        return self.time


def test_a_clock_runs_faster_than_the_wall_and_can_change_its_speed() -> None:
    wall = Wall()
    clock = Clock(start=0, speed=60, wall=wall)
    wall.time += 1
    assert clock.now() == pytest.approx(60)
    clock.speed = 2
    wall.time += 1
    assert clock.now() == pytest.approx(62)


def test_a_clock_that_stands_still_moves_only_when_it_is_told() -> None:
    wall = Wall()
    clock = Clock(start=5, speed=0, wall=wall)
    wall.time += 100
    clock.advance(2.5)
    assert clock.now() == 7.5


def test_a_clock_never_goes_back() -> None:
    with pytest.raises(ValueError, match="forward"):
        Clock().advance(-1)
    with pytest.raises(ValueError, match="forward"):
        Clock(speed=-1)


def test_the_ledger_tells_how_often_one_content_was_billed() -> None:
    ledger = Ledger()
    ledger.job_made("s")
    ledger.arrived("s", "submit")
    ledger.bill("s", "j1", [(0, "a"), (1, "b")], 3)
    ledger.bill("s", "j2", [(0, "a")], 1.5)
    page = ledger.snapshot()["s"]
    assert (page["jobs"], page["submits"], page["looks"]) == (1, 1, 0)
    assert (page["records"], page["distinct_records"], page["most_times_one_record_was_billed"]) == (3, 2, 2)
    assert page["credits"] == 4.5
    assert [(line.job, line.index) for line in ledger.records("s")] == [("j1", 0), ("j1", 1), ("j2", 0)]


def test_one_content_twice_in_one_job_counts_twice() -> None:
    ledger = Ledger()
    ledger.bill("s", "j", [(0, "a"), (1, "a")], 2)
    assert ledger.snapshot()["s"]["most_times_one_record_was_billed"] == 2


def test_the_ledger_keeps_no_address() -> None:
    ledger = Ledger()
    ledger.bill("s", "j", [(0, "12 Secret Street")], 1)
    assert "Secret" not in repr(list(ledger.records("s")))


def test_a_reset_ledger_is_empty() -> None:
    ledger = Ledger()
    ledger.bill("s", "j", [(0, "a")], 1)
    ledger.reset()
    assert ledger.snapshot() == {}
