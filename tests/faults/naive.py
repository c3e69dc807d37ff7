"""Deliberately naive products. The suite must go red for each of them, or it proves nothing.

They are made outside the product: by another world, or by a shim around the effects or the table of one region.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from batchdrop.errors import OutcomeUnknown, ServiceBusy
from batchdrop.ports import Absent, Below, Either, Is
from batchdrop.steps.submit import Submit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchdrop.ports import Change, Condition, Key, Row, Written
    from tests.faults.region import Region
    from tests.ports.memory import MemoryTable


class _Taken(Exception):
    """Somebody has the claim."""


class _BooleanClaims:
    """A table for submit that only knows: free, or taken."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def get(self, key: Key) -> Row | None:
        """A row that is there is taken."""
        if self._table.get(key) is not None:
            raise _Taken
        return None

    def write(self, change: Change) -> Written:
        """A claim that does not succeed is somebody else's: who would ask whose?"""
        written = self._table.write(change)
        if not written.done:
            raise _Taken
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)


def exits_when_taken(region: Region) -> None:
    """The claim is a flag: who finds it taken leaves. There is no sweep, for the claim says that somebody is at work."""
    world: Any = region.world

    def submit(event: dict[str, Any]) -> str | None:
        step = Submit(
            table=_BooleanClaims(world.table),  # as far as submit uses it
            store=world.store,
            machine=world.machine,
            journal=world.journal,
            clock=world.clock,
            services=frozenset({"memory"}),
            simulated=frozenset(),
            private_names=False,
        )
        try:
            return step(event)
        except _Taken:
            return None

    world.submit = submit
    world.sweep = _sleeps


def _sleeps(_cause: str) -> dict[str, Any]:
    """No sweep at all."""
    return {}


def deletes_the_claim(region: Region) -> None:
    """An error of the POST gives the batch free again, as idempotency libraries do with their records."""

    def post(send: Callable[[], Any]) -> Any:
        try:
            return send()
        except OutcomeUnknown as unknown:
            raise ServiceBusy("not now") from unknown

    _around_posts(region, post)


def retries_the_post(region: Region) -> None:
    """An HTTP client that means well."""

    def post(send: Callable[[], Any]) -> Any:
        try:
            return send()
        except OutcomeUnknown:
            return send()

    _around_posts(region, post)


def _around_posts(region: Region, post: Callable[[Callable[[], Any]], Any]) -> None:
    inner = region.probe
    assert inner is not None

    def probe(name: str, act: Callable[[], Any]) -> Any:
        return post(lambda: inner(name, act)) if name == "post" else inner(name, act)

    region.probe = probe


def knows_no_lease(region: Region) -> None:
    """Leases are taken and never respected."""
    drop_leases(region)


def drop_leases(region: Region, where: Callable[[], bool] = lambda: True) -> None:
    """Leave out the conditions of leases from every write, `where` that holds."""
    table = region.world.table
    write, together = table.write, table.write_together

    def lax(change: Change) -> Change:
        return _lax(change) if where() else change

    table.write = lambda change: write(lax(change))  # type: ignore[method-assign]  # the table is ours to spoil
    table.write_together = lambda changes: together([lax(change) for change in changes])  # type: ignore[method-assign]  # the naive variant


def _lax(change: Change) -> Change:
    return replace(change, when=_without_leases(change.when))


def _without_leases(conditions: Sequence[Condition]) -> tuple[Condition, ...]:
    return tuple(condition for condition in conditions if not _is_of_a_lease(condition))


def _is_of_a_lease(condition: Condition) -> bool:
    if isinstance(condition, Either):
        return all(_is_of_a_lease(one) for one in condition.conditions)
    return isinstance(condition, Is | Absent | Below) and condition.name in ("lease_owner", "lease_until")


VARIANTS: dict[str, Callable[[Region], None]] = {
    "claim taken: exit": exits_when_taken,
    "delete the claim on error": deletes_the_claim,
    "retry the POST": retries_the_post,
    "no lease": knows_no_lease,
}

BREAKS_AT: dict[str, tuple[str, ...]] = {
    "claim taken: exit": ("F2×S2", "F3×S2", "F5×S7"),
    "delete the claim on error": ("F3×S4 blind", "F7×S4 named", "F18×S4 blind"),
    "retry the POST": ("F3×S4 blind", "F9×S4 named", "F10×S4 blind"),
    "no lease": ("F14×S3 blind", "F14×S4 tagged", "F14×S8 blind"),
}
"""Cells of the matrix that must be red for each."""
