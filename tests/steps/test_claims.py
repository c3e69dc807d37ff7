"""One object version is one job, however jobs are called when its event comes again."""

from __future__ import annotations

from itertools import permutations, product

import pytest

from batchdrop.batches.states import claim_key, job_key
from batchdrop.jobs import input_hash
from batchdrop.ports import Change, Place
from tests.steps.world import INBOX, World

PEOPLE = b"address\nMain Street 1\nMain Street 2\n"
KEYS = ("people.csv", "jane@example.org.csv", "file.csv", ".job-" + "a" * 32 + "/people.csv")


@pytest.mark.parametrize(("name", "before"), [*product(KEYS, (True, False))])
def test_an_event_that_comes_again_after_private_names_changed_is_the_same_job(
    name: str, before: bool
) -> None:
    world = World(private_names=before)
    job = world.drop(PEOPLE, name=name)
    assert world.drive(job) == "Done"
    event = world.event(f"incoming/memory-geocode/{name}")
    for private in (not before, before, not before):
        world.private_names = private
        assert world.submit(event) == job
    assert list(world.machine.started) == [f"{job}-r0"]
    assert set(world.shop.billed.values()) == {1}


@pytest.mark.parametrize("before", [True, False])
def test_a_claim_of_an_older_version_is_found_after_private_names_changed(before: bool) -> None:
    world = World(private_names=before)
    job = world.drop(PEOPLE)
    event = world.event("incoming/memory-geocode/people.csv")
    version = event["detail"]["object"]["version-id"]
    claim = claim_key(input_hash(INBOX, "incoming/memory-geocode/people.csv", version))
    assert world.table.get(claim) is not None
    world.table.write(Change(claim, delete=True))  # it wrote none
    world.private_names = not before
    assert world.submit(event) == job
    assert list(world.machine.started) == [f"{job}-r0"]


def test_jobs_of_two_inputs_whose_ids_are_the_same_are_not_taken_for_one() -> None:
    world = World()
    job = world.drop(PEOPLE)
    row = world.table.get(job_key(job))
    assert row is not None
    found = world._submit.find(INBOX, "incoming/memory-geocode/people.csv", row["input"]["versionId"])
    assert found == row
    world.table.write(Change(claim_key(row["hash"]), delete=True))
    world.table.write(Change(job_key(job), put={"hash": "0" * 64}))
    assert world._submit.find(INBOX, "incoming/memory-geocode/people.csv", row["input"]["versionId"]) is None


@pytest.mark.parametrize("order", [*permutations((True, False))])
def test_a_new_version_of_the_key_is_a_job_of_its_own_under_either_setting(order: tuple[bool, ...]) -> None:
    world = World()
    jobs = set()
    for number, private in enumerate(order):
        world.private_names = private
        world.store.put(Place(INBOX, "incoming/memory-geocode/people.csv"), PEOPLE + b"%d\n" % number)
        jobs.add(world.submit(world.event("incoming/memory-geocode/people.csv")))
    assert len(jobs) == 2
