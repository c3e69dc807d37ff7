"""Two drivers never both act: whoever does something for a lane or a job holds its lease, or is a zombie whose time is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchdrop.batches.states import job_key
from batchdrop.limits import GRACE
from batchdrop.ports import Key
from tests.faults.invocations import LIFETIME, Invocation
from tests.faults.quick_table import QuickTable

if TYPE_CHECKING:
    from batchdrop.ports import Row
    from tests.faults.region import Region

_LANE = frozenset(
    {"mark_posting", "post", "write_ticket", "start", "look", "fetch", "save_raw", "write_outcomes"}
)
_JOB = frozenset({"write_results"})


def without_lease(region: Region, name: str, invocation: Invocation | None) -> str:
    """What is wrong with an effect that is about to happen; '' when it is in order."""
    if invocation is None or region.clock.now > invocation.started + LIFETIME + GRACE:
        return ""
    if name in _LANE and invocation.function == "Advance":
        key = Key(invocation.payload["lane"]["pk"], invocation.payload["lane"]["sk"])
    elif name in _JOB and invocation.function == "Collect":
        key = job_key(invocation.payload["job"])
    else:
        return ""
    row = _row(region, key)
    if row is not None and row.get("lease_owner") == invocation.name:
        return ""
    return f"{invocation.function} does {name} without the lease of {key.sk}"


def _row(region: Region, key: Key) -> Row | None:
    """The row, past the gates of a schedule."""
    table = region.world.table
    return QuickTable.get(table, key) if isinstance(table, QuickTable) else table.get(key)
