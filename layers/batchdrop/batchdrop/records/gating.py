"""What a route lets through of an answer: confident ones, and the columns it wants. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from batchdrop.ports import Outcome, OutcomeKind
from batchdrop.problems import CODES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchdrop.routes import Route

CONFIDENCE = "bd_confidence"
_LOW = "LOW_CONFIDENCE"
_SHOWN = 300  # characters of a label in a message


def gate(route: Route, answers: Sequence[str]) -> Callable[[Outcome], Outcome] | None:
    """What every outcome of a batch passes through; None where a route asks for nothing. answers: the columns of its cells.

    A record counts by its best answer. An answer without a confidence is not below any.
    """
    least, places = route.min_confidence, [answers.index(name) for name in route.output_columns]
    if least is None and not places:
        return None

    def passed(outcome: Outcome) -> Outcome:
        if outcome.kind is not OutcomeKind.MATCHED:
            return outcome
        if least is not None:
            outcome = _judged(outcome, answers, least)
        if places:
            cells = tuple(tuple(_cell(answer, place) for place in places) for answer in outcome.answers)
            outcome = replace(outcome, answers=cells)
        return outcome

    return passed


def _cell(answer: Sequence[str], place: int) -> str:
    return answer[place] if place < len(answer) else ""


def _judged(outcome: Outcome, names: Sequence[str], least: float) -> Outcome:
    place = names.index(CONFIDENCE)
    best: Sequence[str] = ()
    confidence = -1.0
    for answer in outcome.answers:
        try:
            found = float(answer[place])
        except (ValueError, IndexError):
            return outcome
        if found >= least:
            return outcome
        if found > confidence:
            best, confidence = answer, found
    if not best:
        return outcome
    text = CODES[_LOW].text.format(
        confidence=f"{confidence:g}", least=f"{least:g}", answer=_said(best, names)
    )
    return replace(outcome, kind=OutcomeKind.LOW_CONFIDENCE, code=_LOW, message=text)


def _said(answer: Sequence[str], names: Sequence[str]) -> str:
    """The answer in a few words: its label, and where it is."""
    cells = dict(zip(names, answer, strict=False))
    label, lat, lon = (cells.get(name, "") for name in ("bd_label", "bd_lat", "bd_lon"))
    return f"{label[:_SHOWN]} ({lat}, {lon})" if lat and lon else label[:_SHOWN]
