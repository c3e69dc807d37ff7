"""Each port twice: in memory, and the real adapter on moto in this process."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from batchdrop.aws.store import S3Store
from batchdrop.aws.table import BY_STATUS, DynamoTable
from tests.mocked_aws import mock_aws
from tests.ports.memory import MemoryStore, MemoryTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchdrop.ports import Store, Table

REGION = "eu-central-1"
TABLE = "batchdrop"
BUCKET = "results"


@pytest.fixture
def aws() -> Iterator[None]:
    """A fresh AWS in this process."""
    with mock_aws():
        yield


@pytest.fixture
def dynamodb(aws: None) -> Any:  # noqa: ARG001  # needs AWS, not its value
    """A client, and a table like the template's."""
    client: Any = boto3.client("dynamodb", region_name=REGION)
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "status_key", "updated")
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": BY_STATUS,
                "KeySchema": [
                    {"AttributeName": "status_key", "KeyType": "HASH"},
                    {"AttributeName": "updated", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    return client


@pytest.fixture
def s3(aws: None) -> Any:  # noqa: ARG001  # as above
    """A client, and a versioned bucket."""
    client: Any = boto3.client("s3", region_name=REGION)
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


@pytest.fixture(params=["memory", "aws"])
def table(request: pytest.FixtureRequest) -> Table:
    """The table port."""
    if request.param == "memory":
        return MemoryTable()
    return DynamoTable(request.getfixturevalue("dynamodb"), TABLE)


@pytest.fixture(params=["memory", "aws"])
def store(request: pytest.FixtureRequest) -> Store:
    """The store port."""
    if request.param == "memory":
        return MemoryStore()
    return S3Store(request.getfixturevalue("s3"))


@pytest.fixture
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore repeats at once instead of waiting."""
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(time=time.time, sleep=lambda _: None))
