"""What happens to the jobs that are recorded. A scenario gets a region and does something; every new state on its way is kept."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batchdrop.errors import OutcomeUnknown, ServiceBusy, ServiceDenied, ServiceRefused
from batchdrop.ports import Place, State
from batchdrop.steps.operator import Operator
from tests.steps.world import INBOX, TOLERANT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.faults.region import Region

ADDRESSES = ("Canaryweg 1", "Canaryweg 2", "Canaryweg 1", "", "Canaryweg 3", "Canaryweg 4")
BODY = "\n".join(("n,address", *(f"{n},{line}" for n, line in enumerate(ADDRESSES, 1)), "")).encode()
MOST_STEPS = 2_000
ALL = ("one-phase", "two-phase", "two-phase-uploading", "one-phase-finding")
BOTH = ("one-phase", "two-phase")


class Abandoned(Exception):
    """An effect that a scenario does not let happen."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario. `kinds`: the services it is played with; `options`: of the world."""

    play: Callable[[Region], None]
    kinds: tuple[str, ...] = BOTH
    options: Mapping[str, Any] = field(default_factory=dict)
    keeps: tuple[str, ...] = ()
    """Parts of the names of the states that are kept; empty: all of them."""

    @property
    def name(self) -> str:
        """The function's name."""
        return self.play.__name__.lstrip("_")


def set_route(region: Region, **options: Any) -> None:
    """Define the route `mine`: two records a batch."""
    region.world.route(
        "mine", **{**TOLERANT, "service": "memory", "api": "geocode", "batch_records": 2, **options}
    )


def drop(region: Region, name: str = "people.csv", body: bytes = BODY) -> str:
    """Drop the file and deliver its event; gives the job's id."""
    region.drop(body, route="mine", name=name)
    for _ in range(MOST_STEPS):
        for row in region.world.table.rows():
            if row["sk"] == "job" and row["input"]["key"] == f"incoming/mine/{name}":
                return str(row["id"])
        region.step()
    raise AssertionError("no job was made")


def until(region: Region, holds: Callable[[dict[str, Any]], bool], job: str) -> None:
    """Go on until the job's row is as asked for."""
    for _ in range(MOST_STEPS):
        if holds(region.world.journal.row(job)):
            return
        if not region.step():
            break
    raise AssertionError("it never came so far")


def until_batch(region: Region, state: str, job: str) -> None:
    """Go on until a batch of the job is in this state."""
    until(
        region,
        lambda row: any(batch["state"] == state for batch in region.world.table.query(row["pk"], "batch#")),
        job,
    )


def settle(region: Region) -> None:
    """Go on until nothing is left to do."""
    assert region.settle(), "it does not come to rest"


def _plain(region: Region) -> None:
    drop(region)
    settle(region)


def _queued(region: Region) -> None:
    drop(region, "first.csv")
    drop(region, "second.csv", BODY.replace(b"Canaryweg", b"Canaryallee"))
    settle(region)


def _held(region: Region) -> None:
    set_route(region, hold=True)
    job = drop(region)
    until(region, lambda row: bool(row.get("held") and row.get("token")), job)
    region.pass_time(10)
    region.world.jobs.start(job)
    settle(region)


def _over_budget(region: Region) -> None:
    set_route(region, budget=1)
    job = drop(region)
    settle(region)
    region.world.jobs.start(job)
    settle(region)


def _many_invalid(region: Region) -> None:
    set_route(region, max_invalid=0)
    drop(region)
    settle(region)


def _same_bytes(region: Region) -> None:
    set_route(region, repeats="hold")
    drop(region, "first.csv")
    settle(region)
    drop(region, "second.csv")
    settle(region)


def _price_unknown(region: Region) -> None:
    set_route(region, params={"unpriced": True})
    drop(region)
    settle(region)


def _partial_columns(region: Region) -> None:
    set_route(region, api="place")
    body = b"street,city,mail_addr1,mail_city\nCanaryweg 1,Dover,PO Box 4,Salem\nCanaryweg 2,Dover,PO Box 5,Salem\n"
    drop(region, body=body)
    settle(region)


def _shared_budget(region: Region) -> None:
    set_route(region, budget={"day": 1000, "month": 1000})
    drop(region)
    settle(region)


def _refused_file(region: Region) -> None:
    drop(region, body=b"colour,size\nred,1\n")
    settle(region)


def _broke_down(region: Region) -> None:
    _break(region, "read_input")
    drop(region)
    settle(region)


def _break(region: Region, name: str) -> None:
    """Let every effect of this name fail."""
    inner = region.probe

    def probe(found: str, act: Callable[[], Any]) -> Any:
        if found == name:
            raise Abandoned(name)
        return inner(found, act) if inner else act()

    region.probe = probe


def _lane_stuck(region: Region) -> None:
    _break(region, "mark_posting")
    drop(region)
    settle(region)


def _job_stalled(region: Region) -> None:
    _break(region, "write_results")
    drop(region)
    settle(region)


def _fault(region: Region, method: str, error: Exception, times: int = 1_000_000) -> None:
    left = [times]

    def strike() -> None:
        if left[0]:
            left[0] -= 1
            raise error

    service: Any = region.world.service
    service.faults[method] = strike


def _service_says(
    error: Exception, method: str = "create", times: int = 1_000_000
) -> Callable[[Region], None]:
    def play(region: Region) -> None:
        _fault(region, method, error, times)
        drop(region)
        settle(region)

    return play


def _service_status(state: State) -> Callable[[Region], None]:
    def play(region: Region) -> None:
        job = drop(region)
        until_batch(region, "running", job)
        region.world.shop.status = lambda _job: state
        settle(region)

    return play


def _expired(region: Region) -> None:
    job = drop(region)
    until_batch(region, "running", job)
    region.world.shop.works_for = 1e9
    region.pass_time(region.world.service.can.keeps_results_for - 1000)
    region.world.shop.status = lambda _job: State.GONE
    settle(region)


def _other_answer(region: Region) -> None:
    region.world.shop.body = lambda _body: b"<html>"
    drop(region)
    settle(region)


def _other_answer_once(region: Region) -> None:
    left = [1]

    def body(whole: bytes) -> bytes:
        left[0] -= 1
        return b"<html>" if left[0] >= 0 else whole

    region.world.shop.body = body
    drop(region)
    settle(region)


def _missing_answers(region: Region) -> None:
    region.world.shop.answer = lambda text: (
        {"missing": 1} if text.endswith("4") else {"lat": "1", "label": text}
    )
    job = drop(region)
    settle(region)
    operator = make_operator(region)
    operator.accept_gaps(job, operator.waiting(job, "accept-gaps"))
    settle(region)


def _odd_rows(region: Region) -> None:
    """The answer holds a row that belongs to no record."""
    region.world.shop.body = lambda whole: json.dumps([*json.loads(whole), ["odd"]]).encode()
    drop(region)
    settle(region)


def _file(name: str, body: bytes) -> Callable[[Region], None]:
    def play(region: Region) -> None:
        drop(region, name, body)
        settle(region)

    return play


def _input_gone(region: Region) -> None:
    job = drop(region)
    until_batch(region, "settled", job)
    objects = region.world.store._objects
    kept = objects.pop((INBOX, "incoming/mine/people.csv"))
    region.world.store.put(Place(INBOX, "incoming/mine/lost.txt"), kept[-1].body)
    settle(region)


def make_operator(region: Region) -> Operator:
    """Return the actions of people."""
    world = region.world
    return Operator(world.table, world.journal, world.jobs, region.clock, {"memory": world.kind})


def _lost_reply(region: Region) -> None:
    """The POST arrives, its reply does not."""
    create = region.world.service.create
    left = [1]

    def lost(batch: Any) -> Any:
        ticket = create(batch)
        left[0] -= 1
        if left[0] >= 0:
            raise OutcomeUnknown("read time-out")
        return ticket

    region.world.service.create = lost  # type: ignore[method-assign]  # the service is ours to break
    drop(region)
    settle(region)


def _action_cut_off(region: Region) -> None:
    """A person's action dies between its writes and the next run."""
    job = drop(region)
    until_batch(region, "running", job)
    region.world.shop.status = lambda _job: State.GONE
    settle(region)
    region.world.shop.status = lambda _job: None
    operator = make_operator(region)

    class Dead:
        def next_run(self, *_: object, **__: object) -> None:
            raise Abandoned("next_run")

    object.__setattr__(operator, "jobs", Dead())
    try:
        operator.resubmit(job, operator.waiting(job, "resubmit"))
    except Abandoned:
        settle(region)


def _stop_at(state: str) -> Callable[[Region], None]:
    def play(region: Region) -> None:
        _fault(
            region, "start" if state == "created" else "", ServiceBusy("too many jobs", retry_after=600.0), 1
        )
        job = drop(region)
        until_batch(region, state, job)
        region.world.jobs.stop(job)
        settle(region)
        region.world.jobs.start(job)
        settle(region)

    return play


def _delete_at(state: str) -> Callable[[Region], None]:
    def play(region: Region) -> None:
        _fault(
            region, "start" if state == "created" else "", ServiceBusy("too many jobs", retry_after=600.0), 1
        )
        job = drop(region)
        if state == "completed":
            settle(region)
        else:
            until_batch(region, state, job)
        region.world.jobs.delete(job)
        settle(region)

    return play


def _stop_in_collect(region: Region) -> None:
    """Collect has little time: it leaves after each record."""
    region.world.records_per_check = 1
    ours = region.world.left
    asked = [0]

    def left() -> float:
        if region.current is not None and region.current.function == "Collect":
            asked[0] += 1
            return 900.0 if asked[0] % 3 else 60.0
        return ours()

    region.world.left = left
    drop(region)
    settle(region)


def _named(name: str, play: Callable[[Region], None]) -> Callable[[Region], None]:
    play.__name__ = name
    return play


def _scenarios() -> list[Scenario]:
    busy = ServiceBusy("too many jobs", retry_after=600.0)
    states = ("planned", "posting", "created", "running", "settled")
    stops = [
        Scenario(_named(f"stop_{state}", _stop_at(state)), ("two-phase",) if state == "created" else BOTH)
        for state in states
        if state != "posting"
    ]
    deletes = [
        Scenario(_named(f"delete_{state}", _delete_at(state)), ("two-phase",) if state == "created" else BOTH)
        for state in (*states, "completed")
        if state != "posting"
    ]
    said = {
        "denied": ServiceDenied("the credentials were not accepted", status=403),
        "quota": ServiceDenied("the plan is used up", status=402),
        "refused": ServiceRefused("bad request", status=400, code="E400"),
        "host_refused": ServiceRefused("HOST_REFUSED", code="HOST_REFUSED"),
        "busy_for_good": busy,
    }
    rows = [{"n": n, "address": line} for n, line in enumerate(ADDRESSES, 1)]
    files = {
        "people.csv.gz": gzip.compress(BODY, mtime=0),
        "people.json": json.dumps(rows).encode(),
        "people.ndjson": "".join(json.dumps(row) + "\n" for row in rows).encode(),
        "utf-16.csv": BODY.decode().encode("utf-16"),
        "latin-1.csv": BODY.decode().replace("weg", "gässchen").encode("cp1252"),
    }
    return [
        Scenario(_plain),
        Scenario(_plain, ("two-phase-uploading", "one-phase-finding"), keeps=("posting", "created")),
        Scenario(
            _plain,
            options={"private_names": True},
            keeps=("private~planned~event", "unplanned-private~event"),
        ),
        *(
            Scenario(_named(name, _file(name, body)), ("one-phase",), keeps=("~running~running-raw",))
            for name, body in files.items()
        ),
        Scenario(_queued, options={"at_once": 1}),
        *(Scenario(each) for each in (_held, _over_budget, _many_invalid, _same_bytes, _price_unknown)),
        Scenario(_partial_columns, ("structured",), keeps=("PARTIAL_COLUMNS",)),
        Scenario(_shared_budget, keeps=("charged~planned~event", "charged~running~event")),
        *(Scenario(each) for each in (_refused_file, _broke_down, _lane_stuck, _job_stalled)),
        *(Scenario(_named(name, _service_says(error))) for name, error in said.items()),
        Scenario(_named("busy_once", _service_says(busy, times=1))),
        Scenario(
            _named("withheld", _service_says(ServiceRefused("not found", status=404), "fetch")),
            ("two-phase",),
        ),
        Scenario(_named("gone", _service_status(State.GONE))),
        Scenario(_named("never_ends", _service_status(State.RUNNING))),
        Scenario(_named("failed", _service_status(State.FAILED))),
        *(
            Scenario(each)
            for each in (_expired, _other_answer, _other_answer_once, _missing_answers, _input_gone)
        ),
        Scenario(_odd_rows, keeps=("odd",)),
        Scenario(_lost_reply, ALL),
        Scenario(_action_cut_off),
        Scenario(_stop_in_collect),
        *stops,
        *deletes,
    ]


SCENARIOS = _scenarios()
