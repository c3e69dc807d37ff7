"""Every behaviour of a simulator has a row with a source on docs/services/evidence.md, and a test that is there."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from batchdrop_sandbox.simulators.behaviour import Behaviour
from batchdrop_sandbox.simulators.registry import SIMULATORS
from tests.docs.evidence import CERTAINTIES, MARKS, PAGE, Row, rows
from tests.docs.evidence import tests as named_tests
from tests.docs.sources import unsourced
from tests.services.simulators.inventory import inventory, parameters, parts_of
from tests.template.loading import ROOT

TEXT = PAGE.read_text(encoding="utf-8")
ROWS = rows(TEXT)
PAGES = sorted(path.name for path in PAGE.parent.glob("*.md") if path.name not in ("README.md", PAGE.name))
"""README.md is made from the code, and the page of evidence has its own tests."""


def complaints(row: Row) -> list[str]:
    """What is wrong with one row."""
    marks = row.marks
    found = []
    if not marks or not set(marks) <= MARKS:
        found.append("no source, or one that is no mark")
    if set(marks) - {"assumed"} and not row.source.partition("]")[2].strip():
        found.append("the source is not named")
    if row.certainty not in CERTAINTIES or (set(marks) <= {"assumed"} and row.certainty != "low"):
        found.append("how sure it is does not fit its source")
    if "::test_" not in row.test:
        found.append("no test")
    return found


@pytest.mark.parametrize("service", SIMULATORS)
def test_everything_a_simulator_shows_has_a_row_of_evidence_and_nothing_else_has(service: str) -> None:
    told = [subject for row in ROWS if row.service == service for subject in row.subjects]
    assert len(told) == len(set(told)), "a subject has two rows"
    shown = inventory(parts_of(service))
    assert sorted(shown - set(told)) == [], "without evidence"
    assert sorted(set(told) - shown) == [], "not in the simulator"


def test_each_row_has_a_source_that_is_named_and_a_certainty_that_fits_it() -> None:
    wrong = {f"{row.service}: {row.behaviour}": found for row in ROWS if (found := complaints(row))}
    assert not wrong
    assert len(ROWS) > 130


@pytest.mark.parametrize(
    "change",
    [
        {"source": ""},
        {"source": "somebody said so"},
        {"source": "[hearsay] a forum"},
        {"source": "[doc]"},
        {"certainty": "sure"},
        {"source": "[assumed]", "certainty": "high"},
        {"test": ""},
    ],
)
def test_a_row_that_lacks_something_is_found(change: dict[str, Any]) -> None:
    row = next(row for row in ROWS if row.certainty == "high")
    assert not complaints(row)
    assert complaints(replace(row, **change))


def test_each_test_that_the_page_names_is_collected() -> None:
    named = set(named_tests(TEXT))
    assert {row.test for row in ROWS} <= named
    files = sorted({f"tests/{test.partition('::')[0]}" for test in named})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *files]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    collected = {line.partition("[")[0] for line in done.stdout.splitlines()}
    assert {f"tests/{test}" for test in named} <= collected


@pytest.mark.parametrize("page", PAGES)
def test_each_statement_on_a_page_of_a_service_says_where_it_is_from(page: str) -> None:
    assert unsourced((PAGE.parent / page).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The service answers 200.", 1),
        ("It answers 200 [doc]. Then it rings.", 1),
        ("It answers 200 [doc]. 404 is gone.", 1),
        ("It answers 200 [hearsay].", 1),
        ("It answers 200 [doc](page.md).", 1),
        ("| status | state |\n|---|---|\n| done | completed |\n| late [doc] | running |", 1),
        ("- one [spec]. Two.\n- three", 2),
        ("# Heading\nThe service rings.", 1),
        ("It answers 200 [spec] [doc: jobs]. We wait. <!-- ours --> It rings [seed].", 0),
        ("<!-- ours -->\nWe wait. We look.\n\nIt answers `a. B` [peer].", 0),
        ("| status [seed] | state |\n|---|---|\n| done | completed |", 0),
        ("```\nIt rings.\n```", 0),
    ],
)
def test_a_statement_without_a_source_is_found(text: str, found: int) -> None:
    assert len(unsourced(text)) == found


@pytest.mark.parametrize("service", SIMULATORS)
def test_each_call_says_in_its_docstring_where_it_is_from(service: str) -> None:
    kind: Any = SIMULATORS[service].build
    assert issubclass(kind, Behaviour)
    calls = {name: one for name in dir(kind) if hasattr(one := getattr(kind, name), "call")}
    assert calls
    for name, call in calls.items():
        assert any(f"[{mark}" in (call.__doc__ or "") for mark in MARKS), name


def test_a_new_endpoint_setting_form_column_parameter_or_refusal_is_noticed() -> None:
    parts = parts_of("here_batch_v7")
    told = {subject for row in ROWS if row.service == "here_batch_v7" for subject in row.subjects}
    geocoder = parts_of("here_geocoder_v6")
    changed = [
        replace(parts, endpoints={**parts.endpoints, ("POST", "/batch/magic"): None}),
        replace(parts, settings=geocoder.settings),
        replace(parts, refusals=geocoder.refusals),
        replace(parts, names={**parts.names, "column": ("moonPhase",)}),
        replace(parts, sources=(*parts.sources, 'def f(query): return query.get("moon")')),
    ]
    for one in changed:
        assert inventory(one) - told


@pytest.mark.parametrize(
    "code",
    [
        'query.get("moon")',
        'query["moon"]',
        '"moon" in query',
        'text(question.params, "moon")',
        '(query or {}).get("moon", 1)',
        '_flag(query, "moon", default=True)',
    ],
)
def test_a_parameter_is_found_however_it_is_read(code: str) -> None:
    assert list(parameters(code)) == ["moon"]
