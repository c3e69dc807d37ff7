"""Whether a first line is data: then it is not a header, and none of it may be repeated as the name of a column. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from batchdrop.errors import BadFile
from batchdrop.problems import problem
from batchdrop.records.known_names import is_well_known

if TYPE_CHECKING:
    from collections.abc import Sequence

EXAMPLE = "address1, city, state, postal_code, country"

_LETTER = re.compile(r"[^\W\d_]")
_IS_DATA = re.compile(r"[+-]?\d+([.,]\d+)?|\d+[ ,-]\s*\S.*")  # 52.5 or 7374 West Walden Drive
_LONG = 60  # characters that no name of a column has
_MAY_BE_DATA = re.compile(r".*\S\s+\d+\s?\w?|.*[,@].*|.*\d{4,}.*")  # Main Street 5a, a@b.org, 10115


def is_data(names: Sequence[str]) -> bool:
    """No letter at all; or no name that is known and something that is no name. A known name settles it."""
    if not any(_LETTER.search(name) for name in names):
        return True
    return not any(map(is_well_known, names)) and any(map(_IS_DATA.fullmatch, names))


def check_repeatable(names: Sequence[str], line: int = 1, expected: str = EXAMPLE) -> None:
    """Before names are told to somebody because they cannot be used: raises BadFile NO_HEADER when they may be data.

    A header of a kind that nobody knows (`Column 1`) passes as long as it can be used: only a refusal asks here.
    """
    unnamed = not any(map(is_well_known, names))
    if unnamed and any(len(name) > _LONG or _MAY_BE_DATA.fullmatch(name) for name in names):
        raise BadFile([problem("NO_HEADER", line=line, expected=expected, what="data")])
