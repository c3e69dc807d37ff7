"""A marked part of the matrix through the handlers: AWS mocked in this process, the services simulated over HTTP, sweep resumes."""

from __future__ import annotations

import csv
import io
import json
from contextlib import suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.effects import probing
from batchdrop.errors import OutcomeUnknown
from tests.faults.invocations import Crash
from tests.functions.conftest import Functions, functions, load_event, said, simulators

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchdrop_sandbox.simulators.server import SimulatorServer

__all__ = ["functions", "said", "simulators"]  # fixtures of the handlers' own tests

SERVICES = {"geoapify-geocode": "geoapify", "here-geocode": "here_batch_v7"}
SEEDS = {"settled": False, "listens": False, "wait": 30, "rings": 0, "ticks": 0}
ADDRESSES = b"name,address\na,Canaryweg 1\nb,Berlin Germany\na,Canaryweg 1\n"


class Struck:
    """Breaks the first effect of one name."""

    def __init__(self, name: str, strike: Callable[[Callable[[], Any]], Any]) -> None:
        self.name = name
        self.strike = strike
        self.fired = False

    def __call__(self, name: str, act: Callable[[], Any]) -> Any:
        """For effects.probing."""
        if name != self.name or self.fired:
            return act()
        self.fired = True
        return self.strike(act)


def crash_before(_act: Callable[[], Any]) -> Any:
    raise Crash


def crash_after(act: Callable[[], Any]) -> Any:
    act()
    raise Crash


def unheard(act: Callable[[], Any]) -> Any:
    act()
    raise OutcomeUnknown("no answer within the deadline")


def twice(act: Callable[[], Any]) -> Any:
    act()
    return act()


@pytest.fixture
def shared_time(monkeypatch: pytest.MonkeyPatch, simulators: SimulatorServer) -> None:
    """The handlers go by the simulators' clock, so that leases and sweep's ten minutes can pass."""
    shared = SimpleNamespace(time=simulators.clock.now)
    for module in ("adapters", "use_cases"):
        monkeypatch.setattr(f"batchdrop.wiring.{module}.time", shared)


def running(functions: Functions) -> list[dict[str, Any]]:
    """The executions that are open; they are closed as soon as they were seen: whoever drove them is dead or done."""
    client = functions.client("stepfunctions")
    [machine] = client.list_state_machines()["stateMachines"]
    arn = machine["stateMachineArn"]
    found = client.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]
    for entry in found:
        client.stop_execution(executionArn=entry["executionArn"])
    return [
        json.loads(client.describe_execution(executionArn=each["executionArn"])["input"]) for each in found
    ]


def drive(functions: Functions, payload: dict[str, Any], server: SimulatorServer) -> None:
    """What the state machine does with an execution; a crash ends it."""
    planned = functions("plan", payload)
    if planned["outcome"] == "planned":
        functions("admit", payload)
        outcome: dict[str, Any] = {"outcome": "open", "wait": 1}
        while outcome["outcome"] == "open":
            for lane in planned["lanes"]:
                now: dict[str, Any] = dict(SEEDS)
                while not now["settled"]:
                    now = functions("advance", {**payload, "lane": lane, "now": now})
                    server.clock.advance(now["wait"])
            outcome = functions("collect", payload)
            server.clock.advance(outcome["wait"])
    functions("announce", {**payload, "failed": False})


def story(functions: Functions, server: SimulatorServer, route: str) -> dict[str, Any]:
    """A file is dropped; the queue delivers again, sweep goes by, until somebody was told of its end. Gives job.json."""
    event = functions.drop(f"incoming/{route}/people.csv", ADDRESSES)
    for _ in range(4):
        with suppress(Crash):
            functions("submit", event)
        for payload in running(functions):
            with suppress(Crash):
                drive(functions, payload, server)
        server.clock.advance(1000.0)
        functions("sweep", load_event("sweep", "schedule"))
    for payload in running(functions):
        drive(functions, payload, server)
    found = functions.client("s3").list_objects_v2(Bucket="batchdrop-results", Prefix="jobs/")["Contents"]
    [shown] = [entry["Key"] for entry in found if entry["Key"].endswith("/job.json")]
    document: dict[str, Any] = json.loads(functions.results(shown))
    return document


@pytest.mark.usefixtures("shared_time")
@pytest.mark.parametrize(
    ("route", "name", "strike", "how"),
    [
        ("geoapify-geocode", "post", crash_after, "AMBIGUOUS_SEND"),
        ("here-geocode", "post", unheard, "completed"),
        ("geoapify-geocode", "write_ticket", crash_after, "completed"),
        ("here-geocode", "mark_posting", twice, "completed"),
        ("here-geocode", "start_execution", crash_before, "completed"),
        ("geoapify-geocode", "finish", crash_after, "completed"),
        ("here-geocode", "publish", crash_after, "completed"),
        ("here-geocode", "write_outcomes", crash_before, "completed"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_the_handlers_survive(
    functions: Functions,
    simulators: SimulatorServer,
    said: io.StringIO,
    route: str,
    name: str,
    strike: Callable[[Callable[[], Any]], Any],
    how: str,
) -> None:
    struck = Struck(name, strike)
    with probing(struck):
        document = story(functions, simulators, route)
    assert struck.fired
    assert ((document["attention"] or {}).get("code") or document["status"]) == how
    base = f"jobs/{document['id']}/"
    texts = [functions.results(f"{base}{each}.csv").decode() for each in ("results", "errors")]
    found = [row["bd_recId"] for text in texts for row in csv.DictReader(io.StringIO(text))]
    assert sorted(found) == ["1", "2", "3"]
    assert simulators.ledger.snapshot()[SERVICES[route]]["most_times_one_record_was_billed"] <= 1
    assert functions.client("sqs").receive_message(QueueUrl=functions.clients["queue"])["Messages"]
    log = said.getvalue()
    assert document["id"].rpartition("-")[2] in log  # by its hash: the file's name stays out of logs
    assert not [word for word in ("canary-key", "Canaryweg") if word in log]
