"""Cells of an answer as JSON: what is measured is a number; all else is text, also where it is made of digits, like a postcode."""

from __future__ import annotations

import json
import re

from batchdrop.records.geometry import NUMBER

_MEASURED = frozenset({"bd_lat", "bd_lon", "bd_distance", "bd_time", "bd_range", "bd_confidence"})
_NUMBER = re.compile(NUMBER)


def as_json(column: str, cell: str) -> str:
    """JSON of a cell of one of the APIs' columns, with the digits that the service gave."""
    if column in _MEASURED and _NUMBER.fullmatch(cell):
        return cell
    return json.dumps(cell, ensure_ascii=False)
