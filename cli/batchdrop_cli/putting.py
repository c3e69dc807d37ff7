"""Dropping a file into the inbox bucket, and knowing at once which job it becomes."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from botocore.exceptions import ClientError
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from batchdrop.jobs import inbox_key, job_id
from batchdrop.records.owncells import mark
from batchdrop_cli import summary
from batchdrop_cli.completing import RouteOption
from batchdrop_cli.desk import JsonOption, StackOption, at_desk
from batchdrop_cli.exits import Exit, exit_of, has_ended, rests
from batchdrop_cli.fetching import check_directory, fetch_files
from batchdrop_cli.jobfiles import find_job, job_ids
from batchdrop_cli.layout import number
from batchdrop_cli.routes import check_route
from batchdrop_cli.stacks import is_forbidden
from batchdrop_cli.trouble import Trouble
from batchdrop_cli.watching import PATIENCE, follow_job, goes_on, show_changes, show_job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from batchdrop_cli.stacks import Stack
    from batchdrop_cli.summary import Job
    from batchdrop_cli.terminal import Terminal

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The file to drop.")]


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file in the inbox bucket, and the job it becomes. versionId is empty where the bucket keeps no versions."""

    job: str
    bucket: str
    key: str
    versionId: str  # noqa: N815 - as in job.json
    route: str
    size: int


def check_file(path: Path) -> int:
    """The size of a file that can be read, in bytes. An empty file is fine here: the job says what is wrong with it."""
    if not path.is_file():
        what = "is a directory" if path.is_dir() else "does not exist"
        raise Trouble(f"{path} {what}.", "Give the path of a file.")
    try:
        with path.open("rb"):
            return path.stat().st_size
    except OSError as error:
        raise Trouble(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from error


def key_of(route: str, name: str) -> str:
    """`incoming/<route>/<name>`. Raises Trouble for a name that S3 or people would stumble over."""
    try:
        return inbox_key(route, name)
    except ValueError as wrong:
        what = f"{name[:100]!r} cannot be the name of a dropped file: {wrong}."
        raise Trouble(what, "Give another with --name.") from None


def parent_of(path: Path) -> str:
    """The job whose errors these are: the file lies beside its job.json. Files written before there was bd_job do not say it."""
    if not path.name.startswith("errors."):
        return ""
    try:
        found = json.loads(path.with_name("job.json").read_bytes())
    except (OSError, ValueError):
        return ""
    return mark(found.get("id"), 0).job if isinstance(found, dict) else ""


def drop(
    stack: Stack,
    path: Path,
    route: str,
    key: str,
    told: Callable[[int], object] | None = None,
    *,
    wishes: Mapping[str, str] | None = None,
) -> Dropped:
    """Upload the file (in parts where it is large) and learn its job; `told` hears how many more bytes have gone. wishes: metadata
    by which this job is held or has a budget of its own.

    The version id comes from the reply to this very upload, so that another upload of the same key cannot be mistaken for
    it. Where events name no version, the job is the new one that has this key and ETag. Raises Trouble if none shows up.
    """
    before = _jobs_before(stack, key)
    metadata = dict(wishes or {})
    if parent := parent_of(path):
        metadata["parent"] = parent
    replies: list[dict[str, Any]] = []
    with _listening(stack, replies):
        more = {"Metadata": metadata} if metadata else None
        stack.s3.upload_file(str(path), stack.inbox, key, Callback=told, ExtraArgs=more)
    reply = next(found for found in replies if "ETag" in found)
    version = reply.get("VersionId", "").replace("null", "")
    if version and stack.events_name_versions:
        job = job_id(stack.inbox, key, version, private=stack.private_names)
    else:
        job = _new_job(stack, key, reply["ETag"].strip('"'), before)
    return Dropped(job, stack.inbox, key, version, route, path.stat().st_size)


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
    if terminal.lively:
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with Progress(*columns, console=terminal.out, transient=True) as progress:
            task = progress.add_task(f"uploading {path.name}", total=size)
            dropped = drop(stack, path, route, key, lambda sent: progress.advance(task, sent), wishes=wishes)
    else:
        dropped = drop(stack, path, route, key, wishes=wishes)
    terminal.say(f"{dropped.job}: dropped {key} ({number(size)} bytes)")
    return dropped


def wait_for(terminal: Terminal, stack: Stack, job: str) -> Job:
    """Follow a job that was just dropped; returns it as it ended or rests. Raises Trouble when it never shows up or stalls."""
    last = show_changes(terminal, follow_job(stack, job), json_lines=False)
    if last is None:
        raise _no_job(job)
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
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Drop a file and print the id of its job."""
    desk = at_desk(context, stack, json)
    check_file(file)
    key = key_of(route, name or file.name)
    if out is not None:
        check_directory(out, job=None)
    found = desk.stack()
    check_route(found, route)
    wishes = {"start": "false"} if hold else {}
    if budget is not None:
        wishes["budget"] = repr(budget)
    dropped = drop_shown(desk.terminal, found, file, route, key, wishes)
    if not (wait or out):
        desk.terminal.say(f"Follow it: batchdrop watch {dropped.job} --stack {found.name}")
        desk.terminal.emit(asdict(dropped))
        return
    with goes_on(found, dropped.job):
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


@contextmanager
def _listening(stack: Stack, replies: list[dict[str, Any]]) -> Iterator[None]:
    """Keep the replies that say which version an upload became (upload_file itself returns nothing)."""
    names = ("after-call.s3.PutObject", "after-call.s3.CompleteMultipartUpload")
    events = stack.s3.meta.events

    def hear(parsed: dict[str, Any], **_: object) -> None:
        replies.append(parsed)

    for name in names:
        events.register(name, hear)
    try:
        yield
    finally:
        for name in names:
            events.unregister(name, hear)


def _jobs_before(stack: Stack, key: str) -> set[str]:
    """Jobs of this key's name; none for those who may only drop, who need them only where versions have no names."""
    try:
        return set(job_ids(stack, _stem(stack, key)))
    except ClientError as error:
        if not is_forbidden(error):
            raise
        return set()


def _stem(stack: Stack, key: str) -> str:
    """What the ids of all jobs of this key begin with."""
    return job_id("", key, "", private=stack.private_names)[:-16]


def _new_job(stack: Stack, key: str, etag: str, before: set[str]) -> str:
    """The job that was not there before and has this input; unversioned inputs are named by ETag and sequencer."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for job in set(job_ids(stack, _stem(stack, key))) - before:
            dropped = (find_job(stack, job) or {}).get("input", {})
            if dropped.get("key") == key and str(dropped.get("versionId", "")).startswith(f"{etag}/"):
                return job
        time.sleep(stack.interval)
    raise _no_job(key)


def _no_job(what: str) -> Trouble:
    return Trouble(
        f"The file was dropped, but no job of it showed up within {PATIENCE:.0f} s: {what}",
        "See the logs of submit, and the inbox queue's dead letters (docs/operations.md).",
        exit=Exit.FAILED,
    )
