"""Each state that a job or a batch can have is recorded: who adds one records it (README.md beside this file)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.aws.attributes import decode_row
from batchdrop.batches.orders import Order
from batchdrop.batches.states import BatchState, End
from batchdrop.jobs import Status
from batchdrop.problems import CODES, Level
from tests.upgrades.loading import DATA, find_states, read
from tests.upgrades.snapshot import MACHINE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchdrop.ports import Row

RECORD = "add what leads to it to scenarios.py, then: python -m tests.upgrades.record <revision>"
KINDS = ("one-phase", "two-phase")
_NOT_OF_A_BATCH = frozenset(
    {"INPUT_GONE", "OVER_BUDGET", "PRICE_UNKNOWN", "SAME_BYTES", "PARTIAL_COLUMNS", "MANY_INVALID"}
)
"""Codes that only a whole job waits for."""

_NEW = frozenset({"WORK_GONE"})
"""Codes that no recorded version knows. They are recorded, and leave this list, once the version that brought them is recorded."""


@lru_cache(maxsize=1)
def _read_rows() -> Mapping[str, list[Row]]:
    """The rows of jobs and batches of all recordings, by kind of service."""
    found: dict[str, list[Row]] = {}
    for path in find_states():
        taken: Any = read(path)
        rows = [decode_row(item) for item in taken["items"]]
        found.setdefault(taken["kind"], []).extend(
            row for row in rows if row["sk"] == "job" or row["sk"].startswith("batch#")
        )
    return found


def _list_values(name: str, kind: str, prefix: str) -> set[str]:
    return {str(row.get(name)) for row in _read_rows()[kind] if row["sk"].startswith(prefix)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", Status)
def test_each_status_of_a_job_is_recorded(status: Status, kind: str) -> None:
    assert status in _list_values("status", kind, "job"), RECORD


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", Order)
def test_each_order_is_recorded(order: Order, kind: str) -> None:
    assert order in _list_values("order", kind, "job"), RECORD


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", BatchState)
def test_each_state_of_a_batch_is_recorded(state: BatchState, kind: str) -> None:
    if state is BatchState.CREATED and kind == "one-phase":
        pytest.skip("such a service starts a job with the POST that creates it")
    assert state in _list_values("state", kind, "batch#"), RECORD


@pytest.mark.parametrize("end", End)
def test_each_end_of_a_batch_is_recorded(end: End) -> None:
    assert any(end in _list_values("ended", kind, "batch#") for kind in KINDS), RECORD


@pytest.mark.parametrize("code", sorted(code for code, entry in CODES.items() if entry.level is Level.JOB))
def test_each_code_that_a_job_waits_for_is_recorded(code: str) -> None:
    kinds = _read_rows()
    attention = {row["attention"]["code"] for rows in kinds.values() for row in rows if row.get("attention")}
    assert (code in attention) is (code not in _NEW), RECORD
    if code not in _NOT_OF_A_BATCH | _NEW:
        parked = {row.get("code") for rows in kinds.values() for row in rows if row.get("state") == "parked"}
        assert code in parked, RECORD


def test_each_version_has_its_state_machine_and_half_done_outputs() -> None:
    versions = [folder for folder in DATA.iterdir() if folder.is_dir()]
    assert len(versions) >= 2
    for version in versions:
        assert (version / MACHINE).exists()
        assert list(version.glob("*collect-left*"))
