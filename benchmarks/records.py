"""How fast plan's and collect's passes are, against copying the same file with the csv module (`csv_copy`).

    .venv/bin/python benchmarks/records.py [ROWS] [ROUNDS]        100,000 rows, 5 rounds

Each pass runs in a child process; all are interleaved, and the least CPU time of each counts: this ratio holds on a busy
machine, wall time does not (facts/performance.md 11). Ends with 1 when a pass is over its fail limit or gives a wrong answer.
"""

from __future__ import annotations

import csv
import hashlib
import os
import random
import sys
import tempfile
from array import array
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from batchdrop.ports import Outcome, OutcomeKind, Takes
from batchdrop.problems import Problem
from batchdrop.records.duplicates import Distinct
from batchdrop.records.joining import Join, Streams
from batchdrop.records.mapping import QueryMaker, map_columns
from batchdrop.records.outcomes import invalid_line, outcome_line, pack_firsts, unpack_firsts
from batchdrop.records.reading import lines, open_table, read_header, records
from batchdrop.records.rendering import Layout

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = [
    "customer_id",
    "name",
    "address1",
    "address2",
    "city",
    "state",
    "postal_code",
    "country",
    "email",
    "phone",
    "since",
    "note",
]
COLUMNS = ("bd_lat", "bd_lon", "bd_label", "bd_matchLevel", "bd_confidence")
INPUTS = {"input.csv": 0.12, "unique.csv": 0.0}  # name → share of repeated addresses
# Ratios to csv_copy: target and fail limit [facts/performance.md 10].
LIMITS = {
    "plan": (1.4, 2.0), "collect": (1.8, 2.5), "collect, no duplicates": (1.8, 2.5), "plan + collect": (3.2, 4.5),
}  # fmt: skip
STREETS = (
    "Main Street",
    "Hauptstraße",
    "улица Ленина",
    "Rue de l'Église",
    "中山路",
    'O"Brien Road',
    "Oak, North",
)
CITIES = (
    ("Littleton", "CO", "USA"),
    ("Köln", "NRW", "Germany"),
    ("Москва", "", "Russia"),
    ("上海", "", "China"),
)


def make_input(path: Path, rows: int, repeated: float) -> None:
    """12 columns, Latin, Cyrillic and Chinese; quoted commas and doubled quotes; a share of repeated addresses."""
    chance = random.Random(rows)  # noqa: S311  # a seed, no secret
    addresses: list[tuple[str, ...]] = []
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(NAMES)
        for number in range(1, rows + 1):
            if addresses and chance.random() < repeated:
                address = chance.choice(addresses)
            else:
                city, state, country = chance.choice(CITIES)
                street = f"{number} {chance.choice(STREETS)}"
                address = (street, "", city, state, f"{chance.randrange(10**5):05}", country)
                addresses.append(address)
            person = f"Person {number}"
            since = f"20{number % 25:02}-0{number % 9 + 1}-17"
            writer.writerow(
                (
                    f"C{number:07}",
                    person,
                    *address,
                    f"p{number}@example.org",
                    "+49 30 1234567",
                    since,
                    "said: hello",
                )
            )


def csv_copy(folder: Path) -> None:
    with (
        (folder / "input.csv").open(encoding="utf-8", newline="") as source,
        (folder / "copy.csv").open("w", encoding="utf-8", newline="") as target,
    ):
        csv.writer(target).writerows(csv.reader(source))


def plan(folder: Path, name: str) -> None:
    distinct, ordinals = Distinct(), array("I")
    with (
        (folder / name).open("rb") as stream,
        (folder / f"{name}.queries").open("wb") as queries,
        (folder / f"{name}.firsts").open("wb") as firsts,
        (folder / f"{name}.invalid").open("wb") as invalid,
    ):
        source, dialect = open_table(stream, name=name)
        header = read_header(source, dialect)
        make = QueryMaker(header.names, map_columns(header.names, Takes.PLACE), Takes.PLACE).make
        for record in records(source, dialect, header):
            query = record.problem or make(record.cells)
            if isinstance(query, Problem):
                invalid.write(invalid_line(record.rec_id, query.code, query.message))
                ordinals.append(0)
                continue
            ordinal, new_line = distinct.line(query)
            if new_line is not None:
                queries.write(new_line)
            ordinals.append(ordinal)
        firsts.write(pack_firsts(ordinals))


def make_outcomes(folder: Path, name: str) -> None:
    """One outcome a query: most matched, each fourth with two answers, each twentieth without a match."""
    distinct = max(unpack_firsts((folder / f"{name}.firsts").read_bytes()))
    with (folder / f"{name}.outcomes").open("wb") as file:
        for ordinal in range(1, distinct + 1):
            answer = (
                f"{ordinal % 90}.123456",
                f"{ordinal % 180}.654321",
                f"{ordinal} Main Street, Littleton, CO",
                "houseNumber",
                "0.98",
            )
            outcome = Outcome(
                ordinal, OutcomeKind.MATCHED, answers=(answer,) * (2 if ordinal % 4 == 0 else 1)
            )
            if ordinal % 20 == 0:
                outcome = Outcome(ordinal, OutcomeKind.NO_MATCH, "NO_MATCH", "The service found nothing.")
            file.write(outcome_line(outcome))


def prepare(folder: Path, name: str) -> None:
    plan(folder, name)
    make_outcomes(folder, name)


def collect(folder: Path, name: str) -> None:
    with (
        (folder / name).open("rb") as stream,
        (folder / f"{name}.firsts").open("rb") as firsts,
        (folder / f"{name}.invalid").open("rb") as invalid,
        (folder / f"{name}.outcomes").open("rb") as outcomes,
        (folder / f"{name}.results").open("wb") as results,
        (folder / f"{name}.errors").open("wb") as errors,
        tempfile.TemporaryDirectory(dir=folder) as spill,
    ):
        source, dialect = open_table(stream, name=name)
        layout = Layout(dialect, read_header(source, dialect), COLUMNS)
        streams = Streams(source, firsts, invalid, lines(outcomes))
        with Join(streams, layout, results.write, errors.write, Path(spill)) as join:
            while not join.done:
                join.step(20_000)


def check(folder: Path, name: str, rows: int) -> None:
    """The joined files read with the csv module: every record once, its cells unchanged; prints a hash of the results."""
    seen: dict[int, list[str]] = {}
    for kind, place in (("results", len(NAMES)), ("errors", len(NAMES))):
        with (folder / f"{name}.{kind}").open(encoding="utf-8", newline="") as file:
            for row in list(csv.reader(file))[1:]:
                seen[int(row[place])] = row[:place]
    with (folder / name).open(encoding="utf-8", newline="") as file:
        wanted = dict(enumerate(list(csv.reader(file))[1:], start=1))
    if seen != wanted or len(seen) != rows:
        raise SystemExit(f"wrong answer: {name}")
    digest = hashlib.sha256((folder / f"{name}.results").read_bytes()).hexdigest()
    print(f"{name}: all {rows:,} records are there once; results {digest[:12]}", flush=True)


def measured(run: Callable[[], None]) -> tuple[float, float]:
    """CPU seconds and peak memory in MB of a child process that does this."""
    child = os.fork()
    if not child:
        run()
        os._exit(0)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise SystemExit("a pass failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def show(taken: dict[str, list[tuple[float, float]]]) -> bool:
    """Print the table; whether every pass is within its fail limit."""
    least = {name: min(cpu for cpu, _ in pairs) for name, pairs in taken.items()}
    ratios = {name: cpu / least["csv_copy"] for name, cpu in least.items()}
    ratios["plan + collect"] = ratios["plan"] + ratios["collect"]
    print(f"{'pass':<24}{'CPU s':>8}{'ratio':>8}{'target':>8}{'fail':>8}{'MB':>8}")
    for name, ratio in ratios.items():
        target, fail = LIMITS.get(name, ("", ""))
        cpu = f"{least[name]:.3f}" if name in least else ""
        peak = f"{max(mb for _, mb in taken[name]):.0f}" if name in taken else ""
        print(f"{name:<24}{cpu:>8}{ratio:>8.2f}{target:>8}{fail:>8}{peak:>8}")
    return all(ratios[name] <= fail for name, (_, fail) in LIMITS.items())


def main(rows: int = 100_000, rounds: int = 5) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for each, repeated in INPUTS.items():
            measured(partial(make_input, folder / each, rows, repeated))
            measured(partial(prepare, folder, each))
        passes = {
            "csv_copy": partial(csv_copy, folder),
            "plan": partial(plan, folder, "input.csv"),
            "collect": partial(collect, folder, "input.csv"),
            "collect, no duplicates": partial(collect, folder, "unique.csv"),
        }
        taken: dict[str, list[tuple[float, float]]] = {key: [] for key in passes}
        for _ in range(rounds):
            for key, run in passes.items():
                taken[key].append(measured(run))
        size = (folder / "input.csv").stat().st_size / 1e6
        print(f"{rows:,} rows, {size:.1f} MB, {rounds} rounds")
        within = show(taken)
        for each in INPUTS:
            measured(partial(check, folder, each, rows))
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
