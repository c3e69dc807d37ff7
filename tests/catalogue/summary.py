"""The line at the end of a test run that says how much of the catalogue was shown, and how."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from tests.catalogue.case import How

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pytest

NAME = "catalogue"
"""The property of a test's report that names case, row and how: it comes back from the workers of a parallel run."""

_FIRST = (How.GAP, How.EXECUTED, How.TEMPLATE, How.NOT_APPLICABLE)


def counted(shown: Iterable[tuple[str, str, str]], failed: int) -> str:
    """One line out of (case, row, how) of what passed. A case counts once: as executed if a row of it was, as a gap if one is left."""
    hows: dict[str, set[str]] = defaultdict(set)
    rows: dict[str, int] = defaultdict(int)
    for case, _, how in shown:
        hows[case].add(how)
        rows[how] += 1
    best: Mapping[str, str] = {
        case: next(how for how in _FIRST if how in found) for case, found in hows.items()
    }
    counts = {how: sum(one == how for one in best.values()) for how in How}
    parts = ", ".join(f"{number} {how}" for how, number in counts.items() if number or how is not How.GAP)
    more = f", {failed} rows failed" if failed else ""
    return f"catalogue: {parts}, of {len(best)} cases in {sum(rows.values())} rows{more}"


def summarize(terminal: pytest.TerminalReporter) -> None:
    """Print the line, when rows of the catalogue were among the tests."""
    passed = [each for each in map(_named, terminal.stats.get("passed", ())) if each]
    failed = [each for each in map(_named, terminal.stats.get("failed", ())) if each]
    if passed or failed:
        terminal.write_line(counted(passed, len(failed)))


def _named(report: pytest.TestReport) -> tuple[str, str, str] | None:
    found = dict(report.user_properties).get(NAME)
    if not isinstance(found, str):
        return None
    case, row, how = found.split("/")
    return case, row, how
