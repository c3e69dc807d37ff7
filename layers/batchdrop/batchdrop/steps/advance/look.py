"""Ask the service how a batch is, and bring its answers home: raw bytes are safe with us before anything reads them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from batchdrop.batches import claims
from batchdrop.batches.ringing import WINDOW
from batchdrop.batches.sending import (
    MISS_WAIT,
    MISSES_BEFORE_PARKING,
    RESTARTS,
    WITHHELD_FOR,
    WITHHELD_WAIT,
)
from batchdrop.batches.states import End
from batchdrop.effects import effect
from batchdrop.errors import (
    ConfigurationError,
    OutcomeUnknown,
    ServiceBusy,
    ServiceDenied,
    ServiceError,
    ServiceRefused,
    ServiceSpokeUnknown,
)
from batchdrop.observe import tell
from batchdrop.pace import again_after, next_look
from batchdrop.ports import State
from batchdrop.records.writing import ObjectWriter
from batchdrop.steps.advance.obeying import delete_others
from batchdrop.steps.advance.read import read
from batchdrop.steps.advance.send import attention_code

if TYPE_CHECKING:
    from batchdrop.batches.states import BatchRow
    from batchdrop.ports import Progress, RawPart, Ticket
    from batchdrop.steps.advance.driver import Driver

_ENDS = {State.COMPLETED: End.COMPLETED, State.FAILED: End.FAILED, State.STOPPED: End.STOPPED}


def look(driver: Driver, row: BatchRow) -> BatchRow | None:
    """One look at a running batch; when it has ended, its answers are fetched, saved and read."""
    counted = driver.write(claims.count_look(row))
    ticket = row.ticket
    if counted is None or ticket is None:
        return None
    try:
        return _ask(driver, counted, ticket, rung=row.rung)
    except (ServiceError, ConfigurationError) as trouble:
        tell("the look came to nothing", job=driver.job, batch=row.number, why=str(trouble))
        return _trouble(driver, counted, trouble)


def _ask(driver: Driver, row: BatchRow, ticket: Ticket, *, rung: bool) -> BatchRow | None:
    progress = effect("look", lambda: driver.service.check(ticket))
    if progress.state is State.FAILED and _may_restart(driver, row) and _started_again(driver, row, ticket):
        return driver.write(claims.restarted(row, driver.time() + driver.first_wait()))
    if progress.state in _ENDS:
        return _bring_home(driver, row, ticket, progress)
    if progress.state is State.GONE:
        return _not_found(driver, row, _gone(driver, row))
    if progress.state is State.UNSTARTED:
        if not driver.may_begin():
            return driver.write(claims.stopped(row)) if driver.order else None
        effect("start", lambda: driver.service.start(ticket))
    return _still_running(driver, row, progress, rung=rung)


def _may_restart(driver: Driver, row: BatchRow) -> bool:
    return driver.service.can.restarts and row.restarts < RESTARTS and driver.may_begin()


def _started_again(driver: Driver, row: BatchRow, ticket: Ticket) -> bool:
    """Start a failed job once more: it goes on where it broke. False when the service will not have it, then it has failed."""
    tell("the service's job failed and is started again", job=driver.job, batch=row.number)
    try:
        effect("start", lambda: driver.service.start(ticket))
    except ServiceRefused as no:
        tell("the service's job cannot be started again", job=driver.job, batch=row.number, why=str(no))
        return False
    return True


def _trouble(driver: Driver, row: BatchRow, trouble: ServiceError | ConfigurationError) -> BatchRow | None:
    """A look may be repeated, so nothing here is final but refused credentials and hosts."""
    if isinstance(trouble, ServiceBusy | OutcomeUnknown):
        elapsed, retry_after = driver.time() - row.started, getattr(trouble, "retry_after", None)
        driver.tokens.close(retry_after)
        if elapsed > driver.service.can.deadline:
            return driver.park(row, "STALLED")
        wait = max(driver.min_wait(), retry_after or again_after(elapsed))
        return driver.write(claims.looked(row, {"next_look": driver.time() + wait}))
    if (
        isinstance(trouble, ServiceDenied | ConfigurationError)
        or getattr(trouble, "code", "") == "HOST_REFUSED"
    ):
        return driver.park(row, attention_code(trouble))
    return _not_found(driver, row, "GAPS")


def _bring_home(driver: Driver, row: BatchRow, ticket: Ticket, progress: Progress) -> BatchRow | None:
    """Save the answer as received, note that it is safe, then read it. The answer may stay away, see `_withheld`."""
    try:
        saved = _fetch(driver, row, ticket, progress)
    except ServiceError as trouble:
        if isinstance(trouble, ServiceSpokeUnknown) or _is_about_access(trouble):
            raise
        tell("the results stay away", job=driver.job, batch=row.number, why=str(trouble))
        return _withheld(driver, row, progress, _answer_of(trouble), getattr(trouble, "retry_after", None))
    if progress.state is State.COMPLETED and not any(size for _, size in saved):
        tell("the results are empty", job=driver.job, batch=row.number)
        return _withheld(driver, row, progress, "nothing", progress.retry_after)
    names = [name for name, _ in saved]
    said = progress.counters()
    safe = driver.write(claims.raw_saved(row, names or [""], _ENDS[progress.state], said))
    if safe and safe.searched and driver.service.can.two_phase and delete_others(driver, safe):
        safe = driver.write(claims.cleared(safe))
    return read(driver, safe) if safe else None


def _fetch(driver: Driver, row: BatchRow, ticket: Ticket, progress: Progress) -> list[tuple[str, int]]:
    """Save the parts of the answer; name and size of each."""
    parts = (
        progress.parts
        if progress.parts is not None
        else effect("fetch", lambda: driver.service.fetch(ticket))
    )
    return [effect("save_raw", partial(_save, driver, row, part)) for part in parts]


def _is_about_access(trouble: ServiceError) -> bool:
    """Return True for what only a person can put right at once: the key, the plan, the host. A 403 is not among them: with this very
    key the service has just told how its job is.
    """
    if isinstance(trouble, ServiceDenied):
        return trouble.status != 403 or trouble.code == "QUOTA"
    return getattr(trouble, "code", "") == "HOST_REFUSED"


def _answer_of(trouble: ServiceError) -> str:
    """Return what the results answered, in a word or two: never with an address or a URL."""
    if trouble.status == 204:
        return "nothing"
    return str(trouble.status) if trouble.status and trouble.status >= 400 else f'"{trouble.reason}"'


def _withheld(
    driver: Driver, row: BatchRow, progress: Progress, answer: str, retry_after: float | None
) -> BatchRow | None:
    """The service calls its job over, and its results cannot be had. They are asked for again, for half an hour; then a person is called."""
    now = driver.time()
    if retry_after is not None:
        driver.tokens.close(retry_after)
    since = now - (row.ended_at or now)
    wait = max(driver.min_wait(), retry_after or 0.0, min(WITHHELD_WAIT, since / 2))
    wait = min(wait, max(driver.min_wait(), WITHHELD_FOR - since))
    written = driver.write(claims.withheld(row, now, answer, progress.status, now + wait))
    if written is None or since < WITHHELD_FOR:
        return written
    return driver.park(written, "RESULTS_WITHHELD")


def _save(driver: Driver, row: BatchRow, part: RawPart) -> tuple[str, int]:
    place = driver.place(f"raw/{row.name}/{part.name}")
    size = 0
    writer = ObjectWriter(driver.store, place, "application/octet-stream")
    try:
        for chunk in part.chunks:
            size += len(chunk)
            writer.write(chunk)
    except BaseException:
        writer.abandon()
        raise
    writer.close()
    return part.name, size


def _still_running(driver: Driver, row: BatchRow, progress: Progress, *, rung: bool) -> BatchRow | None:
    now = driver.time()
    elapsed = now - row.started
    if progress.unknown_status:
        tell(
            "the service names a status that is not documented",
            job=driver.job,
            batch=row.number,
            status=progress.status,
        )
    if elapsed > driver.service.can.deadline:
        return driver.park(row, "STALLED")
    asked = progress.retry_after
    if asked is not None and driver.service.can.looks_are_billed:
        asked = max(asked, driver.min_wait())
    wait = next_look(
        elapsed,
        done=progress.done,
        total=progress.total,
        min_wait=driver.min_wait(),
        retry_after=asked,
    )
    if rung:  # it rang too early, or rang again within the window: calls in there only mark the batch
        wait = min(wait, max(WINDOW, driver.min_wait()))
    found = {
        "next_look": now + wait,
        "done": progress.done or 0,
        "service_status": progress.status,
        "misses": 0,
    }
    return driver.write(claims.still_running(row, found))


def _gone(driver: Driver, row: BatchRow) -> str:
    """Why a service may not know a ticket any more."""
    old = driver.time() - row.started > driver.service.can.keeps_results_for
    return "RESULT_EXPIRED" if old else "DELETED_BY_OTHER"


def _not_found(driver: Driver, row: BatchRow, code: str) -> BatchRow | None:
    """Asked in vain: three times over 15 minutes, then a person is called."""
    if row.misses + 1 >= MISSES_BEFORE_PARKING:
        return driver.park(row, code)
    return driver.write(claims.missed(row, driver.time() + MISS_WAIT))
