"""The catalogue of bad input: its 105 cases, and the rows that show them. Ids with a letter or a name behind them were added here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.catalogue import (
    bodies,
    callbacks,
    configuration,
    keys,
    lives,
    objects,
    replies,
    texts,
    wholes,
    wires,
)

if TYPE_CHECKING:
    from tests.catalogue.case import Case
    from tests.catalogue.dropped import Dropped

GROUPS = {"F": 56, "K": 8, "C": 12, "P": 21, "W": 8}
"""Files, keys, configuration, answers of services, calls of services; and how many cases the catalogue has of each."""

IDS = tuple(f"{group}{number}" for group, last in GROUPS.items() for number in range(1, last + 1))
"""Every case of the catalogue."""

FILES: tuple[Dropped, ...] = (*texts.ROWS, *objects.ROWS)
"""The rows that are files."""

ROWS: tuple[Case, ...] = (
    *FILES,
    *wholes.ROWS,
    *keys.ROWS,
    *configuration.ROWS,
    *replies.ROWS,
    *lives.ROWS,
    *bodies.ROWS,
    *wires.ROWS,
    *callbacks.ROWS,
)
"""Every row."""

_ID = re.compile(r"([A-Z]\d+)(?:[a-z_]\w*)?")


def case_of(row: str) -> str:
    """The catalogue's case that a row shows. Raises ValueError for an id of another form."""
    found = _ID.fullmatch(row)
    if found is None:
        raise ValueError(f"{row} is no id of a row")
    return found[1]
