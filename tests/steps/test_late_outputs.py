"""A write of an output that reaches the store late, after another run has made its own, changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.effects import probing
from batchdrop.records import writing
from tests.steps.test_orders import WHOLE, Stoppable, under_way

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.steps.world import World


class NoAnswerError(Exception):
    """The store does not answer; the write is still on its way."""


def late(number: int, kept: list[Callable[[], Any]]) -> Callable[[str, Callable[[], Any]], Any]:
    """Keep the write of output `number`, unanswered, instead of doing it."""
    seen = 0

    def probe(name: str, act: Callable[[], Any]) -> Any:
        nonlocal seen
        seen += name == "write_results"
        if name == "write_results" and seen == number:
            kept.append(act)
            raise NoAnswerError
        return act()

    return probe


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("number", [1, 2])
def test_an_output_of_an_earlier_run_that_lands_late_covers_nothing(
    monkeypatch: pytest.MonkeyPatch, number: int, *, large: bool
) -> None:
    if large:
        monkeypatch.setattr(writing.ObjectWriter.__init__, "__kwdefaults__", {"part_size": 1, "gzip": False})
        monkeypatch.setattr(writing, "LEAST_PART_BYTES", 1)
        monkeypatch.setattr("tests.ports.memory_store.LEAST_PART", 1)
    world, job = under_way(Stoppable, WHOLE)
    world.jobs.stop(job)
    kept: list[Callable[[], Any]] = []
    with probing(late(number, kept)), pytest.raises(NoAnswerError):
        world.drive(job)
    assert len(kept) == 1
    assert world.drive(job) == "Done"
    assert world.document(job)["status"] == "stopped"
    world.jobs.start(job)
    assert world.drive(job, run=1) == "Done"
    before = outputs(world, job)
    kept[0]()
    assert outputs(world, job) == before
    assert len(world.rows(job, "results.csv")) == 3


def outputs(world: World, job: str) -> dict[str, bytes]:
    return {name: world.output(job, name) for name in ("results.csv", "errors.csv")}
