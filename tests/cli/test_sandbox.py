"""The sandbox commands on the real local AWS: one that stays, and one for a single file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from batchdrop_cli import simulated
from batchdrop_sandbox.deploy import SANDBOX_SIGNING_SECRET
from batchdrop_sandbox.simulators.registry import SIMULATORS
from tests.e2e.listening import until
from tests.receiving import Receiver

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run, Said

pytestmark = [pytest.mark.e2e, pytest.mark.long]


@pytest.fixture
def people(tmp_path: Path) -> Path:
    file = tmp_path / "people.csv"
    file.write_text("customer,city,country\nAnna,Berlin,Germany\nBo,Berlin,Germany\nCy,Zzyzzx Nowhere,\n")
    return file


def test_a_sandbox_that_stays_serves_the_other_commands_and_goes_down_whole(
    batchdrop: Run, people: Path, tmp_path: Path
) -> None:
    with Receiver(SANDBOX_SIGNING_SECRET) as receiver:
        up = batchdrop("sandbox", "up", "--events-to", receiver.url, "--json")
        _serves(batchdrop, up, people, tmp_path, receiver)
    assert simulated.running() is None
    assert batchdrop("sandbox", "down").code == 2


def _serves(batchdrop: Run, up: Said, people: Path, tmp_path: Path, receiver: Receiver) -> None:
    try:
        assert (up.code, set(up.documents[0]["simulators"])) == (0, set(SIMULATORS))
        assert batchdrop("sandbox", "up").code == 2

        put = batchdrop("put", people, "--route", "here-geocode", "--stack", "sandbox", "--json")
        job = put.documents[0]["job"]
        watched = batchdrop("watch", job, "--stack", "sandbox", "--json")
        fetched = batchdrop("fetch", job, "--stack", "sandbox", "--out", tmp_path / "out", "--json")

        assert (put.code, watched.code, fetched.code) == (0, 0, 0)
        assert watched.documents[-1]["status"] == "completed"
        assert watched.documents[-1]["records"]["distinct"] == 2
        assert set(fetched.documents[0]["files"]) == {"job.json", "results.csv", "errors.csv", "report.html"}
        assert (
            (tmp_path / "out/results.csv")
            .read_text()
            .splitlines()[1]
            .startswith("Anna,Berlin,Germany,1,1,1,52.")
        )
        assert until(lambda: receiver.of(job))[0]["type"] == "job.completed"
    finally:
        down = batchdrop("sandbox", "down")
    assert down.code == 0


def test_sandbox_run_brings_files_and_ledger_and_uses_the_route_that_is_defined_for_it(
    batchdrop: Run, people: Path, tmp_path: Path
) -> None:
    definition = tmp_path / "all-rows.json"
    definition.write_text('{"extends": "geoapify-geocode", "dedupe": false}')

    said = batchdrop(
        "sandbox",
        "run",
        people,
        "--route",
        "every-row",
        "--define",
        definition,
        "--out",
        tmp_path / "out",
        "--json",
    )

    [document] = said.documents
    assert (said.code, document["job"]["status"], document["job"]["simulated"]) == (0, "completed", True)
    assert document["ledger"]["geoapify"]["records"] == 3
    assert json.loads((tmp_path / "out/ledger.json").read_bytes()) == document["ledger"]


def test_a_refused_file_ends_with_two_and_nothing_was_billed(batchdrop: Run, tmp_path: Path) -> None:
    only_header = tmp_path / "people.csv"
    only_header.write_text("name,city\n")

    said = batchdrop("sandbox", "run", only_header, "--route", "geoapify-geocode", "--out", tmp_path / "out")

    assert said.code == 2
    assert "NO_ROWS" in said.out
    assert "nothing: no service was asked" in said.out
    assert (tmp_path / "out/problems.csv").exists()
