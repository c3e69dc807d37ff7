"""What a person does with a job that waits: each action, what it costs, and what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.batches.states import batch_key
from batchdrop.errors import ConfigurationError, OutcomeUnknown, ServiceDenied, ServiceRefused
from batchdrop.ports import State, Ticket
from batchdrop.steps.operator import NoBatch, NotPossible, Operator
from tests.steps.world import World

if TYPE_CHECKING:
    from batchdrop.ports import Key, Row

PEOPLE = b"id,address\n7,Main Street 1\n8,Side Street 2\n9,Main Street 1\n"


def operator(world: World) -> Operator:
    return Operator(world.table, world.journal, world.jobs, world.clock, {"memory": world.kind})


def ambiguous(*, taken: bool) -> tuple[World, str]:
    """A job whose only POST has an unknown outcome; `taken`: the service did take it."""
    world = World()
    create, once = world.service.create, iter([True])

    def reply_lost(batch: Any) -> Ticket:
        if next(once, False):
            if taken:
                create(batch)
            raise OutcomeUnknown("read time-out")
        return create(batch)

    world.service.create = reply_lost  # type: ignore[method-assign]  # the service is ours to break
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    return world, job


def test_an_action_on_many_batches_reads_them_in_one_pass() -> None:
    world = World()
    world.route("many", service="memory", api="geocode", batch_records=1)
    world.shop.body = lambda _body: b"<html>"
    rows = "".join(f"Street {number}\n" for number in range(120))
    job = world.drop(f"address\n{rows}".encode(), route="many")
    assert world.drive(job) == "Parked"
    person = operator(world)
    numbers = person.waiting(job, "recollect")
    assert len(numbers) == 120
    keys: list[str] = []
    get = world.table.get

    def counted(key: Key) -> Row | None:
        keys.append(key.sk)
        return get(key)

    world.table.get = counted  # type: ignore[method-assign]  # the table is this test's own
    person.recollect(job, numbers)
    assert not [sk for sk in keys if sk.startswith("batch#")]
    assert not person.parked(job)


def test_adopting_the_services_job_costs_nothing_more() -> None:
    world, job = ambiguous(taken=True)
    operator(world).adopt(job, 1, "job-1")
    assert world.drive(job, run=1) == "Done"
    entry = world.document(job)
    assert (entry["status"], entry["attention"]) == ("completed", None)
    assert set(world.shop.billed.values()) == {1}


def test_the_ticket_of_an_adopted_job_holds_what_else_the_route_says_of_where_it_is() -> None:
    world = World()
    world.route("memory-geocode", service="memory", api="geocode", params={"region": "eu"})

    def lost(batch: object) -> Ticket:  # noqa: ARG001  # the port's signature
        raise OutcomeUnknown("read time-out")

    world.service.create = lost  # type: ignore[method-assign]  # the service is ours to break
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    operator(world).adopt(job, 1, "job-9")
    row = world.table.get(batch_key(job, 1))
    assert row is not None
    assert row["ticket"] == {"id": "job-9", "notes": {"region": "eu"}}


def test_sending_again_pays_once_when_the_first_never_arrived() -> None:
    world, job = ambiguous(taken=False)
    assert operator(world).price_of(job, [1]) == (4, "credits")
    operator(world).resubmit(job, [1])
    assert world.drive(job, run=1) == "Done"
    assert world.document(job)["status"] == "completed"
    assert set(world.shop.billed.values()) == {1}


def test_sending_again_may_pay_twice_and_only_a_person_can_do_it() -> None:
    world, job = ambiguous(taken=True)
    operator(world).resubmit(job, [1])
    world.drive(job, run=1)
    assert set(world.shop.billed.values()) == {2}


def gappy() -> tuple[World, str]:
    world = World()
    world.shop.answer = lambda text: (
        {"missing": True} if text.startswith("Side") else {"lat": "1", "label": "x"}
    )
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    return world, job


def test_collecting_again_finds_what_was_missing() -> None:
    world, job = gappy()
    world.shop.answer = lambda _text: {"lat": "1", "label": "x"}
    operator(world).recollect(job, [1])
    assert world.drive(job, run=1) == "Done"
    assert world.document(job)["records"]["matched"] == 3
    assert world.shop.calls["create"] == 1


def test_accepted_gaps_are_failed_records_and_the_job_is_complete() -> None:
    world, job = gappy()
    operator(world).accept_gaps(job, [1])
    assert world.drive(job, run=1) == "Done"
    entry = world.document(job)
    assert entry["status"] == "completed"
    assert entry["records"]["processed"] == entry["records"]["valid"] == 3
    assert [(row["bd_outcome"], row["bd_code"]) for row in world.rows(job, "errors.csv")] == [
        ("failed", "UNACCOUNTED")
    ]


def test_accepting_the_gaps_of_an_expired_batch_fails_all_its_records() -> None:
    world = World()
    world.shop.status = lambda _job: State.GONE
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    operator(world).accept_gaps(job, [1])
    assert world.drive(job, run=1) == "Done"
    assert world.document(job)["records"]["failed"] == 3


def test_a_job_goes_on_after_its_credentials_were_put_right() -> None:
    world = World()
    create, refused = world.service.create, iter([True])

    def refuse_once(batch: Any) -> Ticket:
        if next(refused, False):
            raise ServiceDenied("no", status=401)
        return create(batch)

    world.service.create = refuse_once  # type: ignore[method-assign]  # the service is ours to break
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    operator(world).redrive(job)
    assert world.drive(job, run=1) == "Done"
    assert [event.detail["attention"] for event in world.publisher.on_topic] == ["DENIED", None]


def test_a_stalled_job_is_looked_at_again() -> None:
    world = World()
    world.shop.status = lambda _job: State.RUNNING
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    world.shop.status = lambda _job: None
    operator(world).redrive(job)
    assert world.drive(job, run=1) == "Done"
    assert world.shop.calls["create"] == 1


def test_an_action_that_does_not_fit_says_what_does() -> None:
    world, job = gappy()
    with pytest.raises(NotPossible, match="possible are recollect, accept-gaps, stop"):
        operator(world).resubmit(job, [1])
    with pytest.raises(NotPossible, match="no batch 7"):
        operator(world).recollect(job, [7])


def test_a_batch_that_needs_nobody_is_left_alone() -> None:
    world = World()
    job = world.drop(PEOPLE)
    world.drive(job)
    with pytest.raises(NotPossible, match="needs nobody"):
        operator(world).resubmit(job, [1])
    with pytest.raises(NotPossible, match="driven again"):
        operator(world).redrive(job)


def test_a_ticket_of_another_batch_cannot_be_adopted() -> None:
    world, job = ambiguous(taken=False)
    world.service = world.kind(world.shop)
    other = world.drop(PEOPLE, name="other.csv")
    world.drive(other)
    with pytest.raises(NotPossible, match="another batch"):
        operator(world).adopt(job, 1, "job-1")


def test_a_waiting_job_can_be_stopped_instead() -> None:
    world, job = ambiguous(taken=True)
    world.jobs.stop(job)
    assert world.drive(job, run=1) == "Done"
    assert world.document(job)["status"] == "stopped"


def test_what_was_sent_twice_is_in_the_price_twice() -> None:
    world = World()
    world.shop.status = lambda _job: State.GONE
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    world.shop.status = lambda _job: None
    operator(world).resubmit(job, [1])
    assert world.drive(job, run=1) == "Done"
    calls = world.shop.calls
    assert (
        world.document(job)["price"]["spent"]
        == sum(world.shop.billed.values()) + calls["create"] + calls["check"]
    )


def test_a_batch_the_service_refused_costs_nothing() -> None:
    world = World()

    def refuse(_batch: Any) -> Ticket:
        raise ServiceRefused("not accepted", status=400)

    world.service.create = refuse  # type: ignore[method-assign,assignment]  # the service is ours to break
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    assert world.document(job)["price"]["spent"] == 0


def test_a_stalled_job_that_is_waited_for_gets_its_deadline_anew() -> None:
    world = World()
    world.shop.status = lambda _job: State.RUNNING
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    said = iter([State.RUNNING])
    world.shop.status = lambda _job: next(said, None)
    operator(world).redrive(job)
    assert world.drive(job, run=1) == "Done"


def test_a_host_that_is_refused_is_not_called_a_matter_of_credentials() -> None:
    world = World()

    def refuse(_batch: Any) -> Ticket:
        raise ConfigurationError("HOST_REFUSED: POST host/path: no TLS connection")

    world.service.create = refuse  # type: ignore[method-assign,assignment]  # the service is ours to break
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    assert world.document(job)["attention"]["code"] == "HOST_REFUSED"


def test_what_waits_for_an_action_is_only_what_the_action_may_answer() -> None:
    world, job = gappy()
    assert operator(world).waiting(job, "recollect") == [1]
    assert operator(world).waiting(job, "resubmit") == []
    with pytest.raises(NoBatch, match="no batch 9"):
        operator(world).recollect(job, [9])
