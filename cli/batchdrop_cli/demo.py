"""The demo: real addresses through two services, compared with where they truly are."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchdrop_cli import summary
from batchdrop_cli.layout import duration, number, share

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from batchdrop_cli.terminal import Terminal
    from batchdrop_cli.trial import Trial

ROUTES = ("geoapify-geocode", "here-geocode")
FILE = Path(str(files("batchdrop_sandbox").joinpath("data/us_addresses.csv")))
TRUTH = Path(str(files("batchdrop_sandbox").joinpath("data/us_addresses_truth.csv")))
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Examined:
    """A trial beside the truth: `compared` result lines have a true place, `exact` of them are exactly there."""

    trial: Trial
    compared: int
    exact: int
    first: Sequence[Mapping[str, str]]

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "route": self.trial.dropped.route,
            **self.trial.to_dict(),
            "compared": self.compared,
            "exact": self.exact,
        }


def examine(trial: Trial) -> Examined:
    """Read results.csv of the trial and compare it with the true coordinates that come with the data."""
    if "results.csv" not in trial.files:
        return Examined(trial, 0, 0, ())
    with TRUTH.open(encoding="utf-8", newline="") as lines:
        truth = {line["customer_id"]: (line["lat"], line["lng"]) for line in csv.DictReader(lines)}
    with trial.files["results.csv"].open(encoding="utf-8", newline="") as lines:
        results = list(csv.DictReader(lines))
    return Examined(trial, *compare(results, truth), results[:_SHOWN])


def compare(results: Iterable[Mapping[str, str]], truth: Mapping[str, tuple[str, str]]) -> tuple[int, int]:
    """How many results have a true place, and how many of these are exactly there (as numbers, not as text)."""
    compared = exact = 0
    for line in results:
        true = truth.get(line["customer_id"])
        if true is not None:
            compared += 1
            exact += _same(line["bd_lat"], true[0]) and _same(line["bd_lon"], true[1])
    return compared, exact


def table(shown: Sequence[Examined]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Headings and rows: what a person asks first."""
    headings = ("route", "records", "matched", "no match", "batches", "billed", "time", "exactly right")
    return headings, [_row(entry) for entry in shown]


def tell(terminal: Terminal, shown: Sequence[Examined]) -> None:
    """The end of the demo, for a person."""
    headings, rows = table(shown)
    terminal.say()
    terminal.table(headings, rows, right=range(1, len(headings)))
    for entry in shown:
        terminal.say()
        terminal.say(f"{entry.trial.dropped.route}: the first {len(entry.first)} results", style="bold")
        for line in entry.first:
            terminal.say(f"  {example(line)}")
        for problem in summary.problems(entry.trial.job):
            terminal.say(f"  {problem}", style="yellow")
    terminal.say()
    for entry in shown:
        place = _shortly(next(iter(entry.trial.files.values())).parent)
        terminal.say(f"{entry.trial.dropped.route}: {place} ({', '.join(entry.trial.files)})")
    for entry in shown:
        if report := entry.trial.files.get("report.html"):
            terminal.say(f"The report of {entry.trial.dropped.route}, for a browser: {_shortly(report)}")
    terminal.say("The services were simulated; nothing was billed and nothing is left running.")


def example(line: Mapping[str, str]) -> str:
    """`C00001  7374 West Walden Drive, Littleton, CO 80128  →  39.577761, -105.079419`."""
    address = f"{line['address1']}, {line['city']}, {line['state']} {line['postal_code']}"
    return f"{line['customer_id']}  {address}  →  {line['bd_lat']}, {line['bd_lon']}"


def _row(entry: Examined) -> tuple[str, ...]:
    job, account = entry.trial.job, entry.trial.ledger.get(entry.trial.job.get("service", ""), {})
    records, batches = job.get("records") or {}, job.get("batches") or {}
    took = summary.elapsed(job)
    return (
        entry.trial.dropped.route,
        number(records.get("total", 0)),
        number(records.get("matched", 0)),
        number(records.get("noMatch", 0)),
        number(batches.get("total", 0)),
        _billed(job, account),
        "–" if took is None else duration(took),
        share(entry.exact, entry.compared),
    )


def _shortly(place: Path) -> Path:
    """As seen from the current directory, where that is shorter."""
    return place.relative_to(Path.cwd()) if place.is_relative_to(Path.cwd()) else place


def _billed(job: Mapping[str, Any], account: Mapping[str, Any]) -> str:
    """From the simulator's ledger, in the service's unit; a service without credits bills records."""
    return f"{number(account.get('credits') or account.get('records', 0))} {(job.get('price') or {}).get('unit', '')}".rstrip()


def _same(one: str, other: str) -> bool:
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return False
