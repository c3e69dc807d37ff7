"""Files as people really have them, through the real steps: the catalogue's F group, case by case. The ledger is empty or exact."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from dataclasses import replace
from itertools import cycle
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import pytest

from batchdrop.ports import Api, Batch, Capabilities, Price, Query, Requests, Takes, Ticket
from batchdrop.problems import CODES, Level
from tests.steps.memory_service import ONE_PHASE, MemoryService
from tests.steps.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Anything(MemoryService):
    """Takes every kind of record; what was sent is the text it is billed for."""

    can: ClassVar[Capabilities] = replace(
        ONE_PHASE, requests=Requests("inputs", lambda members, params: (str(members["api"]), dict(params)))
    )
    apis: ClassVar[Mapping[str, Api]] = {
        takes.value: Api(
            takes.value,
            takes,
            ("bd_lat", "bd_label"),
            Price("credits", 1),
            structured=takes is Takes.PLACE,
            own_columns=("lang",),
        )
        for takes in Takes
    }

    def create(self, batch: Batch) -> Ticket:
        """One text of all fields, so that the ledger shows what was sent."""

        def queries() -> Iterator[Query]:
            for query in batch.queries():
                yield Query(
                    query.ordinal, {"text": ";".join(f"{name}={text}" for name, text in query.fields.items())}
                )

        return super().create(replace(batch, queries=queries))


class Case(NamedTuple):
    """A file, what each record comes to ("" = sent) or the code that refuses the file, and the row of the catalogue."""

    row: str
    name: str
    body: bytes
    expected: list[str] | str
    api: str = "place"
    options: Mapping[str, Any] = MappingProxyType({})


def xlsx() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("xl/workbook.xml", "<x/>")
    return body.getvalue()


def zipped(name: str) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr(name, "id,city\n1,x\n")
    return body.getvalue()


GOOD = b"id,address\n1,Main St 1\n2,Side St 2\n"
POINTS = "id,lat,lon\n"
DEEP = b"[" * 2000 + b"]" * 2000

CASES = [
    Case("F1", "a.csv", b"", "EMPTY_FILE"),
    Case("F1", "a.json", b"", "EMPTY_FILE"),
    Case("F1", "a.csv.gz", gzip.compress(b""), "EMPTY_FILE"),
    Case("F2", "a.csv", b"id,address\n", "NO_ROWS"),
    Case("F2", "a.csv", b"\n\r\n\n", "NO_ROWS"),
    Case("F2", "a.csv", b"    \n \t ", "NO_ROWS"),
    Case("F2", "a.json", b" [ ] ", "NO_ROWS"),
    Case("F2", "a.ndjson", b"\n\n", "NO_ROWS"),
    Case("F3", "a.csv", b"\xef\xbb\xbf" + GOOD, ["", ""]),
    Case("F3", "a.ndjson", b'\xef\xbb\xbf{"q":"Main St"}\n', [""]),
    Case("F4", "a.csv", GOOD.decode().encode("utf-16"), ["", ""]),
    Case("F4", "a.csv", b"\xfe\xff" + GOOD.decode().encode("utf-16-be"), ["", ""]),
    Case("F4", "a.json", '[{"q":"Köln"}]'.encode("utf-16"), [""]),
    Case("F5", "a.csv", GOOD.decode().encode("utf-16-le"), "ENCODING"),
    Case("F5", "a.json", '[{"q":"Main St"}]'.encode("utf-16-be"), "ENCODING"),
    Case("F6", "a.csv", "address\nStraße 1\n".encode("cp1252"), "ENCODING"),
    Case("F6", "a.csv", "address\nStraße 1\n".encode("cp1252"), [""], options={"encoding": "cp1252"}),
    Case("F6", "a.ndjson", '{"q":"Straße 1"}\n'.encode("latin-1"), "ENCODING"),
    Case("F6", "a.ndjson", '{"q":"Straße 1"}\n'.encode("latin-1"), [""], options={"encoding": "latin-1"}),
    Case("F6", "a.csv", b"address\nx\n", "ROUTE_INVALID", options={"encoding": "rot13"}),
    Case("F7", "a.csv", b"id,address\n1,a\0b\n2,c\n", ["CONTROL_CHAR", ""]),
    Case("F7", "a.ndjson", b'{"q":"a\\u0000b"}\n{"q":"c"}\n', ["CONTROL_CHAR", ""]),
    Case("F8", "a.csv", b"id,address\r1,a\r2,b\r", ["", ""]),
    Case("F8", "a.csv", b"id,address\r\n1,a\n2,b\r3,c", ["", "", ""]),
    Case("F8", "a.ndjson", b'{"q":"a"}\r\n{"q":"b"}\r{"q":"c"}', ["", "", ""]),
    Case("F9", "a.csv", b'id,address\n1,"Main St\n5"\n2,b\n', ["", ""]),
    Case("F10", "a.csv", b'id,address\n1,a\n2,"b\n' + b"3,c\n" * 50, "UNCLOSED_QUOTE"),
    Case("F11", "a.csv", b'id,address\n1,"a" b\n2,c\n', ["BAD_QUOTE", ""]),
    Case("F11", "a.csv", b'id,ad"dress\n1,a\n', "BAD_HEADER"),
    Case("F12", "a.csv", b"id,address\n1,a,b\n2,c\n", ["EXTRA_CELLS", ""]),
    Case("F13", "a.csv", b"id,address\n1\n2,c\n", ["MISSING_CELLS", ""]),
    Case("F14", "a.csv", b"address,address\na,b\n", "DUPLICATE_COLUMN"),
    Case("F14", "a.ndjson", b'{"q":"a","q":"b"}\n{"q":"c"}\n', ["DUPLICATE_FIELD", ""]),
    Case("F15", "a.csv", b"id,,address\n1,2,3\n", "EMPTY_COLUMN_NAME"),
    Case("F16", "a.csv", b"7374 West Walden Drive,Littleton,80128\n5 Main St,Denver,80014\n", "NO_HEADER"),
    Case("F17", "a.csv", b"id;address\n1;a\n", [""]),
    Case("F17", "a.csv", b"id\taddress\n1\ta\n", [""]),
    Case("F17", "a.csv", b"id^address\n1^a\n", [""]),
    Case("F17", "a.csv", b"foo^bar\n1^a\n", "DELIMITER"),
    Case("F17", "a.csv", b"foo^address\n1^a\n", [""], options={"delimiter": "^"}),
    Case("F17", "a.csv", b"foo\x1faddress\n1\x1fa\n", [""], options={"delimiter": "\x1f"}),
    Case("F17", "a.csv", b"foo\taddress\n1\ta\n", [""], options={"delimiter": "\\t"}),
    Case("F17", "a.csv", b"foo,address\n1,a\n", "ROUTE_INVALID", options={"delimiter": "ab"}),
    Case("F17", "a.csv", b"sep=;\r\nid;address\r\n1;a, b\r\n", [""]),
    Case("F18", "a.csv", b"\n\nid,address\n\n1,a\n\n\n2,b\n\n", ["", ""]),
    Case("F18", "a.ndjson", b'\n{"q":"a"}\n\n{"q":"b"}\n', ["", ""]),
    Case("F19", "a.csv", b"id,address\n1,a\nTotal: 1000\n", ["", "MISSING_CELLS"]),
    Case("F20", "a.csv", b"id,address\n1," + b"x" * 1_500_000 + b"\n", "LINE_TOO_LONG"),
    Case("F20", "a.ndjson", b'{"q":"' + b"x" * 1_500_000 + b'"}\n', "LINE_TOO_LONG"),
    Case("F20", "a.json", b'[{"q":"' + b"x" * 1_500_000 + b'"}]', "LINE_TOO_LONG"),
    Case("F21", "a.csv", b"id,address\n1," + b"x" * 200_000 + b"\n2,b\n", ["FIELD_TOO_LONG", ""]),
    Case("F21", "a.ndjson", b'{"q":"' + b"x" * 200_000 + b'"}\n{"q":"b"}\n', ["FIELD_TOO_LONG", ""]),
    Case("F22", "a.csv", b",".join(b"c%d" % n for n in range(10_000)) + b"\n", "TOO_MANY_COLUMNS"),
    Case("F22", "a.ndjson", json.dumps({f"c{n}": n for n in range(10_000)}).encode(), "TOO_MANY_COLUMNS"),
    Case("F23", "a.csv", b'address\n"=HYPERLINK(""x"")"\n+cmd\n@SUM\n', ["", "", ""]),
    Case("F24", "a.csv", b'[{"address":"a"}]', "FORMAT_MISMATCH"),
    Case("F24", "a.csv", b'{"address":"a"}\n{"address":"b"}\n', "FORMAT_MISMATCH"),
    Case("F24", "a.json", GOOD, "FORMAT_MISMATCH"),
    Case("F24", "a.ndjson", GOOD, "FORMAT_MISMATCH"),
    Case("F25", "a.json", b'{"q":"a"}\n{"q":"b"}\n', ["", ""]),
    Case("F25", "a.ndjson", b'[{"q":"a"},\n{"q":"b"}]\n', ["", ""]),
    Case("F25", "a.jsonl", b'{\n "records": [\n  {"q":"a"}\n ]\n}\n', [""]),
    Case("F26", "a.csv", xlsx(), "FORMAT_MISMATCH"),
    Case("F26", "a.csv", zipped("a.csv"), "FORMAT_MISMATCH"),
    Case("F26", "a.csv", b"%PDF-1.7\n", "FORMAT_MISMATCH"),
    Case("F26", "a.json", b"PAR1\x15\x04\x15", "FORMAT_MISMATCH"),
    Case("F26", "a.csv.gz", gzip.compress(xlsx()), "FORMAT_MISMATCH"),
    Case("F26", "a.xlsx", xlsx(), "UNKNOWN_FORMAT"),
    Case("F27", "a.csv.gz", gzip.compress(GOOD), ["", ""]),
    Case("F27", "a.json.gz", gzip.compress(b'["a","b"]'), ["", ""]),
    Case("F27", "a.ndjson.gz", gzip.compress(b'{"q":"a"}\n') + gzip.compress(b'{"q":"b"}\n'), ["", ""]),
    Case("F27", "a.csv.gz", gzip.compress(GOOD)[:-9], "BROKEN_GZIP"),
    Case("F28", "a.csv.gz", gzip.compress(GOOD + b"\n" * 9_000_000), "EXPANDS_TOO_MUCH"),
    Case("F28", "a.ndjson.gz", gzip.compress(b'"a"\n' + b"\n" * 9_000_000), "EXPANDS_TOO_MUCH"),
    Case("F29", "a.zip", zipped("../a.csv"), "ZIP_NOT_SUPPORTED"),
    Case("F30", "a.json", DEEP, "TOO_DEEP"),
    Case("F30", "a.json", b'[{"q":' + DEEP + b"}]", "TOO_DEEP"),
    Case("F30", "a.ndjson", b'{"q":"a"}\n{"q":' + DEEP + b"}\n", "TOO_DEEP"),
    Case("F30", "a.json", b'{"records":[{"q":' + DEEP + b"}]}", "TOO_DEEP"),
    Case("F31", "a.ndjson", b'{"lat":NaN,"lon":1}\n{"lat":1,"lon":Infinity}\n{"lat":1e999,"lon":1}\n{"lat":1,"lon":2}\n',
         ["NOT_A_NUMBER", "NOT_A_NUMBER", "NOT_A_NUMBER", ""], "point"),
    Case("F31", "a.json", b'[{"q":"a","score":-Infinity},{"q":"b"}]', ["NOT_A_NUMBER", ""]),
    Case("F32", "a.json", b'[{"q":"a","n":%b},{"q":"b"}]' % (b"9" * 5000), ["NOT_A_NUMBER", ""]),
    Case("F33", "a.json", b'{"data":[{"q":"a"},{"q":"b"}],"total":2}', ["", ""]),
    Case("F33", "a.json", b'{"q":"a"}', "NOT_A_LIST"),
    Case("F33", "a.json", b'{"mine":[{"q":"a"}]}', "NOT_A_LIST"),
    Case("F33", "a.json", b'{"data":[{"q":"a"}],"rows":[{"q":"b"}]}', "NOT_A_LIST"),
    Case("F33", "a.json", b'"text"', "NOT_A_LIST"),
    Case("F33", "a.json", b"null", "NOT_A_LIST"),
    Case("F33", "a.json", b"17", "NOT_A_LIST"),
    Case("F33", "a.json", b'{"data":[{"q":"a"}],', "BROKEN_JSON"),
    Case("F33", "a.json", b'{"data":[{"q":"a"}', "BROKEN_JSON"),
    Case("F34", "a.json", b'["Main St 1","Side St 2"]', ["", ""]),
    Case("F34", "a.ndjson", b'"Main St 1"\n"Side St 2"\n', ["", ""]),
    Case("F34", "a.json", b'["Main St 1",{"q":"b"},null,true,[1],"Side St 2"]',
         ["", "WRONG_TYPE", "WRONG_TYPE", "WRONG_TYPE", "WRONG_TYPE", ""]),
    Case("F34", "a.json", b'[{"q":"a"},"b"]', ["", "WRONG_TYPE"]),
    Case("F35", "a.json", b'[{"q":{"street":"a"}},{"q":["a"]},{"q":true},{"q":"b"}]',
         ["WRONG_TYPE", "WRONG_TYPE", "WRONG_TYPE", ""]),
    Case("F36", "a.ndjson", b'{"q":"a"}\n{"q":"b"\n{"q":"c"}\n', ["", "NOT_JSON", ""]),
    Case("F36", "a.ndjson", b'{"q":"a"\n{"q":"b"}\n', ["NOT_JSON", ""]),
    Case("F36", "a.json", b'[{"q":"a"},{q:"b"}]', "BROKEN_JSON"),
    Case("F37", "a.csv", (POINTS + "1,139,35\n2,52,13\n").encode(), ["LAT_RANGE", ""], "point"),
    Case("F38", "a.csv", (POINTS + '1,91,0\n2,0,-181\n3,,\n4,"52,53",13\n5,x,13\n6,1,2\n').encode(),
         ["LAT_RANGE", "LON_RANGE", "EMPTY_QUERY", "NOT_A_NUMBER", "NOT_A_NUMBER", ""], "point"),
    Case("F41", "a.csv", b'id,at\n1,"52,13"\n', "WRONG_COLUMNS"),
    Case("F41", "a.ndjson", b'{"id":1,"at":"52,13"}\n', "WRONG_COLUMNS"),
    Case("F42", "a.json", b'[{"api":"/x","inputs":[]},{"api":"/y","inputs":[]}]', "MIXED_SERVICES"),
    Case("F43", "a.csv", b"id,address,colour,size\n1,a,red,5\n", [""]),
    Case("F44", "a.csv", b"recId,q\n7,a\n7,b\n", ["", ""]),
    Case("F45", "a.csv", b"recId,q\n,a\n7,b\n", ["", ""]),
    Case("F46", "a.csv", b'recId,q\n"0001|\n""x""",a\n', [""]),
    Case("F47", "a.csv", b"id,address\n1,\n2,\n", "NO_VALID_ROWS"),
    Case("F48", "a.csv", b"id,address\n1,\n2,b\n", ["EMPTY_QUERY", ""]),
    Case("F48", "a.ndjson", b'{"q":null}\n{}\n{"q":"b"}\n', ["EMPTY_QUERY", "EMPTY_QUERY", ""]),
    Case("F55", "a.csv", "address\n\u200fשלום 👩‍💻 e\u0301 北京\n".encode(), [""]),
]  # fmt: skip


def codes(world: World, job: str, total: int, end: str) -> list[str]:
    """The code of each record, from both outputs: "" for what is in the results."""
    found = [""] * total
    for name in ("results", "errors"):
        for entry in entries(world, job, f"{name}{end}"):
            place = int(entry["recId"])
            assert found[place - 1] == ""
            found[place - 1] = entry.get("code", "")
    return found


def entries(world: World, job: str, name: str) -> list[dict[str, Any]]:
    body = world.output(job, name)
    body = gzip.decompress(body) if name.endswith(".gz") else body
    encoding = world.document(job)["dialect"]["encoding"]
    text = body.decode("utf-8-sig" if encoding.startswith("utf") or ".ndjson" in name else encoding)
    if ".ndjson" in name:
        return [json.loads(line)["bd"] for line in text.splitlines()]
    csv.field_size_limit(1_000_000)
    rows = list(
        csv.reader(io.StringIO(text, newline=""), delimiter=world.document(job)["dialect"]["delimiter"])
    )
    ours = [name.removeprefix("bd_") for name in rows[0] if name.startswith("bd_")]
    return [dict(zip(ours, row[-len(ours) :], strict=True)) for row in rows[1:]]


@pytest.mark.parametrize("case", CASES, ids=[f"{case.row}-{number}" for number, case in enumerate(CASES)])
def test_a_file_of_the_catalogue_comes_to_what_it_says(case: Case) -> None:
    world = World(Anything)
    world.route("any", service="memory", api=case.api, **case.options)
    job = world.drop(case.body, route="any", name=case.name)
    assert world.drive(job) == "Done"
    document = world.document(job)
    if isinstance(case.expected, str):
        first = document["problems"][0]
        assert first["code"] == case.expected
        assert first["remedy"]
        assert CODES[case.expected].level is Level.FILE
        assert document["status"] == "failure"
        assert not world.shop.calls
        return
    assert document["records"]["total"] == len(case.expected)
    end = ("" if document["outputType"] == "csv" else ".ndjson") or ".csv"
    assert (
        codes(world, job, len(case.expected), end + (".gz" if case.name.endswith(".gz") else ""))
        == case.expected
    )
    assert sum(world.shop.billed.values()) == document["records"]["distinct"]
    lines = [entry.get("line") for entry in document["problems"]]
    assert all(lines), "every problem has its line"


def test_the_table_has_every_code_a_file_can_be_refused_with() -> None:
    elsewhere = {  # not of the bytes: routes, objects that are gone, and a breakdown; the native request has a test file of its own
        "NO_ROUTE", "OBJECT_GONE", "NO_ACCESS", "ARCHIVED", "BROKE_DOWN", "TOO_LARGE", "REQUEST_INVALID",
        "METADATA_INVALID",
    }  # fmt: skip
    refused = {case.expected for case in CASES if isinstance(case.expected, str)}
    assert {code for code, entry in CODES.items() if entry.level is Level.FILE} - refused <= elsewhere


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
    left = cycle((900.0, 900.0, 0.0))
    world.left = lambda: next(left)
    outcomes = [world.collect(payload)["outcome"]]
    while outcomes[-1] == "more" and len(outcomes) <= pieces:
        outcomes.append(world.collect(payload)["outcome"])
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
        "bd": {"recId": 1, "seqNumber": 1, "seqLength": 1, "lat": "1", "label": "text=a"},
    }
