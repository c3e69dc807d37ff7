"""A service under test, its simulator, and batches made of plain lists."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batchdrop.ports import Batch, Outcome, Progress, Query, RawPart, SavedPart, Service, State, Ticket
from batchdrop.services import build
from batchdrop_sandbox.simulators.clock import Clock
from batchdrop_sandbox.simulators.server import SimulatorServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

KEY = "canary-key-5b1d"

_SECRETS: Mapping[str, Callable[[str], dict[str, str]]] = {
    "here_tracking_v4": lambda key: {"email": "user@example.org", "password": key},
}
"""Service → its secret around the part that opens it; an apiKey where nothing else is said."""


@dataclass
class Bench:
    """One simulated service and our adapter for it. `keys` are the secret's values in order of reading."""

    name: str
    server: SimulatorServer
    keys: list[str] = field(default_factory=lambda: [KEY])
    reads: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.service: Service = build(
            self.name,
            base_url=self.server.urls[self.name],
            credentials=self.secret,
            clock=self.server.clock.now,
            simulated=True,
        )

    def secret(self, fresh: bool) -> Mapping[str, str]:
        """The secret: the next key when it is read past the cache."""
        self.reads.append(fresh)
        if fresh and len(self.keys) > 1:
            self.keys.pop(0)
        around = _SECRETS.get(self.name)
        return around(self.keys[0]) if around else {"apiKey": self.keys[0]}

    def configure(self, **settings: Any) -> None:
        """Change the simulator."""
        self.server.behaviours[self.name].configure(settings)

    def fault(self, call: str, kind: str, **more: Any) -> None:
        """One scripted fault."""
        self.server.faults.add({"service": self.name, "call": call, "kind": kind, **more})

    @property
    def account(self) -> dict[str, Any]:
        """The service's books."""
        empty = {"jobs": 0, "records": 0, "calls": {}, "submits": 0, "credits": 0.0}
        return {**empty, **self.server.ledger.snapshot().get(self.name, {})}

    def begin(self, batch: Batch) -> Ticket:
        """Create, and start where that is a step of its own."""
        ticket = self.service.create(batch)
        if self.service.can.two_phase:
            self.service.start(ticket)
        return ticket

    def finish(self, ticket: Ticket, *, looks: int = 20) -> Progress:
        """Look until the service says it is over."""
        for _ in range(looks):
            progress = self.service.check(ticket)
            if progress.state not in (State.RUNNING, State.UNSTARTED):
                return progress
            self.server.clock.advance(60)
        raise AssertionError("the job never ends")

    def collect(self, ticket: Ticket, progress: Progress) -> list[SavedPart]:
        """The answers, saved."""
        parts: Iterable[RawPart] = self.service.fetch(ticket) if progress.parts is None else progress.parts
        return [saved(part.name, b"".join(part.chunks)) for part in parts]

    def run(self, batch: Batch) -> dict[int, Outcome]:
        """The whole road of one batch."""
        ticket = self.begin(batch)
        return by_ordinal(self.service.read(batch, self.collect(ticket, self.finish(ticket))))


def fresh_server(name: str) -> SimulatorServer:
    """A simulator whose clock only moves when a test says so."""
    return SimulatorServer.start(services=[name], clock=Clock(start=1_760_000_000.0, speed=0))


def batch_of(
    records: Sequence[Mapping[str, str]],
    *,
    api: str = "geocode",
    params: Mapping[str, Any] | None = None,
    first: int = 1,
    tag: str = "ab" * 32,
) -> Batch:
    """A batch of these records."""

    def queries() -> Iterator[Query]:
        return (Query(ordinal, fields) for ordinal, fields in enumerate(records, first))

    return Batch(tag=tag, api=api, params=params or {}, first=first, count=len(records), queries=queries)


def saved(name: str, body: bytes) -> SavedPart:
    """A part that can be opened again and again."""
    return SavedPart(name, lambda: io.BytesIO(body))


def by_ordinal(outcomes: Iterable[Outcome]) -> dict[int, Outcome]:
    """Outcomes by ordinal, each once."""
    found: dict[int, Outcome] = {}
    for outcome in outcomes:
        assert outcome.ordinal not in found, "one outcome for a record"
        found[outcome.ordinal] = outcome
    return found


def through_json(ticket: Ticket) -> Ticket:
    """The ticket as another invocation finds it in the table."""
    return Ticket.from_dict(json.loads(json.dumps(ticket.to_dict())))
