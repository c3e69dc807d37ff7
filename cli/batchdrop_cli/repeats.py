"""Whether a file was dropped into a route of a stack before: said before it is dropped again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from batchdrop.problems import Concern
from batchdrop.records.digesting import digest_of
from batchdrop.steps.plan.repeats import HOLD, choose_earlier, find_before, get_since, pays
from batchdrop_cli.routes import RouteTrouble, route_of
from batchdrop_cli.stacks import AWS_ERRORS, table_of

if TYPE_CHECKING:
    from pathlib import Path

    from batchdrop.routes import Route
    from batchdrop_cli.stacks import Stack


def find_repeat(stack: Stack, route: Route, file: Path) -> Concern | None:
    """Return why a file with bytes that came before would be held; None for a new one, or where this person may not know."""
    earlier, recent = _find_earlier(stack, route, file) if route.repeats == HOLD else ("", False)
    if not recent:
        return None
    return Concern(
        "SAME_BYTES",
        f"They became the job {earlier}. `batchdrop put --again` lets the file go and pays for them again.",
    )


def describe_repeat(stack: Stack, name: str, file: Path, *, again: bool) -> str:
    """Return a sentence about bytes that came before, for `put`; "" for a new file, or where this person may not know."""
    try:
        route = route_of(name, None, stack)
        earlier, recent = ("", False) if pays(route.repeats) else _find_earlier(stack, route, file)
    except (RouteTrouble, *AWS_ERRORS):  # the job will say it
        return ""
    if not earlier:
        return ""
    start = f"The same bytes were dropped into {name} before, and became the job {earlier}."
    if again or route.repeats != HOLD or not recent:
        return f"{start} This file is paid again."
    return f"{start} This file will be held and not sent; `put --again` lets it go and pays for it again."


def _find_earlier(stack: Stack, route: Route, file: Path) -> tuple[str, bool]:
    table = table_of(stack)
    if table is None:
        return "", False
    with file.open("rb") as stream:
        digest = digest_of(stream)
    try:
        before = find_before(table, route.name, digest)
        return choose_earlier(table, before, get_since(time.time(), stack.input_days))
    except AWS_ERRORS:  # who may only drop cannot read the table
        return "", False
