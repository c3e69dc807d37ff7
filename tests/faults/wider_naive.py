"""Deliberately naive products that only wider weather finds out, made as those of naive.py: a shim around one region."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from batchdrop.batches.orders import Order
from batchdrop.batches.states import BatchState, job_key, ticket_key
from batchdrop.errors import ServiceDenied, ServiceError, ServiceRefused
from batchdrop.jobs import folder, tag_hash
from batchdrop.ports import Change, Is, Key, Place, Progress, State
from batchdrop.steps.journal import Journal
from tests.faults.quick_table import QuickTable
from tests.faults.stopping_kinds import STOPPING_KINDS
from tests.faults.wider import WiderPlay
from tests.faults.wider_scheduler import Weights
from tests.steps.world import RESULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from batchdrop.ports import Row, Stored, Ticket
    from tests.faults.invocations import Invocation
    from tests.faults.wider_region import WiderRegion


def _get(region: WiderRegion, key: Key) -> Row:
    """A row, past the gates."""
    return QuickTable.get(region.world.table, key) or {}  # type: ignore[arg-type]  # a wider table is a quick one


def takes_created_for_unstarted(region: WiderRegion) -> None:
    """A batch that stands as created was never begun, so its job is deleted by a stop, and made anew by the next start."""
    service = region.world.service
    check = service.check

    def answer(ticket: Ticket) -> Progress:
        leads = _get(region, ticket_key("memory", ticket.id))
        batch = _get(region, Key(leads["job"], leads["batch"]))
        job = _get(region, Key(leads["job"], "job"))
        if job.get("order") == Order.STOP and batch["state"] == BatchState.CREATED:
            return Progress(State.UNSTARTED, "created")
        return check(ticket)

    service.check = answer  # type: ignore[method-assign]  # the naive variant


def _around_orders(region: WiderRegion, unheard: tuple[type[ServiceError], ...]) -> None:
    inner = region.probe
    assert inner is not None

    def probe(name: str, act: Callable[[], Any]) -> Any:
        try:
            return inner(name, act)
        except unheard:
            if name != "order":
                raise

    region.probe = probe


def takes_a_refused_delete_for_done(region: WiderRegion) -> None:
    """The service was asked, that is enough."""
    _around_orders(region, (ServiceRefused, ServiceDenied))


def forgets_the_ticket_unconfirmed(region: WiderRegion) -> None:
    """The answer to a delete is not waited for."""
    _around_orders(region, (ServiceError,))


def lets_start_take_back_a_delete(region: WiderRegion) -> None:
    """The last order counts."""
    obey = region.obey

    def last_counts(payload: Mapping[str, Any]) -> Any:
        if payload["order"] == "start":
            deleted = (Is("order", Order.DELETE),)
            region.world.table.write(Change(job_key(payload["job"]), remove=("order",), when=deleted))
        return obey(payload)

    region.obey = last_counts


def reads_orders_once_a_tick(region: WiderRegion) -> None:
    """A lane knows of the job what it read first."""
    table = region.world.table
    get, read = table.get, dict[tuple[str, Key], Any]()

    def once(key: Key) -> Row | None:
        current = region.current
        if current is None or current.function != "Advance" or key.sk != "job":
            return get(key)
        if (current.name, key) not in read:
            found = get(key)
            if found is None:
                return None
            read[current.name, key] = found
        return dict(read[current.name, key])

    table.get = once  # type: ignore[method-assign]  # the naive variant


def looks_not_after_writing(region: WiderRegion) -> None:
    """A job is deleted once; whoever was slow and writes afterwards does not mind."""

    class Careless(Journal):
        """Looks after nothing."""

        def delete_again(self, row: Row, *, last: bool = False) -> bool:  # noqa: ARG002  # the naive variant
            return False

    region.world.journal = Careless(*(getattr(region.world.journal, each.name) for each in fields(Journal)))


def drops_the_header(region: WiderRegion) -> None:
    """A collect that had no time to write a record has lost the header lines that it had in memory."""
    store, call = region.world.store, region.call
    put_if, left = store.put_if, set[str]()

    def collects(invocation: Invocation) -> Any:
        answer = call(invocation)
        if invocation.function == "Collect" and answer["outcome"] == "more":
            left.add(invocation.payload["job"])
        return answer

    def puts(place: Place, body: bytes, **about: Any) -> Stored | None:
        if any(place.key == f"{folder(job)}results.csv" for job in left):
            body = body.partition(b"\n")[2]
        return put_if(place, body, **about)

    region.call = collects  # type: ignore[method-assign]  # the naive variant
    store.put_if = puts  # type: ignore[method-assign]  # the naive variant


def forgets_what_it_left(region: WiderRegion) -> None:
    """A collect that has left its walk goes on behind the records that it had in memory."""
    store = region.world.store
    put = store.put

    def puts(place: Place, body: bytes, **about: Any) -> Stored:
        return put(place, b"" if "/work/collect/results-" in place.key else body, **about)

    store.put = puts  # type: ignore[method-assign]  # the naive variant


def tags_without_the_stack(region: WiderRegion) -> None:
    """The tag of a batch tells the file, and not whose job it is."""

    class Blind(Journal):
        """Claims of another stack have the tags of ours."""

        def claim(self, job: str, put: Mapping[str, Any]) -> bool:
            return super().claim(job, {**put, "tag_hash": tag_hash(RESULTS, put["hash"])})

    world = region.neighbor.world
    world.journal = Blind(*(getattr(world.journal, each.name) for each in fields(Journal)))


def sweeps_past_attention(region: WiderRegion) -> None:
    """A job that waits for a person is no job of sweep's, whatever was ordered."""
    table = region.world.table
    jobs = table.jobs

    def others(status: str, **bounds: Any) -> Iterator[Row]:
        is_sweep = region.current is not None and region.current.function == "Sweep"
        return (row for row in jobs(status, **bounds) if not (is_sweep and row.get("attention")))

    table.jobs = others  # type: ignore[method-assign]  # the naive variant


def reads_queries_after_posting(region: WiderRegion) -> None:
    """The records of a batch are read when they are sent: a store that is out leaves a batch of which nobody knows whether it was."""
    inner = region.probe
    assert inner is not None

    def probe(name: str, act: Callable[[], Any]) -> Any:
        if name == "post" and region.current is not None:
            job = region.current.payload["job"]
            region.world.store.read(Place(RESULTS, f"{folder(job)}work/queries.ndjson"))
        return inner(name, act)

    region.probe = probe


def gives_up_on_a_store_that_is_out(region: WiderRegion) -> None:
    """A lane whose tick broke because of the store is stuck."""
    call = region.call

    def parks(invocation: Invocation) -> Any:
        try:
            return call(invocation)
        except (ClientError, BotoCoreError):
            if invocation.function == "Advance":
                lane = Key(invocation.payload["lane"]["pk"], invocation.payload["lane"]["sk"])
                QuickTable.write(region.world.table, Change(lane, put={"failures": 1000, "failing_since": 0}))  # type: ignore[arg-type]  # past the gates
            raise

    region.call = parks  # type: ignore[method-assign]  # the naive variant


@dataclass(frozen=True, slots=True)
class Naive:
    """A naive product, and the weather that finds it out soon."""

    alter: Callable[[WiderRegion], None]
    weights: Weights = field(default_factory=Weights)
    kinds: tuple[int, ...] = (0, 1, 2, 3)
    """Kinds of sending that can show it, by their places in STOPPING_KINDS."""
    known: int = 0
    """A seed that was broken when this was written: it is tried first."""

    def find_broken(self, most: int) -> Iterator[int]:
        """Play so many schedules; the seeds of those that are broken."""
        number = len(STOPPING_KINDS)
        seeds = (seed for seed in range(most * number // len(self.kinds)) if seed % number in self.kinds)
        for seed in (self.known, *(seed for seed in seeds if seed != self.known)):
            if WiderPlay(seed, self.weights, self.alter).run().trouble:
                yield seed


_TWO_PHASES = (1, 2)
_ORDERS = replace(Weights(), orders=3, faults=0.5, skew=0, outage=0, again=0)
_OUTAGE = Weights(faults=0, orders=0, outage=1, skew=0, hurry=0, service=0, again=0, hold=0)

WIDER_VARIANTS: dict[str, Naive] = {
    "created is unstarted": Naive(
        takes_created_for_unstarted, replace(_ORDERS, faults=2, spoil=0.2), _TWO_PHASES, known=242
    ),
    "a refused delete is done": Naive(
        takes_a_refused_delete_for_done, replace(_ORDERS, faults=2, spoil=0.3), _TWO_PHASES, known=102
    ),
    "the ticket is forgotten unconfirmed": Naive(
        forgets_the_ticket_unconfirmed, replace(_ORDERS, faults=2, spoil=0.3), _TWO_PHASES, known=102
    ),
    "start takes back delete": Naive(lets_start_take_back_a_delete, _ORDERS, known=14),
    "orders are read once a tick": Naive(reads_orders_once_a_tick, _ORDERS, known=2),
    "nobody looks after writing": Naive(
        looks_not_after_writing, replace(_ORDERS, faults=2, sleep=0.05), known=6
    ),
    "the header is dropped": Naive(drops_the_header, Weights(hurry=1)),
    "what was left is forgotten": Naive(forgets_what_it_left, Weights(hurry=1)),
    "tags know no stack": Naive(tags_without_the_stack, Weights(neighbor=1)),
    "sweep skips attention": Naive(
        sweeps_past_attention, replace(_ORDERS, faults=3, again=1, crash_after=0.02, spoil=0.5), known=24
    ),
    "queries are read after posting": Naive(reads_queries_after_posting, _OUTAGE, (0,), known=368),
    "a store that is out is a stuck lane": Naive(gives_up_on_a_store_that_is_out, _OUTAGE, known=7),
}
