"""25,000 rows, with equal records dropped and without: what is billed, how many transitions it takes, how much memory."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.command import main
from tests.e2e.listening import until

if TYPE_CHECKING:
    from batchdrop_sandbox.simulators.server import SimulatorServer
    from batchdrop_sandbox.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.long]

ROWS = 25_000
LINES = (files("batchdrop_sandbox") / "data" / "us_addresses.csv").read_bytes().splitlines(keepends=True)

MEASURE = Path(__file__).with_name("measure.py")


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """The shipped addresses repeated to 25,000 rows."""
    path = tmp_path / "big.csv"
    header, *rows = LINES
    path.write_bytes(header + b"".join(rows[number % len(rows)] for number in range(ROWS)))
    return path


@pytest.fixture
def run(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command on this stack."""
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: main([*map(str, arguments), "--stack", stack.name])


def transitions(stack: Stack, job: str) -> int:
    """State transitions of a job: those of its execution, and of the Map's children.

    The local AWS keeps no history of children, so theirs are counted from their ticks: each tick is Advance, Settled? and
    either Pause or the end.
    """
    with closing(stack.client("stepfunctions")) as client:
        arn = stack.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:") + f":{job}-r0"
        until(lambda: client.describe_execution(executionArn=arn)["status"] != "RUNNING")
        pages = client.get_paginator("get_execution_history").paginate(executionArn=arn)
        entered: int = sum(
            event["type"].endswith("StateEntered") for page in pages for event in page["events"]
        )
    ticks = [line for line in stack.log_lines("advance") if '"advanced"' in line and job in line]
    return entered + 3 * len(ticks)


def measured(stack: Stack, step: str, job: str) -> dict[str, float]:
    """Peak memory in MiB of one step in a process of its own: `base` with boto3 and a client at work, `peak` at the end."""
    environment = {
        **stack.environment,
        "BATCHDROP_TABLE": stack.outputs["TableName"],
        "BATCHDROP_INBOX_BUCKET": stack.outputs["InboxBucketName"],
        "BATCHDROP_RESULTS_BUCKET": stack.outputs["ResultsBucketName"],
    }
    done = subprocess.run(
        [sys.executable, str(MEASURE), step, job],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_equal_records_are_paid_once_and_the_number_of_batches_costs_no_transitions(
    stack: Stack,
    run: Any,
    simulators: SimulatorServer,
    big: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with closing(stack.client("s3")) as s3:
        body = json.dumps({"extends": "geoapify-geocode", "dedupe": False}).encode()
        s3.put_object(Bucket=stack.outputs["InboxBucketName"], Key="routes/every-record.json", Body=body)
    found: dict[str, dict[str, Any]] = {}
    for route, batches, inputs in (("geoapify-geocode", 3, 2520), ("every-record", 25, ROWS)):
        simulators.ledger.reset()
        out = tmp_path / route
        assert (
            run("put", "--again", big, "--route", route, "--name", f"{route}.csv", "--wait", "--out", out)
            == 0
        )
        entry = json.loads((out / "job.json").read_text())
        billed = simulators.ledger.snapshot()["geoapify"]
        assert entry["batches"] == {"total": batches, "settled": batches, "parked": 0}
        assert billed["records"] == inputs == entry["records"]["distinct"]
        assert entry["records"]["matched"] == ROWS
        assert (out / "results.csv").read_bytes().count(b"\n") == ROWS + 1
        found[route] = {
            "batches": batches,
            "billed": inputs,
            "transitions": transitions(stack, entry["id"]),
            **{step: measured(stack, step, entry["id"]) for step in ("plan", "collect")},
        }
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(_line(route, entry) for route, entry in found.items()))
    few, many = (entry["transitions"] for entry in found.values())
    # The service's five requests a second make a few more ticks of three transitions; 22 more batches of a loop each would
    # make hundreds.
    assert abs(many - few) <= 30
    for entry in found.values():
        assert entry["plan"]["peak"] - entry["plan"]["base"] <= 40 + 120 * entry["billed"] / 2**20
        assert entry["collect"]["peak"] - entry["collect"]["base"] <= 64 + 9 * ROWS / 2**20


def _line(route: str, entry: dict[str, Any]) -> str:
    memory = ", ".join(
        f"{step} {entry[step]['peak']:.0f} MiB ({entry[step]['base']:.0f} before it began)"
        for step in ("plan", "collect")
    )
    counts = f"{entry['batches']} batches, {entry['billed']} billed, {entry['transitions']} transitions"
    return f"{route}: {counts}; peak memory of {memory}"
