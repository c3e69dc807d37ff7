"""A whole job on HERE Batch Geocoder 6.2, for each form in which its answers have really come or are documented."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.command import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from batchdrop_sandbox.simulators.server import SimulatorServer
    from batchdrop_sandbox.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.long]

PEOPLE = "id,city\n1,Berlin\n2,Zzqx vblort\n3,Hamburg\n4,Madrid\n"


@pytest.fixture
def run(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command on this stack."""
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: main([*map(str, arguments), "--stack", stack.name])


@pytest.fixture
def geocoder(simulators: SimulatorServer) -> Iterator[Any]:
    """The simulated Batch Geocoder; what a test changes is put back."""
    simulators.ledger.reset()
    behaviour: Any = simulators.behaviours["here_geocoder_v6"]
    yield behaviour
    behaviour.reset()


def table(folder: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / name).read_text(encoding="utf-8"))))


@pytest.mark.parametrize(
    "settings",
    [
        {"archive": "one_underscore"},
        {"archive": "two_underscores"},
        {"archive": "zip_in_zip"},
        {"archive": "zip_in_zip", "final_newline": False, "trailing_delimiter": True},
        {"empty_download": 404},
    ],
    ids=str,
)
def test_each_form_of_an_answer_is_delivered_whole(
    geocoder: Any, simulators: SimulatorServer, run: Any, tmp_path: Path, settings: dict[str, Any]
) -> None:
    geocoder.configure(settings)
    source, out = tmp_path / "people.csv", tmp_path / "out"
    source.write_text(PEOPLE)
    assert run("put", "--again", source, "--route", "here-v6-geocode", "--wait", "--out", out) == 0
    entry = json.loads((out / "job.json").read_text())
    assert (entry["status"], entry["batches"]["parked"]) == ("completed", 0)
    assert [row["bd_city"] for row in table(out, "results.csv")] == ["Berlin", "Hamburg", "Madrid"]
    assert [(row["id"], row["bd_code"]) for row in table(out, "errors.csv")] == [("2", "NO_MATCH")]
    billed = simulators.ledger.snapshot()["here_geocoder_v6"]
    assert (billed["jobs"], billed["records"], billed["most_times_one_record_was_billed"]) == (1, 4, 1)
