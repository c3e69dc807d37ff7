"""A worker process: the real steps over the local AWS and the simulators' HTTP, driven through the real state machine's definition.

It may be killed at any moment; another one then goes on from what stands in the table.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any, cast

from batchdrop.aws.events import AwsPublisher
from batchdrop.aws.machine import StepMachine
from batchdrop.aws.store import S3Store
from batchdrop.aws.table import DynamoTable
from batchdrop.services import SERVICES, build
from tests.faults.execution import definition
from tests.faults.invocations import LIFETIME
from tests.faults.region import over
from tests.steps.world import World
from tests.workflow.walk import call, children, choose, evaluate, fail, place, succeed, waits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.ports.memory import ManualClock, MemoryMachine, MemoryPublisher, MemoryStore, MemoryTable

PATIENCE = 300.0
"""Seconds of the wall after which a worker gives up on a job."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a worker works: names in the local AWS, the services' URLs, and the simulators' time."""

    table: str
    machine: str
    bus: str
    topic: str
    urls: Mapping[str, str]
    now: float
    mark: float
    speed: float

    def clock(self) -> float:
        """The simulators' time, in seconds since the epoch; one clock for every process of this machine."""
        return self.now + (time.monotonic() - self.mark) * self.speed


class DrivenMachine(StepMachine):
    """Step Functions keeps the books; what was started here is driven here."""

    def __init__(self, client: Any, arn: str) -> None:
        super().__init__(client, arn)
        self.to_drive: list[dict[str, Any]] = []

    def start(self, name: str, payload: Mapping[str, Any]) -> bool:
        """See Machine.start."""
        new = super().start(name, payload)
        if new:
            self.to_drive.append(dict(payload))
        return new


class Worker:
    """One process. `clients`: boto3 clients by service, used by nobody else."""

    def __init__(self, at: Place, service: str, clients: Mapping[str, Any]) -> None:
        self._at = at
        self.machine = DrivenMachine(clients["stepfunctions"], at.machine)
        self.table = DynamoTable(clients["dynamodb"], at.table)
        # The world's fields are declared as the ports in memory; these are the same ports on AWS.
        self.world = World(
            clock=cast("ManualClock", at.clock),
            table=cast("MemoryTable", self.table),
            store=cast("MemoryStore", S3Store(clients["s3"])),
            machine=cast("MemoryMachine", self.machine),
            publisher=cast(
                "MemoryPublisher", AwsPublisher(clients["events"], clients["sns"], at.bus, at.topic)
            ),
        )
        world = cast("Any", self.world)
        world.kind = SERVICES[service]
        world.service = build(
            service,
            base_url=at.urls[service],
            credentials=lambda _fresh: {"apiKey": "canary-key-5b1d"},
            clock=at.clock,
            simulated=True,
        )
        world._names = (uuid.uuid4().hex for _ in repeat(None))

    def first(self, event: dict[str, Any]) -> None:
        """An upload's event arrives."""
        self.world.submit(event)
        self._drive_all()

    def resume(self, event: dict[str, Any]) -> None:
        """The event comes once more, for nobody had taken it off the queue; then sweep finds what was left behind."""
        job = self.world.submit(event)
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            self._drive_all()
            row = self.world.journal.row(str(job))
            told = all(each["published"] for each in self.table.query(row["pk"], "event#"))
            if over(row) and told:
                return
            time.sleep(60 / self._at.speed)
            self.world.sweep()

    def _drive_all(self) -> None:
        while self.machine.to_drive:
            payload = self.machine.to_drive.pop(0)
            self._execute(definition(), payload)

    def _execute(self, scope: Mapping[str, Any], data: Any) -> None:
        """One execution, or one child of a Map; children of a Map one after another."""
        name = scope["StartAt"]
        while True:
            state = scope["States"][name]
            match state["Type"]:
                case "Task" if state["Resource"].endswith("waitForTaskToken"):
                    name, data = self._listen(state, data)
                case "Task":
                    name, data = self._call(name, state, data)
                case "Choice":
                    name = choose(state, data)
                case "Wait":
                    time.sleep(waits(state, data) / self._at.speed)
                    name = state["Next"]
                case "Map":
                    for child in children(state, data):
                        self._execute(state["ItemProcessor"], child)
                    name = state["Next"]
                case _:
                    return

    def _call(self, name: str, state: Mapping[str, Any], data: Any) -> tuple[str, Any]:
        started = self._at.clock()
        self.world.left = lambda: LIFETIME - (self._at.clock() - started)
        step = getattr(self.world, {"AnnounceFailure": "announce"}.get(name, name.lower()))
        try:
            answer = step(call(state, data))
        except Exception:  # noqa: BLE001  # Step Functions catches whatever it is
            return fail(state, data)
        return succeed(state, data, answer)

    def _listen(self, state: Mapping[str, Any], data: Any) -> tuple[str, Any]:
        """No doorbell here: sleep until the safety look is due."""
        assert evaluate("$.job", data, {})
        time.sleep(state["TimeoutSeconds"] / self._at.speed)
        return state["Next"], place(data, None, {})
