"""Following a job until it ends or needs a person."""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, TextColumn
from rich.text import Text

from batchdrop_cli import summary
from batchdrop_cli.completing import JobArgument
from batchdrop_cli.desk import JsonOption, StackOption, at_desk
from batchdrop_cli.exits import Exit, exit_of, has_ended, rests
from batchdrop_cli.jobfiles import find_job, read_job, unknown
from batchdrop_cli.layout import duration, number
from batchdrop_cli.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rich.progress import Task

    from batchdrop_cli.stacks import Stack
    from batchdrop_cli.summary import Job
    from batchdrop_cli.terminal import Terminal

PATIENCE = 60.0
"""Seconds that a job may be unknown, or rest with attention, before watching it ends."""


def follow(
    read: Callable[[], Job | None],
    *,
    pause: Callable[[], None],
    now: Callable[[], float],
    patience: float = PATIENCE,
) -> Iterator[Job]:
    """The job each time it has changed, until it ended or rests. Yields nothing when it stays unknown for `patience` seconds.

    A job with attention whose other batches still move is followed on; if nothing changes for `patience` it rests.
    """
    last: Job | None = None
    changed = now()
    while True:
        job = read()
        if job is not None and job != last:
            last, changed = job, now()
            yield job
            if has_ended(job) or rests(job):
                return
        waits_for_nothing = last is None or bool(last.get("attention"))
        if waits_for_nothing and now() - changed >= patience:
            return
        pause()


def follow_job(stack: Stack, job: str, *, patience: float = PATIENCE) -> Iterator[Job]:
    """`follow` on a stack, by the wall clock."""
    return follow(
        lambda: find_job(stack, job),
        pause=lambda: time.sleep(stack.interval),
        now=time.monotonic,
        patience=patience,
    )


def show_changes(terminal: Terminal, changes: Iterable[Job], *, json_lines: bool) -> Job | None:
    """Show a job while it goes; returns it as it was last seen. json_lines: each change is one document."""
    if terminal.lively:
        return _bar(terminal, changes)
    last, line = None, ""
    for job in changes:
        last = job
        if json_lines:
            terminal.emit(job)
        if summary.change_line(job) != line:
            line = summary.change_line(job)
            terminal.say(line)
    return last


def show_job(terminal: Terminal, job: Job, lines: list[tuple[str, str]]) -> None:
    """The summary of a job for a person."""
    colours = {Exit.COMPLETED: "bold green", Exit.ATTENTION: "bold yellow"}
    style = colours.get(exit_of(job), "bold red") if has_ended(job) or job.get("attention") else "bold"
    terminal.say(summary.headline(job), style=style)
    for label, value in lines:
        terminal.say(f"  {label:<11}  {value}")
    for line in summary.problems(job):
        terminal.say(f"  {line}", style="yellow")


@contextmanager
def goes_on(stack: Stack, job: str) -> Iterator[None]:
    """Ctrl-C ends the watching, never the job: say so."""
    try:
        yield
    except KeyboardInterrupt as stop:
        raise Trouble(
            f"Not watching any more. The job {job} goes on.",
            f"Watch it again: batchdrop watch {job} --stack {stack.name}",
            exit=Exit.INTERRUPTED,
        ) from stop


def show(
    context: typer.Context,
    job: JobArgument,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Show a job as it stands now."""
    desk = at_desk(context, stack, json)
    found = read_job(desk.stack(), job)
    desk.terminal.emit(found)
    show_job(desk.terminal, found, summary.facts(found))


def watch(
    context: typer.Context,
    job: JobArgument,
    patience: Annotated[
        float,
        typer.Option(min=0, metavar="SECONDS", help="How long the job may be unknown before giving up."),
    ] = PATIENCE,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Follow a job until it ends or needs a person. With --json: one line for each change."""
    desk = at_desk(context, stack, json)
    found = desk.stack()
    with goes_on(found, job):
        last = show_changes(desk.terminal, follow_job(found, job, patience=patience), json_lines=True)
    if last is None:
        raise unknown(found, job)
    show_job(desk.terminal, last, summary.facts(last))
    raise typer.Exit(exit_of(last))


class _Took(ProgressColumn):
    """How long the job has taken so far, drawn afresh with the bar."""

    def render(self, task: Task) -> Text:
        took = summary.elapsed(task.fields["job"], datetime.now(UTC))
        return Text("" if took is None else duration(took))


class _Left(ProgressColumn):
    """How long it may still take, by what is processed so far."""

    def render(self, task: Task) -> Text:
        left = summary.remaining(task.fields["job"], datetime.now(UTC))
        return Text("" if left is None else f"about {duration(left)} left", style="dim")


def _bar(terminal: Terminal, changes: Iterable[Job]) -> Job | None:
    last = None
    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[counts]}"), _Took(), _Left(),
    )  # fmt: skip
    with Progress(*columns, console=terminal.out, transient=True) as progress:
        task = progress.add_task("submitted, waiting", total=None, counts="", job={})
        for last in changes:
            records, batches = last.get("records") or {}, last.get("batches") or {}
            valid, processed = records.get("valid", 0), records.get("processed", 0)
            counts = f"{number(processed)}/{number(valid)} records · {batches.get('settled', 0)}/{batches.get('total', 0)} batches"
            progress.update(
                task,
                description=str(last["status"]),
                total=valid or None,
                completed=processed,
                counts=counts if valid else "",
                job=last,
            )
    return last
