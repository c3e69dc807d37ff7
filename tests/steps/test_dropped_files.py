"""Files as people really have them, through the real steps: what is noted of them, and how they come back.

What each kind of bad file comes to stands in tests/catalogue.
"""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from batchdrop.ports import Place
from tests.steps.anything import Anything
from tests.steps.test_operator import operator
from tests.steps.world import INBOX, World

GOOD = b"id,address\n1,Main St 1\n2,Side St 2\n"


@pytest.mark.parametrize(
    ("name", "body", "options", "said"),
    [
        ("a.csv", GOOD, {}, {"delimiter": ",", "delimiter_by": "header", "encoding": "utf-8", "encoding_by": "default", "format": "csv"}),
        ("a.csv", b"\xef\xbb\xbfid^q\r\n\r\n1^a\r\n", {"delimiter": "^"},
         {"delimiter": "^", "delimiter_by": "route", "encoding_by": "byte order mark", "bom": True, "line_end": "\r\n", "blank_lines": 1}),
        ("a.csv.gz", gzip.compress("q\nKöln\n".encode("cp1252")), {"encoding": "windows-1252"},
         {"delimiter_by": "one column", "encoding": "cp1252", "encoding_by": "route", "gzip": True}),
        ("a.json", b'\n{"q":"a"}\n\n{"q":"b"}\n', {}, {"format": "ndjson", "blank_lines": 2, "notes": ["the name says json, the content is ndjson"]}),
        ("a.ndjson", b'["a"]\n', {}, {"format": "json", "notes": ["the name says ndjson, the content is json"]}),
        ("a.json", b'{"rows":["a"]}', {}, {"format": "json", "member": "rows", "notes": []}),
    ],
    ids=range(6),
)  # fmt: skip
def test_what_was_assumed_is_in_job_json(
    name: str, body: bytes, options: dict[str, Any], said: dict[str, Any]
) -> None:
    world = World(Anything)
    world.route("any", service="memory", api="place", **options)
    job = world.drop(body, route="any", name=name)
    assert world.drive(job) == "Done"
    dialect = world.document(job)["dialect"]
    assert {key: dialect[key] for key in said} == said


def in_pieces(world: World, job: str, pieces: int) -> None:
    """The rest of a planned job's run, its collect left again and again."""
    payload = {"job": job, "run": 0}
    for lane in world.plan(payload)["lanes"]:
        world.lane(payload, lane)
    outcomes = world.collect_in_pieces(payload, pieces)
    assert outcomes == ["more"] * pieces + ["done"]


@pytest.mark.parametrize(
    ("name", "encoding", "options", "outputs"),
    [
        ("a.csv", "utf-16", {}, ".csv"),
        ("a.csv.gz", "gb18030", {"encoding": "gb18030"}, ".csv.gz"),
        ("a.csv", "cp1252", {"encoding": "cp1252"}, ".csv"),
        ("a.ndjson", "cp1252", {"encoding": "cp1252"}, ".ndjson"),
        ("a.ndjson", "utf-8", {}, ".ndjson"),
        ("a.json", "utf-16", {}, ".ndjson"),
    ],
)
def test_a_walk_that_is_left_and_gone_on_with_writes_the_same(
    name: str, encoding: str, options: dict[str, Any], outputs: str
) -> None:
    rows = [f"{number},Straße {number % 300}" for number in range(45_000)]
    if ".csv" in name:
        text = "\n".join(["id,address", *rows])
    else:
        lines = [
            json.dumps({"id": number, "q": f"Straße {number % 300}"}, ensure_ascii=False)
            for number in range(45_000)
        ]
        text = "\n".join(lines) if name == "a.ndjson" else '{"rows": [' + ",\n".join(lines) + "]}"
    data = text.encode(encoding)
    whole, pieces = World(Anything), World(Anything)
    jobs = []
    for world in (whole, pieces):
        world.route("any", service="memory", api="place", **options)
        jobs.append(
            world.drop(gzip.compress(data, mtime=0) if name.endswith(".gz") else data, route="any", name=name)
        )
    assert whole.drive(jobs[0]) == "Done"
    in_pieces(pieces, jobs[1], 2)
    for output in ("results", "errors"):
        found, wanted = pieces.output(jobs[1], output + outputs), whole.output(jobs[0], output + outputs)
        assert (gzip.decompress(found) if outputs.endswith(".gz") else found) == (
            gzip.decompress(wanted) if outputs.endswith(".gz") else wanted
        )
    assert whole.document(jobs[0])["records"]["matched"] == 45_000
    assert len(whole.shop.billed) == 300


def test_the_outputs_keep_the_encoding_and_lose_no_letter_of_ours() -> None:
    world = World(Anything)
    world.route("any", service="memory", api="place", encoding="cp1252")
    world.shop.answer = lambda text: {"lat": "1", "label": "Москва; Straße"} if "1" in text else None
    body = "id;address\r\n1;Straße 1\r\n2;Straße 2\r\n".encode("cp1252")
    job = world.drop(body, route="any")
    assert world.drive(job) == "Done"
    results = world.output(job, "results.csv").decode("cp1252").splitlines()
    assert results[1] == '1;Straße 1;1;1;1;1;"&#1052;&#1086;&#1089;&#1082;&#1074;&#1072;; Straße"'
    assert (
        world.output(job, "errors.csv").decode("cp1252").splitlines()[1].startswith("2;Straße 2;2;noMatch;")
    )


def test_outputs_of_utf_16_are_utf_8_with_a_mark_for_spreadsheets() -> None:
    world = World(Anything)
    world.route("any", service="memory", api="place")
    job = world.drop("id\taddress\r\n1\t北京\r\n".encode("utf-16"), route="any", name="a.txt")
    assert world.drive(job) == "Done"
    assert world.output(job, "results.csv").startswith(b"\xef\xbb\xbfid\taddress\tbd_recId")
    assert "1\t北京\t1\t1\t1\t".encode() in world.output(job, "results.csv")


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (b'["a", 5]', ['{"value":"a","bd":{"recId":1,', '{"value":5,"bd":{"recId":2,']),
        (b'[{"q":"a", "n":1.50}]', ['{"q":"a", "n":1.50,"bd":{"recId":1,']),
        (
            b'[{"q":NaN},{"q":"a"}]',
            ['{"q":"a","bd":{"recId":2,', '{"value":"{\\"q\\":NaN}","bd":{"recId":1,'],
        ),
    ],
)
def test_lines_of_json_come_back_with_the_users_bytes_and_are_json(body: bytes, lines: list[str]) -> None:
    world = World(Anything)
    world.route("any", service="memory", api="place")
    job = world.drop(body, route="any", name="a.json")
    assert world.drive(job) == "Done"
    found = [
        *world.output(job, "results.ndjson").decode().splitlines(),
        *world.output(job, "errors.ndjson").decode().splitlines(),
    ]
    assert len(found) == len(lines)
    for line, begin in zip(found, lines, strict=True):
        assert line.startswith(begin)
        json.loads(line)


def test_errors_of_json_dropped_back_are_the_same_records_without_ours() -> None:
    world = World(Anything)
    world.route("any", service="memory", api="place")
    world.shop.answer = lambda _text: None
    job = world.drop(b'["a"]', route="any", name="a.json")
    assert world.drive(job) == "Done"
    errors = world.output(job, "errors.ndjson")
    world.shop.answer = lambda text: {"lat": "1", "label": text}
    again = world.drop(errors, route="any", name="errors.ndjson")
    assert world.drive(again) == "Done"
    [line] = world.output(again, "results.ndjson").decode().splitlines()
    assert json.loads(line) == {
        "value": "a",
        "bd": {"recId": 1, "seqNumber": 1, "seqLength": 1, "lat": 1, "label": "text=a"},
    }


def unversioned(world: World, body: bytes) -> str:
    """Drop a file into an inbox that keeps no versions."""
    place = Place(INBOX, "incoming/memory-geocode/people.csv")
    world.store.put(place, body)
    told = world.event(place.key)
    del told["detail"]["object"]["version-id"]
    job = world.submit(told)
    assert job is not None
    return job


def test_a_file_that_was_replaced_before_it_was_read_is_gone_not_mixed_up() -> None:
    world = World()
    job = unversioned(world, GOOD)
    world.store.put(Place(INBOX, "incoming/memory-geocode/people.csv"), GOOD + b"3,Late St 3\n")
    assert world.plan({"job": job, "run": 0})["outcome"] == "refused"
    entry = world.document(job)
    assert (entry["status"], [each["code"] for each in entry["problems"]]) == ("failure", ["OBJECT_GONE"])
    assert not world.shop.billed


def test_answers_are_never_joined_with_another_file_of_the_same_name() -> None:
    world = World()
    job = unversioned(world, GOOD)
    payload = {"job": job, "run": 0}
    world.lane(payload, world.plan(payload)["lanes"][0])
    world.store.put(Place(INBOX, "incoming/memory-geocode/people.csv"), GOOD.replace(b"Main", b"Wrong"))
    assert world.drive(job) == "Parked"
    assert world.document(job)["attention"]["code"] == "INPUT_GONE"
    world.store.put(Place(INBOX, "incoming/memory-geocode/people.csv"), GOOD)
    operator(world).redrive(job)
    assert world.drive(job, run=1) == "Done"
    assert world.output(job, "results.csv").count(b"\n") == 3


def test_words_for_missing_values_are_left_out_in_tables_and_in_json() -> None:
    table = b"id,address,city,country\n1,Rue X 1,Paris,NA\n2,NA,NA,NA\n3,Rue X 2,NULL,France\n4,Rue Y 5,Lyon,France\n"
    lines = b'{"address":"Rue X 1","city":"Paris","country":"NA"}\n{"address":"NA","city":null,"country":"n/a"}\n{"address":"Rue X 2","city":"NULL","country":"France"}\n{"address":"Rue Y 5","city":"Lyon","country":"France"}\n'
    for name, body in (("a.csv", table), ("a.ndjson", lines)):
        world = World()
        world.route("t", service="memory", api="geocode", max_invalid=3)
        job = world.drop(body, route="t", name=name)
        world.drive(job)
        entry = world.document(job)
        assert [problem["code"] for problem in entry["problems"]] == ["EMPTY_QUERY"]
        assert "address, city, country" in entry["problems"][0]["remedy"]
        [note] = entry["notes"]
        assert (note["code"], note["count"]) == ("PLACEHOLDERS", 3)
        assert list(world.shop.billed) == ["Rue X 1, Paris", "Rue X 2, France", "Rue Y 5, Lyon, France"]
