"""Bringing a job's files into a directory: whole or not at all, and never over another job's."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from batchdrop_cli import summary
from batchdrop_cli.completing import JobArgument
from batchdrop_cli.desk import JsonOption, StackOption, at_desk
from batchdrop_cli.exits import exit_of, has_ended, rests
from batchdrop_cli.jobfiles import file_keys, read_job
from batchdrop_cli.trouble import Trouble
from batchdrop_cli.watching import show_job

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batchdrop_cli.stacks import Stack
    from batchdrop_cli.summary import Job

OURS = (
    "job.json", "results.csv", "results.csv.gz", "results.ndjson", "results.ndjson.gz",
    "errors.csv", "errors.csv.gz", "errors.ndjson", "errors.ndjson.gz", "problems.csv", "report.html", "ledger.json",
)  # fmt: skip
"""Names that a job's directory holds; in this order they are put in place."""

WAITING = ".fetching-"
"""How the names of folders begin in which files wait until all are there."""

OutOption = Annotated[
    Path,
    typer.Option("--out", metavar="DIR", help="Directory for the files; made if missing."),
]


def check_directory(directory: Path, *, job: str | None, simulated: bool = False) -> None:
    """Raise Trouble when the directory can be none, or holds files of another job.

    Results of a simulation may be replaced by those of another simulation: they cost nothing. Only a sandbox has a ledger.
    """
    nearest = next(place for place in (directory, *directory.parents) if place.exists())
    if not nearest.is_dir():
        raise Trouble(f"{nearest} is a file, so {directory} cannot be a directory.", "Choose another --out.")
    held = [name for name in OURS if (directory / name).exists()]
    if not held:
        return
    there = _job_in(directory)
    if there.get("id") == job and job is not None:
        return
    if simulated and (there.get("simulated") or "ledger.json" in held):
        return
    owner = f"the job {there['id']}" if there.get("id") else "something else"
    raise Trouble(
        f"{directory} already holds {', '.join(held)} of {owner}.", "Choose another --out, or move them away."
    )


@contextmanager
def reserved(directory: Path, *, job: str | None = None, simulated: bool = False) -> Iterator[None]:
    """Keep the directory for this command, from before anything is paid until its files are in place.

    Raises Trouble when it cannot be written to, holds files of another job, or is kept by another command. What was made for it
    and stays empty goes away again. The lock is the system's: it goes with the process, however that ends.
    """
    with ExitStack() as held:
        try:
            check_directory(directory, job=job, simulated=simulated)
            made = [place for place in (directory, *directory.parents) if not place.exists()]
            directory.mkdir(parents=True, exist_ok=True)
            opened = os.open(directory, os.O_RDONLY)
            held.callback(os.close, opened)
            _lock(opened)
            for place in reversed(made):
                held.callback(_remove_empty, place)
            with TemporaryDirectory(prefix=WAITING, dir=directory):
                pass
            check_directory(directory, job=job, simulated=simulated)  # what another has written until now
        except BlockingIOError:
            raise Trouble(
                f"Another batchdrop command is writing into {directory}.",
                "Choose another --out, or wait for it.",
            ) from None
        except OSError as error:
            raise Trouble(
                f"{directory} cannot be written to: {error.strerror}.",
                "Choose another --out, or mend its permissions.",
            ) from error
        yield


def fetch_files(
    stack: Stack, job: Job, directory: Path, extra: Mapping[str, bytes] | None = None
) -> dict[str, Path]:
    """Download all files of a job and put them in place together; returns name → path.

    `extra` are further files that belong to them. What an earlier simulated job left under our names goes away.
    """
    simulated = bool(job.get("simulated")) or "ledger.json" in (extra or {})
    check_directory(directory, job=job["id"], simulated=simulated)
    directory.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        waiting = Path(held.enter_context(TemporaryDirectory(prefix=WAITING, dir=directory)))
        for name, key in file_keys(stack, job["id"]).items():
            stack.s3.download_file(stack.results, key, str(waiting / name))
        for name, body in (extra or {}).items():
            (waiting / name).write_bytes(body)
        names = sorted((path.name for path in waiting.iterdir()), key=_place)
        if _job_in(directory).get("id") != job["id"]:
            for name in set(OURS).difference(names):
                (directory / name).unlink(missing_ok=True)
        for name in names:
            (waiting / name).replace(directory / name)
    return {name: directory / name for name in names}


def fetch(
    context: typer.Context,
    job: JobArgument,
    out: OutOption,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Bring results, errors, report and job.json of a job that is over into a directory."""
    desk = at_desk(context, stack, json)
    found_stack = desk.stack()
    found = read_job(found_stack, job)
    if not (has_ended(found) or rests(found)):
        raise Trouble(
            f"The job {job} is not over: {found['status']}.",
            f"Wait for it: batchdrop watch {job} --stack {found_stack.name}",
        )
    with reserved(out, job=found["id"], simulated=bool(found.get("simulated"))):
        files = fetch_files(found_stack, found, out)
    desk.terminal.emit({"job": found, "files": {name: str(path) for name, path in files.items()}})
    show_job(desk.terminal, found, summary.facts(found, files))
    raise typer.Exit(exit_of(found))


def _lock(opened: int) -> None:
    """Raises BlockingIOError when another process has it; a file system that knows no locks (some network ones) is let be."""
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        return


def _remove_empty(directory: Path) -> None:
    with suppress(OSError):  # it holds what we brought, or another's
        directory.rmdir()


def _place(name: str) -> tuple[int, str]:
    return (OURS.index(name) if name in OURS else len(OURS), name)


def _job_in(directory: Path) -> Mapping[str, Any]:
    try:
        found = json.loads((directory / "job.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
