"""A batch's row in any state, and what a write changes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchdrop.batches.states import BatchRow, BatchState
from batchdrop.ports import Change, Key, Ticket

if TYPE_CHECKING:
    from batchdrop.ports import Row
    from tests.ports.memory import MemoryTable

KEY = Key("job#j", "batch#00001")
LANE = Key("job#j", "lane#0001")
TICKET = Ticket("t1")
NEVER_SENT: dict[str, Any] = {"number": 1, "start": 0, "end": 9, "first": 1, "count": 3}
SENT: dict[str, Any] = {
    **NEVER_SENT,
    "owner": "me",
    "ticket": TICKET.to_dict(),
    "next_look": 50.0,
    "posted": 10.0,
    "started": 20.0,
    "submits": 1,
    "looks": 4,
    "misses": 2,
    "rereads": 1,
    "restarts": 1,
    "done": 2,
    "rung": True,
    "raw": ["answer.json"],
    "ended": "completed",
    "counts": {"matched": 1},
}


def put(table: MemoryTable, state: BatchState, row: Row | None = None, **more: Any) -> BatchRow:
    """Make the row (one that was sent and looked at, unless another is given) and read it."""
    table.write(Change(KEY, delete=True))
    table.write(Change(KEY, put={**(SENT if row is None else row), "state": state, **more}))
    return read(table)


def read(table: MemoryTable) -> BatchRow:
    """The batch as the table has it now."""
    return BatchRow.from_row(raw(table))


def raw(table: MemoryTable) -> Row:
    """Its row."""
    row = table.get(KEY)
    assert row is not None
    return row


def difference(table: MemoryTable, change: Change) -> tuple[Row, set[str]]:
    """Make a write that must succeed: the attributes it gave new values, and the names of those it took away."""
    before = raw(table)
    assert table.write(change).done
    after = raw(table)
    return {name: value for name, value in after.items() if before.get(name) != value}, set(before) - set(
        after
    )
