"""The four kinds of sending once more, as services that stop and delete jobs on order, and sometimes by themselves.

They differ as the real services do: HERE Batch v7 goes on with a job that it stopped, HERE Geocoder 6.2 has no results of a cancelled
job, HERE Tracking stops and does not delete, Geoapify does neither.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from batchdrop.errors import ServiceBusy, ServiceRefused
from batchdrop.ports import RawPart, State
from tests.faults.kinds import Blind, KindOfService, Named, Tagged, Uploaded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchdrop.ports import Capabilities, Ticket
    from tests.steps.memory_service import ServiceJob, Shop


class Stopping(KindOfService):
    """A service that knows stopped and failed jobs."""

    partial: ClassVar[bool] = True
    """Whether a job that was stopped has the results of the records that were done."""
    refuses_running: bool = False
    """Whether a job that is at work is not deleted."""
    stops_after: float = 0.0
    """Seconds from the order to stop until the job has stopped."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        shop.status = self.get_state

    def get_state(self, job: ServiceJob) -> State | None:
        """Return the state of a job that has stopped or failed; None for any other."""
        if job.failed:
            return State.FAILED
        has_stopped = job.stopped is not None and job.stopped <= self.shop.clock()
        return State.STOPPED if has_stopped else None

    def is_running(self, job: ServiceJob) -> bool:
        """Return True while the service works on a job."""
        return (
            job.started is not None
            and not job.failed
            and self.get_state(job) is None
            and self.shop.clock() - job.started < self.shop.works_for
        )

    def _get(self, ticket: Ticket) -> ServiceJob:
        job = self.shop.jobs.get(ticket.id)
        if job is None:
            raise ServiceRefused("no such job", code="404", service="memory", status=404)
        return job

    def stop(self, ticket: Ticket) -> None:
        """A job that is not at work, or gone, is left as it is."""
        self._authorized(lambda: self._stop(ticket))

    def _stop(self, ticket: Ticket) -> None:
        self.shop.calls["stop"] += 1
        job = self.shop.jobs.get(ticket.id)
        if job is not None and job.started is not None and self.is_running(job) and job.stopped is None:
            stopped = self.shop.clock() + self.stops_after
            if stopped < job.started + self.shop.works_for:
                job.stopped = stopped

    def delete(self, ticket: Ticket) -> None:
        """A job that is gone is left as it is."""
        self._authorized(lambda: self._delete(ticket))

    def _delete(self, ticket: Ticket) -> None:
        self.shop.calls["delete"] += 1
        job = self.shop.jobs.get(ticket.id)
        if job is not None and self.refuses_running and self.is_running(job):
            raise ServiceRefused("the job is at work", code="400", service="memory", status=400)
        self.shop.jobs.pop(ticket.id, None)

    def start(self, ticket: Ticket) -> None:
        """Harmless to repeat. A job that has ended goes on where it ended."""
        self._authorized(lambda: self._start(ticket))

    def _start(self, ticket: Ticket) -> None:
        self.shop.calls["start"] += 1
        job = self._get(ticket)
        if self.get_state(job) is not None:
            job.stopped, job.failed, job.started = None, False, self.shop.clock()
            return
        self._begin(job)

    def fetch(self, ticket: Ticket) -> Iterator[RawPart]:
        """The answers of a job that has ended."""
        job = self._authorized(lambda: self._get(ticket))
        if self.is_running(job) or job.started is None:
            raise ServiceBusy("the results are not ready", service="memory")
        if self.partial or self.get_state(job) is None:
            yield RawPart("answer.json", self._chunks(job))

    def _chunks(self, job: ServiceJob) -> Iterator[bytes]:
        """Half of the records of a job that was stopped or has failed are done."""
        ended_early = self.get_state(job) is not None
        done = (len(job.inputs) + 1) // 2 if ended_early else len(job.inputs)
        answers = [
            [ordinal, self.shop.answer(text) if place < done else {"missing": True}]
            for place, (ordinal, text) in enumerate(job.inputs)
        ]
        yield self.shop.body(json.dumps(answers).encode())


class StoppingTagged(Stopping, Tagged):
    """Like HERE Batch v7."""

    can: ClassVar[Capabilities] = replace(Tagged.can, stops=True, deletes=True, restarts=True)


class StoppingUploaded(Stopping, Uploaded):
    """Like HERE Batch Geocoder 6.2."""

    partial: ClassVar[bool] = False
    can: ClassVar[Capabilities] = replace(Uploaded.can, stops=True, deletes=True)

    def start(self, ticket: Ticket) -> None:
        """A job is looked at first, as by the real adapter, and nothing but an unstarted one is run."""
        state = self.check(ticket).state
        if state is State.GONE:
            self._get(ticket)
        if state is State.UNSTARTED:
            self._authorized(lambda: self._run(ticket))

    def _run(self, ticket: Ticket) -> None:
        self._get(ticket)
        super()._run(ticket)


class StoppingNamed(Stopping, Named):
    """Like HERE Tracking bulk jobs."""

    can: ClassVar[Capabilities] = replace(Named.can, stops=True)


STOPPING_KINDS: tuple[type[KindOfService], ...] = (Blind, StoppingTagged, StoppingUploaded, StoppingNamed)
