"""Wake whoever sleeps on a row of the table: a lane that listens, or a job that is held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchdrop.batches import ringing

if TYPE_CHECKING:
    from batchdrop.ports import Key, Machine, Table


def ring(table: Table, machine: Machine, sleeper: Key) -> bool:
    """Count a ring and wake who has stored a token; who stores one later compares the count. False: there is no such row."""
    written = table.write(ringing.counted(sleeper))
    token = written.row.get("token") if written.done and written.row else None
    if token:
        machine.ring(token)
    return written.done
