"""Collect stops when its time is nearly up and goes on in another invocation, whatever the input looks like."""

from __future__ import annotations

import gzip
import json
from itertools import chain, repeat
from typing import Any

import pytest

from batchdrop.ports import Place
from batchdrop.records.writing import PART_BYTES
from tests.steps.world import RESULTS, ROUTE, World

RECORDS = 45_000


def body() -> bytes:
    rows = (
        b"%d,Street %d\n" % (number, number % 300) if number % 7 else b"%d,\n" % number
        for number in range(RECORDS)
    )
    return b"n,address\n" + b"".join(rows)


def run(world: World, data: bytes, name: str) -> tuple[str, int]:
    """Plan and drive with all the time in the world, then collect in short invocations; says how many it took."""
    job = world.drop(data, name=name)
    payload = {"job": job, "run": 0}
    for lane in world.plan(payload)["lanes"]:
        world.lane(payload, lane)
    # Each invocation asks when it takes the lease, before the first 20,000 records, and before the next.
    outcomes = world.collect_in_pieces(payload)
    assert outcomes[-1] == "done"
    return job, len(outcomes)


@pytest.mark.parametrize(
    ("data", "name"), [(body(), "n.csv"), (gzip.compress(body()), "n.csv.gz")], ids=["text", "gzip"]
)
def test_in_pieces_it_writes_what_it_writes_in_one_go(data: bytes, name: str) -> None:
    whole, pieces = World(), World()
    whole_job = whole.drop(data, name=name)
    assert whole.drive(whole_job) == "Done"
    job, invocations = run(pieces, data, name)
    assert invocations == 3
    for output in ("results", "errors"):
        suffix = name.removeprefix("n")
        unzip = gzip.decompress if suffix.endswith(".gz") else bytes
        assert unzip(pieces.output(job, output + suffix)) == unzip(whole.output(whole_job, output + suffix))
    assert pieces.document(job)["records"] == whole.document(whole_job)["records"]
    assert told(pieces, job) == told(whole, whole_job)


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize(
    ("data", "name", "more"),
    [
        (b"n,address\n1,Street 1\n2,\n", "n.csv", ()),
        (gzip.compress(b"n,address\n1,Street 1\n2,\n"), "n.csv.gz", ()),
        (b"n;address\r\n1;Street 1\r\n2;\r\n", "n.txt", ()),
        (b'{"address":"Street 1"}\n{"address":""}\n', "n.ndjson", ()),
        (b"n,address\n1,Street 1\n2,\n", "n.csv", ("bd_geometry",)),
        (b"n,address\n1,Street 1\n", "n.csv", ()),
    ],
    ids=["csv", "gzip", "semicolons", "ndjson", "geojson", "matched only"],
)
def test_left_before_its_first_record_it_writes_what_it_writes_in_one_go(
    data: bytes, name: str, more: tuple[str, ...], times: int
) -> None:
    whole, late = World(), World()
    for world in (whole, late):
        world.route("memory-geocode", **ROUTE, params={"more": list(more)})
    whole_job = whole.drop(data, name=name)
    assert whole.drive(whole_job) == "Done"
    job = late.drop(data, name=name)
    payload = {"job": job, "run": 0}
    for lane in late.plan(payload)["lanes"]:
        late.lane(payload, lane)
    left = chain((900.0, 0.0) * times, repeat(900.0))  # the lease is taken, and then there is no time at all
    late.left = lambda: next(left)
    assert [late.collect(payload)["outcome"] for _ in range(times)] == ["more"] * times
    assert late.collect(payload)["outcome"] == "done"
    outputs = [href for href in late.document(job) if href.endswith("Href") and href != "reportHref"]
    for output in outputs:
        found = late.document(job)[output].rpartition("/")[2]
        if found:
            assert late.output(job, found) == whole.output(whole_job, found)


def test_a_walk_that_an_older_version_left_before_its_first_record_begins_anew() -> None:
    world = World()
    job = world.drop(b"n,address\n1,Street 1\n2,\n", name="n.csv")
    payload = {"job": job, "run": 0}
    world.lane(payload, world.plan(payload)["lanes"][0])
    # What the version of commit 6cfe7ba wrote: no record, no header, two empty tails.
    writer: dict[str, Any] = {
        "partSize": PART_BYTES,
        "gzip": False,
        "any": False,
        "upload": None,
        "parts": [],
    }
    left: dict[str, Any] = {
        "mark": "0:2/settled:1",
        "state": {"records": 0, "offset": 10, "counts": {}},
        "examples": [],
        **{name: {"contentType": "text/csv; charset=utf-8", **writer} for name in ("results", "errors")},
    }
    base = f"jobs/{job}/work/collect"
    world.store.put(Place(RESULTS, f"{base}.json"), json.dumps(left).encode())
    for name in ("results", "errors"):
        world.store.put(Place(RESULTS, f"{base}/{name}-0"), b"")
    assert world.collect(payload)["outcome"] == "done"
    assert [len(world.rows(job, f"{name}.csv")) for name in ("results", "errors")] == [1, 1]


def told(world: World, job: str) -> str:
    """What the report says of the records."""
    page = world.output(job, "report.html").decode()
    return page[page.index("Why records are in errors") : page.index("Timeline")]


def test_what_was_left_for_other_outcomes_is_not_taken_up() -> None:
    world = World()
    job = world.drop(body())
    payload = {"job": job, "run": 0}
    lane = world.plan(payload)["lanes"][0]
    world.lane(payload, lane)
    left = iter((900.0, 900.0, 0.0))
    world.left = lambda: next(left)
    assert world.collect(payload)["outcome"] == "more"
    place = Place(RESULTS, f"jobs/{job}/work/collect.json")
    stale = world.store.read(place).replace(b"settled", b"parked")
    world.store.put(place, stale)
    plenty = repeat(900.0)
    world.left = lambda: next(plenty)
    assert world.collect(payload)["outcome"] == "done"
    assert (
        world.output(job, "results.csv").count(b"\n") + world.output(job, "errors.csv").count(b"\n")
        == RECORDS + 2
    )


def test_a_second_collect_waits_while_the_first_one_holds_the_lease() -> None:
    world = World()
    job = world.drop(b"address\nMain Street 1\n")
    payload = {"job": job, "run": 0}
    world.lane(payload, world.plan(payload)["lanes"][0])
    open_input = world.store.open
    meanwhile: list[dict[str, Any]] = []

    def interrupted(place: Place, start: int = 0, end: int | None = None) -> object:
        if place.bucket == "inbox" and not meanwhile:
            meanwhile.append(world.collect(payload))
        return open_input(place, start, end)

    world.store.open = interrupted  # type: ignore[assignment,method-assign]  # the store is ours to break
    assert world.collect(payload)["outcome"] == "done"
    assert meanwhile[0]["outcome"] == "open"
    assert meanwhile[0]["wait"] > 1
