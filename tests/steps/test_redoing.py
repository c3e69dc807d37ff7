"""errors.csv dropped back redoes just those records: they keep the numbers of the first input, and the job its parent."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from batchdrop.ports import Place
from batchdrop.records.attempts import Attempt
from batchdrop.records.dialect import Dialect
from batchdrop.records.merging import merge
from tests.steps.world import INBOX, World

PEOPLE = b"id,address\n" + b"".join(b"%d,Street %d\n" % (number, number) for number in range(1, 11))
FAR = 1_000_000_000


def only(*known: int) -> Any:
    """A service that finds these streets and no other."""
    texts = {f"Street {number}" for number in known}
    return lambda text: {"lat": "1", "label": text.upper()} if text in texts else None


def first(known: tuple[int, ...] = (1, 2, 3, 4, 5, 6), body: bytes = PEOPLE) -> tuple[World, str]:
    """A job whose other streets are in errors."""
    world = World()
    world.shop.answer = only(*known)
    job = world.drop(body)
    assert world.drive(job) == "Done"
    return world, job


def again(world: World, body: bytes, *known: int, name: str = "errors.csv") -> str:
    """Drop it; the service now finds these."""
    world.shop.answer = only(*known)
    job = world.drop(body, name=name)
    assert world.drive(job) == "Done"
    return job


def numbers(world: World, job: str, name: str) -> list[str]:
    return [row["bd_recId"] for row in world.rows(job, name)]


def test_the_new_job_names_its_parent_and_keeps_the_numbers() -> None:
    world, job = first()
    redone = again(world, world.output(job, "errors.csv"), 8, 10)
    assert numbers(world, redone, "results.csv") == ["8", "10"]
    assert numbers(world, redone, "errors.csv") == ["7", "9"]
    entry = world.document(redone)
    assert (entry["parent"], entry["origin"]) == (job, job)
    assert "parent" not in world.document(job)
    assert entry["records"]["total"] == 4
    lines = world.output(redone, "results.csv").decode().splitlines()
    assert lines[0] == "id,address,bd_recId,bd_seqNumber,bd_seqLength,bd_lat,bd_label"
    assert lines[1] == "8,Street 8,8,1,1,1,STREET 8"
    assert {row["bd_job"] for row in world.rows(redone, "errors.csv")} == {redone}


def test_only_those_records_are_paid_again() -> None:
    world, job = first()
    world.shop.billed.clear()
    again(world, world.output(job, "errors.csv"), 7)
    assert sorted(world.shop.billed) == ["Street 10", "Street 7", "Street 8", "Street 9"]


def test_a_grandchild_keeps_the_first_numbers_too() -> None:
    world, job = first()
    child = again(world, world.output(job, "errors.csv"), 8)
    grandchild = again(world, world.output(child, "errors.csv"), 10)
    assert numbers(world, grandchild, "results.csv") == ["10"]
    assert numbers(world, grandchild, "errors.csv") == ["7", "9"]
    entry = world.document(grandchild)
    assert (entry["parent"], entry["origin"]) == (child, job)


def test_gzip_goes_round_as_well() -> None:
    world = World()
    world.shop.answer = only(1, 2, 3)
    job = world.drop(gzip.compress(PEOPLE), name="people.csv.gz")
    world.drive(job)
    redone = again(world, world.output(job, "errors.csv.gz"), 9, name="errors.csv.gz")
    assert b"9,Street 9,9,1,1,1,STREET 9\n" in gzip.decompress(world.output(redone, "results.csv.gz"))
    assert world.document(redone)["parent"] == job


def test_rows_may_be_edited_moved_deleted_and_added() -> None:
    world, job = first()
    header, seven, eight, nine, ten = world.output(job, "errors.csv").decode().splitlines()
    edited = nine.replace("Street 9", "Street 1")
    rows = [header, ten, edited, seven, "90,Street 2,,,,,", "91,Street 3", "92,,,,,,"]
    body = "\r\n".join(rows)
    assert eight not in body
    redone = again(world, body.encode(), 1, 2, 3, 7)
    assert [(row["id"], row["bd_recId"]) for row in world.rows(redone, "results.csv")] == [
        ("9", "9"), ("7", "7"), ("90", "11"), ("91", "12"),
    ]  # fmt: skip
    assert [(row["id"], row["bd_recId"]) for row in world.rows(redone, "errors.csv")] == [
        ("10", "10"),
        ("92", "13"),
    ]
    assert [entry["recId"] for entry in world.document(redone)["problems"]] == [13]


def test_a_number_that_occurs_twice_is_a_new_record_the_second_time() -> None:
    world, job = first((1, 2, 3, 4, 5, 6, 7, 8, 9))
    header, ten = world.output(job, "errors.csv").decode().splitlines()
    body = "\n".join((header, ten, ten.replace("Street 10", "Street 2"), ""))
    redone = again(world, body.encode(), 2, 10)
    assert numbers(world, redone, "results.csv") == ["10", "11"]


def test_two_jobs_that_redo_the_same_errors_give_no_number_twice() -> None:
    world, job = first()
    body = world.output(job, "errors.csv") + b"90,Street 2\n"
    one = again(world, body, 2)
    other = again(world, body, 2)
    third = again(world, world.output(one, "errors.csv") + b"91,Street 2\n", 2)
    assert [numbers(world, each, "results.csv") for each in (one, other, third)] == [["11"], ["12"], ["13"]]


def test_a_number_the_first_job_never_gave_is_not_believed() -> None:
    world, job = first()
    body = world.output(job, "errors.csv").replace(b",7,noMatch", b",4000000,noMatch")
    redone = again(world, body, 7, 8)
    assert numbers(world, redone, "results.csv") == ["11", "8"]


def test_a_file_of_four_own_columns_is_still_read_and_keeps_its_numbers() -> None:
    world, job = first()
    old = b"\n".join(line.rpartition(b",")[0] for line in world.output(job, "errors.csv").splitlines())
    redone = again(world, old, 9)
    assert numbers(world, redone, "results.csv") == ["9"]
    assert "parent" not in world.document(redone)


def test_metadata_names_the_parent_where_the_file_does_not() -> None:
    world, job = first()
    old = b"\n".join(line.rpartition(b",")[0] for line in world.output(job, "errors.csv").splitlines())
    key = "incoming/memory-geocode/errors.csv"
    world.store.drop(Place(INBOX, key), old + b"\n90,Street 2", metadata={"parent": job})
    world.shop.answer = only(2, 9)
    redone = world.submit(world.event(key))
    assert redone
    world.drive(redone)
    assert numbers(world, redone, "results.csv") == ["9", "11"]
    assert world.document(redone)["parent"] == job


def test_errors_of_another_stack_are_redone_too_and_new_records_are_far_away() -> None:
    elsewhere, job = first()
    world = World()
    redone = again(world, elsewhere.output(job, "errors.csv") + b"90,Street 2\n", 2, 9)
    assert numbers(world, redone, "results.csv") == ["9", str(FAR + 1)]
    assert world.document(redone)["parent"] == job


def test_equal_records_that_are_redone_are_still_paid_once_and_keep_their_numbers() -> None:
    world, job = first((1,), b"id,address\n1,Street 1\n2,Street 2\n3,Street 2\n4,Street 2\n")
    world.shop.billed.clear()
    redone = again(world, world.output(job, "errors.csv"), 2)
    assert world.shop.billed == {"Street 2": 1}
    assert numbers(world, redone, "results.csv") == ["2", "3", "4"]


def test_the_walk_goes_on_in_another_invocation_with_the_right_numbers() -> None:
    body = b"n,address\n" + b"".join(b"%d,Street %d\n" % (n, n % 50) for n in range(1, 45_001))
    world, job = first((), body)
    dropped = world.output(job, "errors.csv").splitlines(keepends=True)
    dropped[1:] = dropped[:0:-1]  # the other way round
    dropped.insert(21_000, b"0,Street 1\n")
    whole = again(world, b"".join(dropped), *range(0, 50, 2))
    again_job = world.drop(b"".join(dropped), name="errors.csv")
    payload = {"job": again_job, "run": 0}
    world.lane(payload, world.plan(payload)["lanes"][0])
    outcomes = world.collect_in_pieces(payload)
    assert outcomes == ["more", "more", "done"]
    results = world.output(whole, "results.csv")
    assert world.output(again_job, "results.csv") == results
    assert results.splitlines()[1].startswith(b"45000,Street 0,45000,")
    errors = [row["bd_recId"] for row in world.rows(again_job, "errors.csv")]
    new = [number for number in errors if int(number) > 45_000]
    assert new == ["45002"]  # 45001 was given to the first of the two
    assert len(set(errors)) == len(errors)


def test_planned_again_after_a_crash_the_numbers_stay_apart() -> None:
    world, job = first()
    body = world.output(job, "errors.csv") + b"90,Street 2\n"
    redone = world.drop(body, name="errors.csv")
    broken = iter([True])
    write = world.table.write

    def failing(change: Any) -> Any:
        if "plan" in change.put and next(broken, False):
            raise RuntimeError("cut off")
        return write(change)

    world.table.write = failing  # type: ignore[method-assign]  # the table is ours to break
    with pytest.raises(RuntimeError):
        world.plan({"job": redone, "run": 0})
    world.shop.answer = only(2)
    assert world.drive(redone) == "Done"
    assert numbers(world, redone, "results.csv") == ["12"]


LINES = b"".join(b'{"n": %d, "address": "Street %d"}\n' % (number, number) for number in range(1, 6))


def objects(body: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in body.splitlines()]


def test_lines_of_objects_go_round_and_lose_what_we_added() -> None:
    world = World()
    world.shop.answer = only(1, 2)
    job = world.drop(LINES, name="people.ndjson")
    assert world.drive(job) == "Done"
    errors = world.output(job, "errors.ndjson")
    assert {line["bd"]["job"] for line in objects(errors)} == {job}
    body = b"\n".join(reversed([*errors.splitlines(), b'{"n": 9, "address": "Street 1"}']))
    redone = again(world, body, 1, 4, name="errors.ndjson")
    assert world.document(redone)["parent"] == job
    results = objects(world.output(redone, "results.ndjson"))
    assert [(line["n"], line["bd"]["recId"]) for line in results] == [(9, 6), (4, 4)]
    left = world.output(redone, "errors.ndjson")
    assert [(line["n"], line["bd"]["recId"], line["bd"]["job"]) for line in objects(left)] == [
        (5, 5, redone),
        (3, 3, redone),
    ]
    assert left.count(b'"bd"') == 2
    third = again(world, left, 5, name="errors.ndjson")
    assert [line["bd"]["recId"] for line in objects(world.output(third, "results.ndjson"))] == [5]
    assert world.document(third)["origin"] == job


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_files_in_other_encodings_go_round(encoding: str) -> None:
    world = World()
    world.route("old", service="memory", api="geocode", encoding="" if encoding == "utf-16" else encoding)
    world.shop.answer = only()
    body = "id;address\n1;Straße 1\n2;Straße 2\n".encode(encoding)
    job = world.drop(body, route="old")
    assert world.drive(job) == "Done"
    errors = world.output(job, "errors.csv")
    world.route("old", service="memory", api="geocode", encoding="" if encoding == "utf-16" else encoding)
    world.shop.answer = lambda text: {"lat": "1", "label": text} if text == "Straße 2" else None
    redone = world.drop(errors, route="old", name="errors.csv")
    assert world.drive(redone) == "Done"
    told = "utf-8-sig" if encoding == "utf-16" else encoding
    rows = world.output(redone, "results.csv").decode(told).splitlines()
    assert rows[1].startswith("2;Straße 2;2;1;1;")


def test_errors_made_for_a_spreadsheet_are_sent_as_they_were_before_it() -> None:
    world = World()
    world.route("sheet", service="memory", api="geocode", excel=True, encoding="windows-1252")
    world.shop.answer = lambda text: {"lat": "1", "label": text} if text == "Street 3" else None
    body = "id,address\n1,=Straße 1\n2,-5 Nord\n3,Street 3\n4,'Quoted\n".encode("windows-1252")
    job = world.drop(body, route="sheet")
    assert world.drive(job) == "Done"
    errors = world.output(job, "errors.csv")
    assert "1,'=Straße 1," in errors.decode("utf-8-sig")
    asked: list[str] = []

    def answer(text: str) -> dict[str, str] | None:
        asked.append(text)
        return {"lat": "1", "label": text} if text != "-5 Nord" else None

    world.shop.answer = answer
    again = world.drop(errors, route="sheet", name="errors.csv")
    assert world.drive(again) == "Done"
    assert set(asked) == {"=Straße 1", "-5 Nord", "'Quoted"}
    results, left = io.BytesIO(), io.BytesIO()
    with TemporaryDirectory() as folder:
        attempts = [
            Attempt(
                each,
                Dialect(","),
                io.BytesIO(world.output(each, "results.csv")),
                io.BytesIO(world.output(each, "errors.csv")),
                redoes=each == again,
            )
            for each in (job, again)
        ]
        merge(attempts, 4, results.write, left.write, Path(folder))
    rows = list(csv.DictReader(io.StringIO(results.getvalue().decode("utf-8-sig"))))
    assert [(row["id"], row["address"], row["bd_label"]) for row in rows] == [
        ("1", "'=Straße 1", "'=Straße 1"),
        ("3", "Street 3", "Street 3"),
        ("4", "'Quoted", "'Quoted"),
    ]
    assert left.getvalue().decode("utf-8-sig").splitlines()[1].startswith("2,'-5 Nord,2,noMatch")


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        *((encoding, "a.csv") for encoding in ("gb18030", "cp932", "big5", "utf-16", "utf-16-le", "utf-32-be", "iso2022_jp", "euc_jp", "gbk")),
        *((encoding, "a.ndjson") for encoding in ("gb18030", "cp932", "utf-16-le", "euc_jp", "gbk")),
    ],
)  # fmt: skip
def test_errors_are_read_in_the_encoding_they_were_written_in_whatever_the_route_says(
    encoding: str, name: str, zipped: bool
) -> None:
    streets = ["東京", "中山路", "本町"]
    table = "id,address\n" + "".join(f"{number},{street}\n" for number, street in enumerate(streets))
    lines = "".join(f'{{"address":"{street}"}}\n' for street in streets)
    body = (table if name.endswith("csv") else lines).encode(encoding)
    world = World()
    world.route("t", service="memory", api="geocode", encoding=encoding)
    world.shop.answer = lambda text: None if text != "本町" else {"lat": "1", "label": text}
    suffix = ".gz" if zipped else ""
    job = world.drop(gzip.compress(body) if zipped else body, route="t", name=name + suffix)
    assert world.drive(job) == "Done"
    errors = f"errors.{name[2:]}{suffix}"
    for _ in range(2):
        world.shop.billed.clear()
        again = world.drop(world.output(job, errors), route="t", name=errors)
        assert world.drive(again) == "Done"
        assert sorted(world.shop.billed) == ["中山路", "東京"]
        assert world.document(again)["parent"] == job
        job = again


def test_errors_that_were_saved_in_the_routes_encoding_are_read_in_that() -> None:
    world = World()
    world.route("t", service="memory", api="geocode", encoding="gb18030")
    world.shop.answer = lambda _: None
    job = world.drop("id,address\n1,中山路\n".encode("gb18030"), route="t")
    world.drive(job)
    world.shop.billed.clear()
    saved = world.output(job, "errors.csv").decode().encode("gb18030")
    again = world.drop(saved, route="t", name="errors.csv")
    world.drive(again)
    assert list(world.shop.billed) == ["中山路"]
    assert world.document(again)["dialect"]["encoding"] == "gb18030"


def test_a_comment_column_behind_our_own_leaves_the_numbers_as_they_are() -> None:
    world, job = first()
    header, *rows = world.output(job, "errors.csv").decode().splitlines()
    body = "\n".join([header + ",comment", *(f'{row},"asked, again"' for row in rows)])
    redone = again(world, body.encode(), 8)
    assert numbers(world, redone, "results.csv") == ["8"]
    assert numbers(world, redone, "errors.csv") == ["7", "9", "10"]
    assert world.document(redone)["parent"] == job
    head = world.output(redone, "errors.csv").decode().splitlines()[0]
    assert head == "id,address,comment,bd_recId,bd_outcome,bd_code,bd_message,bd_job"


def test_errors_in_json_of_a_latin_1_route_are_read_in_the_encoding_they_were_written_in() -> None:
    world = World()
    world.route("t", service="memory", api="geocode", encoding="latin-1")
    world.shop.answer = lambda _: None
    job = world.drop('{"address":"Köln"}\n'.encode("latin-1"), route="t", name="a.ndjson")
    world.drive(job)
    world.shop.billed.clear()
    world.drive(world.drop(world.output(job, "errors.ndjson"), route="t", name="errors.ndjson"))
    assert list(world.shop.billed) == ["Köln"]


def test_jobs_of_a_route_with_another_encoding_merge_into_one_file_in_utf_8() -> None:
    world = World()
    world.route("t", service="memory", api="geocode", encoding="gb18030")
    world.shop.answer = lambda text: {"lat": "1", "label": text} if text == "人民南路" else None
    job = world.drop("id,address\n1,人民南路\n2,中山路\n".encode("gb18030"), route="t")
    world.drive(job)
    world.shop.answer = lambda text: {"lat": "2", "label": text}
    header, row = world.output(job, "errors.csv").decode().splitlines()
    ours = header.split(",").index("bd_recId")
    moved = [",".join([*line.split(",")[ours:], *line.split(",")[:ours]]) for line in (header, row)]
    again = world.drop("\n".join(moved).encode(), route="t", name="errors.csv")
    world.drive(again)
    attempts = [
        Attempt(
            each,
            Dialect.from_dict(world.document(each)["dialect"]),
            io.BytesIO(world.output(each, "results.csv")),
            io.BytesIO(world.output(each, "errors.csv")),
            redoes=each != job,
        )
        for each in (job, again)
    ]
    results, errors = io.BytesIO(), io.BytesIO()
    with TemporaryDirectory() as folder:
        merge(attempts, 2, results.write, errors.write, Path(folder))
    rows = results.getvalue().decode().splitlines()
    assert rows[1:] == ["1,人民南路,1,1,1,1,人民南路", "2,中山路,2,1,1,2,中山路"]
