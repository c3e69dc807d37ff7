"""A person's order, carried out on one batch."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from batchdrop.batches import claims
from batchdrop.batches.orders import DELETES, Obey, obey
from batchdrop.batches.states import BatchState
from batchdrop.effects import effect
from batchdrop.errors import ConfigurationError, ServiceDenied, ServiceError, ServiceRefused
from batchdrop.observe import tell
from batchdrop.pace import backoff
from batchdrop.ports import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchdrop.batches.states import BatchRow
    from batchdrop.ports import Ticket
    from batchdrop.steps.advance.driver import Driver


class Answer(StrEnum):
    """What the service answered to an order."""

    DONE = "done"  # or there was nothing left to do
    REFUSED = "refused"
    LATER = "later"  # nobody knows, or not now: to be asked again


def carry_out(driver: Driver, row: BatchRow) -> BatchRow:
    """What the order asks of this batch beyond its ordinary moves."""
    if not driver.order:
        return row
    acts: dict[Obey, Callable[[Driver, BatchRow], BatchRow | None]] = {
        Obey.DROP: _drop,
        Obey.ASK_STATE: _ask_state,
        Obey.TAKE_UP: _take_up,
        Obey.ASK_TO_STOP: _ask_to_stop,
        Obey.FORGET: _forget,
    }
    act = acts.get(obey(driver.order, row, driver.service.can))
    return (act(driver, row) or row) if act else row


def _drop(driver: Driver, row: BatchRow) -> BatchRow | None:
    """Settle a batch that was not processed. Its ticket, if it has one, is kept."""
    return driver.write(claims.stopped(row))


def _ask_state(driver: Driver, row: BatchRow) -> BatchRow | None:
    """Stop a batch whose job may or may not have been started: an unstarted job is deleted, any other is stopped and collected."""
    ticket = row.ticket
    if ticket is None:
        return _drop(driver, row)
    try:
        progress = effect("look", lambda: driver.service.check(ticket))
    except (ServiceDenied, ServiceRefused, ConfigurationError) as no:
        tell("the state could not be asked for", job=driver.job, batch=row.number, why=str(no))
        return _drop(driver, row)
    except ServiceError as later:
        tell("the state is asked for later", job=driver.job, batch=row.number, why=str(later))
        return _ask_later(driver, row, getattr(later, "retry_after", None))
    return _obey_state(driver, row, progress.state)


def _obey_state(driver: Driver, row: BatchRow, state: State) -> BatchRow | None:
    if state is State.UNSTARTED:
        return _drop_unstarted(driver, row)
    if state is State.GONE:
        return _drop(driver, row)
    now = driver.time()
    running = driver.write(claims.started(row, now, now))
    if running is None or not driver.service.can.stops or state is not State.RUNNING:
        return running
    return _ask_to_stop(driver, running) or running


def _drop_unstarted(driver: Driver, row: BatchRow) -> BatchRow | None:
    """An unstarted job is of no use any more. Its ticket is forgotten only once it is deleted: else a new job would be made beside it."""
    if not driver.service.can.deletes:
        return _drop(driver, row)
    answer = _ask(driver, row, driver.service.delete)
    if answer is Answer.LATER:
        return _ask_later(driver, row)
    return driver.write(claims.stopped(row, deleted=answer is Answer.DONE))


def _ask_later(driver: Driver, row: BatchRow, retry_after: float | None = None) -> BatchRow | None:
    """Until the service's deadline is over; then the batch is dropped with its ticket, which a later start uses again."""
    if driver.time() - row.posted > driver.service.can.deadline:
        return _drop(driver, row)
    return driver.write(claims.missed(row, driver.retry_at(row.misses + 1, retry_after)))


def _take_up(driver: Driver, row: BatchRow) -> BatchRow | None:
    """Go back to the state the batch was parked from, and obey there."""
    taken = driver.write(claims.driven_again(row, driver.time()))
    return carry_out(driver, taken) if taken else None


def _ask_to_stop(driver: Driver, row: BatchRow) -> BatchRow | None:
    if _ask(driver, row, driver.service.stop) is Answer.LATER:
        return None
    return driver.write(claims.stopping(row, driver.time() + driver.min_wait()))


def _forget(driver: Driver, row: BatchRow) -> BatchRow | None:
    """Have the service delete its copy. A refusal is asked for again, a few times: a job that is being stopped may need a moment."""
    can = driver.service.can
    if row.misses and row.next_look > driver.time():
        return None
    if row.ticket is not None and row.state is not BatchState.SETTLED and can.stops:
        # Whatever its state here: the answer to a start may have been lost.
        _ask(driver, row, driver.service.stop)
    answer = _ask(driver, row, driver.service.delete) if can.deletes else Answer.DONE
    if answer is Answer.LATER:
        return None
    doubtful = row.searched or (row.ticket is None and row.submits > 0)
    others_left = doubtful and not delete_others(driver, row)
    if (answer is Answer.REFUSED or others_left) and row.misses + 1 < DELETES:
        return driver.write(claims.missed(row, driver.time() + backoff(row.misses)))
    if answer is Answer.REFUSED:
        tell("the service keeps its copy", job=driver.job, batch=row.number)
    return driver.write(claims.forgotten(row))


def delete_others(driver: Driver, row: BatchRow) -> bool:
    """Delete, each by its id, the jobs that the service has of this batch beside the one that counts; False: to be tried again.

    Never by tag alone: a bulk delete could take the one that counts (docs/decisions/0013).
    """
    if not (driver.service.can.finds_lost and driver.service.can.deletes):
        return True
    try:
        found = effect("look", lambda: driver.service.find(driver.batch(row)))
    except (ServiceDenied, ServiceRefused, ConfigurationError) as no:
        tell("others were not looked for", job=driver.job, batch=row.number, why=str(no))
        return True
    except ServiceError as later:
        tell("others are looked for later", job=driver.job, batch=row.number, why=str(later))
        return False
    kept = row.ticket.id if row.ticket else ""
    others = [ticket for ticket in found if ticket.id != kept]
    if others:
        tell("others of the same batch are deleted", job=driver.job, batch=row.number, found=len(others))
    asked = [_ask(driver, replace(row, ticket=other), driver.service.delete) for other in others]
    return all(answer is Answer.DONE for answer in asked)


def _ask(driver: Driver, row: BatchRow, call: Callable[[Ticket], None]) -> Answer:
    """Ask once. The services themselves take "no such job" for done: such a job has nothing to stop or delete."""
    ticket = row.ticket
    if ticket is None:
        return Answer.DONE
    try:
        effect("order", lambda: call(ticket))
    except (ServiceRefused, ServiceDenied, ConfigurationError) as no:
        tell("the order was not accepted", job=driver.job, batch=row.number, why=str(no))
        return Answer.REFUSED
    except ServiceError as later:
        tell("the order must be given again", job=driver.job, batch=row.number, why=str(later))
        return Answer.LATER
    return Answer.DONE
