"""Another stack on the same inbox bucket and the same account at the service. Nothing goes wrong in it: what harms its jobs is ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.steps.world import World

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.faults.region import Region


@dataclass(eq=False)
class Neighbor:
    """Takes the same file as the region's stack, and works on it at its own pace."""

    region: Region
    world: World = field(init=False)
    job: str = ""
    end: str = "open"
    """State in which its execution ended; `open` before."""

    def __post_init__(self) -> None:
        ours = self.region.world
        self.world = World(ours.kind, clock=ours.clock, store=ours.store, results="other-results")
        self.world.shop, self.world.service = ours.shop, ours.service

    def take(self, event: dict[str, Any]) -> None:
        """Submit the dropped file and start its execution."""
        job = self.world.submit(event)
        assert job is not None
        self.job = job
        self._go_on(self.world.follow(job))

    def _go_on(self, execution: Generator[float, None, str]) -> None:
        try:
            wait = next(execution)
        except StopIteration as end:
            self.end = end.value
        else:
            self.region.expect(wait, lambda: self._go_on(execution))

    def find_errors(self) -> list[str]:
        """Return what the region's stack has broken here, in words. A job that is held waits for a person of its own."""
        if not self.job or self.end == "Hold":
            return []
        records = self.world.document(self.job)["records"]
        if self.end != "Done" or records["matched"] != records["total"]:
            return [
                f"the other stack ended {self.end}, with {records['matched']} of {records['total']} records matched"
            ]
        return []

    def get_tickets(self) -> set[str]:
        """Return the ids of its jobs at the service."""
        return {row["pk"].rpartition("#")[2] for row in self.world.table.rows() if row["sk"] == "ticket"}
