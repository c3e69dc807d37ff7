"""A service calls: wake the lane that waits for it. What the call says is never believed; the lane asks the service itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING

from batchdrop.batches import ringing
from batchdrop.batches.states import ticket_key
from batchdrop.ports import Key
from batchdrop.steps.doorbell import heard
from batchdrop.steps.ringing import ring

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batchdrop.ports import Clock, Machine, PathSecret, Table


class Answer(StrEnum):
    """What a call came to. The caller learns of the first only: the others all look alike to it."""

    STRANGER = "stranger"  # not the secret, or no such door: nothing was read
    WELCOME = "welcome"  # the secret was right, and nothing was asked
    UNKNOWN = "unknown"  # the service's test call, or a job that is not ours
    OVER = "over"  # the batch needs no look any more
    NOTED = "noted"  # somebody was woken for it a moment ago; the next look comes after this call
    RUNG = "rung"


@dataclass(frozen=True, slots=True)
class Callback:
    """The use case behind the function `callback`. `tickets`: by service that rings, its Rings.ticket_of."""

    table: Table
    machine: Machine
    secret: PathSecret
    tickets: Mapping[str, Callable[[str], str | None]]
    clock: Clock

    def __call__(self, secret: str, service: str, called: str, *, rings: bool = True) -> Answer:
        """Called at /<secret>/<service>/<called>. Without `rings` the door is only tried.

        A call may come early, late, again or from anybody: it costs at most one look at the service.
        """
        if not self._is_right(secret):
            return Answer.STRANGER
        ticket = self.tickets[service](called) if service in self.tickets else None
        if ticket is None:
            return Answer.STRANGER
        return self._ring(service, ticket) if rings else Answer.WELCOME

    def _is_right(self, shown: str) -> bool:
        """In constant time: digests are compared, so that not even the length shows, and always with every valid value."""
        return self._matches(shown, fresh=False) or self._matches(shown, fresh=True)

    def _matches(self, shown: str, *, fresh: bool) -> bool:
        given = _digest(shown)
        equal = [compare_digest(given, _digest(value)) for value in self.secret.values(fresh=fresh)]
        return any(equal)

    def _ring(self, service: str, ticket: str) -> Answer:
        found = self.table.get(ticket_key(service, ticket))
        if found is None:
            self.table.write(heard(service, self.clock()))
            return Answer.UNKNOWN
        batch = Key(found["job"], found["batch"])
        written = self.table.write(ringing.rung(batch, self.clock()))
        if written.done:
            ring(self.table, self.machine, Key(found["job"], found["lane"]))
            return Answer.RUNG
        if not ringing.at_work(written.row):
            return Answer.OVER
        if not (written.row and written.row.get("rung")):
            self.table.write(ringing.noted(batch))
        return Answer.NOTED


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
