"""What all jobs of a service share: slots (how many jobs are at work), the service's clock (requests a second), and the interval between
two jobs of an account.

One row per slot, because one row for all would be a hot key; one row for each job that waits for a slot; one row for the clock, from
which tokens are taken in blocks; one row with the time of the last submission.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from batchdrop.pace import backoff
from batchdrop.ports import Absent, Below, Change, Either, Is, Key, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchdrop.ports import Clock, Row

SLOT_LEASE = 3600.0
"""Seconds a slot outlives its last look: more than the longest wait and the longest invocation together."""

BLOCK_SECONDS = 2.0
"""How far ahead of the time tokens may be taken."""

LONGEST_CLOSE = 600.0
"""A service that says "later" closes its clock for so many seconds at most; then it is asked again."""

_TRIES = 4


@dataclass(frozen=True, slots=True)
class Slots:
    """How many jobs of one service may be at work at once: `count` rows, each with an expiring lease."""

    table: Table
    count: int

    def take(self, service: str, job: str, now: float) -> bool:
        """Take a slot for a job, or keep the one it has; False when all are taken."""
        pk = f"service#{service}"
        rows = {row["sk"]: row for row in self.table.query(pk, "slot#")}
        names = [f"slot#{number:03d}" for number in range(self.count)]
        held = [name for name in names if rows.get(name, {}).get("job") == job]
        free = [name for name in names if name not in rows or rows[name].get("lease_until", 0) < now]
        start = sum(job.encode()) % max(1, len(free))  # jobs that come together try different slots first
        for name in (*held, *free[start:], *free[:start]):
            ours = Either((Absent("job"), Is("job", job), Below("lease_until", now)))
            put = {"job": job, "lease_until": now + SLOT_LEASE}
            if self.table.write(Change(Key(pk, name), put=put, when=(ours,))).done:
                return True
        return False

    def line_up(self, service: str, job: str, since: str) -> None:
        """Put a job into the queue of its service, in the order of `since`; harmless to repeat."""
        self.table.write(Change(Key(f"service#{service}", f"queue#{since}#{job}"), put={"job": job}))

    def step_out(self, service: str, job: str, since: str) -> None:
        """Take a job out of the queue."""
        self.table.write(Change(Key(f"service#{service}", f"queue#{since}#{job}"), delete=True))

    def queued(self, service: str, now: float) -> Iterator[Row]:
        """Yield the jobs that have queued longest, as many as there are free slots: rows of the queue."""
        pk = f"service#{service}"
        taken = sum(row.get("lease_until", 0) >= now for row in self.table.query(pk, "slot#"))
        yield from islice(self.table.query(pk, "queue#"), max(0, self.count - taken))

    def give_back(self, service: str, job: str) -> None:
        """The job no longer works."""
        for row in self.table.query(f"service#{service}", "slot#"):
            if row.get("job") == job:
                self.table.write(Change(Key(row["pk"], row["sk"]), delete=True, when=(Is("job", job),)))


@dataclass(slots=True)
class Tokens:
    """The requests one invocation may make of a service. Ask `take` before each; `wait` says for how long it said no.

    per_second: the service's limit, None where it names none: then only a closed clock says no. now: the lane's time; want:
    how many requests this invocation may have to make, so that it takes no more than it needs.
    """

    table: Table
    service: str
    per_second: float | None
    now: float
    want: int = 1
    left: int = 0
    wait: float = 0.0
    outages: int = 0
    """Ticks in a row of this lane in which the service could not be reached and answered nothing."""
    is_down: bool = False
    """Whether a request of this invocation found the service out of order."""
    is_answered: bool = False
    """Whether the service answered a request of this invocation."""
    _known: bool = field(default=False)

    def take(self) -> bool:
        """One request; False when the service must be left alone for `wait` seconds."""
        if self.wait:
            return False
        if self.left == 0 and not (self._known and self.per_second is None):
            self._take_block()
        if self.per_second is not None and not self.wait:
            self.left -= 1
        return not self.wait

    def close(self, seconds: float | None) -> None:
        """The service said "later": nobody asks it anything for so long.

        Where it said nothing of how long, this lane leaves it alone, the longer the more often, and others may try.
        """
        if seconds is None:
            self.is_down = True
        if seconds is None or seconds <= 1:
            self.wait = max(self.wait, backoff(self.outages) if self.outages else 1.0)
            return
        until = self.now + min(LONGEST_CLOSE, seconds)
        earlier = Either((Absent("closed_until"), Below("closed_until", until)))
        self.table.write(Change(self._key, put={"closed_until": until}, when=(earlier,)))
        self.wait = until - self.now

    def count_outages(self) -> int:
        """Return the ticks in a row without an answer, with this one."""
        if self.is_answered:
            return 0
        return self.outages + self.is_down

    @property
    def _key(self) -> Key:
        return Key(f"service#{self.service}", "rate")

    def _take_block(self) -> None:
        for _ in range(_TRIES):
            row = self.table.get(self._key) or {}
            self._known = True
            self.wait = max(0.0, float(row.get("closed_until", 0)) - self.now)
            if self.wait or self.per_second is None:
                return
            ahead = max(0.0, float(row.get("open_at", 0)) - self.now)
            if ahead > 2 * BLOCK_SECONDS + 1 / self.per_second:
                ahead = 0.0  # nobody of this time can have booked so far ahead: a clock that goes wrong, or a lane with a time of its own
            if ahead > BLOCK_SECONDS:
                self.wait = ahead - BLOCK_SECONDS / 2
                return
            block = max(1, min(self.want, math.ceil(self.per_second * BLOCK_SECONDS)))
            put = {"open_at": self.now + ahead + block / self.per_second}
            seen = Is("open_at", row["open_at"]) if "open_at" in row else Absent("open_at")
            if self.table.write(Change(self._key, put=put, when=(seen,))).done:
                self.left = block
                return
        self.wait = 1.0


@dataclass(slots=True)
class Submissions:
    """When the next job may be begun at a service that takes one in `interval` seconds from an account. All lanes of all jobs share it."""

    table: Table
    account: str
    """See Route.account: another secret is another account."""
    interval: float
    """Seconds; 0: jobs may be begun at any time."""
    time: Clock
    """The lane's time."""
    _until: float = field(default=0.0)

    def reserve(self) -> float:
        """Take the right to begin one job now: 0.0. Or the time from which on to try again."""
        now = self.time()
        if not self.interval:
            return 0.0
        if self._until > now:
            return self._until
        key = Key(f"service#{self.account}", "submission")
        for _ in range(_TRIES):
            row = self.table.get(key) or {}
            last = float(row.get("last", 0))
            # nobody of this time can have begun one so far ahead: a clock that goes wrong, or a lane with a time of its own
            if last <= now + self.interval and last + self.interval > now:
                self._until = last + self.interval
                return self._until
            seen = Is("last", row["last"]) if "last" in row else Absent("last")
            if self.table.write(Change(key, put={"last": now}, when=(seen,))).done:
                self._until = now + self.interval
                return 0.0
        return now + 1.0
