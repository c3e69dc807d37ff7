"""How a service that rings gets to know this stack: registered at the service once, its id kept in the table.

There is no step at deploy time that could fail: who first sends a batch registers. A rotated secret or another address of the API is
seen at the next send, and registered anew; jobs under way call by the old registration, whose secret is valid until the next rotation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from batchdrop.errors import BatchdropError, ServiceError
from batchdrop.jobs import timestamp
from batchdrop.observe import tell
from batchdrop.ports import Absent, Below, Change, Either, Exists, Is, Key

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchdrop.ports import Clock, PathSecret, Rings, Row, Table

PATIENCE = 600.0
"""Seconds after a registration that failed before the next is tried: each would cost every send of the meantime a call."""

HEARD_APART = 2.0
"""Seconds between two notes that the service was heard: enough for a person who tests, little for a flood."""


def registration_key(service: str) -> Key:
    """The row of a service's registration: id, url (a digest of where it calls), previous, heard."""
    return Key(f"service#{service}", "notification")


def heard(service: str, now: float) -> Change:
    """The service called with the right secret about a job that is not ours, as its test call does."""
    apart = Either((Absent("heard"), Below("heard", now - HEARD_APART)))
    return Change(registration_key(service), put={"heard": now}, when=(Exists("pk"), apart))


@dataclass(slots=True)
class Doorbell:
    """The Bell of one service. `door`: the callback's URL up to the secret; `rings` makes the service when it is needed."""

    service: str
    door: str
    table: Table
    secret: PathSecret
    rings: Callable[[], Rings]
    clock: Clock
    _silent_until: float = field(default=0.0, init=False)

    def __call__(self, *, lost: str = "") -> str:
        """See ports.Bell."""
        if self.clock() < self._silent_until:
            return ""
        try:
            return self.registered(lost=lost)
        except BatchdropError as no:
            self._silent_until = self.clock() + PATIENCE
            tell("the service cannot be told where to ring", service=self.service, why=str(no))
            return ""

    def registered(self, *, lost: str = "") -> str:
        """The registration's id, made if need be. Raises what keeps it from being made."""
        row = self.table.get(registration_key(self.service)) or {}
        if row.get("id") != lost and row.get("url") == _mark(self._url(fresh=False)):
            return str(row["id"])
        url = self._url(fresh=True)  # another container may know of a rotation before this one's cache does
        if row.get("id") != lost and row.get("url") == _mark(url):
            return str(row["id"])
        return self._register(row, url)

    def test(self) -> str:
        """Have the service call with made-up values, which `heard` then shows; gives the registration's id.

        Raises like `registered`.
        """
        registration = self.registered()
        self.table.write(Change(registration_key(self.service), remove=("heard",), when=(Exists("pk"),)))
        self.rings().test(registration)
        return registration

    def heard(self) -> bool:
        """Whether the service has called about no job of ours since it was last tested."""
        return "heard" in (self.table.get(registration_key(self.service)) or {})

    def _url(self, *, fresh: bool) -> str:
        return f"{self.door}/{self.secret.values(fresh=fresh)[0]}/{self.service}"

    def _register(self, row: Row, url: str) -> str:
        made = self.rings().register(url)
        before = row.get("id", "")
        put: dict[str, Any] = {
            "id": made,
            "url": _mark(url),
            "previous": before,
            "registered": timestamp(self.clock()),
        }
        unchanged = Is("id", before) if before else Absent("id")
        written = self.table.write(Change(registration_key(self.service), put=put, when=(unchanged,)))
        if not written.done and written.row:  # another lane was faster
            winner = str(written.row["id"])
            if winner != made:
                self._quietly(self.rings().unregister, made)
            return winner
        tell("told the service where to ring", service=self.service, registration=made)
        retired = row.get("previous", "")  # the rotation before the last: its secret is not valid any more
        if retired not in ("", made, before):
            self._quietly(self.rings().unregister, retired)
        return made

    def _quietly(self, call: Callable[[str], None], registration: str) -> None:
        try:
            call(registration)
        except ServiceError as no:
            tell("left undone at the service", service=self.service, why=str(no))


def _mark(url: str) -> str:
    """The URL holds the secret; the table only needs to know whether it is the same."""
    return sha256(url.encode()).hexdigest()
