"""How fast plan's and collect's passes are, against copying the same file with the csv module (`csv_copy`).

    .venv/bin/python -m benchmarks.records [ROWS] [ROUNDS]        100,000 rows, 5 rounds

The passes are the steps' own code over a store on disk. Each runs in a child process; all are interleaved, and the least CPU time of each counts: this ratio holds on a busy
machine, wall time does not. Ends with 1 when a pass is over its fail limit or gives a wrong answer.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import pickle
import random
import sys
import tempfile
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from batchdrop.batches.states import BatchRow, BatchState, batch_key, batch_name
from batchdrop.jobs import Input
from batchdrop.ports import Outcome, OutcomeKind, Place
from batchdrop.records.outcomes import outcome_line, outcomes_name
from batchdrop.records.summary import Summary, summary_name
from batchdrop.routes import BUILT_IN
from batchdrop.services import SERVICES
from batchdrop.steps.collect.writing import Walk
from batchdrop.steps.plan.drawing import draw, plan_entry
from tests.scale.disk_store import DiskStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batchdrop.steps.plan.drawing import Drawn

INBOX, RESULTS = "inbox", "results"
ROUTE = BUILT_IN["geoapify-geocode"]
SERVICE = SERVICES[ROUTE.service]  # imported here: a start is no part of a pass
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
# Ratios to csv_copy: target and fail limit, by our own measurements.
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
        (folder / INBOX / "input.csv").open(encoding="utf-8", newline="") as source,
        (folder / "copy.csv").open("w", encoding="utf-8", newline="") as target,
    ):
        csv.writer(target).writerows(csv.reader(source))


def job_of(name: str) -> str:
    """The job that is made of a file."""
    return f"job-{name}"


def plan(folder: Path, name: str) -> Drawn:
    """What the step does: read, check, price, number, find equals, digest."""
    size = (folder / INBOX / name).stat().st_size
    return draw(
        DiskStore(folder),
        RESULTS,
        job_of(name),
        Input(INBOX, name, "v1", size),
        ROUTE,
        SERVICE,
    )


def answers(first: int, count: int) -> Iterator[Outcome]:
    """One outcome a query: most matched, each fourth with two answers, each twentieth without a match."""
    for ordinal in range(first, first + count):
        if ordinal % 20 == 0:
            yield Outcome(ordinal, OutcomeKind.NO_MATCH, "NO_MATCH", "The service found nothing.")
            continue
        answer = (
            f"{ordinal % 90}.123456",
            f"{ordinal % 180}.654321",
            f"{ordinal} Main Street, Littleton, CO",
            "houseNumber",
            "0.98",
        )
        yield Outcome(ordinal, OutcomeKind.MATCHED, answers=(answer,) * (2 if ordinal % 4 == 0 else 1))


def prepare(folder: Path, name: str) -> None:
    """Draw the plan, answer its batches, and keep what the table would have."""
    store, job, drawn = DiskStore(folder), job_of(name), plan(folder, name)
    batches = []
    for cut in drawn.cuts:
        summary, counts = Summary(COLUMNS, share=cut.count / drawn.distinct, everything=False), Counter[str]()
        lines = []
        for outcome in answers(cut.first, cut.count):
            counts[outcome.kind] += 1
            summary.add(outcome)
            lines.append(outcome_line(outcome))
        base = f"jobs/{job}/"
        store.put(Place(RESULTS, base + outcomes_name(batch_name(cut.number))), b"".join(lines))
        store.put(
            Place(RESULTS, base + summary_name(batch_name(cut.number))),
            json.dumps(summary.to_dict()).encode(),
        )
        batches.append(
            BatchRow(
                batch_key(job, cut.number),
                cut.number,
                BatchState.SETTLED,
                cut.start,
                cut.end,
                cut.first,
                cut.count,
                counts=counts,
            )
        )
    dropped = Input(INBOX, name, "v1", (folder / INBOX / name).stat().st_size)
    row = {
        "id": job,
        "run": 0,
        "input": dropped.to_dict(),
        "route": ROUTE.to_dict(),
        "plan": plan_entry(drawn, lanes=1),
    }
    (folder / f"{job}.pickle").write_bytes(pickle.dumps((row, batches)))


def collect(folder: Path, name: str) -> None:
    """What the step's walk does: results and errors, and the summary that the report is made of."""
    row, batches = pickle.loads((folder / f"{job_of(name)}.pickle").read_bytes())  # noqa: S301  # our own
    with Walk(DiskStore(folder), RESULTS, row, COLUMNS, batches) as walk:
        if not (walk.go(lambda: 900.0) and walk.publish(lambda: True)):
            raise SystemExit("the walk did not end")


def check(folder: Path, name: str, rows: int) -> None:
    """The joined files read with the csv module: every record once, its cells unchanged; prints a hash of the results."""
    seen: dict[int, list[str]] = {}
    store, place = DiskStore(folder), len(NAMES)
    paths = [store.path(Place(RESULTS, f"jobs/{job_of(name)}/{kind}.csv")) for kind in ("results", "errors")]
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            for row in list(csv.reader(file))[1:]:
                seen[int(row[place])] = row[:place]
    with (folder / INBOX / name).open(encoding="utf-8", newline="") as file:
        wanted = dict(enumerate(list(csv.reader(file))[1:], start=1))
    if seen != wanted or len(seen) != rows:
        raise SystemExit(f"wrong answer: {name}")
    digest = hashlib.sha256(paths[0].read_bytes()).hexdigest()
    print(f"{name}: all {rows:,} records are there once; results {digest[:12]}", flush=True)


def measured(run: Callable[[], object]) -> tuple[float, float]:
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
        (folder / INBOX).mkdir()
        for each, repeated in INPUTS.items():
            measured(partial(make_input, folder / INBOX / each, rows, repeated))
            measured(partial(prepare, folder, each))
        passes: dict[str, Callable[[], object]] = {
            "csv_copy": partial(csv_copy, folder),
            "plan": partial(plan, folder, "input.csv"),
            "collect": partial(collect, folder, "input.csv"),
            "collect, no duplicates": partial(collect, folder, "unique.csv"),
        }
        taken: dict[str, list[tuple[float, float]]] = {key: [] for key in passes}
        for _ in range(rounds):
            for key, run in passes.items():
                taken[key].append(measured(run))
        size = (folder / INBOX / "input.csv").stat().st_size / 1e6
        print(f"{rows:,} rows, {size:.1f} MB, {rounds} rounds")
        within = show(taken)
        for each in INPUTS:
            measured(partial(check, folder, each, rows))
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
