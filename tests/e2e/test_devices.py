"""Devices through the deployed stack: added from a file with tag columns although an answer is lost, then deleted again."""

from __future__ import annotations

import csv
import io
import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.command import main

if TYPE_CHECKING:
    from pathlib import Path

    from batchdrop_sandbox.simulators.server import SimulatorServer
    from batchdrop_sandbox.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.long]

COUNT = 2300
HEADER = "name,externalId,sendMs,tag:even,tag:third\n"
DEVICES = HEADER + "".join(
    f"device {number},{f'D-{number}' if number % 500 else ''},600000,{'' if number % 2 else 1},{'' if number % 3 else 1}\n"
    for number in range(COUNT)
)


@pytest.fixture
def run(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command on this stack."""
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: main([*map(str, arguments), "--stack", stack.name])


def table(folder: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / name).read_text(encoding="utf-8"))))


def test_devices_are_added_once_although_an_answer_is_lost_and_deleted_again(
    stack: Stack, simulators: SimulatorServer, run: Any, tmp_path: Path
) -> None:
    simulators.ledger.reset()
    tracking: Any = simulators.behaviours["here_tracking_v4"]

    def devices() -> list[Any]:
        """Those of this test."""
        return [one for one in tracking.devices() if one.name.startswith("device ")]

    added, deleted = tmp_path / "added", tmp_path / "deleted"
    source = tmp_path / "devices.csv"
    source.write_text(DEVICES)
    simulators.faults.add({"service": "here_tracking_v4", "call": "submit", "kind": "drop_after"})

    assert run("put", "--again", source, "--route", "here-tracking-devices", "--wait", "--out", added) == 0
    rows = table(added, "results.csv")
    assert [row["name"] for row in rows] == [f"device {number}" for number in range(COUNT)]
    assert all(row["bd_externalId"] == row["externalId"] and row["bd_trackingId"] for row in rows)
    there = {one.name: one.rest for one in devices()}
    assert len(there) == COUNT
    assert there["device 6"] == {
        "name": "device 6",
        "externalId": "D-6",
        "sendMs": 600000,
        "tags": ["even", "third"],
    }
    account = simulators.ledger.snapshot()["here_tracking_v4"]
    assert (account["jobs"], account["submits"], account["most_times_one_record_was_billed"]) == (3, 3, 1)
    assert json.loads((added / "job.json").read_text())["batches"] == {"total": 3, "settled": 3, "parked": 0}

    with closing(stack.client("s3")) as s3:
        body = json.dumps({"extends": "here-tracking-delete", "hold": False}).encode()
        s3.put_object(Bucket=stack.outputs["InboxBucketName"], Key="routes/tidy.json", Body=body)
    source = tmp_path / "gone.csv"
    source.write_text("trackingId\n" + "".join(f"{row['bd_trackingId']}\n" for row in rows) + "HERE-nobody\n")
    assert run("put", "--again", source, "--route", "tidy", "--wait", "--out", deleted) == 0
    assert not devices()
    assert [row["bd_trackingId"] for row in table(deleted, "results.csv")] == [
        row["bd_trackingId"] for row in rows
    ]
    (missing,) = table(deleted, "errors.csv")
    assert (missing["trackingId"], missing["bd_outcome"], missing["bd_code"]) == (
        "HERE-nobody",
        "failed",
        "404",
    )

    logged = "".join(line for name in ("plan", "advance", "collect") for line in stack.log_lines(name))
    secrets = [row["bd_deviceSecret"] for row in rows if not row["externalId"]]
    assert len(secrets) == len(list(filter(None, secrets))) == 5
    assert not [secret for secret in secrets if secret in logged]
    assert rows[0]["bd_trackingId"] not in logged
    assert "sandbox-key" not in logged


def test_an_array_of_devices_as_in_the_tutorial_comes_back_with_ours_in_each(
    run: Any, tmp_path: Path
) -> None:
    source = tmp_path / "devices.json"
    source.write_text(
        '[\n {"name": "my at4h tracker", "sendMs": 600000},\n {"name": "mine", "colour": "red"}\n]'
    )
    out = tmp_path / "out"
    assert run("put", "--again", source, "--route", "here-tracking-devices", "--wait", "--out", out) == 4
    job = json.loads((out / "job.json").read_text())  # half of the records are invalid: a person lets it go
    assert job["attention"]["code"] == "MANY_INVALID"
    assert run("start", job["id"]) == 0
    assert run("watch", job["id"]) == 0
    assert run("fetch", job["id"], "--out", out) == 0
    (result,) = (json.loads(line) for line in (tmp_path / "out/results.ndjson").read_text().splitlines())
    assert (result["name"], result["sendMs"], result["bd"]["recId"]) == ("my at4h tracker", 600000, 1)
    assert result["bd"]["deviceSecret"]
    (error,) = (json.loads(line) for line in (tmp_path / "out/errors.ndjson").read_text().splitlines())
    assert (error["colour"], error["bd"]["code"]) == ("red", "DEVICE_VARIANT")
    assert json.loads((tmp_path / "out/job.json").read_text())["outputType"] == "jsonl"
