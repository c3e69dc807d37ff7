"""The rows of one record put together: HERE writes an answer a row, with seqNumber and seqLength, in no order that is stated. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchdrop.services.delimited import odd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchdrop.ports import Batch

Answer = tuple[str, ...]


class Gathering:
    """Puts the rows of a record together. `seen`, one byte per record, marks those that are complete."""

    def __init__(self, batch: Batch, seen: bytearray, service: str) -> None:
        self._first = batch.first
        self._seen = seen
        self._service = service
        self._waiting: dict[int, dict[int, list[Answer]]] = {}

    def add(self, ordinal: int, number: int, length: int, answer: Answer) -> list[tuple[Answer, ...]]:
        """Take one row; once there are seqLength of them: all answers in order of seqNumber (none when that is 0).

        A row that comes twice counts once. Of two different ones under one number both are kept: the second comes as a further
        entry, here or later, so that who reads can tell. Raises ServiceSpokeUnknown for more numbers than seqLength.
        """
        if self._seen[ordinal - self._first]:
            if number > length:
                raise odd("a record has more rows than its seqLength", self._service)
            return [(answer,)] if length else []
        answers = self._waiting.setdefault(ordinal, {})
        if length:
            same = answers.setdefault(number, [])
            if answer not in same:
                same.append(answer)
        return self._done(ordinal) if len(answers) >= length else []

    def left(self, enough: int) -> Iterator[tuple[int, tuple[Answer, ...]]]:
        """At the end: records with fewer rows than their seqLength, but at least as many as were asked for."""
        for ordinal in [key for key, answers in self._waiting.items() if len(answers) >= enough]:
            for answers in self._done(ordinal):
                yield ordinal, answers

    def _done(self, ordinal: int) -> list[tuple[Answer, ...]]:
        answers = self._waiting.pop(ordinal)
        self._seen[ordinal - self._first] = 1
        found = [tuple(answers[key][0] for key in sorted(answers))]
        others = tuple(other for key in sorted(answers) for other in answers[key][1:])
        return [*found, others] if others else found
