"""A person's order, carried out on one batch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from batchdrop.batches import claims
from batchdrop.batches.orders import Obey, obey
from batchdrop.batches.states import BatchState
from batchdrop.effects import effect
from batchdrop.errors import ConfigurationError, ServiceDenied, ServiceError, ServiceRefused
from batchdrop.observe import tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchdrop.batches.states import BatchRow
    from batchdrop.ports import Ticket
    from batchdrop.steps.advance.driver import Driver


def carry_out(driver: Driver, row: BatchRow) -> BatchRow:
    """What the order asks of this batch beyond its ordinary moves."""
    if not driver.order:
        return row
    acts: dict[Obey, Callable[[Driver, BatchRow], BatchRow | None]] = {
        Obey.DROP: _drop,
        Obey.ASK_TO_STOP: _ask_to_stop,
        Obey.FORGET: _forget,
    }
    act = acts.get(obey(driver.order, row, driver.service.can))
    return (act(driver, row) or row) if act else row


def _drop(driver: Driver, row: BatchRow) -> BatchRow | None:
    """Never processed: an unstarted job at the service is of no use any more. Started again, the batch needs a new one."""
    unstarted = row.ticket is not None and row.state is BatchState.CREATED
    deleted = unstarted and driver.service.can.deletes and _ask(driver, row, driver.service.delete)
    return driver.write(claims.stopped(row, deleted=deleted))


def _ask_to_stop(driver: Driver, row: BatchRow) -> BatchRow | None:
    if not _ask(driver, row, driver.service.stop):
        return None
    return driver.write(claims.stopping(row, driver.time() + driver.min_wait()))


def _forget(driver: Driver, row: BatchRow) -> BatchRow | None:
    can = driver.service.can
    if row.ticket is not None and row.state is BatchState.RUNNING and can.stops:
        _ask(driver, row, driver.service.stop)
    if row.ticket is not None and can.deletes and not _ask(driver, row, driver.service.delete):
        return None
    doubtful = row.searched or (row.ticket is None and row.submits > 0)
    if doubtful and not delete_others(driver, row):
        return None
    return driver.write(claims.forgotten(row))


def delete_others(driver: Driver, row: BatchRow) -> bool:
    """Delete, each by its id, the jobs that the service has of this batch beside the one that counts; False: to be tried again.

    Never by tag alone: a bulk delete could take the one that counts (facts/reliability.md §2).
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
    return all(asked)


def _ask(driver: Driver, row: BatchRow, call: Callable[[Ticket], None]) -> bool:
    """Ask once; True when it need not be asked again. A service that does not know the job has nothing to stop or delete."""
    ticket = row.ticket
    if ticket is None:
        return True
    try:
        effect("order", lambda: call(ticket))
    except ServiceRefused:
        return True
    except (ServiceDenied, ConfigurationError) as no:
        tell("the order was not accepted", job=driver.job, batch=row.number, why=str(no))
        return True
    except ServiceError as later:
        tell("the order must be given again", job=driver.job, batch=row.number, why=str(later))
        return False
    return True
