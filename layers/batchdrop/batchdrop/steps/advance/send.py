"""Bring a batch to the service: the sending protocol with its effects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchdrop.batches import claims
from batchdrop.batches.sending import BUSY_FOR, MISS_WAIT, MISSES_BEFORE_PARKING, QUIET, Search, after_search
from batchdrop.batches.states import BatchRow, BatchState
from batchdrop.effects import effect
from batchdrop.errors import (
    ConfigurationError,
    GoneMissing,
    OutcomeUnknown,
    ServiceBusy,
    ServiceDenied,
    ServiceError,
    ServiceRefused,
    ServiceSpokeUnknown,
)
from batchdrop.observe import tell
from batchdrop.pace import again_after, first_look
from batchdrop.steps.advance.read import settle_refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchdrop.ports import Batch, Ticket
    from batchdrop.steps.advance.driver import Driver


def send(driver: Driver, row: BatchRow) -> BatchRow | None:
    """planned → posting → created or running. Only the winner of the first write POSTs, once.

    Whatever the POST needs is here before that write: what fails until then has begun nothing, and the batch stays planned.
    """
    try:
        with driver.hold_queries(row) as batch:
            return _post(driver, row, batch) if driver.may_begin() else row
    except GoneMissing as gone:
        tell("the working files are gone", job=driver.job, batch=row.number, why=str(gone))
        return driver.park(row, "WORK_GONE")


def _post(driver: Driver, row: BatchRow, batch: Batch) -> BatchRow | None:
    change = claims.mark_posting(row, driver.owner, driver.time())
    written = effect("mark_posting", lambda: driver.table.write(change))
    if not claims.won(written, driver.owner) or written.row is None:
        return None
    posting = BatchRow.from_row(written.row)
    try:
        ticket = effect("post", lambda: driver.service.create(batch))
    except (ServiceBusy, ServiceDenied, ServiceRefused, ConfigurationError) as no:
        return _definite_no(driver, posting, no)
    except (OutcomeUnknown, ServiceSpokeUnknown) as unknown:
        tell("nobody knows whether the batch was taken", job=driver.job, batch=row.number, why=unknown.reason)
        return posting
    return _has_ticket(driver, posting, ticket)


def _definite_no(
    driver: Driver, posting: BatchRow, no: ServiceBusy | ServiceDenied | ServiceRefused | ConfigurationError
) -> BatchRow | None:
    """Nothing was begun: back to planned, and on from there as the answer asks."""
    tell("the batch was not taken", job=driver.job, batch=posting.number, why=str(no))
    if isinstance(no, ServiceBusy):
        later, now = driver.retry_at(posting.refusals + 1, no.retry_after), driver.time()
        planned = driver.write(claims.turned_away(posting, driver.owner, now, later))
        if planned and now - planned.refused_since >= BUSY_FOR:
            return driver.park(planned, "SERVICE_BUSY")
        return planned
    if isinstance(no, ServiceRefused) and no.code != "HOST_REFUSED":
        return settle_refused(driver, posting, no)
    planned = driver.write(claims.back_to_planned(posting, driver.owner, driver.time()))
    return driver.park(planned, attention_code(no)) if planned else None


def attention_code(no: ServiceError | ConfigurationError) -> str:
    """Which attention a refusal of credentials, plan or host asks for. 402 is a used-up plan, and so is a 403 that says so."""
    if isinstance(no, ServiceDenied):
        return "QUOTA" if no.status == 402 or no.code == "QUOTA" else "DENIED"
    refused_host = getattr(no, "code", "") == "HOST_REFUSED" or str(no).startswith("HOST_REFUSED")
    return "HOST_REFUSED" if refused_host else "DENIED"


def _has_ticket(
    driver: Driver, posting: BatchRow, ticket: Ticket, *, searched: bool = False
) -> BatchRow | None:
    """posting → created (two-phase, then started at once) or running. searched: it was found, so there may be more of them."""
    now = driver.time()
    put: dict[str, Any] = {"searched": True} if searched else {}
    if driver.service.can.two_phase:
        put |= {"state": BatchState.CREATED, "next_look": now}
    else:
        put |= {"state": BatchState.RUNNING, "started": now, "next_look": now + _first_wait(driver, posting)}
    changes = claims.write_ticket(posting, posting.owner, driver.lane, driver.service.name, ticket, put)
    try:
        effect("write_ticket", lambda: driver.table.write_together(changes))
    except Exception:
        tell("the ticket could not be kept", job=driver.job, batch=posting.number, ticket=ticket.id)
        driver.leave_ticket(posting, ticket)
        raise
    found = driver.table.get(posting.key)
    if found is None or (found.get("ticket") or {}).get("id") != ticket.id:
        tell("the ticket could not be kept", job=driver.job, batch=posting.number, ticket=ticket.id)
        return None
    driver.working()
    row = BatchRow.from_row(found)
    return start(driver, row) if row.state is BatchState.CREATED else row


def take_up_ticket(driver: Driver, row: BatchRow) -> BatchRow | None:
    """A POST whose outcome the table does not know, at a service that cannot be asked: its ticket may have been left in the store."""
    ticket = driver.find_ticket(row)
    return driver.park(row, "AMBIGUOUS_SEND") if ticket is None else _has_ticket(driver, row, ticket)


def find(driver: Driver, row: BatchRow) -> BatchRow | None:
    """A POST with unknown outcome: adopt what carries our tag; else see `after_search`."""
    try:
        tickets = effect("look", lambda: driver.service.find(driver.batch(row)))
    except ServiceBusy as busy:
        elapsed = driver.time() - row.posted
        if elapsed > driver.service.can.deadline:
            return driver.park(row, "AMBIGUOUS_SEND")
        later = driver.retry_at(row.misses + 1, busy.retry_after)
        return driver.write(claims.postponed(row, max(later, driver.time() + again_after(elapsed))))
    except (ServiceDenied, ServiceRefused, ConfigurationError) as no:
        return driver.park(row, attention_code(no))
    except ServiceSpokeUnknown as odd:
        return _found_nothing_out(driver, row, odd)
    return _searched(driver, row, tickets)


def _searched(driver: Driver, row: BatchRow, tickets: Sequence[Ticket]) -> BatchRow | None:
    match after_search(row, driver.service.can, found=len(tickets)):
        case Search.ADOPT:
            tell("adopted", job=driver.job, batch=row.number, ticket=tickets[0].id, found=len(tickets))
            return _has_ticket(driver, row, tickets[0], searched=True)
        case Search.SEARCH_AGAIN:
            return driver.write(claims.missed(row, driver.time() + QUIET))
        case Search.SEND_AGAIN:
            return driver.write(claims.not_there(row, row.owner, driver.time()))
        case Search.CHOOSE:
            return driver.write(claims.parked(row, "AMBIGUOUS_SEND"))
        case Search.PARK_AMBIGUOUS:
            return driver.park(row, "AMBIGUOUS_SEND")


def _found_nothing_out(driver: Driver, row: BatchRow, odd: ServiceSpokeUnknown) -> BatchRow | None:
    """A list that makes no sense says nothing of the job, so it never leads to a second POST."""
    tell("the search came to nothing", job=driver.job, batch=row.number, why=str(odd))
    if row.misses + 1 >= MISSES_BEFORE_PARKING:
        return driver.park(row, "AMBIGUOUS_SEND")
    return driver.write(claims.missed(row, driver.time() + QUIET))


def send_again(driver: Driver, row: BatchRow) -> BatchRow | None:
    """Two phases and no list: a job that was lost can only be made anew. Unstarted, it costs nothing ([assumed])."""
    tell("sent in vain: once more", job=driver.job, batch=row.number, misses=row.misses + 1)
    return driver.write(claims.sent_in_vain(row, row.owner, driver.retry_at(row.misses)))


def start(driver: Driver, row: BatchRow) -> BatchRow | None:
    """created → running. Starting is harmless to repeat ([spec] HERE v7: a running job answers the same 200)."""
    ticket = row.ticket
    if ticket is None or not driver.may_begin():
        return row
    try:
        effect("start", lambda: driver.service.start(ticket))
    except (ServiceBusy, OutcomeUnknown, ServiceSpokeUnknown) as later:
        if driver.time() - row.posted > driver.service.can.deadline:
            return driver.park(row, "STALLED")
        return driver.write(
            claims.missed(row, driver.retry_at(row.misses + 1, getattr(later, "retry_after", None)))
        )
    except (ServiceDenied, ConfigurationError) as no:
        return driver.park(row, attention_code(no))
    except ServiceRefused as no:
        return _start_refused(driver, row, no)
    now = driver.time()
    return driver.write(claims.started(row, now, now + _first_wait(driver, row)))


def _start_refused(driver: Driver, row: BatchRow, no: ServiceRefused) -> BatchRow | None:
    """Nothing was begun. HERE 6.2 may look at parameters and input only now ([doc] 400 when they do not fit)."""
    tell("the batch was not started", job=driver.job, batch=row.number, why=str(no))
    if no.code == "HOST_REFUSED":
        return driver.park(row, "HOST_REFUSED")
    if no.status == 404:  # a service may be slow to know what it made
        if row.misses + 1 >= MISSES_BEFORE_PARKING:
            return driver.park(row, "DELETED_BY_OTHER")
        return driver.write(claims.missed(row, driver.time() + MISS_WAIT))
    return settle_refused(driver, row, no)


def _first_wait(driver: Driver, row: BatchRow) -> float:
    can = driver.service.can
    return first_look(row.count, first=driver.first_wait(), seconds_per_record=can.seconds_per_record)
