"""Which exit code a job leads to, and when there is nothing left to wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from batchdrop_cli.exits import exit_of, has_ended, rests
from tests.cli.examples import job_json

if TYPE_CHECKING:
    from tests.cli.conftest import Run

ATTENTION = {"code": "AMBIGUOUS_SEND", "message": "?", "actions": ["adopt"], "batches": ["00001"]}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, 0),
        ({"status": "failure", "problems": [{"code": "EMPTY_FILE"}]}, 2),
        ({"status": "failure", "problems": [{"code": "NO_ROUTE"}]}, 2),
        ({"status": "failure", "problems": [{"code": "BROKE_DOWN"}]}, 1),
        ({"status": "failure", "problems": [{"code": "SOMETHING_NEW"}]}, 1),
        ({"status": "failure"}, 1),
        ({"status": "stopped"}, 1),
        ({"status": "deleted"}, 1),
        ({"status": "inProgress", "attention": ATTENTION}, 4),
        ({"status": "submitted", "attention": {**ATTENTION, "code": "OVER_BUDGET"}}, 4),
        ({"status": "inProgress"}, 1),
    ],
)
def test_the_exit_code_says_how_the_job_ended(changes: dict[str, Any], code: int) -> None:
    assert exit_of(job_json(**changes)) == code


@pytest.mark.parametrize("status", ["completed", "failure", "stopped", "deleted"])
def test_four_statuses_are_ends(status: str) -> None:
    assert has_ended(job_json(status=status))
    assert not rests(job_json(status=status, attention=ATTENTION))


@pytest.mark.parametrize("status", ["submitted", "queued", "pending", "inProgress"])
def test_the_others_go_on(status: str) -> None:
    assert not has_ended(job_json(status=status))
    assert not rests(job_json(status=status))


@pytest.mark.parametrize(
    ("status", "batches", "resting"),
    [
        ("submitted", {"total": 0, "settled": 0, "parked": 0}, True),
        ("inProgress", {"total": 3, "settled": 2, "parked": 1}, True),
        ("inProgress", {"total": 3, "settled": 1, "parked": 1}, False),
        ("inProgress", {"total": 0, "settled": 0, "parked": 0}, False),
    ],
)
def test_a_job_with_attention_rests_once_no_batch_moves(
    status: str, batches: dict[str, int], resting: bool
) -> None:
    assert rests(job_json(status=status, batches=batches, attention=ATTENTION)) is resting


@pytest.mark.parametrize(
    "url", ["https://hooks.example.com/x", "http://10.0.0.1:8080/events", "http://127.0.0.1/"]
)
def test_a_sandbox_delivers_events_to_this_machine_only(batchdrop: Run, url: str) -> None:
    said = batchdrop("sandbox", "up", "--events-to", url)
    assert said.code == 2
    assert "this machine only" in said.err
