"""A job and all jobs that redo its errors are a family: they share the numbers of its records, so that one number is one record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from batchdrop.batches.states import job_key
from batchdrop.ports import Change, Exists
from batchdrop.records.recids import Family

if TYPE_CHECKING:
    from collections.abc import Iterable

    from batchdrop.ports import Table
    from batchdrop.problems import Problem
    from batchdrop.records.recids import Renumbered


def family_of(table: Table, job: str) -> Family | None:
    """The family of a job that errors.csv names; None when nobody here knows the job."""
    row = table.get(job_key(job))
    if row is None:
        return None
    origin = row.get("origin") or job
    first = row if origin == job else table.get(job_key(origin))
    if first is None or not first.get("plan"):
        return Family(origin, 0)
    return Family(origin, first["plan"]["total"] + first.get("given", 0))


def first_new(table: Table, numbered: Renumbered) -> int:
    """The number of the first new record. Numbers are given by the origin's row, so that two redoing jobs never give the same.

    Planned again after a crash it gives further ones: gaps do no harm.
    """
    change = Change(job_key(numbered.origin), add={"given": numbered.new}, when=(Exists("plan"),))
    written = table.write(change) if numbered.origin else None
    if written is None or not written.done or written.row is None:
        return numbered.first_new
    return int(written.row["plan"]["total"] + written.row["given"] - numbered.new + 1)


def renumbered(problems: Iterable[Problem], first: int | None = None) -> tuple[Problem, ...]:
    """Problems with the numbers their records have in errors; negative ones count the new records, from `first` on."""
    return tuple(replace(entry, rec_id=_settled(entry.rec_id, first)) for entry in problems)


def _settled(rec_id: int | None, first: int | None) -> int | None:
    if rec_id is None or rec_id >= 0:
        return rec_id
    return None if first is None else first - rec_id - 1
