"""Another stack on the same inbox bucket and the same account at the service. Nothing goes wrong in it: what harms its jobs is ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batchdrop.batches.states import get_tag_base, job_key, tag
from tests.steps.world import SEEDS, World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.region import Region

MOST_ROUNDS = 300


@dataclass(eq=False)
class Neighbor:
    """Takes the same file as the region's stack, and works on it at its own pace."""

    region: Region
    how: str = "not begun"
    world: World = field(init=False)
    job: str = ""

    def __post_init__(self) -> None:
        ours = self.region.world
        self.world = World(ours.kind, clock=ours.clock, store=ours.store, results="other-results")
        self.world.shop, self.world.service = ours.shop, ours.service

    def take(self, event: dict[str, Any]) -> None:
        """Hear of a dropped file, and begin."""
        self.job = self.world.submit(event) or ""
        self._go_on(self._work())

    def _go_on(self, work: Iterator[float]) -> None:
        wait = next(work, None)
        if wait is not None:
            self.region.expect(wait, lambda: self._go_on(work))

    def _work(self) -> Iterator[float]:
        """As World.drive does it, but waiting where others can go on; yields seconds."""
        payload = {"job": self.job, "run": 0}
        lanes = self.world.plan(payload)["lanes"]
        self.world.admit(payload)
        for _ in range(MOST_ROUNDS):
            for lane in lanes:
                now = self.world.advance({**payload, "lane": lane, "now": dict(SEEDS)})
                while not now["settled"]:
                    yield now["wait"]
                    now = self.world.advance({**payload, "lane": lane, "now": now})
            collected = self.world.collect(payload)
            if collected["outcome"] not in ("more", "open"):
                break
            yield collected["wait"]
        self.how = self.world.announce({**payload, "failed": False})["outcome"]

    def get_trouble(self) -> list[str]:
        """Return what the region's stack has done to it, in words."""
        if not self.job:
            return []
        if self.how != "done":
            return [f"the other stack's job is {self.how}"]
        records = self.world.document(self.job)["records"]
        if records["matched"] != records["total"]:
            return [f"the other stack has results of {records['matched']} of {records['total']} records"]
        return []

    def get_tags(self) -> set[str]:
        """Return the tags of its batches."""
        row = self.world.table.get(job_key(self.job)) if self.job else None
        return {tag(get_tag_base(row), number) for number in range(1, 7)} if row else set()
