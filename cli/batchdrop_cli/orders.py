"""Orders to a job: start, stop, delete. Carried out by the stack; this says what the job then is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from batchdrop import wiring
from batchdrop.errors import GoneMissing
from batchdrop_cli.completing import JobArgument
from batchdrop_cli.desk import Desk, JsonOption, StackOption, at_desk
from batchdrop_cli.inside import enter
from batchdrop_cli.jobfiles import find_job, unknown

if TYPE_CHECKING:
    from batchdrop.ports import Row
    from batchdrop.steps.jobs import Jobs
    from batchdrop_cli.stacks import Stack

_NEEDED = {
    "BATCHDROP_TABLE": "TableName",
    "BATCHDROP_INBOX_BUCKET": "InboxBucketName",
    "BATCHDROP_RESULTS_BUCKET": "ResultsBucketName",
    "BATCHDROP_MACHINE_ARN": "StateMachineArn",
}


def start(
    context: typer.Context, job: JobArgument, stack: StackOption = None, json: JsonOption = False
) -> None:
    """Let a held job go, or take up a stopped or failed one again."""
    desk = at_desk(context, stack, json)
    found = desk.stack()
    _tell(desk, found, _order(found, job, "start"), "start")


def stop(
    context: typer.Context, job: JobArgument, stack: StackOption = None, json: JsonOption = False
) -> None:
    """Stop a job: what is finished is collected, the rest stays unprocessed."""
    desk = at_desk(context, stack, json)
    found = desk.stack()
    _tell(desk, found, _order(found, job, "stop"), "stop")


def delete(
    context: typer.Context,
    job: JobArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Delete a job's output, every version of it, and the service's copy. The dropped file stays."""
    desk = at_desk(context, stack, json)
    found = desk.stack()
    if not yes and not typer.confirm(f"Delete everything that {job} has written?", err=True):
        raise typer.Exit(1)
    _tell(desk, found, _order(found, job, "delete"), "delete")


def at_work(stack: Stack) -> Jobs:
    """The orders' use case on this stack, made as a function would make it: from the environment."""
    enter(stack, _NEEDED)
    return wiring.jobs()


def _order(stack: Stack, job: str, name: str) -> Row:
    try:
        row: Row = getattr(at_work(stack), name)(job)
    except GoneMissing:
        raise unknown(stack, job) from None
    return row


def _tell(desk: Desk, stack: Stack, row: Row, order: str) -> None:
    desk.terminal.emit(find_job(stack, row["id"]) or {"id": row["id"], "status": row["status"]})
    waits = f", {row['order']} is on its way" if row.get("order") else ""
    desk.terminal.say(f"{row['id']}: {row['status']}{waits}")
    if order != "delete":
        desk.terminal.say(f"Follow it: batchdrop watch {row['id']} --stack {stack.name}")
