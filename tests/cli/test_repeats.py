"""check and put say beforehand that the same bytes came before; `put --again` lets them go."""

from __future__ import annotations

import time
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from boto3.session import Session

from batchdrop.aws.table import DynamoTable
from batchdrop.batches.states import job_key
from batchdrop.jobs import timestamp
from batchdrop.ports import Change
from batchdrop.steps.plan.repeats import register_bytes
from tests.cli.conftest import TABLE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cloud, Run

ROUTE, EARLIER = "geoapify-geocode", "people-0123456789abcdef"
BODY = b"q\nBerlin\n"
HELD = (
    f"The same bytes were dropped into {ROUTE} before, and became the job {EARLIER}. "
    "This file will be held and not sent; `put --again` lets it go and pays for it again."
)
PAID = (
    f"The same bytes were dropped into {ROUTE} before, and became the job {EARLIER}. This file is paid again."
)


@pytest.fixture
def people(tmp_path: Path) -> Path:
    file = tmp_path / "people.csv"
    file.write_bytes(BODY)
    return file


@pytest.fixture
def known(cloud: Cloud) -> Cloud:
    """The stack with a table that knows a job of these bytes."""
    client = Session().client("dynamodb")
    client.create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
    )  # fmt: skip
    has_job(days_ago=1)
    return cloud


def has_job(days_ago: float) -> None:
    table = DynamoTable(Session().client("dynamodb"), TABLE)
    row = {
        "status": "completed",
        "created": timestamp(time.time() - days_ago * 86_400),
        "price": {"spent": 3},
    }
    table.write(Change(job_key(EARLIER), put=row))
    register_bytes(table, ROUTE, EARLIER, sha256(BODY).hexdigest())


def define(cloud: Cloud, body: str) -> None:
    cloud.s3.put_object(Bucket="inbox", Key=f"routes/{ROUTE}.json", Body=body.encode())


def put(batchdrop: Run, file: Path, *more: object):  # type: ignore[no-untyped-def]  # gives what Run gives
    return batchdrop("put", file, "--route", ROUTE, "--stack", "team", *more)


def check(batchdrop: Run, file: Path, *more: object):  # type: ignore[no-untyped-def]  # gives what Run gives
    return batchdrop("check", file, "--route", ROUTE, *more)


@pytest.mark.usefixtures("known")
def test_put_says_before_it_drops_the_same_bytes_that_they_will_be_held(batchdrop: Run, people: Path) -> None:
    said = put(batchdrop, people)
    assert said.code == 0
    assert said.err.splitlines()[0] == HELD


def test_put_again_lets_this_one_file_go_and_says_that_it_is_paid(
    batchdrop: Run, known: Cloud, people: Path
) -> None:
    said = put(batchdrop, people, "--again")
    assert said.err.splitlines()[0] == PAID
    stored = known.s3.head_object(Bucket="inbox", Key=f"incoming/{ROUTE}/people.csv")
    assert stored["Metadata"] == {"again": "true"}


@pytest.mark.parametrize(("repeats", "line"), [("hold", HELD), ("warn", PAID), ("pay", ""), ("allow", "")])
def test_put_says_what_the_route_does_with_the_same_bytes(
    batchdrop: Run, known: Cloud, people: Path, repeats: str, line: str
) -> None:
    define(known, f'{{"extends": "{ROUTE}", "repeats": "{repeats}"}}')
    first = put(batchdrop, people).err.splitlines()[0]
    assert first == line if line else "same bytes" not in first


@pytest.mark.usefixtures("known")
def test_put_says_nothing_of_bytes_that_came_long_ago_but_that_they_are_paid_again(
    batchdrop: Run, people: Path
) -> None:
    has_job(days_ago=31)
    assert put(batchdrop, people).err.splitlines()[0] == PAID


@pytest.mark.usefixtures("known")
def test_put_says_nothing_of_other_bytes(batchdrop: Run, people: Path) -> None:
    people.write_bytes(BODY + b"Bonn\n")
    assert "same bytes" not in put(batchdrop, people).err


@pytest.mark.usefixtures("cloud")
def test_put_drops_the_file_where_the_table_cannot_be_read(batchdrop: Run, people: Path) -> None:
    said = put(batchdrop, people)
    assert said.code == 0
    assert "same bytes" not in said.err


@pytest.mark.usefixtures("known")
def test_check_with_a_stack_says_that_the_same_bytes_would_be_held(batchdrop: Run, people: Path) -> None:
    said = check(batchdrop, people, "--stack", "team")
    assert said.code == 4
    assert f"They became the job {EARLIER}. `batchdrop put --again` lets the file go" in " ".join(
        said.out.split()
    )
    [document] = check(batchdrop, people, "--stack", "team", "--json").documents
    assert document["verdict"] == "held"
    assert [concern["code"] for concern in document["concerns"]] == ["SAME_BYTES"]


def test_check_knows_of_no_earlier_bytes_without_a_stack_or_where_the_route_pays(
    batchdrop: Run, known: Cloud, people: Path
) -> None:
    assert check(batchdrop, people).code == 0
    define(known, f'{{"extends": "{ROUTE}", "repeats": "pay"}}')
    assert check(batchdrop, people, "--stack", "team").code == 0
