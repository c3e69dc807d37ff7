"""The Geoapify simulator satisfies geobatchpy, a client that nobody here wrote, running in an environment of its own."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop_sandbox.simulators.clock import Clock
from batchdrop_sandbox.simulators.server import SimulatorServer
from tests.template.loading import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.e2e, pytest.mark.long]

PYTHON = ROOT / ".envs/client/bin/python"
START = Path(__file__).with_name("geobatchpy_here.py")
DATA = files("batchdrop_sandbox") / "data"
INPUTS = 2500


@pytest.fixture
def simulator() -> Iterator[SimulatorServer]:
    """A simulator of its own, whose clock outruns the client's long first sleep."""
    with SimulatorServer.start(services=["geoapify"], clock=Clock(speed=10)) as server:
        yield server


def test_geobatchpy_submits_and_receives_two_and_a_half_thousand_inputs(
    simulator: SimulatorServer, tmp_path: Path
) -> None:
    rows = list(csv.DictReader(io.StringIO((DATA / "us_addresses.csv").read_text())))[:INPUTS]
    truth = {
        row["customer_id"]: row
        for row in csv.DictReader(io.StringIO((DATA / "us_addresses_truth.csv").read_text()))
    }
    inputs = [{"id": row["customer_id"], "params": {"text": _address(row)}} for row in rows]
    asked, jobs, answered = (tmp_path / name for name in ("asked.json", "jobs.json", "answered.json"))
    asked.write_text(json.dumps({"api": "/v1/geocode/search", "inputs": inputs}))
    _geobatch(simulator, "submit", asked, jobs)
    assert len(json.loads(jobs.read_text())["result_urls"]) == 3
    _geobatch(simulator, "receive", jobs, answered)

    results: list[dict[str, Any]] = json.loads(answered.read_text())["results"]
    assert [result["id"] for result in results] == [row["customer_id"] for row in rows]
    for result in results:
        [place] = result["result"]["results"][:1]
        true = truth[result["id"]]
        assert (place["lat"], place["lon"]) == (float(true["lat"]), float(true["lng"]))
    billed = simulator.ledger.snapshot()["geoapify"]
    assert (billed["jobs"], billed["records"]) == (3, INPUTS)


def _address(row: dict[str, str]) -> str:
    return f"{row['address1']}, {row['city']}, {row['state']} {row['postal_code']}, {row['country']}"


def _geobatch(simulator: SimulatorServer, *arguments: object) -> None:
    command = [PYTHON, START, simulator.urls["geoapify"], *arguments, "-k", "client-key"]
    subprocess.run([str(part) for part in command], check=True, capture_output=True, timeout=120)
