"""Ten million records once, checked by set: through plan, lanes and collect of the real steps, a redo of the errors, and a merge.

    .venv/bin/python -m tests.scale.ten_million [RECORDS]        10,000,000; some minutes on 2 cores, 10 GB of disk

The store is a disk, the service answers at once, all else is the product. Each phase runs in a process of its own, so that its
peak memory is its own. Ends with 1 when a record is missing, is there twice, is not as it was sent, or a phase takes more memory
than the design allows (plan 40 MB + 120 B a distinct record, collect 64 MB + 9 B a record, beside what Python itself takes).
"""

from __future__ import annotations

import csv
import logging
import os
import pickle
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchdrop.observe import logger
from batchdrop.ports import Place
from batchdrop.records.attempts import Attempt
from batchdrop.records.dialect import Dialect
from batchdrop.records.merging import merge
from tests.scale.disk_store import DiskStore
from tests.scale.fast_service import NO_MATCH, FastService
from tests.steps.world import INBOX, RESULTS, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROUTE = "incoming/memory-geocode/"
HEAD = ("id", "name", "address", "note")
MIB = 1024 * 1024


class Wrong(Exception):
    """Not every record is there once, as it was sent."""


def cells_of(number: int, *, mended: bool = False) -> tuple[str, str, str, str]:
    """The cells of a record: of twenty one is found nowhere, of two hundred one is empty, of eight one is like an earlier one."""
    address = (
        f"{number - number % 8 * 5 if number % 8 == 1 and number > 40 else number} Main Street, Littleton"
    )
    if number % 200 == 7:
        address = ""
    elif number % 20 == 3:
        address = f"{'Known' if mended else NO_MATCH} {number}"
    elif number % 50 == 11:
        address = f"Twin {number}"
    note = 'said: "hello"\nand left' if number % 1000 == 0 else f"note {number}"
    return (str(number), f"Person {number}", address, note)


def make_input(path: Path, records: int) -> None:
    """The file that is dropped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        writer.writerows(map(cells_of, range(1, records + 1)))


def make_redo(errors: Path, path: Path) -> None:
    """The errors with every second address that was found nowhere mended, the last one first in each thousand."""
    with (
        errors.open(encoding="utf-8", newline="") as source,
        path.open("w", encoding="utf-8", newline="") as file,
    ):
        reader, writer = csv.reader(source), csv.writer(file, lineterminator="\n")
        writer.writerow(next(reader))
        held: list[list[str]] = []
        for row in reader:
            number = int(row[0])
            if number % 40 == 3:
                row[:4] = cells_of(number, mended=True)
            held.append(row)
            if len(held) == 1000:
                writer.writerows(reversed(held))
                held.clear()
        writer.writerows(reversed(held))


def check(results: Path, errors: Path, records: int) -> tuple[int, int]:
    """Each record is in exactly one file, with its own cells and its own answer, in order; how many are in each."""
    seen = bytearray(records + 1)
    counts = []
    for path, own in ((results, 4), (errors, 4)):
        last, found = 0, 0
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            next(reader)
            for row in reader:
                number = int(row[own])
                if number == last and path is results:  # a further answer
                    continue
                if number <= last or number > records or seen[number]:
                    raise Wrong(f"record {number} is out of order, or there twice")
                last = number
                seen[number] = 1
                found += 1
                sent = cells_of(number)
                if tuple(row[:4]) not in (sent, cells_of(number, mended=True)):
                    raise Wrong(f"record {number} is not as it was sent")
                if path is results and row[own + 4] != row[2]:
                    raise Wrong(f"record {number} has the answer of another one")
        counts.append(found)
    if sum(seen) != records:
        raise Wrong(f"{records - sum(seen):,} records are missing")
    return counts[0], counts[1]


@dataclass
class Bench:
    """The world of one run, and what its phases took."""

    folder: Path
    peaks: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        FastService.folder = self.folder / "service"
        FastService.folder.mkdir(parents=True)
        self.store = DiskStore(self.folder)
        self.world = World(FastService, store=self.store)  # type: ignore[arg-type]  # a store like any other

    def object(self, job: str, name: str) -> Path:
        """An output of a job."""
        return self.store.path(Place(RESULTS, f"jobs/{job}/{name}"))

    def dropped(self, name: str) -> Path:
        """A file in the inbox."""
        return self.store.path(Place(INBOX, ROUTE + name))

    def phase(self, name: str, run: Callable[[], Any]) -> Any:
        """Run it in a child process, keep what it did to the table, print what it took; gives what it returned."""
        start, (reader, writer) = time.monotonic(), os.pipe()
        child = os.fork()
        if not child:
            os.close(reader)
            self._in_child(run, writer)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            told = pipe.read()
        _, status, usage = os.wait4(child, 0)
        if status or not told:
            raise Wrong(f"{name} failed")
        answer, self.world.table._items, self.world.clock.now = pickle.loads(told)  # noqa: S301  # our own child's
        peak = usage.ru_maxrss / 1024
        self.peaks[name] = peak
        _say(f"{name:<22}{time.monotonic() - start:8.1f} s  {peak:7.0f} MiB")
        return answer

    def _in_child(self, run: Callable[[], Any], writer: int) -> None:
        code = 1
        try:
            answer = run()
            with os.fdopen(writer, "wb") as pipe:
                pipe.write(pickle.dumps((answer, self.world.table._items, self.world.clock.now)))
            code = 0
        finally:
            os._exit(code)

    def job(self, name: str, title: str) -> str:
        """Drive the job of a dropped file to its end."""
        world, key = self.world, ROUTE + name
        job = self.phase(f"{title}submit", lambda: world.submit(world.event(key)))
        payload = {"job": job, "run": 0}
        planned = self.phase(f"{title}plan", lambda: world.plan(payload))
        if planned["outcome"] != "planned":
            raise Wrong(f"the file was {planned['outcome']}")
        self.phase(f"{title}lanes", lambda: [world.lane(payload, lane) for lane in planned["lanes"]])
        ended = self.phase(f"{title}collect", lambda: _collect(world, payload))
        if ended != "done":
            raise Wrong(f"the job ended as {ended}")
        return str(job)


def _collect(world: World, payload: dict[str, Any]) -> str:
    while (outcome := world.collect(payload)["outcome"]) == "more":
        pass
    return str(outcome)


def run(folder: Path, records: int) -> dict[str, float]:
    """Everything; gives the peak of each phase in MiB. Raises Wrong."""
    bench = Bench(folder)
    bench.phase("make the file", lambda: make_input(bench.dropped("all.csv"), records))
    size = bench.dropped("all.csv").stat().st_size
    _say(f"{'':<22}{records:,} records, {size / MIB:,.0f} MiB")
    job = bench.job("all.csv", "")
    results, errors = bench.object(job, "results.csv"), bench.object(job, "errors.csv")
    matched, wrong = bench.phase("check by set", lambda: check(results, errors, records))
    _say(f"{'':<22}{matched:,} in results, {wrong:,} in errors: every record once")
    bench.phase("mend half the errors", lambda: make_redo(errors, bench.dropped("errors.csv")))
    again = bench.job("errors.csv", "redo: ")
    whole, rest = folder / "whole.csv", folder / "whole.errors.csv"
    bench.phase("merge", lambda: _merged(bench, (job, again), records, whole, rest))
    matched, wrong = bench.phase("check by set again", lambda: check(whole, rest, records))
    _say(f"{'':<22}{matched:,} in results, {wrong:,} in errors: every record once")
    return bench.peaks


def _merged(bench: Bench, jobs: tuple[str, str], records: int, whole: Path, rest: Path) -> None:
    sorting = bench.folder / "sorting"
    sorting.mkdir()
    with whole.open("wb") as good, rest.open("wb") as bad:
        attempts = [
            Attempt(
                job,
                Dialect(","),
                bench.object(job, "results.csv").open("rb"),
                bench.object(job, "errors.csv").open("rb"),
                redoes=job != jobs[0],
            )
            for job in jobs
        ]
        merge(attempts, records, good.write, bad.write, sorting)


def over_limit(peaks: dict[str, float], records: int) -> Iterator[str]:
    """Phases that took more memory than the design allows. What a process takes that does nothing is that of `submit`."""
    base = peaks["submit"]
    for phase, limit in (
        ("plan", 40 + 120 * records / MIB),
        ("collect", 64 + 9 * records / MIB),
        ("merge", 64 + 64),
    ):
        if peaks[phase] - base > limit:
            yield f"{phase} took {peaks[phase] - base:.0f} MiB beside Python, more than {limit:.0f}"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """The run with the number of records that is given."""
    logger.setLevel(logging.WARNING)
    records = int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else 10_000_000
    with tempfile.TemporaryDirectory(prefix="ten-million-") as folder:
        try:
            peaks = run(Path(folder), records)
        except Wrong as wrong:
            _say(str(wrong))
            return 1
    over = list(over_limit(peaks, records))
    _say("\n".join(over) or "memory stayed within the design's limits")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
