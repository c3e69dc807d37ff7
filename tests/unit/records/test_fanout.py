"""Outcomes that later duplicates need: on disk, in little memory."""

from __future__ import annotations

import io
import random
from typing import TYPE_CHECKING

import pytest

from batchdrop.ports import Outcome, OutcomeKind
from batchdrop.records.fanout import Fanout
from batchdrop.records.outcomes import outcome_line, pack_firsts
from batchdrop.records.shelves import Shelf, Spill

if TYPE_CHECKING:
    from pathlib import Path


def line(ordinal: int, size: int = 10) -> bytes:
    return outcome_line(Outcome(ordinal, OutcomeKind.MATCHED, answers=(("x" * size,),)))


def ordinals(count: int, distinct: int, seed: int = 1) -> list[int]:
    """Random firsts: new ordinals ascend, others repeat earlier ones, 0 is invalid."""
    chance, top, found = random.Random(seed), 0, []  # a seed, no secret
    for _ in range(count):
        if top < distinct and (not top or chance.random() < 0.5):
            top += 1
            found.append(top)
        else:
            found.append(chance.randint(0, top))
    return found


def walk(firsts: list[int], folder: Path, window: int, done: int = 0) -> tuple[list[bytes | None], Fanout]:
    """What every record from `done` on gets; first occurrences take theirs from a stream."""
    fanout = Fanout(io.BytesIO(pack_firsts(firsts)), folder, done=done, window=window)
    top = fanout.done_ordinals
    for ordinal in range(1, top + 1):
        fanout.catch_up(line(ordinal))
    got: list[bytes | None] = []
    for number in range(done, len(firsts)):
        if number == done or number % window == 0:
            fanout.enter(number // window)
        ordinal = fanout.ordinals[number % window]
        if ordinal > top:
            top = ordinal
            got.append(line(ordinal))
            if ordinal in fanout.wanted:
                fanout.keep(ordinal, line(ordinal))
        else:
            got.append(fanout.outcome(ordinal))
    return got, fanout


@pytest.mark.parametrize("window", [1, 3, 7, 1000])
@pytest.mark.parametrize("done", [0, 1, 6, 7, 50, 119, 120])
def test_every_duplicate_gets_the_outcome_of_its_first_occurrence(
    tmp_path: Path, window: int, done: int
) -> None:
    firsts = ordinals(120, 40)
    got, fanout = walk(firsts, tmp_path, window, done)
    fanout.close()
    assert got == [line(ordinal) if ordinal else None for ordinal in firsts[done:]]
    assert list(tmp_path.iterdir()) == []


def test_without_duplicates_nothing_is_kept(tmp_path: Path) -> None:
    got, fanout = walk([1, 2, 0, 3, 4], tmp_path, 2)
    assert not fanout.repeats
    assert sorted(path.name for path in tmp_path.iterdir()) == ["firsts", "scratch"]
    fanout.close()
    assert got == [line(1), line(2), None, line(3), line(4)]


def test_an_outcome_is_on_disk_once_per_window_that_wants_it(tmp_path: Path) -> None:
    firsts = [1, 1, 1, 1, 2, 3, 1, 1, 4, 5, 6, 7, 1, 1]
    fanout = Fanout(io.BytesIO(pack_firsts(firsts)), tmp_path, window=2)
    assert sorted(path.name for path in tmp_path.glob("next-*")) == ["next-0", "next-1", "next-3"]
    fanout.close()


def test_a_shelf_puts_on_disk_what_does_not_fit_into_memory(tmp_path: Path) -> None:
    with (tmp_path / "scratch").open("w+b") as scratch:
        shelf = Shelf(scratch, held=100)
        for ordinal in range(1, 50):
            shelf.put(ordinal, line(ordinal, ordinal))
        assert [shelf.get(ordinal) for ordinal in range(1, 50)] == [line(n, n) for n in range(1, 50)]
        assert shelf.get(50) is None
        assert scratch.seek(0, 2) > 1000
        fresh = Shelf(scratch, held=100)
        assert fresh.get(1) is None
        assert scratch.seek(0, 2) == 0


@pytest.mark.parametrize("held", [0, 100, 10**6])
def test_a_spill_gives_every_line_back_once_in_order(tmp_path: Path, held: int) -> None:
    spill = Spill(tmp_path, held=held)
    for ordinal in range(1, 100):
        spill.add(ordinal % 3, line(ordinal))
    for window in range(3):
        got: list[bytes] = []
        spill.take(window, got.append)
        assert got == [line(ordinal) for ordinal in range(1, 100) if ordinal % 3 == window]
        spill.take(window, got.append)
        assert len(got) == 33
    assert list(tmp_path.iterdir()) == []
