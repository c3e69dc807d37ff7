"""Jobs at a service that nobody here waits for: made by a POST whose reply was lost, and never started.

A lane deletes those it knows of when its batch ends (steps/advance/obeying.py). This finds what came to light later, or was left
because the service did not answer then. Where POST starts the job, one whose reply was lost is parked, and adopted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from batchdrop.batches.states import BatchRow, batch_key, tag_key, tagged_number, ticket_key
from batchdrop.effects import effect
from batchdrop.observe import tell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batchdrop.ports import Listed, Lists, Service, Table


class Kin(StrEnum):
    """What one of the service's jobs is to this stack."""

    OURS = "ours"  # a batch has it as its ticket
    ADOPTABLE = "adoptable"  # its batch has no ticket: it may be the one that was lost
    ORPHAN = "orphan"  # its batch has another ticket, or needs none any more
    FOREIGN = "foreign"  # no job here has this tag: another stack's, or one from before its plan was kept


@dataclass(frozen=True, slots=True)
class Found:
    """One of the service's jobs, and the job and batch it belongs to (empty and 0 for a foreign one)."""

    listed: Listed
    kin: Kin
    job: str = ""
    batch: int = 0


@dataclass(frozen=True, slots=True)
class Orphans:
    """Looks through the service's list. `service` and `lists` are the same object, by its two ports. params: see Lists.list_ours."""

    table: Table
    service: Service
    lists: Lists
    params: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self) -> Iterator[Found]:
        """Every job of the list that is not simply ours, streamed. Raises what the service's list raises."""
        for listed in self.lists.list_ours(self.params):
            found = self._place(listed)
            if found.kin is not Kin.OURS:
                yield found

    def delete(self, found: Found) -> bool:
        """Delete an orphan at the service, by its id; False when it is none any more, or the service cannot delete jobs."""
        if not self.service.can.deletes or self._place(found.listed).kin is not Kin.ORPHAN:
            return False
        effect("order", lambda: self.service.delete(found.listed.ticket))
        tell("an orphan was deleted", job=found.job, batch=found.batch, ticket=found.listed.ticket.id)
        return True

    def _place(self, listed: Listed) -> Found:
        if self.table.get(ticket_key(self.service.name, listed.ticket.id)) is not None:
            return Found(listed, Kin.OURS)
        known = self.table.get(tag_key(listed.tag))
        number = tagged_number(listed.tag)
        row = self.table.get(batch_key(known["job"], number)) if known else None
        if known is None or row is None:
            return Found(listed, Kin.FOREIGN)
        batch = BatchRow.from_row(row)
        lost = batch.ticket is None and (batch.open or batch.code == "AMBIGUOUS_SEND")
        return Found(listed, Kin.ADOPTABLE if lost else Kin.ORPHAN, known["job"], number)
