"""One complete file out of a job and the jobs that redid its errors: from a stack, or from directories fetched before."""

from __future__ import annotations

import gzip
import json
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from batchdrop.jobs import Status
from batchdrop.records.attempts import Attempt
from batchdrop.records.dialect import JSON, Dialect
from batchdrop.records.merging import Merged, NotTogether, lineage, merge
from batchdrop_cli.desk import JsonOption, StackOption, at_desk
from batchdrop_cli.exits import has_ended, rests
from batchdrop_cli.jobfiles import all_jobs, file_keys, read_job
from batchdrop_cli.layout import counted, number
from batchdrop_cli.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from io import BufferedReader, BufferedWriter

    from batchdrop_cli.desk import Desk
    from batchdrop_cli.stacks import Stack
    from batchdrop_cli.summary import Job

_SUFFIXES = (".csv", ".csv.gz", ".ndjson", ".ndjson.gz")


@dataclass(frozen=True, slots=True)
class Member:
    """One job of the family: its job.json, and where its files stand; None: still in the stack."""

    job: Job
    directory: Path | None


def merge_jobs(
    context: typer.Context,
    jobs: Annotated[
        list[str], typer.Argument(metavar="JOB…", help="Ids of jobs, or directories they were fetched into.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            dir_okay=False,
            help="The file; merged.csv (or as the inputs are packed) if left out. What remains goes to FILE with .errors in its name.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Write one complete file from a job and the jobs that redid its errors. One id stands for its whole family."""
    desk = at_desk(context, stack, json)
    with ExitStack() as held:
        folder = Path(held.enter_context(TemporaryDirectory(prefix="batchdrop-merge-")))
        try:
            members = _members(desk, jobs)
            files = [_files(desk, member, folder) for member in members]
            target = out or Path("merged" + _suffix(files[0][0]))
            targets = (target, _beside(target))
            _check_targets(targets, force=force)
            counts = _merge(members, files, targets, folder)
        except NotTogether as no:
            raise Trouble(
                f"These jobs do not make one file: {no}.", "Fetch them again, or leave it out."
            ) from None
    _tell(desk, members, targets, counts)


def _members(desk: Desk, names: Sequence[str]) -> list[Member]:
    """The jobs that were asked for, the first one of the family first."""
    found = {}
    for name in names:
        directory = Path(name) if (Path(name) / "job.json").is_file() else None
        job = _local(directory) if directory else read_job(desk.stack(), name)
        found[job["id"]] = Member(job, directory)
    if len(found) == 1 and not any(member.directory for member in found.values()):
        found = {
            job["id"]: Member(job, None) for job in _family(desk.stack(), next(iter(found.values())).job)
        }
    for member in found.values():
        _check_over(member.job)
    return [found[job["id"]] for job in lineage(member.job for member in found.values())]


def _local(directory: Path) -> Job:
    try:
        job: Any = json.loads((directory / "job.json").read_bytes())
    except ValueError:
        job = None
    if not (isinstance(job, dict) and isinstance(job.get("id"), str)):
        raise Trouble(f"{directory / 'job.json'} is none of ours.", "Fetch the job again.")
    return job


def _family(stack: Stack, job: Job) -> list[Job]:
    """The job's whole family, as far as it has outputs."""
    origin = job.get("origin") or job["id"]
    family = [each for each in all_jobs(stack) if origin in (each["id"], each.get("origin"))]
    if origin not in {each["id"] for each in family}:
        raise Trouble(
            f"The stack {stack.name!r} has no job {origin!r} any more, the first one of {job['id']}.",
            "Name the jobs that are to be merged.",
        )
    return [each for each in family if each["id"] == origin or not _is_without_outputs(each)]


def _is_without_outputs(job: Job) -> bool:
    return job.get("status") in (Status.DELETED, Status.FAILURE) or (
        has_ended(job) and not job.get("resultsHref")
    )


def _check_over(job: Job) -> None:
    if not (has_ended(job) or rests(job)):
        raise Trouble(
            f"The job {job['id']} is not over: {job.get('status')}.", "Wait for it: batchdrop watch"
        )
    if _is_without_outputs(job):
        raise Trouble(f"The job {job['id']} has no results: {job.get('status')}.", "Leave it out.")


def _files(desk: Desk, member: Member, folder: Path) -> tuple[Path, Path]:
    """Results and errors of one job on this machine."""
    job = member.job["id"]
    if member.directory is not None:
        found = {path.name: path for path in member.directory.iterdir()}
    else:
        stack, found = desk.stack(), {}
        place = folder / "fetched" / job
        place.mkdir(parents=True)
        for name, key in file_keys(stack, job).items():
            if name.startswith(("results.", "errors.")) and name.endswith(_SUFFIXES):
                found[name] = place / name
                stack.s3.download_file(stack.results, key, str(found[name]))
    pair = [found.get(kind + suffix) for suffix in _SUFFIXES for kind in ("results", "errors")]
    for results, errors in zip(pair[::2], pair[1::2], strict=True):
        if results is not None and errors is not None:
            return results, errors
    raise Trouble(f"The job {job} has no results and errors here.", f"Fetch it again: batchdrop fetch {job}")


def _merge(
    members: Sequence[Member], files: Sequence[tuple[Path, Path]], targets: tuple[Path, Path], folder: Path
) -> Merged:
    with ExitStack() as held:
        attempts = [
            Attempt(
                member.job["id"],
                _dialect(member.job, results),
                held.enter_context(_opened(results)),
                held.enter_context(_opened(errors)),
                redoes=bool(member.job.get("parent")),
            )
            for member, (results, errors) in zip(members, files, strict=True)
        ]
        first, second = (held.enter_context(_written(target)) for target in targets)
        sorting = folder / "sorting"
        sorting.mkdir()
        return merge(attempts, members[0].job["records"]["total"], first.write, second.write, sorting)


def _dialect(job: Job, results: Path) -> Dialect:
    if ".ndjson" in results.name:
        return Dialect("", format=JSON)
    try:
        found = Dialect.from_dict(job.get("dialect") or {"delimiter": ","})
    except TypeError:
        raise Trouble(
            f"The job {job['id']} was made by another version of batchdrop.", "Use that version's command."
        ) from None
    return Dialect(found.delimiter, found.read_as)


def _opened(path: Path) -> gzip.GzipFile | BufferedReader:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


@contextmanager
def _written(target: Path) -> Iterator[gzip.GzipFile | BufferedWriter]:
    """The file, which is there when it is whole."""
    waiting = target.with_name(f".{target.name}.part")
    try:
        with gzip.open(waiting, "wb") if target.suffix == ".gz" else waiting.open("wb") as file:
            yield file
        waiting.replace(target)
    finally:
        waiting.unlink(missing_ok=True)


def _suffix(path: Path) -> str:
    return next(suffix for suffix in reversed(_SUFFIXES) if path.name.endswith(suffix))


def _beside(target: Path) -> Path:
    """people.csv.gz → people.errors.csv.gz."""
    suffix = next((suffix for suffix in reversed(_SUFFIXES) if target.name.endswith(suffix)), target.suffix)
    return target.with_name(f"{target.name.removesuffix(suffix)}.errors{suffix}")


def _check_targets(targets: Sequence[Path], *, force: bool) -> None:
    if not targets[0].parent.is_dir():
        raise Trouble(f"{targets[0].parent} is not a directory.", "Choose another --out.")
    there = [str(target) for target in targets if target.exists()]
    if there and not force:
        are = "is" if len(there) == 1 else "are"
        raise Trouble(f"{' and '.join(there)} {are} there already.", "Choose another --out, or give --force.")


def _tell(desk: Desk, members: Sequence[Member], targets: tuple[Path, Path], counts: Merged) -> None:
    results, errors = map(str, targets)
    jobs = [member.job["id"] for member in members]
    desk.terminal.emit(
        {"job": jobs[0], "jobs": jobs, **asdict(counts), "files": {"results": results, "errors": errors}}
    )
    added = f", {number(counts.added)} of them added later" if counts.added else ""
    desk.terminal.say(
        f"{results}: {number(counts.matched)} of {counted(counts.matched + counts.open, 'records')}{added}"
    )
    are = "is" if counts.open == 1 else "are"
    desk.terminal.say(f"{errors}: {number(counts.open)} that {are} still open")
    desk.terminal.say(f"From {counted(len(jobs), 'jobs')}: {', '.join(jobs)}")
