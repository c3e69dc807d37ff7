"""A job with one running batch whose lane listens, and the callback that a service calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batchdrop.batches.states import BatchState, batch_key, lane_key, ticket_key
from batchdrop.ports import Change, Key, Ticket
from batchdrop.services import RINGING, SERVICES
from batchdrop.steps.callback import Answer, Callback
from tests.ports.memory import ManualClock, MemoryMachine, MemoryTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchdrop.ports import Row

SECRET, BEFORE = "a-current-secret-of-many-characters", "the-one-before-it-of-many-characters"
HERE, JOB = "here_batch_v7", "people-0123456789abcdef"
TICKET = "JOB-4a1d7fb4-9a5e-4f2b-8b8f-6c6f0d1f4c11"


class WatchedTable(MemoryTable):
    """Counts what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def get(self, key: Key) -> Row | None:
        self.asked += 1
        return super().get(key)

    def write(self, change: Change) -> Any:
        self.asked += 1
        return super().write(change)


@dataclass
class MemoryPathSecret:
    """Two versions; `cached` is what is answered until somebody asks for fresh ones."""

    current: tuple[str, ...] = (SECRET, BEFORE)
    cached: tuple[str, ...] = (SECRET, BEFORE)
    asked: list[bool] = field(default_factory=list)

    def values(self, *, fresh: bool = False) -> Sequence[str]:
        self.asked.append(fresh)
        if fresh:
            self.cached = self.current
        return self.cached


@dataclass
class Door:
    """A job with one running batch whose lane listens, and the callback."""

    table: WatchedTable = field(default_factory=WatchedTable)
    machine: MemoryMachine = field(default_factory=MemoryMachine)
    clock: ManualClock = field(default_factory=ManualClock)
    secret: MemoryPathSecret = field(default_factory=MemoryPathSecret)

    def __post_init__(self) -> None:
        tickets = {name: SERVICES[name].ticket_of for name in RINGING}
        self.callback = Callback(self.table, self.machine, self.secret, tickets, self.clock)
        self.batch, self.lane = batch_key(JOB, 1), lane_key(JOB, 1)
        self.put(self.batch, state=BatchState.RUNNING, ticket=Ticket(TICKET).to_dict())
        self.put(self.lane, rings=0, token="token-1")
        self.put(ticket_key(HERE, TICKET), job=self.batch.pk, batch=self.batch.sk, lane=self.lane.sk)
        self.table.asked = 0

    def put(self, key: Key, **values: Any) -> None:
        self.table.write(Change(key, put=values))

    def ring(self, ticket: str = TICKET, *, secret: str = SECRET, service: str = HERE) -> Answer:
        return self.callback(secret, service, ticket)

    def row(self, key: Key) -> Row:
        found = self.table.get(key)
        assert found is not None
        return found

    def look(self) -> None:
        """What a lane does: it counts a look, asks the service, and listens with a new token."""
        self.table.write(Change(self.batch, remove=("rung",)))
        self.put(self.lane, token=f"token-{len(self.machine.rung) + 1}")
