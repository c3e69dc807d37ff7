"""What worker processes need to be killed at: the local AWS, the simulators on a fast clock, and clients for both sides of a fork."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from batchdrop_sandbox import emulator
from tests.faults.worker import Place

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import ExitStack

ROOT = Path(__file__).resolve().parents[2]
SPEED = 800.0
AT_ONCE = 4
AWS = ("dynamodb", "s3", "stepfunctions", "events", "sns")


@dataclass(eq=False)
class Bench:
    """The local AWS, the simulators, and the clients of this process and of its workers."""

    urls: Mapping[str, str]
    ours: Mapping[str, Any]
    theirs: Mapping[str, Any]
    places: list[Place]

    def ledger(self) -> dict[str, Any]:
        """What the services billed so far."""
        found: dict[str, Any] = control(self.urls["geoapify"], "GET", "ledger")
        return found


def control(url: str, method: str, call: str, body: Any = None) -> Any:
    """A control call of the simulators."""
    host = url.split("/")[2]
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        connection.request(method, f"/_sandbox/{call}", json.dumps(body) if body is not None else None)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def clients(endpoint: str) -> dict[str, Any]:
    """boto3 clients of the local AWS."""
    config = Config(retries={"mode": "standard", "total_max_attempts": 5}, s3={"addressing_style": "path"})
    session = boto3.Session("test", "test", region_name="eu-central-1")
    return {name: session.client(name, endpoint_url=endpoint, config=config) for name in AWS}  # type: ignore[call-overload]  # the stubs know literal names only


def set_up(stack: ExitStack, folder: Path) -> Bench:
    """Boot everything; ends with the stack."""
    local = emulator.boot(ROOT, folder, wait_scale=1, live_on=False)
    stack.callback(local.end)
    urls = _simulators(stack)
    ours = clients(local.endpoint)
    for bucket in ("inbox", "results"):
        ours["s3"].create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        ours["s3"].put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    sleeper = {"StartAt": "Sleep", "States": {"Sleep": {"Type": "Wait", "Seconds": 86_400, "End": True}}}
    machine = ours["stepfunctions"].create_state_machine(
        name="batch_job", definition=json.dumps(sleeper), roleArn="arn:aws:iam::123456789012:role/machine"
    )["stateMachineArn"]
    ours["events"].create_event_bus(Name="batchdrop")
    topic = ours["sns"].create_topic(Name="batchdrop")["TopicArn"]
    tables = [f"batchdrop-{number}" for number in range(AT_ONCE)]
    for table in tables:
        _table(ours["dynamodb"], table)
    mark, now = time.monotonic(), control(urls["geoapify"], "GET", "clock")["now"]
    places = [Place(table, machine, "batchdrop", topic, urls, now, mark, SPEED) for table in tables]
    return Bench(urls, ours, clients(local.endpoint), places)


def _simulators(stack: ExitStack) -> dict[str, str]:
    command = [sys.executable, "-m", "batchdrop_sandbox.simulators", "--speed", str(SPEED)]
    process = stack.enter_context(
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    )
    stack.callback(process.terminate)
    assert process.stdout is not None
    urls: dict[str, str] = json.loads(process.stdout.readline())
    return urls


def _table(client: Any, name: str) -> None:
    texts = ("pk", "sk", "status_key", "updated")
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in texts],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "byStatus",
                "KeySchema": [
                    {"AttributeName": "status_key", "KeyType": "HASH"},
                    {"AttributeName": "updated", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
