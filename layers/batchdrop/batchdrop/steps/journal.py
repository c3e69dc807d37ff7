"""The job row's writes that every step shares: change it for one run, show it as job.json, end it with an event."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchdrop.batches.states import job_key, job_pk
from batchdrop.effects import effect
from batchdrop.errors import GoneMissing, Superseded
from batchdrop.jobs import document, event_detail, folder, timestamp
from batchdrop.ports import Change, Is, Key, OneOf, Place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchdrop.ports import Clock, Condition, Row, Store, Table

_TRIES = 8

ANNOUNCING = "announcing"
"""In place of the status in the index until the event is out, so that sweep finds what was never announced."""

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
        """Write to the job row, for this run only; the new row, or None when the run or a condition does not hold."""
        change = Change(
            job_key(job), put=self._stamped(put), add=add or {}, remove=remove, when=(Is("run", run), *when)
        )
        written = self.table.write(change)
        return written.row if written.done else None

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

    def end(
        self,
        job: str,
        run: int,
        put: Mapping[str, Any],
        *,
        when: Sequence[Condition] = (),
        unless: Sequence[str] = (),
    ) -> bool:
        """Change the row so that somebody must hear of it: the row and its event are written together or not at all.

        `unless`: attributes to remove. The event says what the row then says: an end, or attention.
        """
        stamped = {**self._stamped(put), "status_key": ANNOUNCING}
        row = {**self.row(job, run), **stamped}
        detail = event_detail(row, self.bucket)
        kind = "Job Attention" if detail["attention"] else "Job Status Change"
        event = {"detail_type": kind, "detail": detail, "published": False, "written": stamped["updated"]}
        return effect(
            "finish",
            lambda: self.table.write_together(
                (
                    Change(job_key(job), put=stamped, remove=tuple(unless), when=(Is("run", run), *when)),
                    Change(event_key(job, detail["eventId"]), put=event),
                )
            ),
        )

    def still(self, *statuses: str) -> Condition:
        """The condition that the job has one of these statuses."""
        return OneOf("status", statuses)


def event_key(job: str, event_id: str) -> Key:
    """The outbox row of one event."""
    return Key(job_pk(job), f"event#{event_id}")
