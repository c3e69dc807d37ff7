"""Files that failed before, through the real plan and `batchdrop check`: records, valid and invalid ones, codes, notes, what is sent.

The files stand in tests/cases/files; `pytest -v tests/cases/test_files.py` prints the table.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from batchdrop.routes import BUILT_IN
from batchdrop_cli.main import main
from tests.steps.anything import Anything, entries
from tests.steps.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping

FILES = Path(__file__).parent / "files"


class Case(NamedTuple):
    """counts: of all, valid and invalid records; None for a file that is refused. codes: of records, or of the refusal.

    notes: code → count. first: the first query that is sent. remedy: a part of the first problem's.
    """

    route: str
    counts: tuple[int, int, int] | None
    codes: tuple[str, ...] = ()
    notes: Mapping[str, int] = MappingProxyType({})
    first: str = ""
    remedy: str = ""


CASES = {
    "placeholders.csv": Case(
        "geoapify-geocode", (8, 2, 6), ("EMPTY_QUERY",), {"PLACEHOLDERS": 7}, "39 quai Andre Citroen, Paris, 75015, France",
        "Fill the address columns: address, city, postcode, country.",
    ),
    "blank-rows.csv": Case("geoapify-geocode", (3, 3, 0), (), {"BLANK_ROWS": 5}, "1 Main St, Springfield, IL 62701"),
    "trailing-commas.csv": Case("geoapify-geocode", (2, 2, 0), first="1 Main St, Springfield, IL 62701"),
    "trailing-empty-cells.csv": Case("geoapify-geocode", (2, 2, 0), first="Main St 1, Berlin"),
    "replacement-characters.csv": Case("geoapify-reverse", (3, 3, 0), (), {"LOST_LETTERS": 3}),
    "headerless-coordinates.csv": Case("geoapify-reverse", None, ("NO_HEADER",), remedy="such as: lat,lon."),
    "headerless-ids.csv": Case("here-lookup", None, ("NO_HEADER",), remedy="such as: id."),
    "lone-surrogate-value.ndjson": Case("geoapify-geocode", (4, 1, 3), ("LONE_SURROGATE",), first="Paris"),
    "lone-surrogate-name.ndjson": Case("geoapify-geocode", None, ("NO_VALID_ROWS", "LONE_SURROGATE")),
    "truncated.ndjson": Case(
        "geoapify-geocode", (21, 20, 1), ("NOT_JSON",), {"TRUNCATED": 1}, "Berlin, Germany", "The upload may be incomplete",
    ),
    "first-record-unreadable.ndjson": Case("geoapify-geocode", (6, 5, 1), ("DUPLICATE_FIELD",), first="Nowhereville"),
    "first-record-unreadable.errors-mended.ndjson": Case("geoapify-geocode", (3, 2, 1), ("DUPLICATE_FIELD",), first="Berlin"),
    "gb18030.csv": Case("gb18030", (3, 2, 1), ("EMPTY_QUERY",), first="北京市长安街"),
    "repeated-header.csv": Case("geoapify-geocode", (5, 3, 2), ("REPEATED_HEADER",), {"JOINED_FILES": 2}, "Berlin, Germany", "another file was joined"),
    "space-before-quote.csv": Case(
        "geoapify-geocode", (2, 1, 1), ("BAD_QUOTE",), first="Main St 2, Berlin", remedy="Remove the space before the quote",
    ),
}  # fmt: skip


def named(name: str) -> str:
    """The name of a test: the file, and its three counts."""
    counts = CASES[name].counts
    return name + (", {} records, {} valid, {} invalid".format(*counts) if counts else ", refused")


def check(name: str, route: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What `batchdrop check --json` says of the file, after it was asked as a person asks."""
    define = ("--define", str(FILES / f"{route}.route.json")) if route not in BUILT_IN else ()
    arguments = ["check", str(FILES / name), "--route", route, *define]
    main(arguments)
    capsys.readouterr()
    main([*arguments, "--json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize("name", CASES, ids=named)
def test_a_case_comes_to_what_is_right(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    case = CASES[name]
    found = check(name, case.route, capsys)
    records = found.get("records", {})
    counts = tuple(records.get(key) for key in ("total", "valid", "invalid")) if records else None
    notes = {note["code"]: note["count"] for note in found.get("notes", [])}
    codes = (
        tuple(found["invalidByCode"]) if records else tuple(problem["code"] for problem in found["problems"])
    )
    assert (counts, codes, notes) == (case.counts, case.codes, dict(case.notes))
    assert found.get("sample", {}).get("text", "") == case.first
    assert case.remedy in next(iter(found["problems"]), {"remedy": ""})["remedy"]


def test_every_file_is_a_case() -> None:
    others = {"README.md", "gb18030.route.json", "folded-duplicate-columns.csv"}
    assert {path.name for path in FILES.iterdir()} == CASES.keys() | others


@pytest.mark.parametrize("name", CASES)
def test_a_job_of_it_says_the_same_and_loses_nothing(name: str) -> None:
    case = CASES[name]
    world, job = driven(name, (FILES / name).read_bytes())
    entry = world.document(job)
    notes = {note["code"]: note["count"] for note in entry.get("notes", [])}
    if case.counts is None:
        assert entry["status"] == "failure"
        assert tuple(problem["code"] for problem in entry["problems"]) == case.codes
        assert not world.shop.billed
        return
    records = entry["records"]
    assert (records["total"], records["valid"], records["invalid"], notes) == (*case.counts, dict(case.notes))
    suffix = ".ndjson" if name.endswith("json") else ".csv"
    numbers = [
        each["recId"] for output in ("results", "errors") for each in entries(world, job, output + suffix)
    ]
    assert sorted(map(int, numbers)) == list(range(1, case.counts[0] + 1))


@pytest.mark.parametrize(
    "name", ["gb18030.csv", "first-record-unreadable.ndjson", "space-before-quote.csv", "repeated-header.csv"]
)
def test_its_errors_dropped_back_are_read_as_they_were_meant(name: str) -> None:
    world, job = driven(name, (FILES / name).read_bytes(), answer=lambda _: None)
    sent = sorted(world.shop.billed)
    world.shop.billed.clear()
    errors = "errors" + Path(name).suffix
    again = world.drop(world.output(job, errors), route="case", name=errors)
    world.drive(again)
    assert sorted(world.shop.billed) == sent
    before, after = (world.document(each)["records"] for each in (job, again))
    assert (after["valid"], after["invalid"]) == (before["valid"], before["invalid"])


def driven(name: str, body: bytes, **shop: Any) -> tuple[World, str]:
    """A job of the file, driven to its end by a service in memory."""
    route = CASES[name].route
    kind = {"geoapify-reverse": "point", "here-lookup": "id"}.get(route, "place")
    world = World(Anything)
    world.route("case", service="memory", api=kind, **({"encoding": "gb18030"} if route == "gb18030" else {}))
    for attribute, value in shop.items():
        setattr(world.shop, attribute, value)
    job = world.drop(body, route="case", name=name)
    world.drive(job)
    return world, job
