"""The table port on DynamoDB.

The low-level client, not boto3's resource: the resource costs some 10 % more start-up CPU, and gives Decimals that would have to
be walked once more (`attributes.py` says why the codec is our own).

A reply can get lost after the write took effect; botocore then sends the write again. A condition fails in that case on our own
write: `write` answers done=False with the row as it stands, and the caller finds itself in it (docs/decisions/0020).
An `add` without a condition is counted twice; put a condition beside it where that matters.
A transaction carries botocore's token and is not repeated by a resend (within 10 minutes) [doc: TransactWriteItems].
"""

from __future__ import annotations

import time
from random import SystemRandom
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from batchdrop.aws import expressions
from batchdrop.aws.attributes import decode_row
from batchdrop.ports import Written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import PaginatorConfigTypeDef

    from batchdrop.ports import Change, Key, Row

BY_STATUS = "byStatus"
"""The index that lists jobs: hash `status_key`, range `updated`, both text, all attributes projected."""

CONFLICT_TRIES = 6
_PASSING = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "None"}
_random = SystemRandom()

T = TypeVar("T")


class DynamoTable:
    """The one table. `sleep` waits between tries when transactions collide."""

    def __init__(
        self, client: DynamoDBClient, name: str, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._name = name
        self._sleep = sleep

    def get(self, key: Key) -> Row | None:
        """See Table.get."""
        answer = self._client.get_item(TableName=self._name, Key=expressions.key_of(key), ConsistentRead=True)
        item = answer.get("Item")
        return decode_row(item) if item else None

    def query(self, pk: str, prefix: str = "", *, first: str = "", last: str = "") -> Iterator[Row]:
        """See Table.query."""
        wanted = expressions.rows(pk, prefix, first, last)
        return self._pages({"ConsistentRead": True, **wanted})

    def jobs(
        self, status: str, *, limit: int = 100, before: str = "", until: str = "", oldest: bool = False
    ) -> Iterator[Row]:
        """See Table.jobs."""
        wanted = expressions.by_status(status, before, until)
        return self._pages(
            {"IndexName": BY_STATUS, "ScanIndexForward": oldest, **wanted},
            limit=limit,
        )

    def _pages(self, wanted: Mapping[str, Any], *, limit: int | None = None) -> Iterator[Row]:
        config: PaginatorConfigTypeDef = (
            {} if limit is None else {"MaxItems": limit, "PageSize": min(limit, 100)}
        )
        pages = self._client.get_paginator("query").paginate(
            TableName=self._name, PaginationConfig=config, **wanted
        )
        for page in pages:
            yield from map(decode_row, page["Items"])

    def write(self, change: Change) -> Written:
        """See Table.write."""
        try:
            row = self._patiently(lambda: self._delete(change) if change.delete else self._update(change))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            found: Any = error.response.get("Item")
            return Written(done=False, row=decode_row(found) if found else None)
        return Written(done=True, row=row)

    def _update(self, change: Change) -> Row | None:
        answer = self._client.update_item(
            TableName=self._name,
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
            **expressions.update(change),
        )
        return decode_row(answer["Attributes"])

    def _delete(self, change: Change) -> Row | None:
        self._client.delete_item(
            TableName=self._name, ReturnValuesOnConditionCheckFailure="ALL_OLD", **expressions.delete(change)
        )
        return None

    def write_together(self, changes: Sequence[Change]) -> bool:
        """See Table.write_together."""
        expressions.check_together(changes)
        if not changes:
            return True
        items: list[Any] = [
            {"Delete": {"TableName": self._name, **expressions.delete(change)}}
            if change.delete
            else {"Update": {"TableName": self._name, **expressions.update(change)}}
            for change in changes
        ]
        try:
            self._patiently(lambda: self._client.transact_write_items(TransactItems=items))
        except ClientError as error:
            if "ConditionalCheckFailed" in _reasons(error):
                return False
            raise
        return True

    def _patiently(self, call: Callable[[], T]) -> T:
        """The call's answer; tried again, with jittered waits, while another transaction holds one of the rows."""
        for attempt in range(1, CONFLICT_TRIES):
            try:
                return call()
            except ClientError as error:
                if not _collided(error):
                    raise
            self._sleep(_random.uniform(0.5, 1.0) * 0.05 * 2**attempt)
        return call()


def _reasons(error: ClientError) -> set[str]:
    """Why a transaction was cancelled, one code per change; empty for other errors."""
    if error.response["Error"]["Code"] != "TransactionCanceledException":
        return set()
    reasons: Any = error.response.get("CancellationReasons", ())
    return {reason.get("Code", "None") for reason in reasons}


def _collided(error: ClientError) -> bool:
    """Whether nothing was written, and nothing but bad luck is to blame."""
    if error.response["Error"]["Code"] == "TransactionConflictException":
        return True
    reasons = _reasons(error)
    return bool(reasons) and reasons <= _PASSING
