"""An output of one job is the input of another: nothing of the first is lost, and no two columns have one name."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from batchdrop.records.attempts import Attempt
from batchdrop.records.dialect import JSON, Dialect
from batchdrop.records.merging import merge
from tests.steps.world import World

if TYPE_CHECKING:
    from pathlib import Path

PEOPLE = b"id,address\n1,Main Street 1\n2,Main Street 2\n3,Side Street 3\n"
LINES = b"".join(b'{"id":%d,"address":"Main Street %d"}\n' % (number, number) for number in (1, 2, 3))


def found(*unknown: str) -> World:
    world = World()
    world.shop.answer = lambda text: None if text in unknown else {"lat": "1", "label": text.upper()}
    return world


def then(world: World, body: bytes, name: str, *unknown: str) -> str:
    world.shop.answer = lambda text: None if text in unknown else {"lat": "2", "label": text.lower()}
    job = world.drop(body, name=name)
    assert world.drive(job) == "Done"
    return job


def attempt(world: World, job: str, dialect: Dialect, *, redoes: bool) -> Attempt:
    suffix = "ndjson" if dialect.format == JSON else "csv"
    results, errors = (io.BytesIO(world.output(job, f"{kind}.{suffix}")) for kind in ("results", "errors"))
    return Attempt(job, dialect, results, errors, redoes=redoes)


def names(body: bytes) -> list[str]:
    return next(csv.reader(io.StringIO(body.decode())))


def test_columns_of_the_second_job_have_names_of_their_own() -> None:
    world = found()
    job = world.drop(PEOPLE)
    world.drive(job)
    second = then(world, world.output(job, "results.csv"), "results.csv")
    body = world.output(second, "results.csv")
    assert names(body)[:7] == [
        "id",
        "address",
        "bd_recId",
        "bd_seqNumber",
        "bd_seqLength",
        "bd_lat",
        "bd_label",
    ]
    assert names(body)[7:] == ["bd2_recId", "bd2_seqNumber", "bd2_seqLength", "bd2_lat", "bd2_label"]
    rows = world.rows(second, "results.csv")
    assert [(row["bd_lat"], row["bd2_lat"]) for row in rows] == [("1", "2")] * 3
    third = then(world, body, "results.csv")
    assert names(world.output(third, "results.csv"))[12:] == [
        name.replace("bd_", "bd3_") for name in names(body)[2:7]
    ]


def test_errors_of_the_second_job_are_done_again_and_merged(tmp_path: Path) -> None:
    world = found()
    job = world.drop(PEOPLE)
    world.drive(job)
    second = then(world, world.output(job, "results.csv"), "results.csv", "Main Street 2", "Side Street 3")
    errors = world.output(second, "errors.csv")
    assert names(errors)[7:] == ["bd2_recId", "bd2_outcome", "bd2_code", "bd2_message", "bd2_job"]
    again = then(world, errors, "errors.csv", "Side Street 3")
    assert world.document(again)["parent"] == second
    assert [row["bd2_recId"] for row in world.rows(again, "results.csv")] == ["2"]
    assert [row["bd2_recId"] for row in world.rows(again, "errors.csv")] == ["3"]
    results, rest = io.BytesIO(), io.BytesIO()
    attempts = [attempt(world, each, Dialect(","), redoes=each == again) for each in (second, again)]
    done = merge(attempts, 3, results.write, rest.write, tmp_path)
    assert (done.matched, done.open) == (2, 1)
    assert names(results.getvalue()) == names(world.output(second, "results.csv"))
    assert names(rest.getvalue()) == names(errors)


def test_objects_keep_what_the_first_job_has_found() -> None:
    world = found()
    job = world.drop(LINES, name="people.ndjson")
    world.drive(job)
    second = then(world, world.output(job, "results.ndjson"), "results.ndjson", "Main Street 2")
    entries = [json.loads(line) for line in world.output(second, "results.ndjson").splitlines()]
    assert [(entry["bd"]["lat"], entry["bd2"]["lat"]) for entry in entries] == [(1, 2)] * 2
    again = then(world, world.output(second, "errors.ndjson"), "errors.ndjson")
    assert world.document(again)["parent"] == second
    (entry,) = [json.loads(line) for line in world.output(again, "results.ndjson").splitlines()]
    assert (entry["bd"]["recId"], entry["bd2"]["recId"], list(entry)) == (
        2,
        2,
        ["id", "address", "bd", "bd2"],
    )


@pytest.mark.parametrize("kind", [JSON, "ndjson"])
def test_lines_of_objects_are_merged_whatever_the_input_was(kind: str, tmp_path: Path) -> None:
    world = found("Main Street 2")
    body = LINES if kind == "ndjson" else b"[" + LINES.strip().replace(b"\n", b",") + b"]"
    job = world.drop(body, name=f"people.{kind}")
    world.drive(job)
    again = then(world, world.output(job, "errors.ndjson"), "errors.ndjson")
    results = io.BytesIO()
    attempts = [attempt(world, each, Dialect("", format=JSON), redoes=each == again) for each in (job, again)]
    assert merge(attempts, 3, results.write, io.BytesIO().write, tmp_path).matched == 3
    assert [json.loads(line)["id"] for line in results.getvalue().splitlines()] == [1, 2, 3]
