"""docs/services/README.md, made from what the services declare: `python -m tests.docs.matrix` writes it, a test compares it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from batchdrop.services import DEFAULT_BASES, SERVICES

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchdrop.services.base import HttpService

PAGE = Path(__file__).parents[2] / "docs" / "services" / "README.md"

_HEAD = """# Services

Made from what the services declare (`make docs`). Each name leads to the page that says where every fact comes from and how sure it is: **[seed]** the
service's page this project began with, **[spec]** its OpenAPI document, **[doc]** another page of it, **[client]** somebody's public client,
**[assumed]** our choice. Nothing here was tried against a live service. The page on [evidence](evidence.md) lists each behaviour with its source and its test, and what
only a key can settle.

"""


def _yes(value: object) -> str:
    return "yes" if value else "–"


def _time(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


_ROWS: dict[str, Callable[[type[HttpService]], str]] = {
    "host": lambda service: f"`{DEFAULT_BASES[service.name].removeprefix('https://')}`",
    "legacy, unverified": lambda service: _yes(getattr(service, "legacy", False)),
    "APIs": lambda service: ", ".join(service.apis),
    "records a batch, ours / at most": lambda service: (
        f"{service.can.batch_records:,} / {service.can.max_records:,}"
    ),
    "bytes a batch at most": lambda service: f"{service.can.max_bytes:,}",
    "work starts": lambda service: "by a second call" if service.can.two_phase else "with the POST",
    "a lost job can be found": lambda service: _yes(service.can.finds_lost),
    "can stop": lambda service: _yes(service.can.stops),
    "can delete": lambda service: _yes(service.can.deletes),
    "restarts a failed job": lambda service: _yes(service.can.restarts),
    "rings when done": lambda service: _yes(service.can.rings),
    "results are kept": lambda service: _time(service.can.keeps_results_for),
    "first look after": lambda service: _time(service.can.first_look),
    "looks apart, at least": lambda service: _time(service.can.min_wait),
    "looks are billed": lambda service: _yes(service.can.looks_are_billed),
    "requests a second": lambda service: (
        f"{service.can.requests_per_second:g}" if service.can.requests_per_second else "not said"
    ),
    "stalled after": lambda service: _time(service.can.deadline),
    "unit of the price": lambda service: next(iter(service.apis.values())).price.unit,
}


def page() -> str:
    """The page as it should be."""
    services = [SERVICES[name] for name in SERVICES]
    lines = ["| | " + " | ".join(f"[{service.name}]({service.name}.md)" for service in services) + " |"]
    lines.append("|---" * (len(services) + 1) + "|")
    lines += [
        f"| {label} | " + " | ".join(tell(service) for service in services) + " |"
        for label, tell in _ROWS.items()
    ]
    columns = [
        f"| {service.name} | `{api.name}` | {api.takes} | {', '.join(f'`{column}`' for column in api.columns)} |"
        for service in services
        for api in service.apis.values()
    ]
    table = [
        "",
        "## What answers have",
        "",
        "| service | API | a record is | columns of results.csv after ours |",
        "|---|---|---|---|",
        *columns,
    ]
    return _HEAD + "\n".join([*lines, *table]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
