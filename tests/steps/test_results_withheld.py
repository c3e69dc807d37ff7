"""A job that the service calls over while its results stay away: asked for again, for half an hour, then a person is told the truth."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, cast

import pytest

from batchdrop.batches.states import batch_key
from batchdrop.errors import ServiceBusy, ServiceDenied, ServiceRefused
from batchdrop.ports import Capabilities, Progress, RawPart, State, Ticket
from batchdrop.steps.operator import Operator
from batchdrop_sandbox.simulators.reply import Reply
from tests.catalogue.between import GEOAPIFY, HERE, OLDER, RESULTS, TRACKING, On, on, provider
from tests.steps.memory_service import TWO_PHASE, MemoryService
from tests.steps.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HALF_AN_HOUR = 1800.0
PEOPLE = b"id,address\n1,A street\n2,B street\n"


class Downloading(MemoryService):
    """Hands its results out by a call of their own, as HERE does."""

    can: ClassVar[Capabilities] = replace(TWO_PHASE, min_wait=30)
    trouble: Callable[[], Exception | bytes | None] = staticmethod(lambda: None)

    def check(self, ticket: Ticket) -> Progress:
        found = super().check(ticket)
        return replace(found, parts=None, status="completed") if found.state is State.COMPLETED else found

    def fetch(self, ticket: Ticket) -> Iterator[RawPart]:
        self.shop.calls["fetch"] += 1
        trouble = self.trouble()
        if isinstance(trouble, Exception):
            raise trouble
        if trouble is not None:
            yield RawPart("answer.json", [trouble])
            return
        yield from super().check(ticket).parts or ()


def withholding(trouble: Callable[[], Exception | bytes | None]) -> World:
    """A world whose service answers so when it is asked for results; None: with the results."""
    world = World(Downloading)
    cast("Downloading", world.service).trouble = trouble
    return world


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (lambda: ServiceRefused("not found", code="404", status=404), "404"),
        (lambda: ServiceDenied("no", status=403), "403"),
        (lambda: ServiceBusy("the service failed", status=503, retry_after=20), "503"),
        (lambda: ServiceBusy("the results are not ready"), '"the results are not ready"'),
        (lambda: ServiceBusy("the answer broke off", status=200), '"the answer broke off"'),
        (lambda: b"", "nothing"),
    ],
)
def test_a_person_is_called_after_half_an_hour_and_told_what_the_results_have_answered(
    trouble: Callable[[], Any], words: str
) -> None:
    world = withholding(trouble)
    job = world.drop(PEOPLE)
    began = world.clock()
    assert world.drive(job) == "Parked"
    attention = world.document(job)["attention"]
    assert attention["code"] == "RESULTS_WITHHELD"
    assert attention["actions"] == ["recollect", "accept-gaps", "stop"]
    told = re.search(
        r"It said completed at (\S+Z); its results have answered (.*) (\d+) times since\.$",
        attention["message"],
    )
    assert told, attention["message"]
    assert told[2] == words
    assert int(told[3]) == world.shop.calls["fetch"]
    assert attention["batches"][0]["detail"] in attention["message"]
    passed = world.clock() - began
    assert HALF_AN_HOUR <= passed <= HALF_AN_HOUR + 400
    assert 6 <= world.shop.calls["fetch"] <= 20


def test_results_that_come_within_half_an_hour_call_nobody() -> None:
    answers = iter([ServiceRefused("not found", code="404", status=404)] * 5)
    world = withholding(lambda: next(answers, None))
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    assert world.document(job)["attention"] is None
    row = world.table.get(_batch(job))
    assert row is not None
    assert not {"ended_at", "withheld", "withheld_by"} & set(row)


def test_recollect_asks_again_for_another_half_an_hour_and_pays_nothing() -> None:
    still: list[Exception] = [ServiceRefused("not found", code="404", status=404)]
    world = withholding(lambda: still[0] if still else None)
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    asked, began = world.shop.calls["fetch"], world.clock()
    _operator(world).recollect(job, [1])
    assert world.drive(job, run=1) == "Parked"
    assert world.clock() - began >= HALF_AN_HOUR
    assert (
        f"answered 404 {world.shop.calls['fetch'] - asked} times"
        in world.document(job)["attention"]["message"]
    )
    still.clear()
    _operator(world).recollect(job, [1])
    assert world.drive(job, run=2) == "Done"
    assert len(world.rows(job, "results.csv")) == 2
    assert set(world.shop.billed.values()) == {1}


def test_gaps_can_be_accepted_instead() -> None:
    world = withholding(lambda: ServiceDenied("no", status=403))
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    _operator(world).accept_gaps(job, [1])
    assert world.drive(job, run=1) == "Done"
    assert [row["bd_code"] for row in world.rows(job, "errors.csv")] == ["UNACCOUNTED"] * 2


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (ServiceDenied("no", status=401), "DENIED"),
        (ServiceDenied("no", status=429, code="QUOTA"), "QUOTA"),
        (ServiceRefused("a redirect", status=302, code="HOST_REFUSED"), "HOST_REFUSED"),
    ],
)
def test_a_refused_key_a_used_up_plan_and_a_wrong_host_call_a_person_at_once(
    trouble: Exception, code: str
) -> None:
    world = withholding(lambda: trouble)
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    assert world.document(job)["attention"]["code"] == code
    assert world.shop.calls["fetch"] == 1


def test_a_job_that_works_on_after_all_starts_the_half_hour_anew() -> None:
    world = withholding(lambda: ServiceRefused("no", code="404", status=404))
    looks = iter([State.COMPLETED] * 4 + [State.RUNNING] * 2 + [State.COMPLETED] * 99)
    world.shop.status = lambda _job: next(looks)
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    times = re.search(r"answered 404 (\d+) times", world.document(job)["attention"]["message"])
    assert times
    assert int(times[1]) == world.shop.calls["fetch"] - 4


def test_the_calls_are_spread_where_every_one_is_billed() -> None:
    class Billed(MemoryService):
        def check(self, ticket: Ticket) -> Progress:
            found = super().check(ticket)
            return replace(found, parts=()) if found.state is State.COMPLETED else found

    world = World(Billed)
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    document = world.document(job)
    assert document["attention"]["code"] == "RESULTS_WITHHELD"
    assert "its results have answered nothing" in document["attention"]["message"]
    assert world.shop.calls["check"] <= 12
    assert document["price"]["spent"] == 2 + 1 + world.shop.calls["check"]


ANSWERS: dict[str, Callable[[Reply], Reply]] = {
    "404": lambda _: Reply(404, {}, b'{"title":"Results unavailable","status":404,"code":"E6004042"}'),
    "404 of another form": lambda _: Reply(404, {"Content-Type": "text/html"}, b"<html>not found</html>"),
    "403": lambda _: Reply(403, {}, b'{"error":"Forbidden","error_description":"no"}'),
    "500": lambda _: Reply(500, {}, b"oops"),
    "503": lambda _: Reply(503, {"Retry-After": "5"}, b""),
    "an empty 200": lambda _: Reply(200, {"Content-Type": "text/plain"}, b""),
    "204": lambda _: Reply(204, {}, b""),
}
TOLD = {
    "404": "404", "404 of another form": "404", "403": "403", "500": "500", "503": "503", "an empty 200": "nothing", "204": "nothing",
}  # fmt: skip


def _over_http() -> Iterator[tuple[str, str]]:
    """Every way for every service; where the look is the download only what is not an answer about the job itself."""
    for service in (HERE, OLDER, TRACKING):
        for how in ANSWERS:
            if service == TRACKING and TOLD[how] == "nothing":
                continue  # a page without its form: the answer cannot be read (GAPS)
            yield service, how
    yield GEOAPIFY, "an empty 200"


@pytest.mark.parametrize(("service", "how"), list(_over_http()))
def test_no_service_keeps_its_results_back_without_a_word(service: str, how: str) -> None:
    with provider(service, on(RESULTS[service], ANSWERS[how])) as made:
        _only_finished(made.twist, service)
        made.drop()
        began = made.world.clock()
        attention = made.drive()["attention"]
        assert attention["code"] == "RESULTS_WITHHELD"
        assert f"its results have answered {TOLD[how]} " in attention["message"]
        assert made.world.clock() - began < HALF_AN_HOUR + 900
        made.twist = lambda _request, reply: reply
        assert made.act("recollect", numbers=[1])["status"] == "completed"
        assert made.account["most_times_one_record_was_billed"] == 1


@pytest.mark.parametrize("status", [200, 202])
def test_geoapify_that_says_completed_and_gives_no_results_keeps_them_back(status: int) -> None:
    body = json.dumps({"id": "x" * 32, "status": "completed"}).encode()
    with provider(GEOAPIFY, on(RESULTS[GEOAPIFY], lambda _: Reply(status, {}, body))) as made:
        made.drop()
        attention = made.drive()["attention"]
        assert attention["code"] == "RESULTS_WITHHELD"
        assert "It said completed at" in attention["message"]
        made.twist = lambda _request, reply: reply
        assert made.act("recollect", numbers=[1])["status"] == "completed"


def test_tracking_whose_results_say_ongoing_for_ever_keeps_them_back() -> None:
    page = json.dumps({"status": "ongoing", "limit": 100, "count": 0, "items": []}).encode()
    with provider(TRACKING, on(RESULTS[TRACKING], lambda _: Reply(200, {}, page))) as made:
        made.drop()
        assert made.drive()["attention"]["code"] == "RESULTS_WITHHELD"


def _only_finished(twist: object, service: str) -> None:
    """Geoapify's look is its download: only the answer with the results is altered."""
    if service == GEOAPIFY and isinstance(twist, On):
        edit = twist.edit
        twist.edit = lambda reply: edit(reply) if reply.status == 200 else reply


def _batch(job: str) -> Any:
    return batch_key(job, 1)


def _operator(world: World) -> Any:
    return Operator(world.table, world.journal, world.jobs, world.clock, {"memory": world.kind})
