"""Leases: one driver at a time for a lane or for collect.

A lease is two attributes of a row, `lease_owner` and `lease_until` (seconds since the epoch). It always outlives the invocation
that holds it, so a driver that was cut off keeps others away until it can no longer act.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchdrop.ports import Absent, Below, Change, Either, Exists, Is

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchdrop.ports import Condition, Key, Row, Table

GRACE = 30.0
"""Seconds a lease outlives its invocation."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease that is held: every write that relies on it names `mine` among its conditions."""

    key: Key
    owner: str
    row: Row

    @property
    def mine(self) -> tuple[Condition, ...]:
        """The condition that the lease is still held."""
        return (Is("lease_owner", self.owner),)


@dataclass(frozen=True, slots=True)
class Refused:
    """A lease someone else holds, or a run that is over: the row as it stands (None: no row)."""

    row: Row | None

    def wait(self, now: float) -> int:
        """Seconds until the other's lease runs out: 1 to 600."""
        until = float(self.row.get("lease_until", now)) if self.row else now
        return int(min(600, max(1, until - now + 1)))


def take(
    table: Table,
    key: Key,
    owner: str,
    *,
    run: int,
    now: float,
    remaining: float,
    add: Mapping[str, int] | None = None,
) -> Lease | Refused:
    """Take the lease of a row for one invocation of a run; `remaining` seconds are left to it.

    A refused write that names this owner is our own write whose reply was lost: the lease is held.
    """
    put: dict[str, Any] = {"lease_owner": owner, "lease_until": now + remaining + GRACE, "run": run}
    free = Either((Absent("lease_until"), Below("lease_until", now)))
    written = table.write(
        Change(key, put=put, add=add or {}, when=(Exists("pk"), Below("run", run, equal=True), free))
    )
    row = written.row
    if row is not None and (written.done or (row.get("lease_owner") == owner and row["run"] == run)):
        return Lease(key, owner, row)
    return Refused(row)


def release(
    table: Table, lease: Lease, *, put: Mapping[str, Any] | None = None, remove: Sequence[str] = ()
) -> bool:
    """Give the lease back together with the last writes; False when it was no longer held (nothing is written then)."""
    change = Change(lease.key, put=put or {}, remove=("lease_owner", "lease_until", *remove), when=lease.mine)
    return table.write(change).done
