"""Where DynamoDB is stricter than moto 5.2.5, the table in memory sides with DynamoDB.

Values of different types are never equal and never below one another, a missing attribute equals nothing, keys of an index
are text, a row has at most 400 KB, ADD wants a number [doc: DynamoDB Developer Guide, condition expressions; quotas; UpdateItem].
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.ports import Below, Change, Is, Key
from tests.ports.memory import MemoryTable

if TYPE_CHECKING:
    from batchdrop.ports import Condition

JOB = Key("job#a", "job")
ROW = {"pk": "job#a", "sk": "job", "flag": True, "name": "x", "run": 1}


@pytest.fixture
def table() -> MemoryTable:
    table = MemoryTable()
    table.write(Change(JOB, put={"flag": True, "name": "x", "run": 1}))
    return table


@pytest.mark.parametrize(
    "condition",
    [Is("flag", 1), Is("run", value=True), Is("missing", None), Below("name", 5), Below("flag", 5)],
    ids=str,
)
def test_values_of_different_types_are_neither_equal_nor_below(
    table: MemoryTable, condition: Condition
) -> None:
    assert not table.write(Change(JOB, put={"done": 1}, when=[condition])).done


@pytest.mark.parametrize(
    "put",
    [{"a": "x" * 410_000}, {"status_key": "", "updated": "2025"}, {"status_key": "a", "updated": 5}],
    ids=["a row over 400 KB", "an empty index key", "a number as index key"],
)
def test_a_row_dynamodb_would_refuse_is_not_written(table: MemoryTable, put: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"400 KB|index"):
        table.write(Change(JOB, put=put))
    assert table.rows() == [ROW]


def test_adding_to_text_is_refused_and_changes_nothing(table: MemoryTable) -> None:
    with pytest.raises(ValueError, match="not a number"):
        table.write_together([Change(Key("job#a", "lane")), Change(JOB, put={"b": 1}, add={"name": 1})])
    assert table.rows() == [ROW]


@pytest.mark.parametrize("key", [Key("", "job"), Key("job#a", "")])
def test_half_a_key_is_refused(table: MemoryTable, key: Key) -> None:
    with pytest.raises(ValueError, match="two parts"):
        table.write(Change(key))
