"""Every row of the catalogue of bad input (table.py): done, or looked up in the template. How much that is, a line at the end says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchdrop.problems import CODES, Level
from tests.catalogue.callbacks import Called
from tests.catalogue.case import Case, How, executed, not_applicable, on_template
from tests.catalogue.summary import NAME, counted
from tests.catalogue.table import FILES, IDS, ROWS, case_of
from tests.functions.conftest import ring_of_a_running_batch

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functions.conftest import Functions

JOB = "people-0123456789abcdef"


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_a_row_of_the_catalogue_comes_to_what_it_says(
    row: Case, record_property: Callable[[str, object], None], request: pytest.FixtureRequest
) -> None:
    record_property(NAME, f"{case_of(row.id)}/{row.id}/{row.how}")
    if isinstance(row, Called):
        functions: Functions = request.getfixturevalue("functions")
        row.by(functions, ring_of_a_running_batch(JOB))
    else:
        row.attempt()


def test_no_case_of_the_catalogue_is_missing() -> None:
    assert len(IDS) == 105
    shown = [case_of(row.id) for row in ROWS]
    assert set(shown) == set(IDS)


def test_every_row_has_an_id_of_its_own_and_says_what_it_is_about() -> None:
    names = [row.id for row in ROWS]
    assert sorted(names) == sorted(set(names))
    assert all(row.what and row.ledger and (row.expected or row.how is How.NOT_APPLICABLE) for row in ROWS)


def test_what_is_not_executed_says_why() -> None:
    assert all(row.reason for row in ROWS if row.how in (How.NOT_APPLICABLE, How.GAP))


def test_every_code_that_refuses_a_file_is_in_the_table() -> None:
    elsewhere = {  # a breakdown, the service's own request, metadata of the object, batches of a route: tests of their own
        "BROKE_DOWN", "REQUEST_INVALID", "METADATA_INVALID", "TOO_MANY_BATCHES",
    }  # fmt: skip
    refused = {row.expected for row in ROWS if isinstance(row.expected, str)}
    assert {code for code, entry in CODES.items() if entry.level is Level.FILE} - refused == elsewhere


def test_every_code_that_makes_a_record_invalid_is_in_the_table() -> None:
    elsewhere = {  # records of one API, with tests of their own; and outcomes, which are the service's
        "DEVICE_VARIANT", "NAME_LENGTH", "NUMBER_RANGE", "NOT_A_UUID", "TOO_MANY_TAGS", "AREA_GEOFENCES", "WAYPOINTS",
        "NO_MATCH", "LOW_CONFIDENCE", "SERVICE_ERROR", "BATCH_REFUSED", "NOT_COMPUTED", "UNACCOUNTED", "UNPROCESSED",
    }  # fmt: skip
    found = {code for row in FILES if not isinstance(row.expected, str) for code in row.expected}
    assert {code for code, entry in CODES.items() if entry.level is Level.RECORD} - found == elsewhere


def test_the_line_counts_a_case_once() -> None:
    shown = [
        ("F1", "F1", "executed"),
        ("F1", "F1b", "executed"),
        ("C8", "C8", "on the template"),
        ("C8", "C8b", "executed"),
    ]
    assert (
        counted(shown, 0)
        == "catalogue: 2 executed, 0 on the template, 0 not applicable, of 2 cases in 4 rows"
    )
    gaps = [*shown, ("F2", "F2", "known gap"), ("F2", "F2b", "executed"), ("C7", "C7", "not applicable")]
    assert counted(gaps, 1) == (
        "catalogue: 2 executed, 0 on the template, 1 not applicable, 1 known gap, of 4 cases in 7 rows, 1 rows failed"
    )


def test_a_row_can_fail() -> None:
    def wrong() -> None:
        raise AssertionError

    with pytest.raises(AssertionError):
        executed("F1", "x", "y", wrong).attempt()
    assert on_template("F1", "x", "y", wrong).how is How.TEMPLATE
    not_applicable("F1", "x", "no such thing here").attempt()
