"""HERE's webhooks: registered, named by jobs, tested, taken back; and no batch fails for want of one."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.errors import OutcomeUnknown, ServiceDenied, ServiceRefused, ServiceSpokeUnknown
from batchdrop.services import RINGING, SERVICES, build
from batchdrop.services.here_batch_v7 import HereBatchV7
from tests.services.bench import Bench, batch_of, fresh_server
from tests.services.scripted_server import ScriptedServer, reply

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DOOR = "https://a1b2c3d4.execute-api.eu-central-1.amazonaws.com/v1/callback/canary-secret/here_batch_v7"
NOWHERE = "NOTIFICATION-3fa85f64-5717-4562-b3fc-2c963f66afa6"
RECORDS = ({"text": "7374 West Walden Drive, Littleton, CO, 80128, USA"},)


@dataclass
class MemoryBell:
    """Answers these ids one after the other; `lost` are those it was told of."""

    ids: list[str]
    lost: list[str] = field(default_factory=list)

    def __call__(self, *, lost: str = "") -> str:
        if lost:
            self.lost.append(lost)
        return self.ids.pop(0)


@pytest.fixture
def bench() -> Iterator[Bench]:
    with fresh_server("here_batch_v7") as server:
        yield Bench("here_batch_v7", server)


def here(bench: Bench) -> HereBatchV7:
    assert isinstance(bench.service, HereBatchV7)
    return bench.service


def calls(bench: Bench) -> dict[str, int]:
    counted: dict[str, int] = bench.account["calls"]
    return counted


def hooks(bench: Bench) -> dict[str, Any]:
    """The simulator's notifications by id."""
    found: dict[str, Any] = bench.server.behaviours["here_batch_v7"]._notifications  # type: ignore[attr-defined]  # ours
    return found


def test_those_that_ring_are_named() -> None:
    assert set(RINGING) == {name for name, service in SERVICES.items() if service.can.rings}


def test_a_registration_says_where_to_ring_and_with_what(bench: Bench) -> None:
    made = here(bench).register(DOOR)
    assert hooks(bench)[made].url == DOOR + "/${JOB_ID}?status=${JOB_STATUS}"


def test_registering_again_finds_the_first_registration(bench: Bench) -> None:
    made = here(bench).register(DOOR)
    here(bench).register(DOOR + "-other")
    assert here(bench).register(DOOR) == made
    assert calls(bench)["notification_create"] == 2


@contextmanager
def scripted(*answers: Any) -> Iterator[tuple[HereBatchV7, ScriptedServer]]:
    """A HERE that gives these answers with 200 and 201, whatever it is asked."""
    statuses = (200, 201)
    script = [
        reply(status, json.dumps(answer).encode()) for status, answer in zip(statuses, answers, strict=False)
    ]
    with ScriptedServer(*script) as server:
        service = build(
            "here_batch_v7",
            base_url=server.url,
            credentials=lambda _: {"apiKey": "k"},
            clock=lambda: 0.0,
            simulated=True,
        )
        assert isinstance(service, HereBatchV7)
        yield service, server


@pytest.mark.parametrize("around", [lambda one: one, lambda one: [one], lambda one: {"items": [one]}])
def test_the_list_is_understood_in_every_form(around: Any) -> None:
    one = {"id": NOWHERE, "type": "webHook", "config": {"url": DOOR + "/${JOB_ID}?status=${JOB_STATUS}"}}
    with scripted(around(one)) as (service, server):
        assert service.register(DOOR) == NOWHERE
    assert [seen.method for seen in server.seen] == ["GET"]


def test_a_list_of_another_form_is_said_so() -> None:
    with scripted("none") as (service, _), pytest.raises(ServiceSpokeUnknown) as caught:
        service.register(DOOR)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("answer", [{"id": 7}, {"id": "a/b"}, {}, []])
def test_an_answer_without_an_id_is_unknown_and_its_text_holds_no_secret(answer: Any) -> None:
    with scripted([], answer) as (service, _), pytest.raises(OutcomeUnknown) as caught:
        service.register(DOOR)
    assert "canary" not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"


def test_a_registration_is_sent_as_the_spec_has_it() -> None:
    with scripted([], {"id": NOWHERE}) as (service, server):
        assert service.register(DOOR) == NOWHERE
    sent = server.seen[1]
    assert (sent.method, sent.target.partition("?")[0]) == ("POST", "/batch/notifications")
    assert sent.headers["content-type"] == "application/json"
    url = DOOR + "/${JOB_ID}?status=${JOB_STATUS}"
    assert json.loads(sent.body) == {"type": "webHook", "config": {"url": url}}


def test_a_test_call_rings_with_made_up_values(bench: Bench) -> None:
    rung: list[str] = []
    object.__setattr__(bench.server.behaviours["here_batch_v7"].world, "ring", rung.append)
    here(bench).test(here(bench).register(DOOR))
    (url,) = rung
    called = url.removeprefix(DOOR + "/").partition("?")[0]
    assert HereBatchV7.ticket_of(called) == called


def test_taking_back_a_registration_is_harmless_to_repeat(bench: Bench) -> None:
    made = here(bench).register(DOOR)
    here(bench).unregister(made)
    here(bench).unregister(made)
    assert not hooks(bench)


@pytest.mark.parametrize("called", ["", "JOB-1", "${JOB_ID}", "JOB-" + "0" * 36, "x" * 5000])
def test_what_is_no_job_id_is_no_ticket(called: str) -> None:
    assert HereBatchV7.ticket_of(called) is None


def test_a_job_names_the_notification_and_rings_it_at_its_end(bench: Bench) -> None:
    rung: list[str] = []
    object.__setattr__(bench.server.behaviours["here_batch_v7"].world, "ring", rung.append)
    service = here(bench)
    service.bell = MemoryBell([service.register(DOOR)])
    ticket = bench.begin(batch_of(RECORDS))
    bench.finish(ticket)
    assert rung == [f"{DOOR}/{ticket.id}?status=completed"]


def test_without_a_bell_a_job_names_none(bench: Bench) -> None:
    bench.finish(bench.begin(batch_of(RECORDS)))
    assert not {name for name in calls(bench) if name.startswith("notification")}


@pytest.mark.parametrize("others", [[""], None])
def test_a_notification_that_is_gone_keeps_no_batch_from_being_sent(
    bench: Bench, others: Sequence[str] | None
) -> None:
    """A 400 is a definite no, so the second POST is no repeat: one job at the service."""
    service = here(bench)
    after = [service.register(DOOR)] if others is None else list(others)
    bell = service.bell = MemoryBell([NOWHERE, *after])
    bench.finish(bench.begin(batch_of(RECORDS)))
    assert bell.lost == [NOWHERE]
    assert (bench.account["jobs"], bench.account["records"]) == (1, 1)
    assert calls(bench)["submit"] == 2


def test_a_batch_that_is_refused_for_itself_is_not_sent_again(bench: Bench) -> None:
    service = here(bench)
    bell = service.bell = MemoryBell([service.register(DOOR)])
    bench.configure(max_bytes=1, oversize_status=400)
    with pytest.raises(ServiceRefused):
        service.create(batch_of(RECORDS))
    assert calls(bench)["submit"] == 1
    assert not bell.lost


def test_refused_credentials_are_said_so(bench: Bench) -> None:
    bench.configure(allowed_keys=["other"])
    with pytest.raises(ServiceDenied):
        here(bench).register(DOOR)
