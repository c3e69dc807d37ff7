"""How a job maps to the exit code of a command that ends with one: put --wait, watch, fetch, sandbox run."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from batchdrop.jobs import ENDED, Status
from batchdrop.problems import CODES, Level

if TYPE_CHECKING:
    from collections.abc import Mapping


class Exit(IntEnum):
    """The exit codes of the command."""

    COMPLETED = 0
    FAILED = 1  # failure, stopped or deleted; also: AWS did not answer
    REFUSED = 2  # wrong usage, or a file that was refused: nothing was sent
    ATTENTION = 4  # a person is needed
    INTERRUPTED = 130  # Ctrl-C


def has_ended(job: Mapping[str, Any]) -> bool:
    """Whether job.json says that the job is over."""
    return job.get("status") in ENDED


def is_refused(job: Mapping[str, Any]) -> bool:
    """Whether the file was refused before anything was sent: failure with a problem that is about the file.

    BROKE_DOWN is ours, not the file's.
    """
    codes = {problem.get("code", "") for problem in job.get("problems") or ()} - {"BROKE_DOWN"}
    about_file = (code in CODES and CODES[code].level is Level.FILE for code in codes)
    return job.get("status") == Status.FAILURE and any(about_file)


def exit_of(job: Mapping[str, Any]) -> Exit:
    """The exit code for a job as job.json describes it; one that waits for a person is not over, yet ends the command."""
    if job.get("status") == Status.COMPLETED:
        return Exit.COMPLETED
    if job.get("attention") or job.get("held"):
        return Exit.ATTENTION
    return Exit.REFUSED if is_refused(job) else Exit.FAILED


def rests(job: Mapping[str, Any]) -> bool:
    """Whether nothing moves until a person acts: held before the start, or every batch settled or parked."""
    if job.get("held"):
        return True
    if not job.get("attention") or has_ended(job):
        return False
    batches = job.get("batches") or {}
    total = batches.get("total", 0)
    if job.get("status") == Status.SUBMITTED:
        return True
    return bool(total) and batches.get("settled", 0) + batches.get("parked", 0) >= total
