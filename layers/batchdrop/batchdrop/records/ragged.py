"""Records with too few or too many cells, as rows of errors.csv that have as many as its header.

Missing cells are filled with MISSING. What is too much stands in the last cell, and EXTRA behind it. So every reader of tables
can read the file, a person sees the place, and a row that is dropped back as it is is not taken for a good one: its cells may
stand in wrong columns, and it would be paid for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MISSING = "#MISSING_CELL"
EXTRA = " #EXTRA_CELLS"


def regular(cells: Sequence[str], width: int, delimiter: str) -> list[str]:
    """The cells of a record as `width` cells."""
    if len(cells) <= width:
        return [*cells, *[MISSING] * (width - len(cells))]
    return [*cells[: width - 1], delimiter.join(cells[width - 1 :]) + EXTRA]


def told(cells: Sequence[str], delimiter: str) -> tuple[str, int]:
    """Problem code of a row that is still as `regular` has made it, and how many cells its record had; "" for a mended one."""
    if MISSING in cells:
        return "MISSING_CELLS", len(cells) - cells.count(MISSING)
    if cells and cells[-1].endswith(EXTRA):
        return "EXTRA_CELLS", len(cells) + cells[-1].count(delimiter)
    return "", len(cells)
