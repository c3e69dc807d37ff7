"""The job row's writes that every step shares: change it for one run, show it as job.json, end it.

A change of status, an end and a call for a person are written together with the event that tells of them, or not at all: the
event waits in the job's outbox (`event#00001`, numbered in order) until `announce` has published it.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from batchdrop.batches.orders import Order
from batchdrop.batches.states import claim_key, job_key, job_pk
from batchdrop.effects import effect
from batchdrop.errors import GoneMissing, Superseded
from batchdrop.events import event
from batchdrop.jobs import Status, document, folder, timestamp
from batchdrop.observe import tell
from batchdrop.ports import Absent, Change, Either, Is, Key, OneOf, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from batchdrop.ports import Clock, Condition, Row, Store, Table

_TRIES = 8

ANNOUNCING = "announcing"
"""In place of the status in the index until an end or a call is out, so that sweep finds what was never announced."""

ORDERED = "ordered"
"""In place of the status in the index while an order is not carried out, so that sweep finds it."""


@dataclass(frozen=True, slots=True)
class Journal:
    """Reads and writes the row of one job after another."""

    table: Table
    store: Store
    bucket: str  # the results bucket
    clock: Clock

    def row(self, job: str, run: int | None = None) -> Row:
        """The job row. Raises Superseded when another run is in charge, GoneMissing when there is no such job."""
        row = self.table.get(job_key(job))
        if row is None:
            raise GoneMissing(f"no job {job}")
        if run is not None and row["run"] != run:
            raise Superseded(f"job {job} is in run {row['run']}, not {run}")
        return row

    def claim(self, job: str, put: Mapping[str, Any]) -> bool:
        """Make the job row, the claim of its input, and the event that tells of it; False when the job is there already.

        The claim goes by the input's whole hash: how jobs are called may change, what was claimed may not.
        """
        row = {**put, "events": 1, "told": f"{put['run']}/{put['status']}"}
        made = (
            Change(job_key(job), put=row, when=(Absent("pk"),)),
            Change(claim_key(put["hash"]), put={"job": job}, when=(Absent("pk"),)),
            self._event(job, row, attention=False, number=1),
        )
        return effect("claim", lambda: self.table.write_together(made))

    def change(  # a change has this many sides
        self,
        job: str,
        run: int,
        put: Mapping[str, Any],
        *,
        when: Sequence[Condition] = (),
        add: Mapping[str, int] | None = None,
        remove: Sequence[str] = (),
    ) -> Row | None:
        """Write to the job row, for this run only; the new row, or None when the run or a condition does not hold.

        Another status goes into the outbox with it.
        """
        change = Change(
            job_key(job), put=self._stamped(put), add=add or {}, remove=remove, when=(Is("run", run), *when)
        )
        if "status" not in put:
            written = self.table.write(change)
            return written.row if written.done else None
        return self.table.get(change.key) if self._tell(job, change) else None

    def end(
        self,
        job: str,
        run: int,
        put: Mapping[str, Any],
        *,
        when: Sequence[Condition] = (),
        unless: Sequence[str] = (),
    ) -> bool:
        """Change the row so that somebody must hear of it, by an end or a call for attention; False when a condition does not hold.

        `unless`: attributes to remove. Raises Superseded, GoneMissing.
        """
        self.row(job, run)
        stamped = {**self._stamped(put), "status_key": ANNOUNCING}
        change = Change(job_key(job), put=stamped, remove=tuple(unless), when=(Is("run", run), *when))
        return self._tell(job, change, name="finish")

    def fail(self, job: str, run: int, put: Mapping[str, Any], *, when: Sequence[Condition] = ()) -> bool:
        """End a job in failure: a stop has nothing left to do and is taken off, a delete is still to be carried out.

        Raises Superseded, GoneMissing.
        """
        stopped_at_most = Either((Absent("order"), Is("order", Order.STOP)))
        if self.end(job, run, put, when=(*when, stopped_at_most), unless=("order",)):
            return True
        return self.end(job, run, put, when=(*when, Is("order", Order.DELETE)))

    def drop_stop(self, row: Row) -> None:
        """Take off a stop that came just after the end: else sweep would find it for ever."""
        put = {"status_key": ANNOUNCING}
        self.change(row["id"], row["run"], put, remove=("order",), when=(Is("order", Order.STOP),))

    @contextmanager
    def writing_objects(self, job: str) -> Iterator[None]:
        """Look, after objects of a job were written, whether somebody deletes it: then it is deleted once more.

        An invocation may be slow, and another one may have deleted the job while it wrote. Every write of objects is in here; who
        dies before this last look leaves them to the second delete that sweep orders.
        """
        try:
            yield
        except Exception:
            self._mind_delete(job)
            raise
        self._mind_delete(job)

    def _mind_delete(self, job: str) -> None:
        row = self.table.get(job_key(job))
        if row is None or (row.get("order") != Order.DELETE and row["status"] != Status.DELETED):
            return
        tell("an object was written while the job was deleted", job=job)
        counted = Change(job_key(job), add={"late_writes": 1}, when=(Is("order", Order.DELETE),))
        if not self.table.write(counted).done:
            self.delete_again(row)

    def delete_again(self, row: Row, *, last: bool = False) -> bool:
        """Order the delete of a job that is deleted once more; sweep sees to it. False when it is ordered already.

        last: nobody who worked for the job can be alive any more.
        """
        put = self._stamped(
            {"order": Order.DELETE, "status_key": ORDERED, **({"last_delete": True} if last else {})}
        )
        deleted = (Is("status", Status.DELETED), Absent("order"))
        return self.table.write(Change(job_key(row["id"]), put=put, when=deleted)).done

    def _tell(self, job: str, change: Change, name: str = "change_status") -> bool:
        """Write the change and its event. The event says how the row then stands, so the row must still be at the status and the
        number it was read with; when somebody comes in between, it is read again.
        """
        row = self.table.get(change.key)
        while row is not None:
            seen = (_same(row, "events"), _same(row, "status"))
            together = self._with_event(job, row, replace(change, when=(*change.when, *seen)))
            if effect(name, partial(self.table.write_together, together)):
                return True
            again = self.table.get(change.key)
            if again is not None and all(again.get(each) == row.get(each) for each in ("events", "status")):
                return False  # it was a condition of the caller
            row = again
        return False

    def _with_event(self, job: str, row: Row, change: Change) -> list[Change]:
        """The change, and the event that tells of it: unless the last event said the very same in the same run, as after a lost reply."""
        number = row.get("events", 0) + 1
        changed = {each: value for each, value in {**row, **change.put}.items() if each not in change.remove}
        call = change.put.get("attention")
        told = f"{changed['run']}/{call['code'] if call else changed['status']}"
        if told == row.get("told") or (changed["status"] == row["status"] and not call):
            return [change]
        put = {**change.put, "events": number, "told": told}
        return [replace(change, put=put), self._event(job, changed, attention=bool(call), number=number)]

    def _event(self, job: str, row: Mapping[str, Any], *, attention: bool, number: int) -> Change:
        return Change(event_key(job, number), put=event(row, self.bucket, attention=attention, number=number))

    def _stamped(self, put: Mapping[str, Any]) -> dict[str, Any]:
        stamped = {**put, "updated": timestamp(self.clock())}
        if "status" in put:
            stamped["status_key"] = str(put["status"])
        return stamped

    def show(self, job: str) -> None:
        """Write job.json from the row as it stands.

        The object is looked at before the row is read and written only if it is still the same, so that an older row can
        never cover a newer one.
        """
        place = Place(self.bucket, f"{folder(job)}job.json")
        for _ in range(_TRIES):
            stored = self.store.head(place)
            body = json.dumps(document(self.row(job), self.bucket), ensure_ascii=False, indent=1).encode()
            if self.store.put_if(place, body, etag=stored.etag if stored else None) is not None:
                return
        # Others write at least as fast as we do, and whatever they write is newer than what we had.

    def still(self, *statuses: str) -> Condition:
        """The condition that the job has one of these statuses."""
        return OneOf("status", statuses)


def event_key(job: str, number: int) -> Key:
    """The outbox row of one event: in order of their numbers, as a query gives them."""
    return Key(job_pk(job), f"event#{number:05}")


def _same(row: Row, name: str) -> Condition:
    return Is(name, row[name]) if name in row else Absent(name)
