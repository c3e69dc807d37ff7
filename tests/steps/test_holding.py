"""Jobs that wait for a person before anything is sent: over budget, too many invalid records, the same bytes again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.batches.states import job_key
from batchdrop.jobs import folder
from batchdrop.ports import Change, Key, Place
from batchdrop.steps.operator import NotPossible, Operator
from tests.steps.memory_service import MemoryService
from tests.steps.world import INBOX, World

if TYPE_CHECKING:
    from collections.abc import Mapping

THREE = (
    b"id,address\n1,Main Street 1\n2,Main Street 2\n3,Main Street 1\n"  # 2 distinct: 2 + a submit + a look
)
PRICE = 4


def world_with(**options: Any) -> World:
    world = World()
    world.shop.works_for = 10  # the first look finds it done, as the estimate has it
    world.route("mine", service="memory", api="geocode", **{"repeats": None, **options})
    return world


def drop(
    world: World, body: bytes = THREE, name: str = "people.csv", metadata: Mapping[str, str] | None = None
) -> str:
    """Drop with metadata."""
    key = f"incoming/mine/{name}"
    world.store.drop(Place(INBOX, key), body, metadata=metadata or {})
    job = world.submit(world.event(key))
    assert job is not None
    return job


def attention(world: World, job: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = world.document(job)["attention"]
    return found


@pytest.mark.parametrize(
    ("options", "metadata", "held"),
    [
        ({"budget": PRICE - 1}, {}, True),
        ({"budget": PRICE}, {}, False),
        ({"budget": {"job": 0}}, {}, True),
        ({}, {"budget": "3.9"}, True),
        ({}, {"budget": "4"}, False),
        ({"budget": 100}, {"budget": "1"}, True),
        ({"budget": 1}, {"budget": "100"}, True),
        ({"budget": 3, "prices": {"per_look": 0}}, {}, False),
        ({"budget": 2, "params": {"priority": 0.5}}, {}, False),
        ({"budget": 7, "params": {"by_word": True}}, {}, True),
        ({"budget": 8, "params": {"by_word": True}}, {}, False),
    ],
)
def test_a_job_over_its_budget_is_held_and_nothing_is_sent(
    options: dict[str, Any], metadata: dict[str, str], held: bool
) -> None:
    world = world_with(**options)
    job = drop(world, metadata=metadata)
    assert world.drive(job) == ("Parked" if held else "Done")
    assert bool(world.shop.calls) is not held
    if held:
        assert world.document(job)["status"] == "submitted"
        assert attention(world, job)["code"] == "OVER_BUDGET"
        assert attention(world, job)["actions"] == ["start", "delete"]
        [event] = [sent for sent in world.publisher.on_topic if sent.detail["jobId"] == job]
        assert (event.detail_type, event.detail["attention"]) == ("Job Attention", "OVER_BUDGET")


def test_the_message_says_the_price_and_the_budget() -> None:
    world = world_with(budget=1)
    job = drop(world)
    world.drive(job)
    assert "It is 4 credits; a job may cost 1." in attention(world, job)["message"]


@pytest.mark.parametrize("budget", ["lots", "-1", "nan", "inf"])
def test_a_budget_nobody_can_read_refuses_the_file(budget: str) -> None:
    world = world_with()
    job = drop(world, metadata={"budget": budget})
    assert world.drive(job) == "Done"
    assert world.document(job)["problems"][0]["code"] == "METADATA_INVALID"
    assert not world.shop.calls


@pytest.mark.parametrize(
    ("invalid", "most", "held"),
    [(2, 0.2, False), (3, 0.2, True), (1, 0, True), (0, 0, False), (3, 3, False), (4, 3, True), (9, 0.99, False)],
)  # fmt: skip
def test_too_many_invalid_records_hold_the_job(invalid: int, most: float, held: bool) -> None:
    world = world_with(max_invalid=most)
    rows = [f"{number}," for number in range(invalid)] + [
        f"{number},Main Street {number}" for number in range(10 - invalid)
    ]
    job = drop(world, "\n".join(["id,address", *rows, ""]).encode())
    assert world.drive(job) == ("Parked" if held else "Done")
    assert bool(world.shop.calls) is not held
    if held:
        assert attention(world, job)["code"] == "MANY_INVALID"
        assert f"{invalid} of 10 records are invalid" in attention(world, job)["message"]
        assert world.document(job)["problems"][0]["code"] == "EMPTY_QUERY"


def test_started_it_goes_on_with_the_valid_ones() -> None:
    world = world_with(max_invalid=0, budget=1)
    job = drop(world, THREE + b"4,\n")
    assert world.drive(job) == "Parked"
    assert attention(world, job)["codes"] == ["OVER_BUDGET", "MANY_INVALID"]
    world.jobs.start(job)
    assert attention(world, job) is None
    assert world.drive(job, run=1) == "Done"
    document = world.document(job)
    assert document["status"] == "completed"
    assert (document["records"]["matched"], document["records"]["invalid"]) == (3, 1)
    assert document["price"]["spent"] == document["price"]["estimated"] == PRICE


def test_starting_it_twice_begins_one_run() -> None:
    world = world_with(budget=1)
    job = drop(world)
    world.drive(job)
    world.jobs.start(job)
    world.jobs.start(job)
    assert world.table.get(job_key(job))["run"] == 1  # type: ignore[index]  # it is there
    assert world.drive(job, run=1) == "Done"
    assert world.shop.calls["create"] == 1


def test_a_held_job_can_be_deleted_and_nothing_is_ever_sent() -> None:
    world = world_with(budget=1)
    job = drop(world)
    world.drive(job)
    world.jobs.delete(job)
    assert world.drive(job, run=1) == "Done"
    assert world.document(job)["status"] == "deleted"
    assert world.document(job)["attention"] is None
    assert not world.shop.calls


def test_sweep_leaves_a_held_job_alone() -> None:
    world = world_with(budget=1)
    job = drop(world)
    world.drive(job)
    world.clock.advance(100_000)
    swept = world.sweep()
    assert (swept["driven"], swept["attention"]) == (0, {"OVER_BUDGET": 1})
    assert world.document(job)["status"] == "submitted"


def test_a_held_job_is_not_driven_again_by_redrive() -> None:
    world = world_with(budget=1)
    job = drop(world)
    world.drive(job)
    operator = Operator(world.table, world.journal, world.jobs, world.clock, {"memory": MemoryService})
    with pytest.raises(NotPossible):
        operator.redrive(job)


def test_a_route_that_holds_shows_what_is_odd_first_and_one_start_is_enough() -> None:
    world = world_with(hold=True, budget=1)
    job = drop(world)
    assert world.drive(job) == "Parked"
    world.jobs.start(job)
    assert world.drive(job, run=1) == "Done"


# the same bytes again


def test_the_same_bytes_again_are_processed_and_noted_where_the_route_warns() -> None:
    world = world_with(repeats="warn")
    first, second = drop(world, name="one.csv"), ""
    assert world.drive(first) == "Done"
    second = drop(world, name="two.csv")
    assert world.drive(second) == "Done"
    assert world.document(second)["sameBytesAs"] == first
    assert "sameBytesAs" not in world.document(first)


@pytest.mark.parametrize("options", [{}, {"repeats": "hold"}])
def test_the_same_bytes_again_hold_the_job_unless_the_route_says_otherwise(options: dict[str, str]) -> None:
    world = world_with(**options)
    first = drop(world, name="one.csv")
    assert world.drive(first) == "Done"
    second = drop(world, name="two.csv")
    assert world.drive(second) == "Parked"
    assert attention(world, second)["code"] == "SAME_BYTES"
    assert f"They became the job {first}." in attention(world, second)["message"]
    assert f"`batchdrop start {second}`" in attention(world, second)["message"]
    assert world.shop.calls["create"] == 1
    world.jobs.start(second)
    assert world.drive(second, run=1) == "Done"
    assert world.shop.calls["create"] == 2


@pytest.mark.parametrize("repeats", ["pay", "allow"])
def test_the_same_bytes_are_nobody_s_business_where_a_route_pays_for_them(repeats: str) -> None:
    world = world_with(repeats=repeats)
    for name in ("one.csv", "two.csv"):
        job = drop(world, name=name)
        assert world.drive(job) == "Done"
        assert "sameBytesAs" not in world.document(job)


def test_bytes_whose_first_job_ended_without_any_cost_are_new() -> None:
    world = world_with(repeats="hold", budget=PRICE - 1)
    first = drop(world, name="one.csv")
    world.drive(first)
    world.jobs.delete(first)
    world.drive(first, run=1)
    world.route("mine", service="memory", api="geocode", repeats="hold")
    second = drop(world, name="two.csv")
    assert world.drive(second) == "Done"
    assert "sameBytesAs" not in world.document(second)
    third = drop(world, name="three.csv")
    assert world.drive(third) == "Parked"


def test_a_plan_that_is_made_twice_does_not_find_itself() -> None:
    world = world_with(repeats="hold")
    job = drop(world)
    write = world.journal.table.write

    def lost(change: Any) -> Any:
        if "plan" in change.put:
            raise ConnectionError("cut off before the plan counted")
        return write(change)

    world.table.write = lost  # type: ignore[method-assign]  # the table is ours to break
    with pytest.raises(ConnectionError):
        world.plan({"job": job, "run": 0})
    world.table.write = write  # type: ignore[method-assign]  # somebody comes in between
    assert world.drive(job) == "Done"
    assert "sameBytesAs" not in world.document(job)


@pytest.mark.parametrize(
    ("metadata", "held"),
    [({}, True), ({"again": "true"}, False), ({"again": " True "}, False), ({"again": "false"}, True), ({"again": ""}, True)],
)  # fmt: skip
def test_a_file_may_say_itself_that_its_bytes_are_paid_again(metadata: dict[str, str], held: bool) -> None:
    world = world_with()
    assert world.drive(drop(world)) == "Done"
    again = drop(world, metadata=metadata)
    assert world.drive(again) == ("Parked" if held else "Done")
    assert world.shop.calls["create"] == (1 if held else 2)


def test_five_drops_of_one_file_are_paid_once() -> None:
    world = world_with()
    ends = [world.drive(drop(world, name=f"{number}.csv")) for number in range(5)]
    assert ends == ["Done", *["Parked"] * 4]
    assert set(world.shop.billed.values()) == {1}


@pytest.mark.parametrize(
    ("changed", "route"), [(THREE + b"4,Main Street 4\n", "mine"), (THREE.replace(b"\n", b"\r\n"), "mine"), (THREE, "other")]
)  # fmt: skip
def test_other_bytes_or_another_route_are_not_the_same(changed: bytes, route: str) -> None:
    world = world_with()
    world.route("other", service="memory", api="geocode")
    assert world.drive(drop(world)) == "Done"
    assert world.drive(world.drop(changed, route=route)) == "Done"


@pytest.mark.parametrize(("days", "held"), [(0, True), (29, True), (31, False)])
def test_bytes_are_the_same_for_as_long_as_dropped_files_are_kept(days: int, held: bool) -> None:
    world = world_with()
    first = drop(world)
    assert world.drive(first) == "Done"
    world.clock.advance(days * 86_400)
    second = drop(world)
    assert world.drive(second) == ("Parked" if held else "Done")
    assert world.document(second)["sameBytesAs"] == first


def test_a_repeat_that_a_person_paid_for_holds_the_next_one_when_the_first_is_forgotten() -> None:
    world = world_with()
    world.drive(drop(world))
    world.clock.advance(20 * 86_400)
    second = drop(world)
    world.drive(second)
    world.jobs.start(second)
    assert world.drive(second, run=1) == "Done"
    world.clock.advance(20 * 86_400)
    third = drop(world)
    assert world.drive(third) == "Parked"
    assert world.document(third)["sameBytesAs"] == second


def test_bytes_noted_by_an_older_version_hold_the_job_too() -> None:
    world = world_with()
    first = drop(world)
    world.drive(first)
    [row] = [row for row in world.table.rows() if row["pk"].startswith("content#")]
    world.table.write(Change(Key(row["pk"], row["sk"]), remove=("jobs",)))  # it kept `job` alone
    second = drop(world)
    assert world.drive(second) == "Parked"
    assert world.document(second)["sameBytesAs"] == first


def no_match_for_odd(world: World) -> None:
    world.shop.answer = lambda text: None if text.endswith("1") else {"lat": "1", "label": text}


def test_the_errors_file_of_a_job_is_held_as_it_is_and_goes_once_edited() -> None:
    world = world_with()
    no_match_for_odd(world)
    first = drop(world)
    assert world.drive(first) == "Done"
    errors = world.output(first, "errors.csv")
    unedited = drop(world, errors, name="errors.csv")
    assert world.drive(unedited) == "Parked"
    assert f"the errors file, unchanged, of the job {first}." in attention(world, unedited)["message"]
    edited = drop(world, errors.replace(b"Main Street 1", b"Main Street 2"), name="errors.csv")
    assert world.drive(edited) == "Done"
    again = drop(world, errors, name="errors.csv", metadata={"again": "true"})
    assert world.drive(again) == "Done"
    world.jobs.start(unedited)
    assert world.drive(unedited, run=1) == "Done"


def test_the_errors_file_of_a_job_goes_as_it_is_on_another_route() -> None:
    world = world_with()
    no_match_for_odd(world)
    first = drop(world)
    assert world.drive(first) == "Done"
    other = "incoming/other/errors.csv"
    world.store.drop(
        Place(INBOX, "routes/other.json"), world.store.open(Place(INBOX, "routes/mine.json")).read()
    )
    world.store.drop(Place(INBOX, other), world.output(first, "errors.csv"))
    second = world.submit(world.event(other))
    assert second is not None
    assert world.drive(second) == "Done"


def test_a_job_that_was_held_for_longer_than_its_working_files_live_sends_nothing_and_says_so() -> None:
    world = world_with(hold=True)
    job = drop(world)
    assert world.drive(job) == "Hold"
    assert world.store.delete_all(world.results, f"{folder(job)}work/")
    world.jobs.start(job)
    assert world.drive(job) == "Parked"
    assert not world.shop.calls
    assert attention(world, job)["code"] == "WORK_GONE"
    world.jobs.stop(job)
    assert world.drive(job, run=1) == "Done"
    assert world.document(job)["status"] == "stopped"
    assert not world.shop.calls
