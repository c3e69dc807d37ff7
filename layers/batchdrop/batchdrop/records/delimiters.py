"""What separates the cells: said by the route or by a first line `sep=;`, else found in the header line alone.

Data cannot mislead, for nobody looks at it. The everyday delimiters are found by how often they stand in the header; others
only where the parts are names, at least one of them a well-known one. Anything else is refused rather than guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from batchdrop.errors import BadFile, ConfigurationError
from batchdrop.problems import problem
from batchdrop.records.columns import is_well_known

EVERYDAY = (
    "\t",
    "|",
    ";",
    ",",
)  # of equally frequent ones the first: a comma is often text beside the others
RARE = ("^", "~", "\x1f", "\x01", "\x1e", "¦", "§", "¶", ":")

SEP_LINE = re.compile(rb'(?:\xef\xbb\xbf)?"?sep=([^"\r\n])"?(?:[,;\t|]*)[\r\n]+', re.IGNORECASE)
"""The first line Excel writes and reads to say what the delimiter is."""

_OTHER = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f^~:¦]|\S {2,}\S")
_PREFIXED = re.compile(r"\s*(?:param|tag|rule|geofence|addr)\s*:", re.IGNORECASE)
_NAMES = {"\\t": "\t", "tab": "\t"}


@dataclass(frozen=True, slots=True)
class Found:
    """A delimiter, who said it (`header`, `sep line`, `route`, `one column`), and what is worth knowing about it."""

    delimiter: str
    by: str
    note: str = ""


def told(text: str) -> str:
    """The delimiter that a route names. Raises ConfigurationError, which says what is allowed."""
    delimiter = _NAMES.get(text, text)
    if len(delimiter) != 1 or delimiter.isalnum() or delimiter in '"_\r\n\0\ufeff':
        raise ConfigurationError(
            "`delimiter` is one character, or \\t for a tab; letters, digits, quotes, _ and line ends are none"
        )
    return delimiter


def find(header: str) -> Found:
    """The delimiter of a header line whose quoted cells are blanked out. Raises BadFile DELIMITER."""
    present = [one for one in EVERYDAY if one in header]
    if present:
        best = max(present, key=lambda one: (_tight(header, one), header.count(one)))
        others = [one for one in present if one != best]
        note = f"the header also holds {', '.join(map(repr, others))}" if others else ""
        return Found(best, "header", note)
    for one in RARE:
        if _parts_names(header, one):
            return Found(one, "header", f"{one!r} parts the header into names")
    if _OTHER.search(header.strip()) and not _PREFIXED.match(header):
        raise BadFile([problem("DELIMITER", line=1)])
    return Found(",", "one column")


def _tight(header: str, delimiter: str) -> int:
    """How often it stands without a space behind it, as delimiters do and commas in a text do not."""
    return len(re.findall(f"{re.escape(delimiter)}(?! )", header))


def _parts_names(header: str, delimiter: str) -> bool:
    names = header.strip("\r\n").split(delimiter)
    if (
        len(names) < 2
        or len(set(names)) < len(names)
        or any(not name or name != name.strip() for name in names)
    ):
        return False
    if delimiter == ":" and any(_PREFIXED.match(f"{name}:") for name in names):
        return False
    return any(map(is_well_known, names))
