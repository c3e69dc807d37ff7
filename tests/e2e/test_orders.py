"""Orders on the deployed stack: a held job started later, a stopped job's partial results, a deleted job."""

from __future__ import annotations

import json
import os
from contextlib import closing
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop import wiring
from tests.e2e.command import main
from tests.e2e.listening import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from batchdrop_sandbox.simulators.server import SimulatorServer
    from batchdrop_sandbox.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.long]

LINES = (files("batchdrop_sandbox") / "data" / "us_addresses.csv").read_bytes().splitlines(keepends=True)


class Person:
    """Somebody with the command and this stack."""

    def __init__(self, stack: Stack, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.stack, self.folder, self._capsys = stack, folder, capsys

    def says(self, *arguments: object) -> dict[str, Any]:
        """Run the command with --json; its document."""
        self._capsys.readouterr()
        self.code = main([*map(str, arguments), "--json", "--stack", self.stack.name])
        lines = self._capsys.readouterr().out.splitlines()
        assert len(lines) <= 1, "stdout holds one document and nothing else"
        document: dict[str, Any] = json.loads(lines[0]) if lines else {}
        return document

    def define(self, route: str, **entry: Any) -> None:
        with closing(self.stack.client("s3")) as s3:
            body = json.dumps(entry).encode()
            s3.put_object(Bucket=self.stack.outputs["InboxBucketName"], Key=f"routes/{route}.json", Body=body)

    def drops(self, route: str, rows: int) -> str:
        """Drop so many of the shipped addresses; the job's id."""
        path = self.folder / f"{route}-{rows}.csv"
        path.write_bytes(b"".join(LINES[: rows + 1]))
        job: str = self.says("put", "--again", path, "--route", route)["job"]
        return job

    def sees(self, job: str, status: str) -> dict[str, Any]:
        """job.json once it has this status."""
        found: dict[str, Any] = until(
            lambda: (entry := self.says("show", job)).get("status") == status and entry
        )
        return found


@pytest.fixture
def person(stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Person]:
    before = dict(os.environ)
    os.environ.update(stack.environment)
    yield Person(stack, tmp_path, capsys)
    os.environ.clear()
    os.environ.update(before)
    wiring.forget()


def test_a_held_job_costs_nothing_until_it_is_started_the_next_day(
    person: Person, simulators: SimulatorServer
) -> None:
    simulators.ledger.reset()
    person.define("held", extends="here-geocode", hold=True)
    job = person.drops("held", 20)
    held = until(lambda: (entry := person.says("show", job)).get("price", {}).get("estimated") and entry)
    assert held["status"] == "submitted"
    assert not simulators.ledger.snapshot().get("here_batch_v7", {}).get("submits")
    simulators.clock.advance(86_400)
    person.says("start", job)
    ended = person.sees(job, "completed")
    assert ended["records"]["matched"] == 20
    assert simulators.ledger.snapshot()["here_batch_v7"]["most_times_one_record_was_billed"] == 1


def test_a_stopped_job_keeps_what_was_finished(person: Person, simulators: SimulatorServer) -> None:
    simulators.ledger.reset()
    simulators.behaviours["here_batch_v7"].configure({"records_per_second": 5})
    try:
        job = person.drops("here-geocode", 2520)
        until(lambda: person.says("show", job).get("status") == "inProgress")
        person.says("stop", job)
        ended = person.sees(job, "stopped")
    finally:
        simulators.behaviours["here_batch_v7"].reset()
    records = ended["records"]
    assert records["matched"] + records["unprocessed"] == 2520
    assert records["processed"] < records["valid"]
    assert simulators.ledger.snapshot()["here_batch_v7"]["records"] == records["processed"]
    person.says("fetch", job, "--out", person.folder / "out")
    lines = (person.folder / "out/results.csv").read_bytes().count(b"\n")
    errors = (person.folder / "out/errors.csv").read_bytes().count(b"\n")
    assert (lines - 1, errors - 1) == (records["matched"], records["unprocessed"])


def test_a_deleted_job_leaves_nothing_but_its_end(person: Person, simulators: SimulatorServer) -> None:
    job = person.drops("here-geocode", 20)
    person.sees(job, "completed")
    person.says("delete", job, "--yes")
    ended = person.sees(job, "deleted")
    assert (ended["resultsHref"], ended["errorsHref"]) == ("", "")
    with closing(person.stack.client("s3")) as s3:
        versions = s3.list_object_versions(
            Bucket=person.stack.outputs["ResultsBucketName"], Prefix=f"jobs/{job}/"
        )
    assert {entry["Key"] for entry in versions.get("Versions", [])} == {f"jobs/{job}/job.json"}
    assert not versions.get("DeleteMarkers")
    assert simulators.ledger.snapshot()["here_batch_v7"]["calls"]["delete"] >= 1


def test_a_delete_with_its_input_leaves_no_version_of_the_file(person: Person) -> None:
    job = person.drops("here-geocode", 3)
    dropped = person.sees(job, "completed")["input"]
    person.says("delete", job, "--input", "--yes")
    person.sees(job, "deleted")
    results = person.stack.outputs["ResultsBucketName"]
    with closing(person.stack.client("s3")) as s3:
        found = s3.list_object_versions(Bucket=dropped["bucket"], Prefix=dropped["key"])
        left = s3.list_object_versions(Bucket=results, Prefix="by-input/here-geocode/")
    assert not found.get("Versions")
    assert dropped["key"].rpartition("/")[2] not in str(left)


def test_errors_dropped_back_and_merged_are_one_complete_file(person: Person) -> None:
    folder = person.folder
    first = folder / "loop.csv"
    first.write_text(
        "n,q\n"
        + "".join(f"{n},Nowhere Street {n}\n" if n % 3 == 0 else f"{n},Berlin\n" for n in range(1, 10))
    )
    job = person.says("put", "--again", first, "--route", "here-geocode")["job"]
    person.sees(job, "completed")
    person.says("fetch", job, "--out", folder / "one")
    errors = folder / "one/errors.csv"
    errors.write_text(
        errors.read_text().replace("Nowhere Street 3", "Paris").replace("Nowhere Street 9", "Rome")
    )
    again = person.says("put", "--again", errors, "--route", "here-geocode")["job"]
    assert person.sees(again, "completed")["parent"] == job
    merged = person.says("merge", job, "--out", folder / "whole.csv")
    assert (merged["records"], merged["matched"], merged["open"]) == (9, 8, 1)
    rows = (folder / "whole.csv").read_text().splitlines()[1:]
    assert [row.partition(",")[0] for row in rows] == ["1", "2", "3", "4", "5", "7", "8", "9"]
    found: Any = person.says("jobs", "--key", "incoming/here-geocode/errors.csv")
    assert [entry["id"] for entry in found] == [again]
