"""The service port: what batchdrop asks of a batch service. How to add one: docs/adding-a-service.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from batchdrop.ports.answer_notes import AnswerNotes
    from batchdrop.ports.declaration import Api, Capabilities
    from batchdrop.ports.talk import Batch, Listed, Outcome, Progress, RawPart, SavedPart, Ticket


class Lists(Protocol):
    """What a service offers beside the port when can.lists: a walk over all jobs that carry a tag of ours."""

    def list_ours(self, params: Mapping[str, Any]) -> Iterator[Listed]:
        """Jobs at the service with a tag as `Batch.tag`, or the end of one, streamed; those that are deleted are left out.

        params: as a route's: which part of the account is meant, where it has parts.
        """
        ...


class Rings(Protocol):
    """What a service offers beside the port when can.rings: it calls a URL when a job ends. Such a call is a hint, never truth."""

    def register(self, door: str) -> str:
        """Have the service call `door`/<its own words for the ticket>; gives the registration's id. A repeat may give the same id."""
        ...

    def test(self, registration: str) -> None:
        """Have the service call once with made-up values."""
        ...

    def unregister(self, registration: str) -> None:
        """The service forgets the registration; harmless to repeat."""
        ...

    @staticmethod
    def ticket_of(called: str) -> str | None:
        """The ticket in what was called below the door; None when that cannot be one. Pure."""
        ...


class Bell(Protocol):
    """Where a service that rings finds out by which registration it is to call this stack."""

    def __call__(self, *, lost: str = "") -> str:
        """The registration's id, or "" when there is none just now: then a job goes without, and polling finishes it.

        lost: an id the service does not know (any more). Never raises because of the service, the secret or the settings.
        """
        ...


class Service(Protocol):
    """A batch service: takes the records of a batch, works on them, gives outcomes back.

    Every method that talks may raise ServiceBusy, ServiceDenied, ServiceRefused, OutcomeUnknown, ServiceSpokeUnknown
    and ConfigurationError (errors.py says what each asks of the caller).
    """

    name: ClassVar[str]
    legacy: ClassVar[bool]
    apis: ClassVar[Mapping[str, Api]]
    can: ClassVar[Capabilities]

    @classmethod
    def columns_for(cls, api: str, params: Mapping[str, Any]) -> tuple[str, ...]:
        """The columns of results.csv for a route: Api.columns, then what its parameters add. Pure.

        params: the route's, and as empty texts those that the records bring themselves (records.own_params.given).

        Raises ConfigurationError for parameters that this API does not take: asked before anything is sent.
        """
        ...

    @classmethod
    def units_of(cls, api: str, params: Mapping[str, Any]) -> Callable[[Mapping[str, str]], int] | None:
        """How many times Price.per_record one record costs, by its fields (Query.fields). None: each costs it once. Pure."""
        ...

    @classmethod
    def factor(cls, params: Mapping[str, Any]) -> float:
        """What every price is multiplied by with these parameters. Pure."""
        ...

    @classmethod
    def lowest_factor(cls, params: Mapping[str, Any]) -> float:
        """The factor by another reading of the service's own pages, where they contradict each other; else `factor`. Pure."""
        ...

    @classmethod
    def is_price_known(cls, api: str, params: Mapping[str, Any]) -> bool:
        """Return True if the price of one record is known. A job whose price is not known is held. Pure."""
        ...

    @classmethod
    def adoptable(cls, ticket_id: str, api: str, params: Mapping[str, Any]) -> Ticket:
        """The ticket of a job that a person found at the service, with all that is needed to ask for it. Pure.

        Raises ConfigurationError for parameters that the API does not take.
        """
        ...

    def create(self, batch: Batch) -> Ticket:
        """Make the service's job. Sent once: the transport never repeats it. In one-phase services this starts (and bills) it."""
        ...

    def start(self, ticket: Ticket) -> None:
        """Start an unstarted job; harmless to repeat. Only when can.two_phase."""
        ...

    def find(self, batch: Batch) -> Sequence[Ticket]:
        """Jobs at the service that carry this batch's tag. Only when can.finds_lost."""
        ...

    def check(self, ticket: Ticket) -> Progress:
        """One look."""
        ...

    def fetch(self, ticket: Ticket) -> Iterator[RawPart]:
        """The answers as received: each part must be read before the next is asked for."""
        ...

    def read(
        self, batch: Batch, raw: Sequence[SavedPart], notes: AnswerNotes | None = None
    ) -> Iterator[Outcome]:
        """Outcomes out of saved parts, streamed, in any order; records without any are left out. Pure: no network.

        A row that cannot be used (of a record that was not sent, of another width, not UTF-8, a number out of range …) is set
        aside in `notes`, and all others are given: one odd row never withholds an answer that was paid for.

        Raises ServiceSpokeUnknown when a part as a whole does not have the agreed form or is cut off: after the outcomes that
        could be read, of this part and of all others. They count.
        """
        ...

    def stop(self, ticket: Ticket) -> None:
        """Ask the service to stop working. Only when can.stops."""
        ...

    def delete(self, ticket: Ticket) -> None:
        """Have the service forget the job and its data. Only when can.deletes."""
        ...
