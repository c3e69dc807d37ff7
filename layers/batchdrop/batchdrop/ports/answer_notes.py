"""What was odd about an answer while it was read: rows that were set aside, and remarks on its form.

Bounded, however many rows are odd. Nothing here holds a cell of a row: the row itself stays in the saved part.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

KEPT = 10
"""Odd rows that are named, and remarks that are kept; further ones are only counted."""


class OddRow(NamedTuple):
    """One row that could not be used."""

    part: str
    """Name of the saved part (a member of a zip: `result.zip/name`)."""
    line: int
    """1-based line of the text, or number of the item in its list."""
    reason: str
    """Why, without anything of the row."""

    def text(self) -> str:
        """One line for people."""
        return f"{self.part} line {self.line}: {self.reason}"


@dataclass(slots=True)
class AnswerNotes:
    """Filled by `Service.read`. A row in it belongs to no outcome."""

    odd: int = 0
    """Rows that were set aside."""
    named: list[OddRow] = field(default_factory=list)
    """The first of them."""
    remarks: list[str] = field(default_factory=list)
    """What is unusual about the form of a part and does no harm, each text once."""
    partial: int = 0
    """Records of which some answers came and others, which the service counts, did not."""
    unfinished: bool = False
    """A part ends without a line end, and nothing else proves that it is whole."""

    def set_aside(self, part: str, line: int, reason: str) -> None:
        """Count a row that could not be used; the first ones are named."""
        self.odd += 1
        if len(self.named) < KEPT:
            self.named.append(OddRow(part, line, reason))

    def remark(self, text: str) -> None:
        """Keep a remark on the form of a part."""
        if len(self.remarks) < KEPT and text not in self.remarks:
            self.remarks.append(text)
