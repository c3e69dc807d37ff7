"""What only the real table can meet: lost replies, collisions, errors of AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from batchdrop.aws.table import CONFLICT_TRIES, DynamoTable
from batchdrop.ports import Absent, Change, Exists, Is, Key
from tests.ports.conftest import TABLE
from tests.ports.faults import lose_reply, refuse

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH = Key("job#a", "batch#00001")
TICKET = Key("ticket#geoapify#t", "ticket")


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def table(dynamodb: Any, waits: list[float]) -> DynamoTable:
    return DynamoTable(dynamodb, TABLE, sleep=waits.append)


@pytest.mark.usefixtures("no_waits")
def test_a_claim_whose_reply_was_lost_is_refused_by_itself_and_the_row_names_the_owner(
    dynamodb: Any, table: DynamoTable
) -> None:
    table.write(Change(BATCH, put={"state": "planned"}))
    lost = lose_reply(dynamodb, "UpdateItem")
    written = table.write(
        Change(BATCH, put={"state": "posting", "owner": "me"}, when=[Is("state", "planned")])
    )
    assert lost.left == 0
    assert not written.done  # botocore wrote again, and met its own write
    assert written.row is not None
    assert written.row["owner"] == "me"  # so the caller won after all


@pytest.mark.usefixtures("no_waits")
def test_another_ones_claim_is_told_apart_from_an_own_one(dynamodb: Any, table: DynamoTable) -> None:
    table.write(Change(BATCH, put={"state": "posting", "owner": "other"}))
    lose_reply(dynamodb, "UpdateItem")
    written = table.write(
        Change(BATCH, put={"state": "posting", "owner": "me"}, when=[Is("state", "planned")])
    )
    assert not written.done
    assert written.row is not None
    assert written.row["owner"] == "other"


@pytest.mark.usefixtures("no_waits")
def test_a_lost_reply_to_a_delete_leaves_no_row(dynamodb: Any, table: DynamoTable) -> None:
    table.write(Change(BATCH, put={"owner": "me"}))
    lose_reply(dynamodb, "DeleteItem")
    written = table.write(Change(BATCH, delete=True, when=[Is("owner", "me")]))
    assert (written.done, written.row) == (False, None)


@pytest.mark.usefixtures("no_waits")
def test_a_transaction_is_sent_again_under_the_same_token(dynamodb: Any, table: DynamoTable) -> None:
    tokens = []
    dynamodb.meta.events.register_first(
        "before-call.dynamodb.TransactWriteItems", lambda params, **_: tokens.append(params["body"])
    )
    lost = lose_reply(dynamodb, "TransactWriteItems")
    # AWS knows the token again and answers "done"; moto does not, and so shows the other answer a caller must be ready for.
    assert not table.write_together([Change(TICKET, put={"owner": "me"}, when=[Absent("pk")])])
    assert lost.left == 0
    assert len(tokens) == 1
    assert b"ClientRequestToken" in tokens[0]
    row = table.get(TICKET)
    assert row is not None
    assert row["owner"] == "me"


def test_colliding_writes_wait_a_little_longer_each_time_and_then_go_through(
    dynamodb: Any, table: DynamoTable, waits: list[float]
) -> None:
    refuse(dynamodb, "UpdateItem", "TransactionConflictException", times=CONFLICT_TRIES - 1)
    assert table.write(Change(BATCH, put={"a": 1})).done
    assert len(waits) == CONFLICT_TRIES - 1
    assert sum(waits) < 5
    assert waits == sorted(waits)


def _cancelled(*codes: str) -> dict[str, Any]:
    return {"CancellationReasons": [{"Code": code} for code in codes]}


def test_a_transaction_that_collides_is_tried_again(
    dynamodb: Any, table: DynamoTable, waits: list[float]
) -> None:
    refuse(
        dynamodb,
        "TransactWriteItems",
        "TransactionCanceledException",
        **_cancelled("None", "TransactionConflict"),
    )
    assert table.write_together([Change(BATCH, put={"a": 1}), Change(TICKET, put={"a": 1})])
    assert len(waits) == 1
    assert table.get(TICKET) is not None


def test_a_failed_condition_is_final_also_beside_a_collision(
    dynamodb: Any, table: DynamoTable, waits: list[float]
) -> None:
    refuse(
        dynamodb,
        "TransactWriteItems",
        "TransactionCanceledException",
        **_cancelled("TransactionConflict", "ConditionalCheckFailed"),
    )
    assert not table.write_together([Change(BATCH, when=[Exists("pk")])])
    assert waits == []


@pytest.mark.parametrize(
    ("code", "more", "tries"),
    [
        ("TransactionCanceledException", _cancelled("TransactionConflict"), CONFLICT_TRIES),
        ("TransactionCanceledException", _cancelled("TransactionConflict", "ValidationError"), 1),
        ("TransactionCanceledException", {}, 1),
        ("ResourceNotFoundException", {}, 1),
    ],
)
def test_what_does_not_pass_goes_up(
    dynamodb: Any, table: DynamoTable, waits: list[float], code: str, more: dict[str, Any], tries: int
) -> None:
    refuse(dynamodb, "TransactWriteItems", code, times=tries, **more)
    with pytest.raises(ClientError, match=code):
        table.write_together([Change(BATCH, put={"a": 1})])
    assert len(waits) == tries - 1


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        ("UpdateItem", lambda table: table.write(Change(BATCH))),
        ("DeleteItem", lambda table: table.write(Change(BATCH, delete=True))),
        ("GetItem", lambda table: table.get(BATCH)),
        ("Query", lambda table: list(table.query("job#a"))),
    ],
)
def test_a_missing_table_goes_up(
    dynamodb: Any, table: DynamoTable, operation: str, call: Callable[[DynamoTable], object]
) -> None:
    refuse(dynamodb, operation, "ResourceNotFoundException")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        call(table)


def test_rows_are_read_consistently(dynamodb: Any, table: DynamoTable) -> None:
    asked: list[dict[str, Any]] = []
    for operation in ("GetItem", "Query"):
        dynamodb.meta.events.register(
            f"before-parameter-build.dynamodb.{operation}", lambda params, **_: asked.append(params)
        )
    table.get(BATCH)
    list(table.query("job#a", "batch#"))
    assert [params["ConsistentRead"] for params in asked] == [True, True]


def test_a_row_with_attributes_that_are_not_ours_is_not_guessed_at(dynamodb: Any, table: DynamoTable) -> None:
    dynamodb.put_item(TableName=TABLE, Item={"pk": {"S": "a"}, "sk": {"S": "b"}, "set": {"SS": ["x"]}})
    with pytest.raises(TypeError, match="SS"):
        table.get(Key("a", "b"))
