"""start, stop and delete: what a person and a program are told of them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from boto3.session import Session

from batchdrop import wiring
from batchdrop.aws.table import DynamoTable
from batchdrop.batches.states import job_key
from batchdrop.ports import Change
from tests.cli.conftest import TABLE
from tests.cli.examples import job_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import Cloud, Run

JOB = "people-0123456789abcdef"


@pytest.fixture
def orderly(cloud: Cloud) -> Iterator[Cloud]:
    """The stack with its table and its state machine; the command's environment goes away again."""
    before = dict(os.environ)
    session = Session()
    session.client("dynamodb").create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
    )  # fmt: skip
    machine = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
    session.client("stepfunctions").create_state_machine(
        name="machine", definition=json.dumps(machine), roleArn="arn:aws:iam::123456789012:role/machine"
    )
    yield cloud
    os.environ.clear()
    os.environ.update(before)
    wiring.forget()


def has_job(cloud: Cloud, **row: Any) -> None:
    """The job as the table and job.json have it."""
    kept = {
        "id": JOB, "run": 0, "created": "2026-01-01T10:00:00Z", "updated": "2026-01-01T10:00:00Z", "route_name": "r",
        "input": {"bucket": "inbox", "key": "incoming/r/people.csv", "versionId": "v", "size": 9}, "plan": {"lanes": 1}, **row,
    }  # fmt: skip
    DynamoTable(Session().client("dynamodb"), TABLE).write(Change(job_key(JOB), put=kept))
    cloud.put_job(job_json(status=row["status"]))


@pytest.mark.parametrize(
    ("order", "status"),
    [("start", "completed"), ("start", "deleted"), ("stop", "completed"), ("stop", "failure")],
)
def test_a_job_that_has_ended_is_left_as_it_is_and_says_so(
    batchdrop: Run, orderly: Cloud, order: str, status: str
) -> None:
    has_job(orderly, status=status)

    said = batchdrop(order, JOB, "--stack", "team")
    document = batchdrop(order, JOB, "--stack", "team", "--json").documents[0]

    assert (said.code, said.out) == (0, f"{JOB}: {status} already, so nothing was done\n")
    assert document["order"] is None


def test_a_delete_says_that_it_is_on_its_way_to_people_and_to_programs(
    batchdrop: Run, orderly: Cloud
) -> None:
    has_job(orderly, status="completed")

    document = batchdrop("delete", JOB, "--yes", "--stack", "team", "--json").documents[0]
    said = batchdrop("delete", JOB, "--yes", "--stack", "team")

    assert (document["status"], document["order"]) == ("completed", "delete")
    assert said.out == f"{JOB}: completed, delete is on its way\n"
