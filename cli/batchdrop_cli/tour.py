"""The tour: every API of every service, one small file each, through one sandbox."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from batchdrop.routes import BUILT_IN
from batchdrop.services import SERVICES
from batchdrop_cli.layout import number
from batchdrop_cli.samples import sample
from batchdrop_cli.simulated import ledger_of
from batchdrop_cli.trial import process

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from batchdrop_cli.simulated import Running
    from batchdrop_cli.terminal import Terminal
    from batchdrop_cli.trial import Trial

_PARAMS: dict[tuple[str, str], dict[str, Any]] = {
    ("geoapify", "places"): {"categories": "building", "limit": 3},
    ("geoapify", "mapmatching"): {"mode": "drive"},
    ("geoapify", "any"): {"path": "/v1/ipinfo"},
}
"""What an API needs that has no built-in route."""
_PRICES: dict[tuple[str, str], dict[str, float]] = {("geoapify", "any"): {"per_record": 1}}
"""What the simulated service bills where no price is known: without it the job would wait for a person."""

HEADINGS = ("service", "API", "records", "in results", "in errors", "billed", "status")


@dataclass(frozen=True, slots=True)
class Stop:
    """One line of the tour. billed: the simulated service's own account of this job, in its unit; estimated before anything was sent, spent as we count it."""

    service: str
    api: str
    records: int
    results: int
    errors: int
    billed: float
    estimated: float
    spent: float
    unit: str
    status: str

    def row(self) -> tuple[str, ...]:
        """For a person."""
        counts = (number(self.records), number(self.results), number(self.errors))
        return (self.service, self.api, *counts, f"{self.billed:,g} {self.unit}", self.status)


def stops() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Service, API and route definition of every stop; devices are added before they are deleted."""
    for name in SERVICES:
        for api in SERVICES[name].apis:
            built_in = next(
                (route for route in BUILT_IN.values() if (route.service, route.api) == (name, api)), None
            )
            params = dict(built_in.params) if built_in else _PARAMS.get((name, api), {})
            entry = {"service": name, "api": api, "params": params, "hold": False}
            yield name, api, entry | ({"prices": prices} if (prices := _PRICES.get((name, api))) else {})


def travel(terminal: Terminal, running: Running, folder: Path, define: Any) -> list[Stop]:
    """Make every stop. `define(route, entry)` puts a route into the inbox bucket."""
    made = []
    for service, api, entry in stops():
        route = f"{service}-{api}".replace("_", "-")
        define(route, entry)
        file = folder / f"{route}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(sample(service, SERVICES[service].apis[api].takes))
        before = _billed(running, service)
        trial = process(terminal, running, file, route, folder / route)
        made.append(_stop(service, api, trial, _account(trial, service) - before))
    return made


def _billed(running: Running, service: str) -> float:
    return float(ledger_of(running.urls).get(service, {}).get("credits", 0))


def _account(trial: Trial, service: str) -> float:
    return float(trial.ledger.get(service, {}).get("credits", 0))


def _stop(service: str, api: str, trial: Trial, billed: float) -> Stop:
    records = trial.job["records"]
    return Stop(
        service=service,
        api=api,
        records=records["total"],
        results=records["matched"],
        errors=records["total"] - records["matched"],
        billed=billed,
        estimated=trial.job["price"].get("estimated", 0),
        spent=trial.job["price"].get("spent", 0),
        unit=trial.job["price"].get("unit", ""),
        status=trial.job["status"],
    )


def markdown(made: Iterable[Stop]) -> str:
    """The table of the README."""
    rows = [HEADINGS, ("---",) * len(HEADINGS), *(stop.row() for stop in made)]
    return "".join("| " + " | ".join(row) + " |\n" for row in rows)


def documents(made: Iterable[Stop]) -> list[dict[str, Any]]:
    """JSON form."""
    return [asdict(stop) for stop in made]
