"""Services in memory for recorded jobs: one-phase as Geoapify's, two-phase as HERE v7, and the two kinds between them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from batchdrop.ports import RawPart, State
from tests.faults.kinds import Blind, Named, Tagged, Uploaded
from tests.steps.anything import Anything

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batchdrop.ports import Batch, Capabilities, Progress, Ticket
    from tests.steps.memory_service import MemoryService, Shop


class _Failing:
    """What a scenario makes a service do wrong, by the name of its method."""

    faults: dict[str, Callable[[], None]]

    def _strike(self, method: str) -> None:
        self.faults.get(method, lambda: None)()


class OnePhase(Blind, _Failing):
    """Starts and bills on POST; a lost job cannot be found."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        self.faults = {}
        self.stopped: set[str] = set()

    def create(self, batch: Batch) -> Ticket:
        """See MemoryService."""
        self._strike("create")
        return super().create(batch)


class TwoPhase(Tagged, _Failing):
    """Created, then started; found by its tag; jobs can be stopped and deleted."""

    can: ClassVar[Capabilities] = replace(Tagged.can, stops=True, deletes=True)

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        self.faults = {}
        self.stopped: set[str] = set()

    def create(self, batch: Batch) -> Ticket:
        """See MemoryService."""
        self._strike("create")
        return super().create(batch)

    def start(self, ticket: Ticket) -> None:
        """See MemoryService. A stopped job goes on where it was stopped, without another bill."""
        self._strike("start")
        super().start(ticket)
        self.stopped.discard(ticket.id)

    def check(self, ticket: Ticket) -> Progress:
        """See MemoryService."""
        progress = super().check(ticket)
        if ticket.id in self.stopped and progress.state is not State.GONE:
            return replace(progress, state=State.STOPPED, status="cancelled")
        return progress

    def fetch(self, ticket: Ticket) -> Iterator[RawPart]:
        """See Tagged. A stopped job answers its first record only."""
        self._strike("fetch")
        if ticket.id not in self.stopped:
            yield from super().fetch(ticket)
            return
        ordinal, text = self.shop.jobs[ticket.id].inputs[0]
        yield RawPart("answer.json", iter([json.dumps([[ordinal, self.shop.answer(text)]]).encode()]))

    def stop(self, ticket: Ticket) -> None:
        """End a job that runs."""
        self._strike("stop")
        if ticket.id in self.shop.jobs:
            self.stopped.add(ticket.id)

    def delete(self, ticket: Ticket) -> None:
        """Forget a job; one that is not there is taken for deleted."""
        self._strike("delete")
        self.shop.jobs.pop(ticket.id, None)


class TwoPhaseUploading(Uploaded, _Failing):
    """Created, then started; a lost job cannot be found."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        self.faults = {}
        self.stopped: set[str] = set()


class OnePhaseFinding(Named, _Failing):
    """Starts and bills on POST; a lost job is found by its name."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        self.faults = {}
        self.stopped: set[str] = set()


class Structured(Anything, _Failing):
    """Takes addresses in their parts."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        self.faults = {}
        self.stopped: set[str] = set()


KINDS: dict[str, type[MemoryService]] = {
    "one-phase": OnePhase,
    "two-phase": TwoPhase,
    "two-phase-uploading": TwoPhaseUploading,
    "one-phase-finding": OnePhaseFinding,
    "structured": Structured,
}


def make_answer(text: str) -> dict[str, Any] | None:
    """What every recorded service answers: nothing for addresses that end in 3."""
    return None if text.endswith("3") else {"lat": "1", "label": text.upper()}
