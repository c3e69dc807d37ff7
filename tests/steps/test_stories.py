"""Whole jobs through the real steps, in memory: what a person would tell of them."""

from __future__ import annotations

import gzip

import pytest

from batchdrop.batches.states import batch_key
from batchdrop.errors import ConfigurationError, OutcomeUnknown, ServiceBusy, ServiceDenied, ServiceRefused
from batchdrop.ports import Place, State, Ticket
from batchdrop.steps.advance.lane import TICKS
from tests.steps.memory_service import FindingService, MemoryService, TwoPhaseService
from tests.steps.world import INBOX, World

PEOPLE = b"id,address\n7,Main Street 1\n8,Side Street 2\n9,Main Street 1\n"
KINDS = pytest.mark.parametrize(
    "kind",
    [MemoryService, TwoPhaseService, FindingService],
    ids=["one phase", "two phases", "one phase, finds"],
)


@KINDS
def test_a_dropped_file_comes_back_with_every_record(kind: type[MemoryService]) -> None:
    world = World(kind)
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    assert world.output(job, "results.csv").decode().splitlines() == [
        "id,address,bd_recId,bd_seqNumber,bd_seqLength,bd_lat,bd_label",
        "7,Main Street 1,1,1,1,13,MAIN STREET 1",
        "8,Side Street 2,2,1,1,13,SIDE STREET 2",
        "9,Main Street 1,3,1,1,13,MAIN STREET 1",
    ]
    assert (
        world.output(job, "errors.csv").decode()
        == "id,address,bd_recId,bd_outcome,bd_code,bd_message,bd_job\n"
    )
    assert world.shop.billed == {"Main Street 1": 1, "Side Street 2": 1}


@KINDS
def test_the_counters_and_the_event_say_what_happened(kind: type[MemoryService]) -> None:
    world = World(kind)
    world.shop.answer = lambda text: None if text.startswith("Side") else {"lat": "1", "label": text}
    job = world.drop(PEOPLE)
    world.drive(job)
    entry = world.document(job)
    assert entry["status"] == "completed"
    assert entry["records"] == {
        "total": 3, "valid": 3, "invalid": 0, "processed": 3, "pending": 0, "succeeded": 2, "failed": 1,
        "matched": 2, "noMatch": 1, "unprocessed": 0, "distinct": 2,
    }  # fmt: skip
    [event] = world.publisher.on_topic
    assert (event.detail_type, event.topic) == ("Job Status Change", True)
    assert event.detail["status"] == "completed"
    assert event.detail["records"] == entry["records"]
    assert event.detail["matchRate"] == 0.6667
    assert [row["bd_code"] for row in world.rows(job, "errors.csv")] == ["NO_MATCH"]


@pytest.mark.parametrize("legacy", [True, False])
def test_a_job_of_a_legacy_service_says_so(legacy: bool) -> None:
    kind = type("Kind", (MemoryService,), {"legacy": legacy})
    world = World(kind)
    job = world.drop(PEOPLE)
    world.drive(job)
    assert world.document(job).get("legacy", False) is legacy


def test_what_was_spent_is_what_the_service_bills() -> None:
    world = World()
    job = world.drop(PEOPLE)
    world.drive(job)
    price = world.document(job)["price"]
    looks = world.shop.calls["check"]
    assert price["spent"] == 2 + 1 + looks
    assert price["estimated"] == 2 + 1 + 1


def test_the_same_event_again_makes_no_second_job() -> None:
    world = World()
    job = world.drop(PEOPLE)
    world.submit(world.event("incoming/memory-geocode/people.csv"))
    world.drive(job)
    world.submit(world.event("incoming/memory-geocode/people.csv"))
    assert list(world.machine.started) == [f"{job}-r0"]
    assert world.shop.calls["create"] == 1


def test_new_bytes_under_the_same_key_are_a_new_job() -> None:
    world = World()
    assert world.drop(PEOPLE) != world.drop(PEOPLE)


@pytest.mark.parametrize(
    ("body", "route", "code"),
    [
        (b"", "memory-geocode", "EMPTY_FILE"),
        (b"id,address\n", "memory-geocode", "NO_ROWS"),
        (PEOPLE, "no-such-route", "NO_ROUTE"),
        (b"colour,size\nred,1\n", "memory-geocode", "WRONG_COLUMNS"),
        (b'address\n" "\n', "memory-geocode", "NO_ROWS"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_and_nothing_is_sent(
    body: bytes, route: str, code: str
) -> None:
    world = World()
    job = world.drop(body, route=route)
    assert world.drive(job) == "Done"
    entry = world.document(job)
    assert entry["status"] == "failure"
    assert entry["problems"][0]["code"] == code
    assert entry["problems"][0]["remedy"]
    assert code in world.output(job, "problems.csv").decode()
    assert set(entry["records"].values()) == {0}
    assert not world.shop.calls
    [event] = world.publisher.on_topic
    assert event.detail["problems"][0] == code


def test_an_object_that_is_gone_is_said_so() -> None:
    world = World()
    job = world.drop(PEOPLE)
    world.store.delete_all(INBOX, "incoming/")
    world.drive(job)
    assert world.document(job)["problems"][0]["code"] == "OBJECT_GONE"


@pytest.mark.parametrize("name", ["folder/", "people.csv.tmp", "_SUCCESS"])
def test_what_is_no_data_makes_no_job(name: str) -> None:
    world = World()
    key = f"incoming/memory-geocode/{name}"
    world.store.put(Place(INBOX, key), b"")
    assert world.submit(world.event(key)) is None
    assert not world.table.rows()


def test_an_invalid_record_goes_to_errors_and_the_rest_goes_on() -> None:
    world = World()
    job = world.drop(b"address,n\nMain Street 1,1\n,2\nSide Street 2,3,4\nMain Street 3,4\n")
    world.drive(job)
    assert [row["bd_recId"] for row in world.rows(job, "results.csv")] == ["1", "4"]
    errors = world.output(job, "errors.csv").decode().splitlines()[1:]
    assert errors[0].startswith(",2,2,invalid,EMPTY_QUERY,")
    assert errors[1].startswith('Side Street 2,"3,4 #EXTRA_CELLS",3,invalid,EXTRA_CELLS,')
    assert world.document(job)["records"]["invalid"] == 2


def test_gzip_in_gzip_out() -> None:
    world = World()
    job = world.drop(gzip.compress(PEOPLE), name="people.csv.gz")
    world.drive(job)
    assert world.document(job)["resultsHref"].endswith("results.csv.gz")
    assert gzip.decompress(world.output(job, "results.csv.gz")).decode().count("\n") == 4


def test_many_batches_are_one_lane_and_few_ticks() -> None:
    world = World()
    world.route("small", service="memory", api="geocode", batch_records=2, dedupe=False)
    body = b"address\n" + b"".join(b"Main Street %d\n" % number for number in range(100))
    job = world.drop(body, route="small")
    assert world.drive(job) == "Done"
    assert world.document(job)["batches"] == {"total": 50, "settled": 50, "parked": 0}
    assert sum(world.shop.billed.values()) == 100
    assert world.trail.count("advance") <= 4


def test_without_deduplication_equal_records_are_all_sent() -> None:
    world = World()
    world.route("all", service="memory", api="geocode", dedupe=False)
    job = world.drop(PEOPLE, route="all")
    world.drive(job)
    assert world.shop.billed["Main Street 1"] == 2
    assert world.document(job)["records"]["distinct"] == 3


@KINDS
def test_a_busy_service_is_waited_for(kind: type[MemoryService]) -> None:
    world = World(kind)
    answers = iter([ServiceBusy("too many requests", retry_after=120)])
    create = world.service.create

    def busy_at_first(batch: object) -> Ticket:
        for answer in answers:
            raise answer
        return create(batch)  # type: ignore[arg-type]  # handed through

    world.service.create = busy_at_first  # type: ignore[method-assign]  # the service is ours to break
    start = world.clock()
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    assert world.clock() - start >= 120
    assert world.shop.calls["create"] == 1


def test_a_post_that_nobody_knows_of_is_never_repeated_where_it_starts_the_job() -> None:
    world = World()
    create = world.service.create

    def reply_lost(batch: object) -> Ticket:
        create(batch)  # type: ignore[arg-type]  # handed through
        raise OutcomeUnknown("read time-out")

    world.service.create = reply_lost  # type: ignore[method-assign]  # the service is ours to break
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    assert world.shop.calls["create"] == 1
    entry = world.document(job)
    assert entry["status"] == "pending"
    assert entry["attention"]["code"] == "AMBIGUOUS_SEND"
    assert set(entry["attention"]["actions"]) >= {"adopt", "resubmit"}
    said = [(row["bd_outcome"], row["bd_code"]) for row in world.rows(job, "errors.csv")]
    assert said == [("unprocessed", "AMBIGUOUS_SEND")] * 3
    [event] = world.publisher.on_topic
    assert (event.detail_type, event.detail["attention"]) == ("Job Attention", "AMBIGUOUS_SEND")


def test_a_post_that_nobody_knows_of_is_found_by_its_tag_where_that_is_possible() -> None:
    world = World(TwoPhaseService)
    create = world.service.create

    def reply_lost(batch: object) -> Ticket:
        create(batch)  # type: ignore[arg-type]  # handed through
        raise OutcomeUnknown("read time-out")

    world.service.create = reply_lost  # type: ignore[method-assign]  # the service is ours to break
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    assert (world.shop.calls["create"], world.shop.calls["find"]) == (1, 1)
    assert set(world.shop.billed.values()) == {1}


def test_a_post_that_never_arrived_is_made_again_where_that_costs_nothing() -> None:
    world = World(TwoPhaseService)
    create, lost = world.service.create, iter([1])

    def never_arrives(batch: object) -> Ticket:
        for _ in lost:
            raise OutcomeUnknown("connection reset")
        return create(batch)  # type: ignore[arg-type]  # handed through

    world.service.create = never_arrives  # type: ignore[method-assign]  # the service is ours to break
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    assert world.shop.calls["find"] == 2
    assert set(world.shop.billed.values()) == {1}


@pytest.mark.parametrize(
    ("no", "code"),
    [(ServiceDenied("no", status=401), "DENIED"), (ServiceDenied("no", status=402), "QUOTA")],
)
def test_refused_credentials_call_a_person_and_cost_nothing(no: Exception, code: str) -> None:
    world = World()

    def refuse(_batch: object) -> Ticket:
        raise no

    world.service.create = refuse  # type: ignore[assignment,method-assign]  # the service is ours to break
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    assert world.document(job)["attention"]["code"] == code
    row = world.table.get(batch_key(job, 1))
    assert row is not None
    assert row["parked_from"] == "planned"


def test_a_batch_the_service_will_never_take_fails_its_records_only() -> None:
    world = World()
    world.route("small", service="memory", api="geocode", batch_records=1)
    create = world.service.create

    def refuse_the_first(batch: object) -> Ticket:
        if batch.first == 1:  # type: ignore[attr-defined]  # a Batch
            raise ServiceRefused("too large", status=413, code="E6004003")
        return create(batch)  # type: ignore[arg-type]  # handed through

    world.service.create = refuse_the_first  # type: ignore[method-assign]  # the service is ours to break
    job = world.drop(PEOPLE, route="small")
    assert world.drive(job) == "Done"
    assert [row["bd_recId"] for row in world.rows(job, "results.csv")] == ["2"]
    errors = world.rows(job, "errors.csv")
    assert [(row["bd_recId"], row["bd_code"]) for row in errors] == [
        ("1", "BATCH_REFUSED"),
        ("3", "BATCH_REFUSED"),
    ]
    assert "E6004003" in errors[0]["bd_message"]


def test_an_answer_that_lacks_records_calls_a_person() -> None:
    world = World()
    world.shop.answer = lambda text: (
        {"missing": True} if text.startswith("Side") else {"lat": "1", "label": "x"}
    )
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    assert world.document(job)["attention"]["code"] == "GAPS"
    assert [row["bd_recId"] for row in world.rows(job, "results.csv")] == ["1", "3"]
    assert [row["bd_outcome"] for row in world.rows(job, "errors.csv")] == ["unprocessed"]


def test_an_answer_that_makes_no_sense_is_fetched_again() -> None:
    world = World()
    cut = iter([True])
    world.shop.body = lambda body: body[:10] if next(cut, False) else body
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    assert set(world.shop.billed.values()) == {1}


def test_an_answer_that_never_makes_sense_is_kept_and_a_person_is_called() -> None:
    world = World()
    world.shop.body = lambda _body: b"<html>"
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    assert world.document(job)["attention"]["code"] == "GAPS"
    assert world.output(job, "raw/00001/answer.json") == b"<html>"


def test_a_job_that_vanished_at_the_service_is_asked_for_three_times() -> None:
    world = World()
    world.shop.status = lambda _job: State.GONE
    job = world.drop(PEOPLE)
    start = world.clock()
    assert world.drive(job) == "Parked"
    assert world.document(job)["attention"]["code"] == "DELETED_BY_OTHER"
    assert world.shop.calls["check"] == 3
    assert world.clock() - start >= 600


def test_a_service_that_never_finishes_has_a_deadline() -> None:
    world = World()
    world.shop.status = lambda _job: State.RUNNING
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    assert world.document(job)["attention"]["code"] == "STALLED"


def test_a_job_stopped_at_the_service_keeps_what_was_finished() -> None:
    world = World()
    world.shop.status = lambda _job: State.STOPPED
    world.shop.answer = lambda text: (
        {"missing": True} if text.startswith("Side") else {"lat": "1", "label": "x"}
    )
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    entry = world.document(job)
    assert entry["status"] == "stopped"
    assert entry["records"]["processed"] < entry["records"]["valid"]
    assert entry["records"]["unprocessed"] == 1


def test_a_lane_hands_over_to_a_fresh_child_before_its_history_is_full() -> None:
    world = World()
    world.shop.works_for = 10**9
    job = world.drop(PEOPLE)
    lane = world.plan({"job": job, "run": 0})["lanes"][0]
    seen = {"settled": False, "listens": False, "wait": 30, "rings": 0, "ticks": TICKS - 1}
    world.advance({"job": job, "run": 0, "lane": lane, "now": {**seen, "ticks": 0}})
    now = world.advance({"job": job, "run": 0, "lane": lane, "now": seen})
    assert now["settled"]
    assert world.collect({"job": job, "run": 0})["outcome"] == "open"


def test_two_drivers_of_one_lane_never_both_act() -> None:
    world = World()
    job = world.drop(PEOPLE)
    lane = world.plan({"job": job, "run": 0})["lanes"][0]
    payload = {
        "job": job,
        "run": 0,
        "lane": lane,
        "now": {"settled": False, "listens": False, "wait": 30, "rings": 0, "ticks": 0},
    }
    create, second = world.service.create, []

    def meanwhile(batch: object) -> Ticket:
        second.append(world.advance(payload))
        return create(batch)  # type: ignore[arg-type]  # handed through

    world.service.create = meanwhile  # type: ignore[method-assign]  # the service is ours to break
    world.advance(payload)
    assert world.shop.calls["create"] == 1
    assert second[0]["settled"] is False
    assert second[0]["wait"] > 1


def test_a_run_that_is_over_does_nothing_any_more() -> None:
    world = World()
    job = world.drop(PEOPLE)
    world.journal.change(job, 0, {"run": 1})
    assert world.plan({"job": job, "run": 0})["outcome"] == "superseded"
    assert world.admit({"job": job, "run": 0})["outcome"] == "superseded"
    assert world.collect({"job": job, "run": 0})["outcome"] == "superseded"
    assert world.announce({"job": job, "run": 0, "failed": True})["outcome"] == "done"
    assert not world.shop.calls


def broken(world: World, job: str) -> list[str]:
    """Runs that break down until nobody drives the job again; the outcomes of their announcements."""
    outcomes, run = [], 0
    while True:
        outcomes.append(world.announce({"job": job, "run": run, "failed": True})["outcome"])
        world.machine.finish(f"{job}-r{run}")
        world.clock.advance(601)
        if not world.sweep()["driven"]:
            return outcomes
        run += 1


def test_a_run_that_breaks_down_again_and_again_fails_when_nothing_was_sent() -> None:
    world = World()
    job = world.drop(PEOPLE)
    assert broken(world, job) == ["failed"] * 4
    entry = world.document(job)
    assert (entry["status"], entry["problems"][0]["code"]) == ("failure", "BROKE_DOWN")


def test_a_run_that_breaks_down_again_and_again_waits_for_a_person_when_something_was_sent() -> None:
    world = World()
    job = world.drop(PEOPLE)
    lane = world.plan({"job": job, "run": 0})["lanes"][0]
    world.lane({"job": job, "run": 0}, lane, ticks=1)
    assert broken(world, job) == ["failed"] * 4
    entry = world.document(job)
    assert (entry["status"], entry["attention"]["code"]) == ("inProgress", "STALLED")


def test_an_event_goes_out_once_however_often_announce_is_called() -> None:
    world = World()
    job = world.drop(PEOPLE)
    world.drive(job)
    world.announce({"job": job, "run": 0, "failed": False})
    assert len(world.publisher.on_topic) == 1


def test_a_job_without_a_slot_says_that_it_is_queued_and_runs_when_one_is_free() -> None:
    world = World(at_once=1)
    first, second = world.drop(PEOPLE), world.drop(PEOPLE, name="others.csv")
    for job in (first, second):
        world.plan({"job": job, "run": 0})
    assert world.admit({"job": first, "run": 0})["outcome"] == "go"
    queued = world.admit({"job": second, "run": 0})
    assert (queued["outcome"], queued["wait"]) == ("queue", 60)
    assert world.document(second)["status"] == "queued"
    world.clock.advance(3000)
    assert (
        world.admit({"job": second, "run": 0})["wait"] == 300
    )  # a history must last for a month of queueing
    world.clock.advance(86_400)
    assert world.admit({"job": first, "run": 0})["outcome"] == "go"
    assert world.admit({"job": second, "run": 0})["wait"] == 600
    assert world.drive(first) == "Done"
    assert world.drive(second) == "Done"
    assert world.document(second)["status"] == "completed"


def test_a_host_that_is_not_allowed_is_said_so() -> None:
    world = World()

    def refuse(_batch: object) -> Ticket:
        raise ConfigurationError("HOST_REFUSED: the address is not public")

    world.service.create = refuse  # type: ignore[assignment,method-assign]  # the service is ours to break
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    assert world.document(job)["attention"]["code"] == "HOST_REFUSED"


def test_looks_that_are_billed_stay_a_minute_apart_whatever_a_route_says() -> None:
    world = World()
    world.shop.works_for = 600
    world.route("hasty", service="memory", api="geocode", pace={"first_look": 1, "min_wait": 1})
    start = world.clock()
    world.drive(world.drop(PEOPLE, route="hasty"))
    assert world.shop.calls["check"] <= 2 + (world.clock() - start) / 60
