"""Files that come through the API: one job for a key, whatever is sent to it and however often."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from batchdrop.batches.states import job_key
from batchdrop.errors import BadFile
from batchdrop.jobs import input_hash, job_id, single_use_key
from batchdrop.ports import Change, Key, Place
from batchdrop.steps.dropping import Another, Dropping
from batchdrop.steps.submit import Submit
from tests.ports.memory import MemoryLinks
from tests.steps.world import INBOX, World

PEOPLE = b"id,address\n7,Main Street 1\n8,Side Street 2\n"


def dropping(world: World) -> Dropping:
    step = Submit(
        table=world.table,
        store=world.store,
        machine=world.machine,
        journal=world.journal,
        clock=world.clock,
        services=frozenset({"memory"}),
        simulated=frozenset(),
        private_names=False,
    )
    numbers = count(1)
    return Dropping(world.store, MemoryLinks(), step, INBOX, lambda: f"{next(numbers):032x}")


def without_version(event: dict[str, Any]) -> dict[str, Any]:
    """An upload event as the local AWS sends it."""
    found: dict[str, Any] = json.loads(json.dumps(event))
    del found["detail"]["object"]["version-id"]
    return found


def test_a_file_that_came_straight_in_is_a_job_and_runs_to_its_end() -> None:
    world = World()
    dropped = dropping(world).drop("memory-geocode", "people.csv", PEOPLE)
    assert dropped.link is None
    assert world.drive(dropped.job) == "Done"
    assert world.document(dropped.job)["records"]["matched"] == 2


@pytest.mark.parametrize("versioned", [True, False])
def test_its_upload_event_finds_the_claim_with_and_without_a_version(versioned: bool) -> None:
    world = World()
    dropped = dropping(world).drop("memory-geocode", "people.csv", PEOPLE)
    row = world.table.get(job_key(dropped.job))
    event = world.event(dropped.key)
    assert world.submit(event if versioned else without_version(event)) == dropped.job
    assert world.table.get(job_key(dropped.job)) == row
    assert list(world.machine.started) == [f"{dropped.job}-r0"]


def test_the_event_makes_the_job_when_the_api_broke_down_before_it_did() -> None:
    world = World()
    key = single_use_key("memory-geocode", "people.csv", "a" * 32)
    stored = world.store.drop(Place(INBOX, key), PEOPLE)
    job = world.submit(world.event(key))
    assert job == job_id(INBOX, key, "whatever")
    row = world.table.get(job_key(job))
    assert row is not None
    assert row["input"]["versionId"] == stored.version
    assert row["hash"] == input_hash(INBOX, key, "whatever")


def test_a_second_version_through_the_same_link_is_the_same_job_and_is_ignored() -> None:
    world = World()
    dropped = dropping(world).invite("memory-geocode", "people.csv")
    first = world.store.drop(Place(INBOX, dropped.key), PEOPLE)
    assert world.submit(world.event(dropped.key)) == dropped.job
    world.store.drop(Place(INBOX, dropped.key), b"id,address\n9,Elsewhere 9\n")
    assert world.submit(world.event(dropped.key)) == dropped.job
    assert list(world.machine.started) == [f"{dropped.job}-r0"]
    assert world.drive(dropped.job) == "Done"
    entry = world.document(dropped.job)
    assert (entry["input"]["versionId"], entry["records"]["total"]) == (first.version, 2)


def test_the_same_request_again_is_the_same_job() -> None:
    world = World()
    step = dropping(world)
    first = step.drop("memory-geocode", "people.csv", PEOPLE, once="import-1")
    assert step.drop("memory-geocode", "people.csv", PEOPLE, once="import-1") == first
    assert step.drop("memory-geocode", "people.csv", PEOPLE, once="import-2") != first
    assert step.drop("memory-geocode", "people.csv", PEOPLE) != step.drop(
        "memory-geocode", "people.csv", PEOPLE
    )
    assert len(world.machine.started) == 4


def test_the_same_request_again_makes_the_job_that_was_not_made_the_first_time() -> None:
    world = World()
    step = dropping(world)
    start, down = world.machine.start, iter([True])

    def breaks_once(name: str, payload: Any) -> bool:
        if next(down, False):
            raise ConnectionError("reset")
        return start(name, payload)

    world.machine.start = breaks_once  # type: ignore[method-assign]  # AWS is ours to break
    with pytest.raises(ConnectionError):
        step.drop("memory-geocode", "people.csv", PEOPLE, once="import-1")
    dropped = step.drop("memory-geocode", "people.csv", PEOPLE, once="import-1")
    assert world.drive(dropped.job) == "Done"
    assert world.document(dropped.job)["status"] == "completed"


def test_another_file_under_the_same_word_is_refused() -> None:
    world = World()
    step = dropping(world)
    step.drop("memory-geocode", "people.csv", PEOPLE, once="import-1")
    with pytest.raises(Another):
        step.drop("memory-geocode", "people.csv", b"id\n1\n", once="import-1")


def test_a_job_can_be_told_to_wait_whichever_way_its_file_comes() -> None:
    world = World()
    step = dropping(world)
    straight = step.drop("memory-geocode", "people.csv", PEOPLE, start=False)
    assert world.drive(straight.job) == "Hold"
    link = step.invite("memory-geocode", "people.csv", start=False).link
    assert link is not None
    assert link.headers["x-amz-meta-start"] == "false"


@pytest.mark.parametrize(
    "name", ["a/b.csv", "", ".", "..", "x.tmp", "_SUCCESS", "a\nb", "\ud800", "x" * 1000]
)
def test_a_name_that_would_be_no_job_is_refused(name: str) -> None:
    world = World()
    step = dropping(world)
    with pytest.raises(ValueError):  # noqa: PT011 - the text says which rule it was; UnicodeError is one too
        step.drop("memory-geocode", name, PEOPLE)
    with pytest.raises(ValueError):  # noqa: PT011 - as above
        step.invite("memory-geocode", name)
    assert not world.machine.started


def test_a_route_that_is_not_there_and_an_empty_file_are_refused_before_anything_is_kept() -> None:
    world = World()
    with pytest.raises(BadFile, match="NO_ROUTE"):
        dropping(world).drop("nowhere", "people.csv", PEOPLE)
    with pytest.raises(BadFile, match="EMPTY_FILE"):
        dropping(world).drop("memory-geocode", "people.csv", b"")
    assert not list(world.store.list(INBOX, "incoming/"))


def expire(world: World, key: str) -> None:
    """The object goes as the bucket's lifecycle has it, every version of it."""
    world.store.delete_all(INBOX, key)


OTHER = b"id,address\n9,Elsewhere 9\n"


@pytest.mark.parametrize("driven", [True, False])
@pytest.mark.parametrize("body", [OTHER, PEOPLE + b"\n", b"id\n1\n"])
def test_another_file_under_the_same_word_is_refused_when_the_first_one_has_expired(
    body: bytes, driven: bool
) -> None:
    world = World()
    step = dropping(world)
    first = step.drop("memory-geocode", "people.csv", PEOPLE, once="import-1")
    if driven:
        assert world.drive(first.job) == "Done"
    expire(world, first.key)
    for _ in range(2):
        with pytest.raises(Another):
            step.drop("memory-geocode", "people.csv", body, once="import-1")
    assert world.store.head(Place(INBOX, first.key)) is None
    assert step.drop("memory-geocode", "people.csv", PEOPLE, once="import-1") == first
    assert len(world.machine.started) == 1


def test_a_word_is_bound_though_the_file_never_arrived() -> None:
    world = World()
    step = dropping(world)
    put_if, down = world.store.put_if, iter([True])

    def breaks_once(*given: Any, **more: Any) -> Any:
        if next(down, False):
            raise ConnectionError("reset")
        return put_if(*given, **more)

    world.store.put_if = breaks_once  # type: ignore[method-assign]  # AWS is ours to break
    with pytest.raises(ConnectionError):
        step.drop("memory-geocode", "people.csv", PEOPLE, once="import-1")
    with pytest.raises(Another):
        step.drop("memory-geocode", "people.csv", OTHER, once="import-1")
    assert world.drive(step.drop("memory-geocode", "people.csv", PEOPLE, once="import-1").job) == "Done"


@pytest.mark.parametrize(("body", "refused"), [(PEOPLE, False), (OTHER, True)])
def test_a_word_that_an_older_version_took_is_judged_by_the_bytes_its_job_was_made_of(
    body: bytes, refused: bool
) -> None:
    world = World()
    step = dropping(world)
    first = step.drop("memory-geocode", "people.csv", PEOPLE, once="import-1")
    assert world.drive(first.job) == "Done"
    expire(world, first.key)
    for row in world.table.rows():
        if row["pk"].startswith(("once#", "claim#")):  # it wrote neither
            world.table.write(Change(Key(row["pk"], row["sk"]), delete=True))
    if refused:
        with pytest.raises(Another):
            step.drop("memory-geocode", "people.csv", body, once="import-1")
    else:
        assert step.drop("memory-geocode", "people.csv", body, once="import-1") == first
    assert len(world.machine.started) == 1


def test_nothing_is_taken_under_the_word_of_a_link_that_was_used_when_the_object_has_expired() -> None:
    world = World()
    step = dropping(world)
    link = step.invite("memory-geocode", "people.csv", once="import-1")
    world.store.drop(Place(INBOX, link.key), PEOPLE)
    assert world.submit(world.event(link.key)) == link.job
    assert world.drive(link.job) == "Done"
    expire(world, link.key)
    with pytest.raises(Another):
        step.drop("memory-geocode", "people.csv", OTHER, once="import-1")
    with pytest.raises(Another):
        step.invite("memory-geocode", "people.csv", once="import-1")
    assert step.invite("memory-geocode", "people.csv", once="import-2").job != link.job


@pytest.mark.parametrize("private", [True, False])
def test_the_same_request_again_after_private_names_changed_is_the_same_job(private: bool) -> None:
    world = World()
    step = dropping(world)
    step = replace(step, submit=replace(step.submit, private_names=private))
    first = step.drop("memory-geocode", "people.csv", PEOPLE, once="import-1")
    changed = replace(step, submit=replace(step.submit, private_names=not private))
    assert changed.drop("memory-geocode", "people.csv", PEOPLE, once="import-1").job == first.job
    assert changed.invite("memory-geocode", "people.csv", once="import-1").job == first.job
    assert len(world.machine.started) == 1
