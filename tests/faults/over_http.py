"""The marked part of the matrix: the real services, through the real transport, against their simulators over HTTP.

The steps are the same and so are the endings; what is broken is the wire or the service's answer. Logs are looked through for the
real keys and addresses, which here really travel in URLs and bodies.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from batchdrop.services import SERVICES, build
from batchdrop_sandbox.simulators.clock import Clock
from batchdrop_sandbox.simulators.server import SimulatorServer
from tests.faults import checks
from tests.faults.endings import DONE, lost
from tests.faults.injection import Injector, crash_after, crash_before
from tests.faults.matrix import KIND_NAMES, Case, cases
from tests.faults.person import is_needed
from tests.faults.region import Region
from tests.faults.trial import Result, listening
from tests.faults.variants import variants
from tests.ports.memory_world import START
from tests.steps.memory_service import MemoryService

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterator

SERVICE_OF = dict(
    zip(KIND_NAMES, ("geoapify", "here_batch_v7", "here_geocoder_v6", "here_tracking_v4"), strict=True)
)
KEYS = ("canary-key-5b1d", "canary-key-77e0")
_SECRETS = {"here_tracking_v4": lambda key: {"email": "canary@example.org", "password": key}}
_CALLS = {"S4": ("submit",), "S6": ("start",), "S8": ("look",), "S10": ("results",)}
_DOWNLOADS = {"geoapify": ("look",), "here_batch_v7": ("results", "errors")}
_AGAIN = 10**6


@dataclass(frozen=True, slots=True)
class Wire:
    """One fault on the wire: for SimulatorServer.faults, or a crash at the effect; `ends`: how the job may end."""

    label: str
    fault: dict[str, Any] = field(default_factory=dict)
    crash: str = ""
    rotate: bool = False
    ends: frozenset[str] = DONE


def marked() -> list[Case]:
    """The cases that are tried here too."""
    return [case for case in cases() if case.cell.effect in _CALLS and not case.why_not and _wires(case)]


def _wires(case: Case) -> list[Wire]:
    """What is tried for one case. The endings are those of the case in memory."""
    posted = case.cell.effect == "S4"
    found = lost(case, landed=True) if posted else DONE
    nothing = lost(case, landed=False) if posted else DONE
    by_memory = frozenset[str]().union(*(variant.ends for variant in variants(case)))
    status = {"kind": "status"}
    table = {
        "F1": [Wire("crash before", crash="before", ends=nothing)] if posted else [],
        "F2": [Wire("crash after", crash="after", ends=found)] if posted else [],
        "F3": [Wire("answer lost", {"kind": "drop_after"}, ends=found)],
        "F6": [
            Wire("429", {**status, "status": 429}),
            Wire("429 with Retry-After", {**status, "status": 429, "retry_after": 300}),
        ],
        "F7": [
            Wire("503", {**status, "status": 503}, ends=nothing),
            Wire("503, done", {**status, "status": 503, "after": True}, ends=found),
        ],
        "F8": [
            Wire(f"{each} for good", {**status, "status": each, "times": _AGAIN}, ends=by_memory)
            for each in ((400, 401, 403, 404) if posted else (401, 403, 404))
        ],
        "F9": [Wire("answer cut", {"kind": "truncate", "keep": 0.3}, ends=found)],
        "F10": [Wire("HTML", {"kind": "html", "after": True}, ends=found)],
        "F17": [Wire("key rotated", rotate=True)],
        "F19": [Wire("redirect", {"kind": "redirect", "times": _AGAIN}, ends=by_memory)],
    }
    return table.get(case.cell.fault, [])


def attempt(case: Case) -> Result:
    """Every wire of one case."""
    trouble: list[str] = []
    runs = 0
    for wire in _wires(case):
        for call in _calls(case):
            runs += 1
            trouble += [f"{call}: {wire.label}: {each}" for each in run(case, wire, call)]
    return Result(case, runs, tuple(trouble))


def _calls(case: Case) -> tuple[str, ...]:
    service = SERVICE_OF[case.kind]
    if case.cell.effect == "S10":
        return _DOWNLOADS.get(service, ("results",))
    return _CALLS[case.cell.effect]


def run(case: Case, wire: Wire, call: str) -> list[str]:
    """One job over HTTP with one fault; gives what broke."""
    service = SERVICE_OF[case.kind]
    with simulated(service) as (region, server), listening(region) as log, _all_loggers(log):
        keys = [KEYS[0]]
        if wire.fault:
            server.faults.add({"service": service, "call": call, **wire.fault})
        region.world.service = build_adapter(service, server.urls[service], keys, server.clock.now)
        injector = Injector(
            region,
            {"S4": "post"}.get(case.cell.effect, ""),
            crash_before if wire.crash == "before" else crash_after,
        )
        if wire.crash:
            region.probe = injector.probe
        region.drop(get_file(service), name="people.csv")
        if wire.rotate:
            server.behaviours[service].configure({"refused_keys": [KEYS[0]]})
            keys.append(KEYS[1])
        rested = region.settle()
        trouble = [] if rested else ["it does not come to rest"]
        trouble += checks.check_all(region, log.getvalue())
        hows = [checks.Ended(row).how for row in checks.jobs(region)]
        trouble += [
            f"ended {how}, not {' or '.join(sorted(wire.ends))}" for how in hows if how not in wire.ends
        ]
        trouble += _billed(server, service) + _leaks(log.getvalue())
        if not (injector.fired or wire.rotate or server.ledger.snapshot()[service]["faults"]):
            trouble.append("the fault never struck")
        return trouble + ([] if is_needed(region) or hows == ["completed"] else [f"ended {hows}"])


@contextmanager
def simulated(service: str) -> Iterator[tuple[Region, SimulatorServer]]:
    region = Region(MemoryService)
    clock = Clock(start=START, speed=1.0, wall=lambda: region.clock.now - START)
    define_route(region, service)
    with SimulatorServer.start(services=[service], clock=clock) as server:
        yield region, server


def define_route(region: Region, service: str) -> None:
    """Let the region's files go to this service, two records a batch."""
    cast("Any", region.world).kind = SERVICES[service]
    api = "devices" if service == "here_tracking_v4" else "geocode"
    region.world.route("memory-geocode", service="memory", api=api, batch_records=2, dedupe=api == "geocode")


def build_adapter(service: str, base_url: str, keys: list[str], clock: Callable[[], float]) -> Any:
    """The adapter; its secret is cached until it is read afresh."""
    cached = [keys[0]]

    def credentials(fresh: bool) -> dict[str, str]:
        if fresh:
            cached[0] = keys[-1]
        return _SECRETS.get(service, lambda key: {"apiKey": key})(cached[0])

    return build(
        service,
        base_url=base_url,
        credentials=credentials,
        clock=clock,
        simulated=True,
    )


def get_file(service: str) -> bytes:
    """Return an input of the service with canaries for addresses."""
    if service == "here_tracking_v4":
        rows = (f"{checks.CANARY} {number},D-{number}" for number in (1, 2, 3))
        return "\n".join(("name,externalId", *rows, "")).encode()
    places = (f"{checks.CANARY} 1", "Berlin Germany", f"{checks.CANARY} 1", f"{checks.CANARY} 3")
    return "\n".join(("address", *places, "")).encode()


def _billed(server: SimulatorServer, service: str) -> list[str]:
    account = server.ledger.snapshot().get(service, {})
    times = account.get("most_times_one_record_was_billed", 0)
    return [f"one record was paid for {times} times"] if times > 1 else []


def _leaks(log: str) -> list[str]:
    words = (*KEYS, "canary@example.org", "Bearer ")
    return [f"{word[:6]}… stands in the log" for word in words if word in log]


@contextmanager
def _all_loggers(text: io.StringIO) -> Iterator[None]:
    """Other libraries' lines too, the most talkative level."""
    handler = logging.StreamHandler(text)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


def named(case: Case) -> Case:
    """The case under its service's name."""
    return replace(case, kind=SERVICE_OF[case.kind])
