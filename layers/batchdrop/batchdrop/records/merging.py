"""One complete file out of a job and the jobs that redid its errors: every record of the first input once, in its order.

A record's results are those of the newest job that has any; a record without any stays in errors, with what the newest job
said of it. Rows are copied as they were written. Streaming: outputs of redoing jobs are put in order on disk.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from batchdrop.errors import BadFile, BatchdropError
from batchdrop.records.attempts import Copying, Lines, NotAsWritten, Rewriting, Table, ascending, is_lines
from batchdrop.records.owncells import OWN_COLUMNS
from batchdrop.records.sorting import in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from batchdrop.records.attempts import Attempt

Sink = Callable[[bytes], object]
_FLUSHED = 1000  # rows written together
_BOM = b"\xef\xbb\xbf"


class NotTogether(BatchdropError):
    """These jobs do not make one file; the text names the job and says why."""


@dataclass(frozen=True, slots=True)
class Merged:
    """Counts of records. records: of the first job. matched, open: of all. added: of all, those the first job did not have."""

    records: int
    matched: int
    open: int
    added: int


class _Found(NamedTuple):
    """One row of the merge. rank: place of its job, oldest first. wrong: 1 in errors, 0 in results."""

    number: int
    rank: int
    wrong: int
    part: int
    raw: bytes


def merge(attempts: Sequence[Attempt], records: int, results: Sink, errors: Sink, folder: Path) -> Merged:
    """Write one complete file of results, and one of the errors that remain, from jobs in the order they were made.

    records: how many the first job has. folder: an existing folder on disk for up to the bytes of the later jobs' outputs.
    Raises NotTogether when an output is of another kind or for other columns, was changed, or lacks records.
    """
    outputs = _Outputs(attempts, results, errors)
    rows = heapq.merge(*outputs.streams(attempts, folder))
    matched = open_ = first = added = 0
    for _, group in groupby(rows, itemgetter(0)):
        found = list(group)
        if found[0].rank == 0:
            first += 1
        else:
            added += 1
        if outputs.take(found):
            matched += 1
        else:
            open_ += 1
    outputs.flush()
    if first != records:
        raise NotTogether(f"{attempts[0].job}: its outputs hold {first:,} records, but it has {records:,}")
    return Merged(records, matched, open_, added)


class _Outputs:
    """The two files that are written, and how each job's rows look in them."""

    def __init__(self, attempts: Sequence[Attempt], results: Sink, errors: Sink) -> None:
        self._jobs = [attempt.job for attempt in attempts]
        self._sinks = (results, errors)
        self._rows: tuple[list[bytes], list[bytes]] = ([], [])
        if len({is_lines(attempt) for attempt in attempts}) > 1:
            raise NotTogether("some of these jobs have tables and some have lines of JSON")
        self._tables = [_opened(attempt) for attempt in attempts]
        self._as = self._rewritings()

    def _rewritings(self) -> list[tuple[Rewriting | Copying, Rewriting | Copying]]:
        """How rows of each job's results and errors become rows of the two files."""
        tables = [
            (good, bad) for good, bad in self._tables if isinstance(good, Table) and isinstance(bad, Table)
        ]
        if not tables:
            return [(Copying(), Copying()) for _ in self._tables]
        first, wrong = tables[0]
        user = first.names[: first.width]
        for job, (good, bad) in zip(self._jobs, tables, strict=True):
            if good.names[: good.width] != user or bad.names[: bad.width] != user:
                raise NotTogether(f"{job}: its input has other columns than that of {self._jobs[0]}")
        names = tuple(dict.fromkeys(name for good, _ in tables for name in good.names))
        self._head(first, names, 0)
        self._head(wrong, (*user, *OWN_COLUMNS), 1)
        return [(Rewriting(good, first, names), Rewriting(bad, wrong, ())) for good, bad in tables]

    def _head(self, table: Table, names: Sequence[str], which: int) -> None:
        """The header line: the first job's, and what others have beside it."""
        body = table.header.rstrip(b"\r\n")
        end = table.header[len(body) :] or b"\n"
        more = "".join(f"{table.delimiter}{name}" for name in names[len(table.names) :])
        self._rows[which].append((_BOM if table.bom else b"") + body + more.encode() + end)

    def streams(self, attempts: Sequence[Attempt], folder: Path) -> Iterator[Iterator[_Found]]:
        """The rows of each output, in order."""
        for rank, (attempt, tables) in enumerate(zip(attempts, self._tables, strict=True)):
            for wrong, table in enumerate(tables):
                place = folder / f"{rank}-{wrong}"
                place.mkdir()
                yield self._numbered(rank, wrong, table, place, redoes=attempt.redoes)

    def _numbered(
        self, rank: int, wrong: int, table: Table | Lines, folder: Path, *, redoes: bool
    ) -> Iterator[_Found]:
        rows = in_order(table.rows(), folder) if redoes else ascending(table.rows())
        try:
            for number, part, raw in rows:
                yield _Found(number, rank, wrong, part, raw)
        except (NotAsWritten, BadFile) as odd:
            raise NotTogether(f"{self._jobs[rank]}: {_why(odd)}") from None

    def take(self, found: Sequence[_Found]) -> bool:
        """Write what counts of one record; whether it has results."""
        for job in {row.rank for row in found}:
            mine = [(row.wrong, row.part) for row in found if row.rank == job]
            if len(mine) != len(set(mine)) or len({wrong for wrong, _ in mine}) > 1:
                raise NotTogether(
                    f"{self._jobs[job]}: record {found[0].number} is more than once in its outputs"
                )
        good = [row for row in found if not row.wrong]
        counting = good or found
        rank = max(row.rank for row in counting)
        for row in counting:
            if row.rank == rank:
                self._write(row)
        return bool(good)

    def _write(self, row: _Found) -> None:
        looks = self._as[row.rank][row.wrong]
        rows = self._rows[row.wrong]
        rows.append(looks.error(row.raw, self._jobs[0]) if row.wrong else looks.result(row.raw))
        if len(rows) >= _FLUSHED:
            self._sinks[row.wrong](b"".join(rows))
            rows.clear()

    def flush(self) -> None:
        """Hand on what is left."""
        for sink, rows in zip(self._sinks, self._rows, strict=True):
            sink(b"".join(rows))
            rows.clear()


def _opened(attempt: Attempt) -> tuple[Table | Lines, Table | Lines]:
    if is_lines(attempt):
        return Lines(attempt.results), Lines(attempt.errors)
    try:
        return (
            Table(attempt.results, attempt.dialect, errors=False),
            Table(attempt.errors, attempt.dialect, errors=True),
        )
    except (NotAsWritten, BadFile) as odd:
        raise NotTogether(f"{attempt.job}: {_why(odd)}") from None


def _why(odd: NotAsWritten | BadFile) -> str:
    return odd.problems[0].message if isinstance(odd, BadFile) else str(odd)


def lineage(jobs: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Documents of jobs (job.json), the first one of the family first, the others in the order they were made.

    Raises NotTogether unless each but one redoes another of them.
    """
    known = {job["id"]: job for job in jobs}
    first = [job for job in known.values() if job.get("parent") not in known]
    if len(first) > 1:
        one, other, *_ = sorted(first, key=_made)
        parent = other.get("parent")
        why = f"redoes {parent}, which is not among these jobs" if parent else "redoes none of these jobs"
        raise NotTogether(f"{other['id']}: it {why}; {one['id']} is another one's beginning")
    if not first:
        raise NotTogether("each of these jobs redoes another of them")
    return [*first, *sorted((job for job in known.values() if job is not first[0]), key=_made)]


def _made(job: Mapping[str, Any]) -> tuple[str, str]:
    return str(job.get("created", "")), str(job["id"])
