"""Real files through the unmodified template on the local AWS, with simulated services: the promises of the README."""

from __future__ import annotations

import csv
import io
import json
from contextlib import ExitStack
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.command import main
from tests.e2e.listening import Ears, listen, until
from tests.golden import example, golden

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from batchdrop_sandbox.simulators.server import SimulatorServer
    from batchdrop_sandbox.stack import Stack

pytestmark = pytest.mark.e2e

DATA = files("batchdrop_sandbox") / "data"
FILE = (DATA / "us_addresses.csv").read_bytes()
TRUTH = {
    row["customer_id"]: (float(row["lat"]), float(row["lng"]))
    for row in csv.DictReader(io.StringIO((DATA / "us_addresses_truth.csv").read_text()))
}
SERVICE = {"geoapify-geocode": "geoapify", "here-geocode": "here_batch_v7"}


@pytest.fixture(scope="module")
def clients() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def ends(stack: Stack, clients: ExitStack) -> Ears:
    return listen(stack, ["completed"], clients)


@pytest.fixture(scope="module")
def failures(stack: Stack, clients: ExitStack) -> Ears:
    return listen(stack, ["failure"], clients)


@pytest.fixture
def run(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command on this stack."""
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: main([*map(str, arguments), "--stack", stack.name])


@pytest.mark.parametrize("route", SERVICE)
def test_the_shipped_file_comes_back_geocoded(
    route: str, run: Any, ends: Ears, simulators: SimulatorServer, tmp_path: Path
) -> None:
    simulators.ledger.reset()
    source = tmp_path / "us_addresses.csv"
    source.write_bytes(FILE)
    assert run("put", "--again", source, "--route", route, "--wait", "--out", tmp_path / "out") == 0

    entry = json.loads((tmp_path / "out/job.json").read_text())
    records = entry["records"]
    assert entry["status"] == "completed"
    assert records["total"] == records["valid"] + records["invalid"] == 2520
    assert records["processed"] == records["valid"] == records["succeeded"] + records["failed"]
    assert records["pending"] == 0

    results = (tmp_path / "out/results.csv").read_bytes().splitlines()
    errors = (tmp_path / "out/errors.csv").read_bytes().splitlines()
    given = FILE.splitlines()[1:]
    assert len(results) - 1 == len(given)
    assert len(errors) == 1
    assert all(line.startswith(raw + b",") for raw, line in zip(given, results[1:], strict=True))
    for row in csv.DictReader(io.StringIO((tmp_path / "out/results.csv").read_text(encoding="utf-8"))):
        assert (float(row["bd_lat"]), float(row["bd_lon"])) == TRUTH[row["customer_id"]]

    billed = simulators.ledger.snapshot()[SERVICE[route]]
    assert (billed["records"], billed["distinct_records"]) == (2520, 2520)
    assert billed["most_times_one_record_was_billed"] == 1
    assert billed["credits"] == entry["price"]["spent"]

    heard = ends.hear(ends.topic, entry["id"])
    assert example(json.loads(heard["Message"])) == golden(f"completed-{route}")
    assert heard["MessageAttributes"]["status"]["Value"] == "completed"
    told = ends.hear(ends.bus, entry["id"])
    assert (told["source"], told["detail-type"]) == ("batchdrop", "Job Status Change")
    assert told["detail"] == json.loads(heard["Message"])


@pytest.mark.parametrize(
    ("body", "route", "code"),
    [
        (b"", "geoapify-geocode", "EMPTY_FILE"),
        (b"address,city\n", "geoapify-geocode", "NO_ROWS"),
        (b"colour,size\nred,1\n", "here-geocode", "WRONG_COLUMNS"),
    ],
)
def test_a_file_that_cannot_be_used_costs_nothing_and_says_why(
    body: bytes, route: str, code: str, run: Any, failures: Ears, simulators: SimulatorServer, tmp_path: Path
) -> None:
    simulators.ledger.reset()
    source = tmp_path / "people.csv"
    source.write_bytes(body)
    assert run("put", "--again", source, "--route", route, "--wait", "--out", tmp_path / "out") == 2
    entry = json.loads((tmp_path / "out/job.json").read_text())
    assert entry["status"] == "failure"
    assert entry["problems"][0]["code"] == code
    assert entry["problems"][0]["remedy"]
    assert set(entry["records"].values()) == {0}
    assert code in (tmp_path / "out/problems.csv").read_text()
    assert not simulators.ledger.snapshot().get(SERVICE[route], {}).get("submits")
    event = json.loads(failures.hear(failures.topic, entry["id"])["Message"])
    assert event["problems"][0] == code
    if code == "WRONG_COLUMNS":
        assert example(event) == golden("failure")


def test_an_object_on_an_unknown_route_is_refused_too(
    stack: Stack, clients: ExitStack, failures: Ears
) -> None:
    s3 = clients.enter_context(_closing(stack.client("s3")))
    s3.put_object(
        Bucket=stack.outputs["InboxBucketName"], Key="incoming/geocod/people.csv", Body=b"address\nx\n"
    )
    heard = until(lambda: _heard(failures, "incoming/geocod/people.csv"))
    assert heard["problems"] == ["NO_ROUTE"]


def _heard(ears: Ears, key: str) -> dict[str, Any] | None:
    for message in ears.sqs.receive_message(QueueUrl=ears.bus, WaitTimeSeconds=1).get("Messages", []):
        ears.sqs.delete_message(QueueUrl=ears.bus, ReceiptHandle=message["ReceiptHandle"])
        detail: dict[str, Any] = json.loads(message["Body"])["detail"]
        if detail["input"]["key"] == key:
            return detail
    return None


def test_the_same_event_three_times_is_one_run_and_one_submission(
    stack: Stack, clients: ExitStack, run: Any, simulators: SimulatorServer, tmp_path: Path
) -> None:
    """Two of the three arrive in one batch of the queue, at once with each other."""
    simulators.ledger.reset()
    source = tmp_path / "twice.csv"
    source.write_bytes(b"\n".join(FILE.splitlines()[:51]) + b"\n")
    assert (
        run("put", "--again", source, "--route", "geoapify-geocode", "--wait", "--out", tmp_path / "out") == 0
    )
    entry = json.loads((tmp_path / "out/job.json").read_text())
    sqs, machine = (clients.enter_context(_closing(stack.client(name))) for name in ("sqs", "stepfunctions"))
    item = {
        "key": entry["input"]["key"],
        "size": 1,
        "version-id": entry["input"]["versionId"],
        "sequencer": "0",
    }
    message = json.dumps({"detail": {"bucket": {"name": entry["input"]["bucket"]}, "object": item}})
    again = [{"Id": str(number), "MessageBody": message} for number in range(2)]
    sqs.send_message_batch(QueueUrl=stack.outputs["InboxQueueUrl"], Entries=again)
    until(
        lambda: (
            len([line for line in stack.log_lines("submit") if '"submitted"' in line]) >= 2
            and _empty(sqs, stack)
        )
    )
    executions = machine.list_executions(stateMachineArn=stack.outputs["StateMachineArn"])["executions"]
    assert [each["name"] for each in executions if each["name"].startswith(entry["id"])] == [
        f"{entry['id']}-r0"
    ]
    billed = simulators.ledger.snapshot()["geoapify"]
    assert (billed["submits"], billed["records"], billed["most_times_one_record_was_billed"]) == (1, 50, 1)


def _empty(sqs: Any, stack: Stack) -> bool:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=stack.outputs["InboxQueueUrl"], AttributeNames=names)[
        "Attributes"
    ]
    return all(int(found[name]) == 0 for name in names)


class _closing:  # noqa: N801  # reads as a function
    def __init__(self, client: Any) -> None:
        self._client = client

    def __enter__(self) -> Any:
        return self._client

    def __exit__(self, *_: object) -> None:
        self._client.close()
