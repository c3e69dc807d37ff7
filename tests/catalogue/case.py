"""One row of the catalogue, whatever it is about: what comes in, what it must come to, and how that is shown here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NOTHING = "nothing"
"""The ledger of a case in which nothing may be sent."""

ONCE = "once"
"""The ledger of a case in which each distinct record that can be sent is paid for, once."""


class How(StrEnum):
    """How a row is shown: by doing it, by looking at the template, or not at all."""

    EXECUTED = "executed"
    TEMPLATE = "on the template"
    NOT_APPLICABLE = "not applicable"
    GAP = "known gap"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A row. id: the catalogue's, with a small letter for what was added here (F1, F1b); what: in words; expected: the code or
    outcome, or the code of each record ("" = in the results); ledger: NOTHING, ONCE, or in words; reason: why it is not executed.
    """

    id: str
    what: str
    expected: str | Sequence[str]
    ledger: str
    how: How = How.EXECUTED
    reason: str = ""

    def attempt(self) -> None:
        """Do it; AssertionError when it comes to something else."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Shown(Case):
    """A row that one function shows."""

    by: Callable[[], None]

    def attempt(self) -> None:
        """See Case."""
        self.by()


def executed(
    name: str, what: str, expected: str | Sequence[str], by: Callable[[], None], ledger: str = NOTHING
) -> Shown:
    """A row that a function executes."""
    return Shown(id=name, what=what, expected=expected, ledger=ledger, by=by)


def on_template(name: str, what: str, expected: str, by: Callable[[], None]) -> Shown:
    """A row that is asserted on template.yaml."""
    return Shown(id=name, what=what, expected=expected, ledger=NOTHING, how=How.TEMPLATE, by=by)


def not_applicable(name: str, what: str, reason: str) -> Shown:
    """A row that this design has no place for."""
    return Shown(
        id=name,
        what=what,
        expected="",
        ledger=NOTHING,
        how=How.NOT_APPLICABLE,
        reason=reason,
        by=lambda: None,
    )
