"""The four kinds of sending, as services in memory: each with a secret, a ledger, and a way to be wrong.

blind       starts and bills on POST, nothing can be found again; the look is the download     (Geoapify)
tagged      two phases, found by tag; separate downloads; rings                                 (HERE Batch v7)
uploaded    two phases, nothing can be found again: what is lost was never started              (HERE Geocoder 6.2)
named       starts and bills on POST, found by name                                             (HERE Tracking)
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, TypeVar

from batchdrop.effects import effect
from batchdrop.errors import ConfigurationError, ServiceDenied, ServiceSpokeUnknown
from batchdrop.ports import RawPart, State
from batchdrop.services.base import allowed
from tests.ports.memory import MemorySecrets
from tests.steps.memory_service import ONE_PHASE, TWO_PHASE, MemoryService, ServiceJob, Shop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from batchdrop.ports import AnswerNotes, Batch, Capabilities, Outcome, Progress, SavedPart, Ticket

T = TypeVar("T")

SECRET = "canary-secret-8c1f"
ROTATED = "canary-secret-a0b4"


class KindOfService(MemoryService):
    """Asks for its secret at every call, as the real services do; a second time past the cache after a 401.

    valid: the key the service takes; secrets: what the secret store holds; the cache holds what was read before.
    """

    kind: ClassVar[str]
    stands_for: ClassVar[str]

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        self.valid = SECRET
        self.secrets = MemorySecrets({"memory": {"apiKey": SECRET}})
        self._cached: Mapping[str, str] = {"apiKey": SECRET}
        self.begun: Callable[[str], None] = lambda _ticket: None
        self.outlived: Callable[[], None] = lambda: None

    def rotate(self) -> None:
        """From now on only the new key is taken; the store has it, the cache does not."""
        self.valid = ROTATED
        self.secrets.values["memory"] = {"apiKey": ROTATED}

    def _access(self, fresh: bool) -> str:
        def read() -> Mapping[str, str]:
            if fresh:
                self._cached = self.secrets.get("memory", fresh=True)
            return self._cached

        value = effect("get_secret", read).get("apiKey")
        if not value:
            raise ConfigurationError("the secret of memory needs the key 'apiKey'")
        return value

    def _authorized(self, call: Callable[[], T]) -> T:
        def with_key(key: str) -> T:
            if key != self.valid:
                raise ServiceDenied("the credentials were not accepted", service="memory", status=401)
            return call()

        return allowed(self._access, with_key)

    def _begin(self, job: ServiceJob) -> None:
        new = job.started is None
        super()._begin(job)
        if new:
            self.begun(next(name for name, each in self.shop.jobs.items() if each is job))

    def read(
        self, batch: Batch, raw: Sequence[SavedPart], notes: AnswerNotes | None = None
    ) -> Iterator[Outcome]:
        """See MemoryService; answers of another form are refused."""
        try:
            yield from super().read(batch, raw, notes)
        except (ValueError, TypeError, KeyError) as other:
            raise ServiceSpokeUnknown("the answer does not have the agreed form", service="memory") from other

    def create(self, batch: Batch) -> Ticket:
        """See MemoryService."""
        return self._authorized(lambda: MemoryService.create(self, batch))

    def start(self, ticket: Ticket) -> None:
        """See MemoryService."""
        self._authorized(lambda: MemoryService.start(self, ticket))

    def find(self, batch: Batch) -> Sequence[Ticket]:
        """See MemoryService."""
        return self._authorized(lambda: MemoryService.find(self, batch))

    def check(self, ticket: Ticket) -> Progress:
        """See MemoryService."""
        return self._authorized(lambda: MemoryService.check(self, ticket))


class _Downloads(KindOfService):
    """Answers are fetched by calls of their own."""

    def check(self, ticket: Ticket) -> Progress:
        """One look, without the answers."""
        progress = super().check(ticket)
        return replace(progress, parts=None)

    def fetch(self, ticket: Ticket) -> Iterator[RawPart]:
        """The answers of a job that has ended."""
        job = self._authorized(lambda: self.shop.jobs[ticket.id])
        yield RawPart("answer.json", self._chunks(job))


class Blind(KindOfService):
    """Like Geoapify Batch."""

    kind = "blind"
    stands_for = "geoapify"
    can: ClassVar[Capabilities] = ONE_PHASE


class Tagged(_Downloads):
    """Like HERE Batch v7."""

    kind = "tagged"
    stands_for = "here_batch_v7"
    can: ClassVar[Capabilities] = replace(TWO_PHASE, rings=True, first_look=90, min_wait=90)


class Uploaded(_Downloads):
    """Like HERE Batch Geocoder 6.2."""

    kind = "uploaded"
    stands_for = "here_geocoder_v6"
    can: ClassVar[Capabilities] = replace(TWO_PHASE, finds_lost=False)

    def start(self, ticket: Ticket) -> None:
        """A job that has ended would begin anew, and bill [assumed]: so it is looked at first, as the real service does.

        Between that look and the run only the lease keeps others away. So here, and only here, a zombie dies when Lambda
        would have ended it: 15 minutes after it began, before its lease is over.
        """
        if self.check(ticket).state is State.UNSTARTED:
            self._authorized(lambda: self._run(ticket))

    def _run(self, ticket: Ticket) -> None:
        self.outlived()
        self.shop.calls["start"] += 1
        job = self.shop.jobs[ticket.id]
        if job.started is not None and self.shop.clock() - job.started >= self.shop.works_for:
            job.started = None
        self._begin(job)


class Named(_Downloads):
    """Like HERE Tracking bulk jobs."""

    kind = "named"
    stands_for = "here_tracking_v4"
    can: ClassVar[Capabilities] = replace(
        ONE_PHASE, finds_lost=True, looks_are_billed=False, min_wait=10, first_look=5
    )


KINDS: tuple[type[KindOfService], ...] = (Blind, Tagged, Uploaded, Named)
