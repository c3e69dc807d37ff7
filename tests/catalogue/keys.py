"""Group K, keys of dropped objects: any key is data, told by either kind of event, and none steers a path."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import pytest

from batchdrop.jobs import execution_name, job_id
from batchdrop.ports import Place
from batchdrop.steps.uploads import dropped_objects
from tests.catalogue.canaries import assert_silent, listening
from tests.catalogue.case import ONCE, Shown, executed
from tests.catalogue.dropped import assert_announced, assert_refused
from tests.steps.world import INBOX, RESULTS, World

if TYPE_CHECKING:
    from collections.abc import Mapping

PEOPLE = b"id,address\n7,Canaryweg 1\n"
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


def driven(world: World, key: str) -> dict[str, Any]:
    """A dropped key, told by the rule, to its end; nothing of its record is said anywhere."""
    with listening() as log:
        job = world.submit(world.event(key))
        assert job
        world.drive(job)
    assert_silent(world, job, log.getvalue())
    document = world.document(job)
    assert_announced(world, document)
    return document


def decoded_once(name: str) -> None:
    """Either event names the same object, and the key in job.json is the user's."""
    world = World()
    key = put(world, ROUTE + name)
    (by_rule,), (by_s3,) = dropped_objects(world.event(key)), dropped_objects(native(world, key))
    assert by_rule == by_s3
    assert by_rule.key == key
    (job,) = world.deliver(native(world, key))
    assert world.submit(world.event(key)) == job
    document = driven(world, key)
    assert document["input"]["key"] == key
    assert document["records"]["matched"] == 1
    assert sum(world.shop.billed.values()) == 1


def steers_nothing(name: str) -> None:
    """Results go to the job's own folder and a pointer, whatever the key."""
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


def of_1024_bytes() -> None:
    """As long as S3 allows."""
    world = World()
    room = 1024 - len(ROUTE) - 4
    key = put(world, ROUTE + "ä" * (room // 2) + "x" * (room % 2) + ".csv")
    assert len(key.encode()) == 1024
    document = driven(world, key)
    assert len(execution_name(document["id"], 999)) <= 80
    assert document["status"] == "completed"
    assert all(len(written.encode()) <= 1024 for written in world.store.list(RESULTS, ""))


def ignored(name: str) -> None:
    """No job, no row, no execution, told either way."""
    world = World()
    key = put(world, ROUTE + name)
    for told in (world.event(key), native(world, key)):
        assert world.deliver(told) == []
    assert not world.table.rows()
    assert not world.machine.started


def refused(key: str, code: str) -> None:
    """Refused with a list of problems beside job.json."""
    world = World()
    document = driven(world, put(world, key))
    assert_refused(world, document, code)


PERSONAL = "anna.canary@example.org/Canarystraße 7, 10115 Berlin.csv"


def hashed(*, private: bool) -> None:
    """Neither the key nor what was made of it stands in a log, through drop, run and delete."""
    world = World(private_names=private)
    with listening() as log:
        job = world.submit(world.event(put(world, ROUTE + PERSONAL)))
        assert job
        world.drive(job)
        world.jobs.delete(job)
        world.drive(job, run=1)
    assert job[-16:] in log.getvalue()
    for word in ("anna", "canary", "Canary", "10115", "Berlin"):
        assert word not in log.getvalue()


def no_part_of_an_id() -> None:
    """An address of a person is no part of a job id."""
    assert job_id("b", "incoming/r/anna.canary@example.org.csv", "v").startswith("file-")
    assert job_id("b", "incoming/anna@example.org/people.csv", "v").startswith("people-")


def as_many_jobs() -> None:
    """A native event is as many jobs as it has records."""
    world = World()
    keys = [put(world, ROUTE + name) for name in ("one.csv", "two.csv", "x.tmp")]
    jobs = world.deliver(native(world, *keys))
    assert [job.partition("-")[0] for job in jobs] == ["one", "two"]
    assert [world.drive(job) for job in jobs] == ["Done", "Done"]


def one_fails() -> None:
    """One record that fails keeps nobody from the others, and comes again."""
    world = World()
    told = native(world, *[put(world, ROUTE + name) for name in ("one.csv", "two.csv")])
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


def tested() -> None:
    """S3's test, and notifications of other things, are ignored."""
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


def garbage(event: dict[str, Any]) -> None:
    """Raised, so that it ends in the dead letters."""
    world = World()
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        world.deliver(event)
    assert not world.table.rows()


def rows(
    first: str, what: str, expected: str, cases: Mapping[str, Any], ledger: str = "nothing"
) -> list[Shown]:
    """One row a case: K1, K1b, …"""
    letters = ["", *"bcdefghijklmnop"]
    return [
        executed(first + letter, f"{what}: {name}", expected, by, ledger)
        for letter, (name, by) in zip(letters, cases.items(), strict=False)
    ]


_BROKEN: list[dict[str, Any]] = [
    {}, {"detail": {}}, {"Records": [{}]}, {"Records": [{"eventName": "ObjectCreated:Put"}]}, {"Records": 7}, {"detail": "x"},
    {"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}, "object": {"key": "%FF"}}}]},
]  # fmt: skip

ROWS = [
    *rows("K1", "decoded once", "completed", {name: partial(decoded_once, name) for name in NASTY}, ONCE),
    *rows("K2", "opaque", "results in the job's own folder", {name: partial(steers_nothing, name) for name in PATHS}, ONCE),
    executed("K3", "a key of 1,024 bytes", "completed", of_1024_bytes, ONCE),
    *rows("K4", "markers", "ignored", {name: partial(ignored, name) for name in ("x.csv.tmp", ".tmp", "_SUCCESS", "part/_SUCCESS", "folder/", "a/b/")}),
    *rows("K5", "unknown kinds", "UNKNOWN_FORMAT",
          {name: partial(refused, ROUTE + name, "UNKNOWN_FORMAT") for name in ("people.xlsb", "people", "people.csv.bak", "people.exe.gz", "people.", "csv")}),
    executed("K6", "a key of a person", "a hash in logs", partial(hashed, private=False), ONCE),
    executed("K6b", "a key of a person, and private names", "a hash in logs", partial(hashed, private=True), ONCE),
    executed("K6c", "an address in a key", "no part of a job id", no_part_of_an_id),
    *rows("K7", "no such route", "NO_ROUTE",
          {key: partial(refused, key, "NO_ROUTE") for key in ("incoming/no-such-route/x.csv", "incoming/x.csv", "incoming/Memory-Geocode/x.csv", "incoming//x.csv")}),
    executed("K8", "a native event of two", "two jobs", as_many_jobs, ONCE),
    executed("K8b", "one of two that fails", "the other runs; both when it comes again", one_fails),
    executed("K8c", "s3:TestEvent and other notifications", "ignored", tested),
    *[executed(f"K8{letter}", f"garbage {number}", "raised: dead letters", partial(garbage, event)) for number, (letter, event) in enumerate(zip("defghij", _BROKEN, strict=True))],
]  # fmt: skip
