"""A careless service: a simulator behind a server that gives malformed answers and repeats requests, and all that is left behind.

The adapters are the real ones, over real sockets; steps, state machine, queue and stream are those of a region.
"""

from __future__ import annotations

import http.client
import json
import traceback
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from batchdrop_sandbox.simulators.clock import Clock
from batchdrop_sandbox.simulators.server import SimulatorServer
from tests.faults import checks
from tests.faults.over_http import KEYS, build_adapter, define_route, get_file
from tests.faults.region import Region
from tests.ports.memory_world import START
from tests.services.answer_kinds import build_answers
from tests.services.log_capture import capture_all_logs, set_all_to_debug
from tests.services.scripted_server import ScriptedServer, reply
from tests.steps.memory_service import MemoryService

if TYPE_CHECKING:
    import socket
    import threading
    from collections.abc import Iterator

    from tests.faults.invocations import Invocation
    from tests.services.scripted_server import Script, Seen

TOKEN = "canary-token-88d2"
CANARIES = (*KEYS, checks.CANARY, TOKEN, "canary@example.org", "Bearer ")
ANSWERS = build_answers(f"{checks.CANARY} 1?apiKey={KEYS[0]}&token={TOKEN}")
READS, WRITES = frozenset({"GET"}), frozenset({"POST", "PUT", "DELETE"})
STRIKES = {READS: 5, WRITES: 2}
"""How many answers of a job are bad before the service comes to its senses."""


class HistoryRegion(Region):
    """A region that keeps what Step Functions keeps: the input, the output or the error of each task."""

    def finish(self, invocation: Invocation, answer: Any, error: str) -> None:
        """See Region.finish."""
        self.history.append([invocation.function, invocation.payload, answer, error])
        super().finish(invocation, answer, error)

    def __post_init__(self) -> None:
        self.history: list[Any] = []
        super().__post_init__()


@dataclass
class CarelessService:
    """The server in front of a simulator. The next answers to these methods are of a kind; then it passes everything on."""

    simulator: str
    script: Script = field(default_factory=lambda: reply(500))
    methods: frozenset[str] = READS
    left: int = 0

    def play(self, connection: socket.socket, seen: Seen, over: threading.Event) -> bool:
        """Answer one request: a script for ScriptedServer."""
        if self.left and seen.method in self.methods:
            self.left -= 1
            return self.script(connection, seen, over)
        with closing(http.client.HTTPConnection(urlsplit(self.simulator).netloc, timeout=60)) as passing:
            sent = {name: value for name, value in seen.headers.items() if name != "transfer-encoding"}
            passing.request(
                seen.method, seen.target, seen.body, {**sent, "content-length": str(len(seen.body))}
            )
            answer = passing.getresponse()
            framing = ("content-length", "transfer-encoding", "connection")
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in framing}
            return reply(answer.status, answer.read(), close=False, **cast("Any", kept))(
                connection, seen, over
            )


@dataclass(frozen=True, slots=True)
class Left:
    """What one job leaves behind: texts by the place where they stand."""

    kind: str
    texts: dict[str, str]
    rested: bool

    def find_leaks(self) -> list[str]:
        """Return where a canary stands, and in which words; empty when all is well."""
        return [
            f"{self.kind}: {where}: …{text[max(0, text.find(word) - 60) : text.find(word) + 20]}"
            for where, text in self.texts.items()
            for word in CANARIES
            if word in text
        ]


@dataclass
class Bench:
    """A careless service that one job after another is sent to. `exchanges`: how many there were."""

    service: str
    region: HistoryRegion = field(default_factory=lambda: HistoryRegion(MemoryService))
    url: str = ""
    exchanges: int = 0

    def get_time(self) -> float:
        """Return the time of the job at hand: the simulator's too."""
        return self.region.clock.now

    def try_answer(self, kind: str, methods: frozenset[str]) -> Left:
        """Send a file; the first answers to these methods are of this kind."""
        tomorrow = self.get_time() + 86_400.0
        self.region = region = HistoryRegion(MemoryService)
        region.clock.now = tomorrow
        front = CarelessService(self.url, ANSWERS[kind], methods, STRIKES[methods])
        with capture_all_logs() as log, ScriptedServer(front.play) as port:

            def report(_invocation: Invocation, error: BaseException) -> None:
                log.writelines(traceback.format_exception(error))

            region.uncaught = report
            define_route(region, self.service)
            base_url = port.url + urlsplit(self.url).path
            adapter: Any = build_adapter(self.service, base_url, [KEYS[0]], self.get_time)
            region.world.service = adapter
            set_all_to_debug()
            region.drop(get_file(self.service))
            rested = region.settle()
            self.exchanges += len(port.seen)
        return Left(kind, {**_collect_texts(region), "a log": log.getvalue()}, rested)


def _collect_texts(region: HistoryRegion) -> dict[str, str]:
    """Return everything but the files of the job, which hold its addresses."""
    world = region.world
    kept: dict[str, Any] = {
        "a history": [region.history, world.machine.started],
        "an event": [each.detail for each in world.publisher.published],
        "a queue": region.dead_letters,
        "the table": world.table.rows(),
        "job.json": [world.document(row["id"]) for row in checks.jobs(region)],
    }
    return {name: json.dumps(value, default=str, ensure_ascii=False) for name, value in kept.items()}


@contextmanager
def open_bench(service: str) -> Iterator[Bench]:
    """Start the simulator, on the clock of the bench."""
    bench = Bench(service)
    clock = Clock(start=START, speed=1.0, wall=bench.get_time)
    with SimulatorServer.start(services=[service], clock=clock) as server:
        bench.url = server.urls[service]
        yield bench
