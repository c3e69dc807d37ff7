"""Orders to a job: start, stop, delete. Carried out by the stack; this says what the job then is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from batchdrop import wiring
from batchdrop.errors import GoneMissing
from batchdrop.jobs import ENDED
from batchdrop_cli.completing import JobArgument
from batchdrop_cli.desk import Desk, JsonOption, StackOption, at_desk
from batchdrop_cli.inside import enter
from batchdrop_cli.jobfiles import find_job, read_job, unknown
from batchdrop_cli.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    _tell(desk, found, *_order(found, job, "start"))


def stop(
    context: typer.Context, job: JobArgument, stack: StackOption = None, json: JsonOption = False
) -> None:
    """Stop a job: what is finished is collected, the rest stays unprocessed."""
    desk = at_desk(context, stack, json)
    found = desk.stack()
    _tell(desk, found, *_order(found, job, "stop"))


def delete(
    context: typer.Context,
    job: JobArgument,
    with_input: Annotated[
        bool, typer.Option("--input", help="The dropped file too, with your own rights on the inbox bucket.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Delete a job's output, every version of it, and the service's copy. The dropped file stays, unless --input is given."""
    desk = at_desk(context, stack, json)
    found = desk.stack()
    beside = ", and the file itself" if with_input else ""
    if not yes and not typer.confirm(f"Delete everything that {job} has written{beside}?", err=True):
        raise typer.Exit(1)
    dropped = _input_of(found, job) if with_input else None  # before the job forgets it
    row, ordered = _order(found, job, "delete")
    if dropped is not None:
        _delete_input(desk, found, dropped)
    _tell(desk, found, row, ordered)


def _delete_input(desk: Desk, stack: Stack, dropped: Mapping[str, Any]) -> None:
    """The very version the job was made of; where events name none, all with its ETag."""
    bucket, key = dropped["bucket"], dropped["key"]
    etag, slash, _ = str(dropped["versionId"]).partition("/")
    versions = [etag]
    if slash:
        pages = stack.s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
        found = [each for page in pages for each in page.get("Versions", ()) if each["Key"] == key]
        versions = [each["VersionId"] for each in found if each["ETag"].strip('"') == etag]
    for version in versions:
        stack.s3.delete_object(Bucket=bucket, Key=key, VersionId=version)
    if versions:
        desk.terminal.say(f"deleted {key}")
    else:
        desk.terminal.warn("The dropped file is gone already.")


def _input_of(stack: Stack, job: str) -> Mapping[str, Any]:
    dropped: Mapping[str, Any] = read_job(stack, job)["input"]
    if str(dropped["key"]).endswith("/"):
        raise Trouble(f"The job {job} was deleted and knows its file no more.", "Delete the file by its key.")
    return dropped


def at_work(stack: Stack) -> Jobs:
    """The orders' use case on this stack, made as a function would make it: from the environment."""
    enter(stack, _NEEDED)
    return wiring.jobs()


def _order(stack: Stack, job: str, name: str) -> tuple[Row, str]:
    """The job afterwards, and what was ordered: "" where the job has ended and is left as it is."""
    jobs = at_work(stack)
    try:
        before = jobs.journal.row(job)
        row: Row = getattr(jobs, name)(job)
    except GoneMissing:
        raise unknown(stack, job) from None
    untouched = before["status"] in ENDED and before == row
    return row, "" if untouched else name


def _tell(desk: Desk, stack: Stack, row: Row, ordered: str) -> None:
    job = row["id"]
    shown = find_job(stack, job) or {"id": job, "status": row["status"]}
    desk.terminal.emit({**shown, "order": ordered or None})
    if not ordered:
        desk.terminal.say(f"{job}: {row['status']} already, so nothing was done")
        return
    waits = f", {row['order']} is on its way" if row.get("order") else ""
    desk.terminal.say(f"{job}: {row['status']}{waits}")
    if ordered != "delete":
        desk.terminal.say(f"Follow it: batchdrop watch {job} --stack {stack.name}")
