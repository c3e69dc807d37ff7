"""A batch service in memory, for tests of the steps: starts on POST, or in two phases. It keeps a ledger of what it bills."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Any, ClassVar

from batchdrop.errors import ConfigurationError, ServiceRefused, ServiceSpokeUnknown
from batchdrop.ports import (
    AnswerNotes,
    Api,
    Capabilities,
    Outcome,
    OutcomeKind,
    Price,
    Progress,
    RawPart,
    State,
    Takes,
    Ticket,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from batchdrop.ports import Batch, Clock, SavedPart

ONE_PHASE = Capabilities(
    max_records=1000,
    max_bytes=1_000_000,
    batch_records=1000,
    two_phase=False,
    finds_lost=False,
    rings=False,
    stops=False,
    deletes=False,
    keeps_results_for=86_400,
    first_look=30,
    seconds_per_record=0.01,
    min_wait=60,
    deadline=86_400,
    looks_are_billed=True,
)
TWO_PHASE = replace(
    ONE_PHASE, two_phase=True, finds_lost=True, looks_are_billed=False, min_wait=5, first_look=5
)

UPLOADING = replace(TWO_PHASE, finds_lost=False)

FINDING = replace(ONE_PHASE, finds_lost=True, looks_are_billed=False, min_wait=5, first_look=5)


@dataclass
class ServiceJob:
    """What the service remembers of one job."""

    tag: str
    inputs: list[tuple[int, str]]
    started: float | None
    stopped: float | None = None
    """When it stopped, or will stop."""
    failed: bool = False


@dataclass
class Shop:
    """The service's side: jobs and the ledger. Tests change `works_for`, `answer` and `status` at will."""

    clock: Clock
    works_for: float = 45.0
    jobs: dict[str, ServiceJob] = field(default_factory=dict)
    billed: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    answer: Callable[[str], dict[str, Any] | None] = lambda text: {
        "lat": str(len(text)),
        "label": text.upper(),
    }
    status: Callable[[ServiceJob], State | None] = lambda _job: None
    body: Callable[[bytes], bytes] = lambda body: body
    made: int = 0
    """How many jobs there were ever: deleted ones do not give their names to others."""
    by_tag: bool = False
    """Whether the ledger keeps equal records of different tags apart."""

    def bill(self, job: ServiceJob) -> None:
        """Working on a job costs its inputs."""
        self.billed.update(f"{job.tag} {text}" if self.by_tag else text for _, text in job.inputs)


class MemoryService:
    """The service port over a Shop."""

    name: ClassVar[str] = "memory"
    legacy: ClassVar[bool] = False
    apis: ClassVar[Mapping[str, Api]] = {
        "geocode": Api(
            "geocode", Takes.PLACE, ("bd_lat", "bd_label"), Price("credits", 1, 1, 1, "2026"), language="lang"
        )
    }
    can: ClassVar[Capabilities] = ONE_PHASE

    @classmethod
    def columns_for(cls, api: str, params: Mapping[str, Any]) -> tuple[str, ...]:
        """`more` names further columns; `wrong` is no parameter."""
        if "wrong" in params:
            raise ConfigurationError("memory has no parameter wrong")
        return (*cls.apis[api].columns, *params.get("more", ()))

    @classmethod
    def units_of(cls, api: str, params: Mapping[str, Any]) -> Callable[[Mapping[str, str]], int] | None:
        """With `by_word` a record costs as much as it has words."""
        assert api in cls.apis
        return (lambda fields: len(fields["text"].split())) if "by_word" in params else None

    @classmethod
    def factor(cls, params: Mapping[str, Any]) -> float:
        """`priority`, as Geoapify's."""
        return float(params.get("priority", 1))

    @classmethod
    def lowest_factor(cls, params: Mapping[str, Any]) -> float:
        """With `disputed` the service's pages also say half of it."""
        return cls.factor(params) * (0.5 if "disputed" in params else 1)

    @classmethod
    def is_price_known(cls, api: str, params: Mapping[str, Any]) -> bool:
        """With `unpriced` nobody knows what a record costs."""
        assert api in cls.apis
        return "unpriced" not in params

    @classmethod
    def adoptable(cls, ticket_id: str, api: str, params: Mapping[str, Any]) -> Ticket:
        """With `region` the ticket says it."""
        assert api in cls.apis
        return Ticket(ticket_id, {"region": params["region"]} if "region" in params else {})

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def create(self, batch: Batch) -> Ticket:
        """Take the batch; in one phase this starts and bills it."""
        self.shop.calls["create"] += 1
        job = ServiceJob(
            batch.tag, [(query.ordinal, query.fields["text"]) for query in batch.queries()], None
        )
        if len(job.inputs) != batch.count:
            raise ServiceRefused("the batch has another length than it says")
        self.shop.made += 1
        ticket = Ticket(f"job-{self.shop.made}")
        self.shop.jobs[ticket.id] = job
        if not self.can.two_phase:
            self._begin(job)
        return ticket

    def _begin(self, job: ServiceJob) -> None:
        if job.started is None:
            job.started = self.shop.clock()
            self.shop.bill(job)

    def start(self, ticket: Ticket) -> None:
        """Harmless to repeat."""
        self.shop.calls["start"] += 1
        self._begin(self.shop.jobs[ticket.id])

    def find(self, batch: Batch) -> Sequence[Ticket]:
        """By tag."""
        self.shop.calls["find"] += 1
        return [Ticket(name) for name, job in self.shop.jobs.items() if job.tag == batch.tag]

    def check(self, ticket: Ticket) -> Progress:
        """The look is the download."""
        self.shop.calls["check"] += 1
        job = self.shop.jobs.get(ticket.id)
        if job is None:
            return Progress(State.GONE, "404")
        said = self.shop.status(job)
        if said is not None and said not in (State.COMPLETED, State.FAILED, State.STOPPED):
            return Progress(said, str(said))
        if job.started is None:
            return Progress(State.UNSTARTED, "submitted")
        if said is None and self.shop.clock() - job.started < self.shop.works_for:
            return Progress(State.RUNNING, "running", done=0, total=len(job.inputs))
        return Progress(
            said or State.COMPLETED, "completed", parts=(RawPart("answer.json", self._chunks(job)),)
        )

    def _chunks(self, job: ServiceJob) -> Iterator[bytes]:
        answers = [[ordinal, self.shop.answer(text)] for ordinal, text in job.inputs]
        body = self.shop.body(json.dumps(answers).encode())
        for start in range(0, len(body), 1000):
            yield body[start : start + 1000]

    def fetch(self, ticket: Ticket) -> Iterator[RawPart]:
        """Never needed: see check."""
        raise ServiceRefused(f"nothing to fetch for {ticket.id}")

    def read(
        self, batch: Batch, raw: Sequence[SavedPart], notes: AnswerNotes | None = None
    ) -> Iterator[Outcome]:
        """Answers of None are no match, {"missing": …} is left out, {"error": …} has failed; another entry is odd."""
        assert batch.count
        notes = notes if notes is not None else AnswerNotes()
        stream: IO[bytes] = io.BytesIO(b"[]")
        for part in raw:
            stream = part.open()
        with stream:
            try:
                answers = json.load(stream)
            except ValueError as odd:
                raise ServiceSpokeUnknown("the answer is not JSON", service=self.name) from odd
        for number, entry in enumerate(answers, 1):
            ordinal, answer = entry if isinstance(entry, list) and len(entry) == 2 else (0, None)
            if not batch.first <= ordinal < batch.first + batch.count:
                notes.set_aside("answer.json", number, "it belongs to no record")
            elif answer is None:
                yield Outcome(ordinal, OutcomeKind.NO_MATCH, "NO_MATCH", "nothing found")
            elif "error" in answer:
                yield Outcome(ordinal, OutcomeKind.FAILED, "SERVICE_ERROR", answer["error"])
            elif "missing" not in answer:
                names = ("bd_lat", "bd_label", *batch.params.get("more", ()))
                cells = tuple(answer.get(name.removeprefix("bd_"), "") for name in names)
                yield Outcome(ordinal, OutcomeKind.MATCHED, answers=(cells,))

    def stop(self, ticket: Ticket) -> None:
        """Not offered."""
        raise ServiceRefused(f"cannot stop {ticket.id}")

    def delete(self, ticket: Ticket) -> None:
        """Not offered."""
        raise ServiceRefused(f"cannot delete {ticket.id}")


class TwoPhaseService(MemoryService):
    """The same in two phases."""

    can: ClassVar[Capabilities] = TWO_PHASE


class FindingService(MemoryService):
    """Starts on POST, and finds what was lost."""

    can: ClassVar[Capabilities] = FINDING


class UploadingService(MemoryService):
    """In two phases, without a list of jobs."""

    can: ClassVar[Capabilities] = UPLOADING

    def find(self, batch: Batch) -> Sequence[Ticket]:
        """Not offered."""
        raise ServiceRefused(f"cannot list jobs with {batch.tag}")
