"""The tables of docs/services/evidence.md, read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/services/evidence.md"
MARKS = frozenset({"seed", "spec", "doc", "client", "recorded", "peer", "assumed"})
CERTAINTIES = frozenset({"high", "medium", "low"})
_CODE = re.compile(r"`([^`]+)`")
_MARK = re.compile(r"\[([a-z]+)\]")


@dataclass(frozen=True)
class Row:
    """One behaviour: what it is, what shows it in the simulator, where it is from, how sure it is, its test."""

    service: str
    behaviour: str
    subjects: tuple[str, ...]
    source: str
    certainty: str
    test: str

    @property
    def marks(self) -> tuple[str, ...]:
        """The marks of the source, in order."""
        return tuple(_MARK.findall(self.source))


def rows(text: str) -> list[Row]:
    """Every row of the tables of evidence, under the service's heading."""
    found, service = [], ""
    for line in text.splitlines():
        if line.startswith("## "):
            service = line.removeprefix("## ")
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 5 and cells[0] != "behaviour" and not cells[0].startswith("--"):
            subjects = tuple(one.replace(r"\|", "|") for one in _CODE.findall(cells[1]))
            found.append(Row(service, cells[0], subjects, cells[2], cells[3], cells[4].strip("`")))
    return found


def tests(text: str) -> list[str]:
    """Every test that the page names, below tests/."""
    return re.findall(r"`((?:services|e2e)/[\w/]+\.py::\w+)`", text)
