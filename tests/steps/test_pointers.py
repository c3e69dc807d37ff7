"""From a dropped object to its jobs: by-input pointers, whatever order events come in; and what a delete leaves behind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.jobs import folder
from batchdrop.pointers import MOST, entry, pointer, pointer_key
from batchdrop.ports import Place
from tests.steps.world import INBOX, RESULTS, World

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "incoming/memory-geocode/people.csv"
POINTER = "by-input/memory-geocode/people.csv.json"
PEOPLE = b"id,address\n7,Main Street 1\n8,\n"


def event(world: World, body: bytes, sequencer: str, key: str = KEY) -> dict[str, Any]:
    """Put a version; the event that tells of it."""
    world.store.put(Place(INBOX, key), body)
    told = world.event(key)
    told["detail"]["object"]["sequencer"] = sequencer
    return told


def read(world: World, key: str = POINTER) -> Any:
    return json.loads(world.store.read(Place(RESULTS, key)))


def submitted(world: World, told: dict[str, Any]) -> str:
    job = world.submit(told)
    assert job
    return job


def test_a_pointer_leads_from_an_input_to_its_newest_job() -> None:
    world = World()
    one = submitted(world, event(world, PEOPLE, "0055AED6"))
    assert read(world)["job"] == one
    other = submitted(world, event(world, PEOPLE, "0055AED7"))
    found = read(world)
    assert found["job"] == other
    assert [each["job"] for each in found["jobs"]] == [other, one]
    assert world.document(other)["input"].keys() == {"bucket", "key", "versionId", "size"}


@pytest.mark.parametrize("sequencers", [("0055AED6", "0055AED7"), ("0055AED6", "0055aed60001"), ("9", "a")])
def test_an_older_versions_late_event_never_covers_a_newer_one(sequencers: tuple[str, str]) -> None:
    world = World()
    late = event(world, PEOPLE, sequencers[0])
    newer = submitted(world, event(world, PEOPLE, sequencers[1]))
    world.clock.advance(60)
    older = submitted(world, late)
    assert [each["job"] for each in read(world)["jobs"]] == [newer, older]


def test_the_same_event_again_writes_nothing() -> None:
    world = World()
    told = event(world, PEOPLE, "1")
    world.submit(told)
    before = world.store.head(Place(RESULTS, POINTER))
    world.submit(told)
    assert world.store.head(Place(RESULTS, POINTER)) == before


def test_somebody_who_writes_meanwhile_is_not_covered() -> None:
    world = World()
    first, second = event(world, PEOPLE, "1"), event(world, PEOPLE, "2")
    put_if = world.store.put_if
    others: Iterator[dict[str, Any]] = iter([second])

    def interrupted(place: Place, body: bytes, **about: Any) -> Any:
        if place.key == POINTER and (told := next(others, None)):
            world.submit(told)
        return put_if(place, body, **about)

    world.store.put_if = interrupted  # type: ignore[method-assign]  # the store is ours to break
    older = submitted(world, first)
    assert [each["versionId"] for each in read(world)["jobs"]] == ["v3", "v2"]
    assert read(world)["jobs"][1]["job"] == older


def test_a_pointer_names_so_many_jobs_and_no_more() -> None:
    entries = [entry(f"job-{number}", "v", f"{number:04}", "") for number in range(MOST + 9)]
    found = pointer(entries)
    assert found["job"] == f"job-{MOST + 8}"
    assert len(found["jobs"]) == MOST


@pytest.mark.parametrize(
    "key",
    [
        "incoming/r/../../etc/passwd.csv",
        "incoming/r//x.csv",
        "incoming//x.csv",
        "incoming/r/./x.csv",
        "incoming/r/a\x07b.csv",
        "incoming/r/" + "ä" * 505 + ".csv",
    ],
)
def test_a_key_that_a_disk_would_stumble_over_is_hashed(key: str) -> None:
    found = pointer_key(key)
    assert found.startswith(("by-input/r/sha256-", "by-input/-/sha256-"))
    assert len(found) < 200
    assert found != pointer_key(key + "x")


def test_a_private_key_is_hashed_and_any_other_is_readable() -> None:
    assert pointer_key("incoming/r/straße/a b+c.csv") == "by-input/r/straße/a b+c.csv.json"
    assert "anna" not in pointer_key("incoming/r/anna.csv", private=True)


# ---------------------------------------------------------------------------------------------------------- delete


def remains(world: World) -> str:
    """Everything that is left in the results bucket, all versions, and in the table."""
    bodies = [
        f"{key} {version.body!r}"
        for (bucket, key), versions in world.store._objects.items()
        for version in versions
        if bucket == RESULTS
    ]
    return "\n".join([*bodies, json.dumps(world.table.rows(), default=str)])


def deleted(
    *, private: bool = False, key: str = "incoming/memory-geocode/anna-canary.csv"
) -> tuple[World, str]:
    world = World(private_names=private)
    job = submitted(world, event(world, b"id,address\n1,Canary Lane 7\n2,\n", "1", key))
    world.drive(job)
    assert "Canary Lane" in remains(world)
    world.jobs.delete(job)
    world.drive(job, run=1)
    assert world.document(job)["status"] == "deleted"
    return world, job


def test_a_deleted_job_leaves_no_record_no_pointer_and_no_event_that_is_out() -> None:
    world, job = deleted()
    left = remains(world)
    assert "Canary Lane" not in left
    assert "CANARY" not in left
    assert world.store.head(Place(RESULTS, "by-input/memory-geocode/anna-canary.csv.json")) is None
    assert list(world.store.list(RESULTS, "")) == [f"{folder(job)}job.json"]
    events = list(world.table.query(f"job#{job}", "event#"))
    assert [each["detail"]["status"] for each in events] == ["deleted"]


def test_with_private_names_the_key_goes_too_and_the_hash_stays() -> None:
    world, job = deleted(private=True)
    assert job.startswith("file-")
    assert "anna" not in remains(world)
    assert world.document(job)["input"]["key"] == "incoming/memory-geocode/"
    row = world.journal.row(job)
    assert len(row["hash"]) == 64


def test_the_same_version_is_not_taken_again_after_a_delete() -> None:
    world, job = deleted()
    told = world.event("incoming/memory-geocode/anna-canary.csv")
    told["detail"]["object"]["sequencer"] = "1"
    assert submitted(world, told) == job
    assert world.document(job)["status"] == "deleted"
    assert world.store.head(Place(RESULTS, "by-input/memory-geocode/anna-canary.csv.json")) is None


def test_a_newer_jobs_pointer_stays_and_forgets_the_deleted_one() -> None:
    world = World()
    one = submitted(world, event(world, PEOPLE, "1"))
    other = submitted(world, event(world, PEOPLE, "2"))
    world.drive(one)
    world.jobs.delete(one)
    world.drive(one, run=1)
    assert [each["job"] for each in read(world)["jobs"]] == [other]
    assert len(world.store._objects[RESULTS, POINTER]) == 1  # what it was before named the deleted one


def test_the_newest_job_deleted_the_pointer_leads_to_the_one_before() -> None:
    world = World()
    one = submitted(world, event(world, PEOPLE, "1"))
    other = submitted(world, event(world, PEOPLE, "2"))
    world.drive(other)
    world.jobs.delete(other)
    world.drive(other, run=1)
    assert read(world)["job"] == one


def test_parts_of_an_output_that_is_half_written_go_too() -> None:
    world = World()
    job = submitted(world, event(world, PEOPLE, "1"))
    upload = world.store.upload(Place(RESULTS, f"{folder(job)}results.csv"), content_type="text/csv")
    upload.add(b"Canary Lane 7")
    world.drive(job)
    world.jobs.delete(job)
    world.drive(job, run=1)
    assert world.store.unfinished == 0


@pytest.mark.parametrize("private", [False, True])
def test_a_submit_that_falls_behind_a_delete_leaves_no_pointer(private: bool) -> None:
    world = World(private_names=private)
    told = event(world, PEOPLE, "1")
    put_if, once = world.store.put_if, iter([True])

    def late(place: Place, body: bytes, **about: Any) -> Any:
        if place.key.startswith("by-input/") and next(once, False):
            [job] = world.machine.started
            world.jobs.delete(job.removesuffix("-r0"))
            world.drive(job.removesuffix("-r0"))
        return put_if(place, body, **about)

    world.store.put_if = late  # type: ignore[method-assign]  # the job is deleted before this write lands
    job = submitted(world, told)
    assert world.document(job)["status"] == "deleted"
    delete_again(world, job, after=601)
    assert list(world.store.list(RESULTS, "")) == [f"{folder(job)}job.json"]


def delete_again(world: World, job: str, *, after: float) -> None:
    """Time passes, and sweep has the job deleted once more."""
    world.clock.advance(after)
    world.sweep()
    world.clock.advance(601)
    world.sweep()
    world.drive(job, run=world.journal.row(job)["run"])


def test_a_pointer_of_a_submit_that_died_right_after_it_is_deleted_within_hours() -> None:
    world = World()
    told = event(world, PEOPLE, "1")
    job = submitted(world, told)
    late = world.store.read(Place(RESULTS, POINTER))
    world.jobs.delete(job)
    world.drive(job)
    world.store.put(Place(RESULTS, POINTER), late)
    delete_again(world, job, after=3 * 3600 + 1)
    assert world.store.head(Place(RESULTS, POINTER)) is None


def test_a_newer_job_that_comes_in_the_middle_of_a_delete_does_not_bring_the_deleted_one_back() -> None:
    world = World()
    one = submitted(world, event(world, PEOPLE, "1"))
    newer = event(world, PEOPLE, "2")
    world.jobs.delete(one)
    erase, others = world.store.erase, iter([newer])

    def interrupted(place: Place, **how: Any) -> int:
        if told := next(others, None):
            world.submit(told)  # it has read the pointer with both
        return erase(place, **how)

    world.store.erase = interrupted  # type: ignore[method-assign]  # the store is ours to break
    world.drive(one)
    assert [each["job"] for each in read(world)["jobs"]] == [submitted(world, newer)]
