"""A simulated service over HTTP whose answers are altered on their way, asked by the real adapter, driven by the real steps."""

from __future__ import annotations

import gzip
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from batchdrop.services import SERVICES, build
from batchdrop.steps.operator import Operator
from batchdrop_sandbox.simulators.clock import Clock
from batchdrop_sandbox.simulators.registry import SIMULATORS
from batchdrop_sandbox.simulators.reply import Reply, Request
from batchdrop_sandbox.simulators.server import SimulatorServer
from batchdrop_sandbox.simulators.wire import Wire
from tests.catalogue.canaries import SECRET
from tests.ports.memory_world import START
from tests.steps.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

GEOAPIFY, HERE, OLDER, TRACKING = "geoapify", "here_batch_v7", "here_geocoder_v6", "here_tracking_v4"

PLACES = b"id,address\n1,Canaryweg 1\n2,Berlin Germany\n3,Paris France\n4,Hamburg Germany\n"
DEVICES = b"name,externalId\nCanaryweg 1,D-1\nCanaryweg 2,D-2\nCanaryweg 3,D-3\n"

CREATE = {
    GEOAPIFY: ("POST", "/v1/batch"),
    HERE: ("POST", r".*/batch/jobs"),
    OLDER: ("POST", r".*/jobs"),
    TRACKING: ("POST", r".*/deviceUploads"),
}
LOOK = {
    GEOAPIFY: ("GET", r".*"),
    HERE: ("GET", r".*/batch/jobs/[^/]+"),
    OLDER: ("GET", r".*/jobs/[^/]+"),
    TRACKING: ("GET", r".*/status"),
}
"""How a look at a job is known."""
RESULTS = {GEOAPIFY: LOOK[GEOAPIFY], HERE: ("GET", r".*/results"), OLDER: ("GET", r".*/result"), TRACKING: ("GET", r".*/results")}  # fmt: skip


@dataclass
class Provider:
    """One service, a world whose only service it is, and what lies in wait where its links lead."""

    service: str
    world: World
    server: SimulatorServer
    keys: list[str] = field(default_factory=lambda: [SECRET])
    secret: Callable[[bool], Mapping[str, str]] | None = None
    twist: Callable[[Request, Reply], Reply] = lambda _request, reply: reply
    asked: list[Request] = field(default_factory=list)
    lured: list[Request] = field(default_factory=list)
    trap: str = ""
    job: str = ""

    def handle(self, request: Request) -> Reply:
        """What the service is asked, and what arrives of its answer."""
        self.asked.append(request)
        return self.twist(request, self.server._handle(self.service, request))

    def caught(self, request: Request) -> Reply:
        """Somebody followed a link."""
        self.lured.append(request)
        return Reply(200, {}, b"{}")

    def configure(self, **settings: Any) -> None:
        """Change how the simulated service behaves."""
        self.server.behaviours[self.service].configure(settings)

    def hurry(self, deadline: float) -> None:
        """The service has another deadline than its class says."""
        real: Any = self.world.service
        real.can = replace(real.can, deadline=deadline)

    def drop(self, body: bytes = b"", name: str = "people.csv") -> str:
        """Put a file of this service; gives the job id."""
        self.job = self.world.drop(body or (DEVICES if self.service == TRACKING else PLACES), name=name)
        return self.job

    def drive(self, run: int = 0) -> dict[str, Any]:
        """One run to its end; gives job.json."""
        self.world.drive(self.job, run)
        return self.world.document(self.job)

    def act(self, action: str, **named: Any) -> dict[str, Any]:
        """A person acts on the first batch, and the job is driven on."""
        world = self.world
        operator = Operator(world.table, world.journal, world.jobs, world.clock, {"memory": world.kind})
        getattr(operator, action)(self.job, **named)
        return self.drive(run=world.journal.row(self.job)["run"])

    def count(self, method: str, pattern: str = ".*") -> int:
        """How often the service was asked so."""
        return sum(each.method == method and bool(re.fullmatch(pattern, each.path)) for each in self.asked)

    @property
    def account(self) -> dict[str, Any]:
        """The service's books."""
        empty = {"records": 0, "jobs": 0, "most_times_one_record_was_billed": 0, "calls": {}}
        return {**empty, **self.server.ledger.snapshot().get(self.service, {})}


@contextmanager
def provider(
    service: str, twist: Callable[[Request, Reply], Reply] | None = None, **route: Any
) -> Iterator[Provider]:
    """A world with one real service. twist: alters each answer; route: further options of the route."""
    world = World()
    cast("Any", world).kind = SERVICES[service]
    api = "devices" if service == TRACKING else "geocode"
    world.route(
        "memory-geocode", service="memory", api=api, **({"dedupe": True} if api == "geocode" else {}) | route
    )
    clock = Clock(start=START, speed=1.0, wall=lambda: world.clock.now - START)
    with SimulatorServer.start(services=[service], clock=clock) as server:
        made = Provider(service, world, server)
        if twist is not None:
            made.twist = twist
        wire, trap = Wire(made.handle), Wire(made.caught)
        for each in (wire, trap):
            each.open()
        made.trap = trap.origin
        try:
            real = build(
                service,
                base_url=wire.origin + SIMULATORS[service].base_path,
                credentials=lambda fresh: _secret(made, fresh=fresh),
                clock=clock.now,
                simulated=True,
            )
            cast("Any", world).service = real
            yield made
        finally:
            for each in (wire, trap):
                each.close()


def _secret(made: Provider, *, fresh: bool) -> Mapping[str, str]:
    if made.secret is not None:
        return made.secret(fresh)
    if fresh and len(made.keys) > 1:
        made.keys.pop(0)
    return (
        {"email": "canary@example.org", "password": made.keys[0]}
        if made.service == TRACKING
        else {"apiKey": made.keys[0]}
    )


# what is done to answers


@dataclass
class On:
    """Alters the answers to these requests, the first few of them; those that are no 2xx stay. skip: so many pass before; struck: how
    many came out otherwise.
    """

    method: str
    pattern: str
    edit: Callable[[Reply], Reply]
    left: int
    skip: int = 0
    struck: int = 0

    def __call__(self, request: Request, reply: Reply) -> Reply:
        fits = request.method == self.method and re.fullmatch(self.pattern, request.path)
        if not fits or reply.status >= 300 or self.left <= 0:
            return reply
        if self.skip > 0:
            self.skip -= 1
            return reply
        self.left -= 1
        other = self.edit(reply)
        self.struck += (other.status, other.body, other.headers) != (reply.status, reply.body, reply.headers)
        return other


def on(what: tuple[str, str], edit: Callable[[Reply], Reply], *, times: int = 10**9, skip: int = 0) -> On:
    """See On; what: method and path."""
    return On(*what, edit, times, skip)


def answers(status: int, body: bytes = b"", **headers: str) -> Callable[[Reply], Reply]:
    """This answer instead. Header names with _ for -."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _reply: Reply(status, named, body)


def bytes_edited(edit: Callable[[bytes], bytes]) -> Callable[[Reply], Reply]:
    """Other bytes; a zipped answer stays zipped."""

    def edited(reply: Reply) -> Reply:
        packed = reply.headers.get("Content-Encoding") == "gzip"
        body = edit(gzip.decompress(reply.body) if packed else reply.body)
        return Reply(reply.status, reply.headers, gzip.compress(body) if packed else body)

    return edited


def json_edited(edit: Callable[[dict[str, Any]], object]) -> Callable[[Reply], Reply]:
    """The same with a change in its JSON; an answer without the things it changes (KeyError) stays as it is."""

    def change(body: bytes) -> bytes:
        found = json.loads(body)
        try:
            edit(found)
        except KeyError:
            return body
        return json.dumps(found).encode()

    return bytes_edited(change)
