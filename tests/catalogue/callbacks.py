"""Group W, calls of services: forged, repeated, early, late, lying, too large, by another method, in floods."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from batchdrop.batches.ringing import WINDOW
from batchdrop.batches.states import BatchState, batch_key, lane_key
from batchdrop.ports import Change
from batchdrop.steps.callback import Answer, Callback
from tests.catalogue.between import HERE as SERVICE
from tests.catalogue.between import provider
from tests.catalogue.canaries import assert_silent, listening
from tests.catalogue.case import ONCE, Case, executed, on_template
from tests.catalogue.dropped import assert_announced
from tests.steps.door import BEFORE, SECRET, Door, MemoryPathSecret
from tests.template.loading import load_template, resources

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.functions.conftest import Functions

SEEDS = {"settled": False, "listens": False, "wait": 1, "rings": 0, "ticks": 0}


@dataclass(frozen=True, kw_only=True)
class Called(Case):
    """A row that goes through the function's handler, with AWS mocked."""

    by: Callable[[Functions, dict[str, Any]], None]


def called(row: str, what: str, expected: str, by: Callable[[Functions, dict[str, Any]], None]) -> Called:
    """A row of a call: by gets the functions, and the event of a proper ring."""
    return Called(id=row, what=what, expected=expected, ledger="nothing", by=by)


def forged(secret: str) -> None:
    """Nothing is read or written before the secret is right."""
    door = Door()
    assert door.ring(secret=secret) is Answer.STRANGER
    assert door.table.asked == 0
    assert not door.machine.rung


def forged_by_http(functions: Functions, ring: dict[str, Any]) -> None:
    """404, never 403, and the log repeats nothing of the path."""
    for secret in ("wrong", ring["pathParameters"]["secret"][:-1], "", "canary-token" * 800):
        path = {**ring["pathParameters"], "secret": secret}
        with listening() as log:
            answer = functions("callback", {**ring, "pathParameters": path})
        assert answer["statusCode"] == 404
        assert answer["body"] == ""
        assert "canary-token" not in log.getvalue()
        assert ring["pathParameters"]["ticket"] not in log.getvalue()


def replayed() -> None:
    """10,000 calls in five minutes, a fifth of them forged: a wake a window, and no ring is forgotten."""
    door = Door()
    chance = random.Random(7)
    wakes = 0
    for _ in range(10_000):
        if chance.random() < 0.2:
            assert door.ring(secret="forged") is Answer.STRANGER
        elif door.ring() is Answer.RUNG:
            wakes += 1
            door.look()
        else:
            assert door.row(door.batch)["rung"] is True
        door.clock.advance(0.03)
    assert wakes == len(door.machine.rung) <= 300 / WINDOW


def early() -> None:
    """A job that is not in the table yet: nothing is kept, nobody is woken; the batch is looked at by its clock all the same."""
    door = Door()
    rows = door.table.rows()
    assert door.ring("JOB-ffffffff-9a5e-4f2b-8b8f-6c6f0d1f4c11") is Answer.UNKNOWN
    assert door.table.rows() == rows
    assert not door.machine.rung


def early_by_http(functions: Functions, ring: dict[str, Any]) -> None:
    """The caller learns nothing: 200, as for a job of ours."""
    path = {**ring["pathParameters"], "ticket": "JOB-ffffffff-9a5e-4f2b-8b8f-6c6f0d1f4c11"}
    assert functions("callback", {**ring, "pathParameters": path})["statusCode"] == 200


def late(state: BatchState) -> None:
    """Over: nothing is written, nobody is woken."""
    door = Door()
    door.put(door.batch, state=state)
    assert door.ring() is Answer.OVER
    assert "rung" not in door.row(door.batch)
    assert not door.machine.rung


def lying(times: int) -> None:
    """Rung while the service still works: each wake asks the service, and what it says counts."""
    with provider(SERVICE) as made, listening() as log:
        made.configure(records_per_second=0.001)
        job = made.drop()
        payload: dict[str, Any] = {"job": job, "run": 0}
        (lane,) = made.world.plan(payload)["lanes"]
        made.world.admit(payload)
        now = made.world.advance({**payload, "lane": lane, "now": dict(SEEDS)})
        tickets = {SERVICE: made.world.service.ticket_of}  # type: ignore[attr-defined]  # the real service has it
        callback = Callback(
            made.world.table, made.world.machine, MemoryPathSecret(), tickets, made.world.clock
        )
        row = made.world.table.get(batch_key(job, 1))
        assert row
        for _ in range(times):
            made.world.clock.advance(WINDOW + 1)
            assert callback(SECRET, SERVICE, row["ticket"]["id"]) is Answer.RUNG
            looks = made.account["calls"].get("look", 0)
            now = made.world.advance({**payload, "lane": lane, "now": now})
            assert made.account["calls"]["look"] == looks + 1
            assert made.world.document(job)["status"] == "inProgress"
        made.configure(records_per_second=500.0)
        document = made.drive()
        assert document["status"] == "completed"
        assert made.account["records"] == 4
        assert callback(SECRET, SERVICE, row["ticket"]["id"]) is Answer.OVER
        assert_announced(made.world, document)
        assert_silent(made.world, job, log.getvalue())


class Untouchable(dict[str, Any]):
    """An event whose body and headers nobody may look at."""

    def __getitem__(self, name: str) -> Any:
        assert name not in ("body", "headers", "multiValueHeaders", "queryStringParameters"), (
            f"{name} was read"
        )
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self else default  # noqa: SIM401 - it is what get does, with the look at the name


def large(body: str, functions: Functions, ring: dict[str, Any]) -> None:
    """A ring like any other: what is in it is not looked at."""
    event = Untouchable(ring) | {"body": body, "isBase64Encoded": True, "headers": {"X-Large": "x" * 10_240}}
    assert functions("callback", Untouchable(event))["statusCode"] == 200
    assert rings(functions) == 5


def rings(functions: Functions) -> int:
    """How often the lane was rung."""
    from batchdrop import wiring  # noqa: PLC0415 - needs the mocked account

    assert functions.calls
    row = wiring.table().get(lane_key("people-0123456789abcdef", 1))
    assert row
    return int(row["rings"])


def other_method(method: str, functions: Functions, ring: dict[str, Any]) -> None:
    """Refused with what is possible; nothing is rung."""
    answer = functions("callback", {**ring, "httpMethod": method, "body": "x" * 1_000_000})
    assert (answer["statusCode"], answer["headers"]["Allow"]) == (405, "GET, HEAD")
    assert rings(functions) == 4


def head(functions: Functions, ring: dict[str, Any]) -> None:
    """Only tries the door."""
    assert functions("callback", {**ring, "httpMethod": "HEAD"})["statusCode"] == 200
    assert rings(functions) == 4


def throttled() -> None:
    """The doorbell has a throttle of its own, so that a flood of calls cannot take the rest of the API with it."""
    ((_, api),) = resources(load_template(), "AWS::Serverless::Api").items()
    settings: Mapping[tuple[str, str], Any] = {
        (each["ResourcePath"], each["HttpMethod"]): each for each in api["Properties"]["MethodSettings"]
    }
    door = settings["/~1callback~1{secret}~1{service}~1{ticket}", "GET"]
    assert 1 <= door["ThrottlingRateLimit"] < settings["/*", "*"]["ThrottlingRateLimit"]
    assert door["ThrottlingBurstLimit"] >= 1
    assert door["DataTraceEnabled"] is False


def never_heard() -> None:
    """Every call is lost in the flood: the lane looks by its clock, and the job ends."""
    with provider(SERVICE) as made, listening() as log:
        job = made.drop()
        document = made.drive()
        assert document["status"] == "completed"
        assert made.account["records"] == 4
        assert_silent(made.world, job, log.getvalue())


def rung_after_deletion() -> None:
    """Rows that are gone do not come back as ghosts."""
    door = Door()
    door.table.write(Change(door.batch, delete=True))
    assert door.ring() is Answer.OVER
    assert door.table.get(door.batch) is None


def long_ago() -> None:
    """The secret before the last one opens nothing any more."""
    door = Door()
    assert door.ring(secret=BEFORE) is Answer.RUNG
    door.secret.current = door.secret.cached = ("the-newest-one-of-all-the-characters", SECRET)
    assert door.ring(secret=BEFORE) is Answer.STRANGER


_FORGERIES = [
    "",
    "x",
    SECRET[:-1],
    SECRET + "x",
    SECRET.upper(),
    "\udcff",
    SECRET + "\x00",
    "€" * len(SECRET),
    "x" * 1_000_000,
]

ROWS: list[Case] = [
    called("W1", "a forged secret", "404", forged_by_http),
    *[executed(f"W1{letter}", f"a forged secret, {number}", "nothing is read", partial(forged, secret)) for number, (letter, secret) in enumerate(zip("bcdefghij", _FORGERIES, strict=True))],
    executed("W1k", "the secret before the last one", "nothing is read", long_ago),
    executed("W2", "10,000 calls, a fifth of them forged", "a wake a window", replayed),
    executed("W3", "before the row exists", "nothing", early),
    called("W3b", "before the row exists", "200", early_by_http),
    executed("W4", "after completion", "nothing", partial(late, BatchState.SETTLED)),
    executed("W4b", "while it waits for a person", "nothing", partial(late, BatchState.PARKED)),
    executed("W4c", "before it was sent", "nothing", partial(late, BatchState.PLANNED)),
    executed("W4d", "after the job was deleted", "nothing", rung_after_deletion),
    executed("W5", "says completed while the service runs", "the look wins", partial(lying, 1), ONCE),
    executed("W5b", "says so five times", "the look wins", partial(lying, 5), ONCE),
    called("W6", "a body of 10 MB and a header of 10 KB", "200, unread", partial(large, "x" * 10_000_000)),
    called("W6b", "deep JSON", "200, unread", partial(large, json.dumps("[" * 100_000))),
    called("W6c", "no base64", "200, unread", partial(large, "\x00")),
    *[called(f"W7{letter}", method, "405", partial(other_method, method)) for letter, method in zip(("", *"bcdef"), ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"), strict=True)],
    called("W7g", "HEAD", "200, nothing rung", head),
    executed("W8", "a flood in which every call is lost", "completed by polling", never_heard, ONCE),
    on_template("W8b", "a flood", "429 by a throttle of its own", throttled),
]  # fmt: skip
