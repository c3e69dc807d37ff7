"""A batch service that answers at once and streams: what it is asked it writes down, what it answers is a function of the text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from batchdrop.ports import Outcome, OutcomeKind, Progress, RawPart, State, Ticket
from batchdrop.records.source import lines
from tests.steps.memory_service import ONE_PHASE, MemoryService

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batchdrop.ports import AnswerNotes, Batch, Capabilities, SavedPart

CHUNK = 256 * 1024
NO_MATCH = "Nowhere"


class FastService(MemoryService):
    """Texts that begin with Nowhere have no answer, those that begin with Twin have two. `folder`: its own disk."""

    can: ClassVar[Capabilities] = replace(
        ONE_PHASE, max_records=100_000, max_bytes=100_000_000, batch_records=100_000, looks_are_billed=False
    )
    folder: ClassVar[Path] = Path()

    def create(self, batch: Batch) -> Ticket:
        """Take the batch and answer it."""
        ticket = Ticket(batch.tag.replace("/", "-"))
        with (self.folder / ticket.id).open("wb") as file:
            file.writelines(
                b"%d %b\n" % (query.ordinal, query.fields["text"].encode()) for query in batch.queries()
            )
        return ticket

    def check(self, ticket: Ticket) -> Progress:
        """Ready, and the look is the download."""
        return Progress(State.COMPLETED, "completed", parts=(RawPart("answer.txt", self._stored(ticket)),))

    def _stored(self, ticket: Ticket) -> Iterator[bytes]:
        with (self.folder / ticket.id).open("rb") as file:
            while part := file.read(CHUNK):
                yield part

    def read(
        self, batch: Batch, raw: Sequence[SavedPart], notes: AnswerNotes | None = None
    ) -> Iterator[Outcome]:
        """In the order they were asked; no row is odd."""
        del notes
        assert batch.count
        matched, missing = OutcomeKind.MATCHED, OutcomeKind.NO_MATCH
        for part in raw:
            with part.open() as stream:
                for line in lines(stream):
                    ordinal, _, text = line.rstrip(b"\n").decode().partition(" ")
                    if text.startswith(NO_MATCH):
                        yield Outcome(int(ordinal), missing, "NO_MATCH", "nothing found")
                    else:
                        answer = ("52.5", text)
                        answers = (answer, answer) if text.startswith("Twin") else (answer,)
                        yield Outcome(int(ordinal), matched, answers=answers)
