"""The list of jobs, newest change first."""

from collections.abc import Iterable
from typing import Annotated

import typer

from batchdrop.jobs import Status
from batchdrop_cli.desk import JsonOption, StackOption, at_desk
from batchdrop_cli.jobfiles import all_jobs, jobs_of_key
from batchdrop_cli.layout import number
from batchdrop_cli.summary import Job


def waits(job: Job) -> str:
    """What the job waits for a person for: the code of its attention, or that it is held; "" for one that does not."""
    return str((job.get("attention") or {}).get("code", "")) or ("held" if job.get("held") else "")


def chosen(
    found: Iterable[Job],
    *,
    status: str | None,
    route: str | None,
    key: str | None,
    limit: int,
    attention: bool = False,
) -> list[Job]:
    """The jobs that were asked for, newest change first."""
    kept = [
        job
        for job in found
        if status in (None, job.get("status"))
        and route in (None, job.get("route"))
        and key in (None, job.get("input", {}).get("key"))
        and (waits(job) or not attention)
    ]
    return sorted(kept, key=lambda job: str(job.get("updated", "")), reverse=True)[:limit]


def jobs(  # noqa: PLR0913, PLR0917 - each is an option of the command
    context: typer.Context,
    status: Annotated[Status | None, typer.Option("--status", help="Only jobs of this status.")] = None,
    route: Annotated[
        str | None, typer.Option("--route", metavar="R", help="Only jobs of this route.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", metavar="KEY", help="Only jobs of this dropped object.")
    ] = None,
    attention: Annotated[
        bool, typer.Option("--attention", help="Only jobs that wait for a person, held ones too.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 20,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """List jobs, newest change first."""
    desk = at_desk(context, stack, json)
    found_stack = desk.stack()
    pointed = jobs_of_key(found_stack, key) if key else None
    found = chosen(
        all_jobs(found_stack) if pointed is None else pointed,
        status=status.value if status else None,
        route=route,
        key=key,
        limit=limit,
        attention=attention,
    )
    desk.terminal.emit(found)
    if not found:
        desk.terminal.say("No jobs.")
        return
    headings = ("job", "status", "records", "matched", "updated", "attention")
    desk.terminal.table(headings, [_row(job) for job in found], right=(2, 3))


def _row(job: Job) -> tuple[str, ...]:
    records = job.get("records") or {}
    counts = (number(records.get("total", 0)), number(records.get("matched", 0)))
    return (job["id"], job["status"], *counts, str(job.get("updated", ""))[:19], waits(job))
