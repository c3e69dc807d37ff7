"""Jobs that wait for a slot sleep; whoever gives one back wakes those that have waited longest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchdrop.batches.states import job_key
from batchdrop.jobs import Status
from batchdrop.ports import Change, Key
from batchdrop.sharing import Slots
from batchdrop.steps.ringing import ring

if TYPE_CHECKING:
    from batchdrop.ports import Clock, Machine


@dataclass(frozen=True, slots=True)
class WakingSlots(Slots):
    """Slots whose return wakes as many queued jobs as there are free ones, so that a wake-up that was lost is made up for."""

    machine: Machine
    clock: Clock

    def give_back(self, service: str, job: str) -> None:
        """See Slots.give_back."""
        Slots.give_back(self, service, job)
        for row in self.queued(service, self.clock()):
            sleeper = job_key(row["job"])
            found = self.table.get(sleeper)
            if found is None or found["status"] != Status.QUEUED:  # it broke down in the queue
                self.table.write(Change(Key(row["pk"], row["sk"]), delete=True))
                continue
            ring(self.table, self.machine, sleeper)
