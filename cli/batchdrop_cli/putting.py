"""`batchdrop put`: drop a file, and follow the job it becomes if asked to."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from batchdrop_cli import summary
from batchdrop_cli.completing import RouteOption
from batchdrop_cli.desk import JsonOption, StackOption, at_desk
from batchdrop_cli.dropping import Dropped, check_file, drop, key_of, no_job, seconds_until_ready
from batchdrop_cli.exits import exit_of, has_ended, rests
from batchdrop_cli.fetching import fetch_files, reserved
from batchdrop_cli.layout import counted
from batchdrop_cli.repeats import describe_repeat
from batchdrop_cli.routes import check_route
from batchdrop_cli.watching import follow_job, goes_on, show_changes, show_job

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchdrop_cli.stacks import Stack
    from batchdrop_cli.summary import Job
    from batchdrop_cli.terminal import Terminal

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The file to drop.")]


def drop_shown(
    terminal: Terminal,
    stack: Stack,
    path: Path,
    route: str,
    key: str,
    wishes: Mapping[str, str] | None = None,
) -> Dropped:
    """`drop` with a bar on a terminal and one line at the end."""
    size = check_file(path)
    _wait_for_events(terminal, stack)
    if terminal.lively:
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with Progress(*columns, console=terminal.out, transient=True) as progress:
            task = progress.add_task(f"uploading {path.name}", total=size)
            dropped = drop(stack, path, route, key, lambda sent: progress.advance(task, sent), wishes=wishes)
    else:
        dropped = drop(stack, path, route, key, wishes=wishes)
    terminal.say(f"{dropped.job}: dropped {key} ({counted(size, 'bytes')})")
    return dropped


def _wait_for_events(terminal: Terminal, stack: Stack) -> None:
    seconds = seconds_until_ready(stack, time.time())
    if seconds:
        terminal.say(
            f"The stack {stack.name} is new: S3 sends events of its inbox bucket after about five minutes. "
            f"The upload begins in {seconds:.0f} s."
        )
        time.sleep(seconds)


def wait_for(terminal: Terminal, stack: Stack, job: str) -> Job:
    """Follow a job that was just dropped; returns it as it ended or rests. Raises Trouble when it never shows up or stalls."""
    last = show_changes(terminal, follow_job(stack, job), json_lines=False)
    if last is None:
        raise no_job(job)
    return last


def put(  # noqa: PLR0913, PLR0917 - each is an option of the command
    context: typer.Context,
    file: FileArgument,
    route: RouteOption,
    wait: Annotated[
        bool, typer.Option("--wait", help="Follow the job until it ends or needs a person.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Bring the files here at the end; implies --wait."),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="Name in the bucket; that of the file if left out."),
    ] = None,
    hold: Annotated[
        bool, typer.Option("--hold", help="Check and price it, then wait for `start`: nothing is sent.")
    ] = False,
    budget: Annotated[
        float | None,
        typer.Option(
            "--budget",
            metavar="AMOUNT",
            min=0,
            help="What this job may cost, in the service's unit; over it the job waits for `start`.",
        ),
    ] = None,
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="Let the file go although the same bytes came before; it is paid again."
        ),
    ] = False,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Drop a file and print the id of its job.

    In a pipe stdout is the id alone, and sentences go to stderr; with --wait, or on a terminal, all goes to stdout.
    """
    desk = at_desk(context, stack, json)
    check_file(file)
    key = key_of(route, name or file.name)
    wishes = {"start": "false"} if hold else {}
    if again:
        wishes["again"] = "true"
    if budget is not None:
        wishes["budget"] = repr(budget)
    with ExitStack() as held:
        if out is not None:
            held.enter_context(reserved(out))
        found = desk.stack()
        check_route(found, route)
        if repeat := describe_repeat(found, route, file, again=again):
            desk.terminal.warn(repeat)
        told = desk.terminal if wait or out else desk.terminal.beside()
        dropped = drop_shown(told, found, file, route, key, wishes)
        if not (wait or out):
            told.say(f"Follow it: batchdrop watch {dropped.job} --stack {found.name}")
            if desk.terminal.piped:
                desk.terminal.say(dropped.job)
            desk.terminal.emit(asdict(dropped))
            return
        held.enter_context(goes_on(found, dropped.job))
        job = wait_for(desk.terminal, found, dropped.job)
        over = has_ended(job) or rests(job)
        files = fetch_files(found, job, out) if out is not None and over else None
    desk.terminal.emit(
        {
            "dropped": asdict(dropped),
            "job": job,
            "files": {name: str(path) for name, path in (files or {}).items()},
        }
    )
    show_job(desk.terminal, job, summary.facts(job, files))
    raise typer.Exit(exit_of(job))
