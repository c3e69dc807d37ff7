"""Keys of dropped objects, group K of the bad-input catalogue: any key is data, told by either kind of event, and none steers a path."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import pytest

from batchdrop.errors import ConfigurationError
from batchdrop.jobs import execution_name, job_id
from batchdrop.observe import logger
from batchdrop.ports import Place
from batchdrop.redaction import nameless
from batchdrop.steps.uploads import dropped_objects
from tests.steps.world import INBOX, RESULTS, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PEOPLE = b"id,address\n7,Main Street 1\n"
ROUTE = "incoming/memory-geocode/"
NASTY = [
    "a b.csv", "a+b.csv", "a%20b.csv", "a%2Fb.csv", "a%252Fb.csv", "Straße 東京.csv", "a&b=c;d.csv", "e\u0301.csv", "q?x#y.csv",
    "'\"<>|\\.csv",
]  # fmt: skip
PATHS = ["../x.csv", "../../jobs/x/results.csv", "/x.csv", "/", "a//b.csv", "./x.csv", "..", "x.csv/../y.csv"]


def native(world: World, *keys: str, name: str = "ObjectCreated:Put") -> dict[str, Any]:
    """S3's own notification, as it stands in a queue."""
    records = []
    for key in keys:
        stored = world.store.head(Place(INBOX, key))
        assert stored
        item = {
            "key": quote_plus(key),
            "size": stored.size,
            "eTag": stored.etag,
            "versionId": stored.version,
            "sequencer": "00",
        }
        records.append(
            {"eventSource": "aws:s3", "eventName": name, "s3": {"bucket": {"name": INBOX}, "object": item}}
        )
    return {"Records": records}


def put(world: World, key: str, body: bytes = PEOPLE) -> str:
    world.store.put(Place(INBOX, key), body)
    return key


@pytest.mark.parametrize("name", NASTY)
def test_k1_a_key_is_decoded_once_whatever_kind_of_event_told_it(name: str) -> None:
    world = World()
    key = put(world, ROUTE + name)
    (by_rule,), (by_s3,) = dropped_objects(world.event(key)), dropped_objects(native(world, key))
    assert by_rule == by_s3
    assert by_rule.key == key
    (job,) = world.deliver(native(world, key))
    assert world.submit(world.event(key)) == job
    assert world.drive(job) == "Done"
    assert world.document(job)["input"]["key"] == key
    assert world.document(job)["records"]["matched"] == 1


@pytest.mark.parametrize("name", PATHS)
def test_k2_a_key_never_steers_where_results_go(name: str) -> None:
    world = World()
    key = put(world, ROUTE + name)
    job = world.submit(world.event(key))
    if key.endswith("/"):
        assert job is None
        return
    assert job
    world.drive(job)
    for written in world.store.list(RESULTS, ""):
        top, *rest = written.split("/")
        assert top in ("jobs", "by-input")
        assert not {"", ".", ".."} & set(rest)
        assert top != "jobs" or rest[0] == job


def test_k3_a_key_of_1024_bytes_is_a_job_like_any_other() -> None:
    world = World()
    key = put(
        world, ROUTE + "ä" * ((1024 - len(ROUTE) - 4) // 2) + "x" * ((1024 - len(ROUTE) - 4) % 2) + ".csv"
    )
    assert len(key.encode()) == 1024
    job = world.submit(world.event(key))
    assert job
    assert len(execution_name(job, 999)) <= 80
    assert world.drive(job) == "Done"
    assert all(len(written.encode()) <= 1024 for written in world.store.list(RESULTS, ""))


@pytest.mark.parametrize("name", ["x.csv.tmp", ".tmp", "_SUCCESS", "part/_SUCCESS", "folder/", "a/b/"])
@pytest.mark.parametrize("form", ["rule", "s3"])
def test_k4_markers_and_unfinished_files_are_ignored(name: str, form: str) -> None:
    world = World()
    key = put(world, ROUTE + name)
    told = world.event(key) if form == "rule" else native(world, key)
    assert world.deliver(told) == []
    assert not world.table.rows()
    assert not world.machine.started


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("people.xlsb", "UNKNOWN_FORMAT"),
        ("people", "UNKNOWN_FORMAT"),
        ("people.csv.bak", "UNKNOWN_FORMAT"),
        ("people.exe.gz", "UNKNOWN_FORMAT"),
    ],
)
def test_k5_an_unknown_kind_of_file_is_refused_with_a_list_of_problems(name: str, code: str) -> None:
    world = World()
    job = world.submit(world.event(put(world, ROUTE + name)))
    assert job
    assert world.drive(job) == "Done"
    assert world.document(job)["status"] == "failure"
    assert [each["code"] for each in world.document(job)["problems"]] == [code]
    assert code in world.output(job, "problems.csv").decode()
    assert not world.shop.calls


PERSONAL = "anna.canary@example.org/Canarystraße 7, 10115 Berlin.csv"


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """What is logged, as it would stand in CloudWatch."""
    handler = logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    text = io.StringIO()
    before = handler.setStream(text)
    yield text
    if before is not None:
        handler.setStream(before)


@pytest.mark.parametrize("private", [True, False])
def test_k6_a_key_with_personal_data_is_a_hash_in_logs(private: bool, said: io.StringIO) -> None:
    world = World(private_names=private)
    job = world.submit(world.event(put(world, ROUTE + PERSONAL)))
    assert job
    world.drive(job)
    world.jobs.delete(job)
    world.drive(job, run=1)
    assert job[-16:] in said.getvalue()
    for word in ("anna", "canary", "Canary", "10115", "Berlin"):
        assert word not in said.getvalue()


def test_k6_an_address_of_a_person_is_no_part_of_a_job_id() -> None:
    assert job_id("b", "incoming/r/anna.canary@example.org.csv", "v").startswith("file-")
    assert job_id("b", "incoming/anna@example.org/people.csv", "v").startswith("people-")


def test_k6_what_names_a_job_in_a_log_line_is_its_hash() -> None:
    line = '{"job":"Canary-Lane-7-0123456789abcdef","key":"jobs/x_y-0123456789abcdef/job.json"} a-0123456789abcdef-r1'
    hidden = "…-0123456789abcdef"
    assert nameless(line) == f'{{"job":"{hidden}","key":"jobs/{hidden}/job.json"}} {hidden}-r1'
    other = "1-67891233-abcdef012345678912345678 3f2b8a30-5d5e-4d0c-9a51-0123456789ab"
    assert nameless(other) == other
    assert nameless(nameless(line)) == nameless(line)


@pytest.mark.parametrize(
    "key", ["incoming/no-such-route/x.csv", "incoming/x.csv", "incoming/Memory-Geocode/x.csv"]
)
def test_k7_a_prefix_without_a_route_is_refused(key: str) -> None:
    world = World()
    job = world.submit(world.event(put(world, key)))
    assert job
    assert world.drive(job) == "Done"
    assert world.document(job)["problems"][0]["code"] == "NO_ROUTE"
    assert not world.shop.calls


def test_k8_a_native_event_is_as_many_jobs_as_it_has_records() -> None:
    world = World()
    keys = [put(world, ROUTE + name) for name in ("one.csv", "two.csv", "x.tmp")]
    jobs = world.deliver(native(world, *keys))
    assert [job.partition("-")[0] for job in jobs] == ["one", "two"]
    assert [world.drive(job) for job in jobs] == ["Done", "Done"]


def test_k8_one_record_that_fails_keeps_nobody_from_the_others_and_comes_again() -> None:
    world = World()
    keys = [put(world, ROUTE + name) for name in ("one.csv", "two.csv")]
    told = native(world, *keys)
    start = world.machine.start
    broken = iter([True])

    def failing(name: str, payload: Mapping[str, Any]) -> bool:
        if next(broken, False):
            raise RuntimeError("throttled")
        return start(name, payload)

    world.machine.start = failing  # type: ignore[method-assign]  # the machine is ours to break
    with pytest.raises(RuntimeError):
        world.deliver(told)
    assert len(world.machine.started) == 1
    assert len(world.deliver(told)) == 2
    assert len(world.machine.started) == 2


def test_k8_tests_of_s3_and_other_notifications_are_ignored() -> None:
    world = World()
    key = put(world, ROUTE + "one.csv")
    test = {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": "2026-01-01T00:00:00.000Z",
        "Bucket": INBOX,
    }
    assert world.deliver(test) == []
    assert world.deliver(native(world, key, name="ObjectRemoved:Delete")) == []
    assert not world.table.rows()


@pytest.mark.parametrize(
    "garbage",
    [
        {},
        {"detail": {}},
        {"Records": [{}]},
        {"Records": [{"eventName": "ObjectCreated:Put"}]},
        {"Records": 7},
    ],
)
def test_k8_garbage_is_raised_so_that_it_ends_in_the_dead_letters(garbage: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError)):
        World().deliver(garbage)


def test_c8_an_inbox_that_is_the_results_bucket_is_refused_at_run_time_too() -> None:
    world = World()
    world.store.put(Place(RESULTS, ROUTE + "x.csv"), PEOPLE)
    told = {"detail": {"bucket": {"name": RESULTS}, "object": {"key": ROUTE + "x.csv", "version-id": "v1"}}}
    with pytest.raises(ConfigurationError, match="results bucket"):
        world.deliver(told)
    assert not world.table.rows()
