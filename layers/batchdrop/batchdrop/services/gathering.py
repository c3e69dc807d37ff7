"""The rows of one record put together: HERE writes an answer a row, with seqNumber and seqLength, in no order that is stated. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchdrop.ports import Outcome, OutcomeKind
from batchdrop.services.base import ordinal_in
from batchdrop.services.positions import is_position

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchdrop.ports import AnswerNotes, Batch

Answer = tuple[str, ...]

BAD_POSITION = "latitude or longitude is no number in its range"
BAD_SEQUENCE = "seqNumber or seqLength is not a count"
TOO_MANY = "its seqNumber is beyond its seqLength"
FOREIGN = "its recId was never sent"


class Gathering:
    """Puts the rows of a record together; a row that cannot be used is set aside in `notes`.

    `seen`, one byte per record, marks those that are complete. part: the name under which rows are set aside.
    """

    def __init__(self, batch: Batch, seen: bytearray, part: str, notes: AnswerNotes) -> None:
        self._batch = batch
        self._first = batch.first
        self._seen = seen
        self._part = part
        self._notes = notes
        self._waiting: dict[int, dict[int, list[Answer]]] = {}

    def whose(self, line: int, rec_id: str) -> int | None:
        """The ordinal that a recId stands for; None for one that was never sent."""
        ordinal = ordinal_in(self._batch, rec_id)
        if ordinal is None:
            ordinal = ordinal_in(self._batch, rec_id.strip())
        if ordinal is None:
            self._notes.set_aside(self._part, line, FOREIGN)
        return ordinal

    def take(
        self, line: int, ordinal: int, number: int, length: int, answer: Answer
    ) -> list[tuple[Answer, ...]]:
        """Take one row; once there are seqLength of them: all answers in order of seqNumber (none when that is 0).

        A row that comes twice counts once. Of two different ones under one number both are kept: the second comes as a further
        entry, here or later, so that who reads can tell. An answer with a position counts whatever its seqLength.
        """
        if not is_position(answer[0], answer[1]) and (answer[0] or answer[1]):
            self._notes.set_aside(self._part, line, BAD_POSITION)
            return []
        if length == 0 and answer[0]:
            number = length = 1
        elif 0 < length < number:
            self._notes.set_aside(self._part, line, TOO_MANY)
            return []
        if self._seen[ordinal - self._first]:
            return [(answer,)] if length else []
        answers = self._waiting.setdefault(ordinal, {})
        if length:
            same = answers.setdefault(number, [])
            if answer not in same:
                same.append(answer)
        return self._done(ordinal) if len(answers) >= length else []

    def left(self, enough: int | None = None) -> Iterator[tuple[int, tuple[Answer, ...]]]:
        """At the end: records with fewer rows than their seqLength. Without `enough` of them a record counts as partial."""
        for ordinal in list(self._waiting):
            if enough is None or len(self._waiting[ordinal]) < enough:
                self._notes.partial += 1
            for answers in self._done(ordinal):
                yield ordinal, answers

    def _done(self, ordinal: int) -> list[tuple[Answer, ...]]:
        answers = self._waiting.pop(ordinal)
        self._seen[ordinal - self._first] = 1
        found = [tuple(answers[key][0] for key in sorted(answers))]
        others = tuple(other for key in sorted(answers) for other in answers[key][1:])
        return [*found, others] if others else found


def count_of(text: str) -> int | None:
    """seqNumber or seqLength; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None


def outcome_of(ordinal: int, answers: tuple[Answer, ...]) -> Outcome:
    """Matched by the answers that have a position; no match when none has."""
    found = tuple([answer for answer in answers if answer[0]])
    return Outcome(ordinal, OutcomeKind.MATCHED, answers=found) if found else no_match(ordinal)


def no_match(ordinal: int, text: str = "The service found nothing.") -> Outcome:
    """The outcome of a record about which the service knows nothing."""
    return Outcome(ordinal, OutcomeKind.NO_MATCH, "NO_MATCH", text)
