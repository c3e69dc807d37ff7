"""What the batches of a job were answered, one outcome after another: the stream that results and errors are joined with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from batchdrop.batches.states import BatchState
from batchdrop.errors import GoneMissing
from batchdrop.ports import Outcome, OutcomeKind, Place
from batchdrop.problems import CODES
from batchdrop.records.outcomes import ordinal_of, outcome_line, outcomes_name
from batchdrop.records.reading import lines
from batchdrop.records.summary import summary_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batchdrop.batches.states import BatchRow
    from batchdrop.ports import Store
    from batchdrop.records.summary import Summary


class Answered:
    """Iterate once: outcome lines by ordinal. Takes the summary of each batch along on the way; `folder`: the job's."""

    def __init__(self, store: Store, folder: Place, batches: Sequence[BatchRow], summary: Summary) -> None:
        self._store = store
        self._folder = folder
        self._batches = batches
        self._summary = summary
        self._summed = 0

    def __iter__(self) -> Iterator[bytes]:
        """A batch that was never sent has none."""
        for batch in self._batches:
            self._sum_up(batch)
            saved = self._saved(batch) if batch.counts else iter(())
            if batch.accepted:  # a person accepted that some records have no answer: they have failed
                yield from _filled(batch, saved, OutcomeKind.FAILED, "UNACCOUNTED")
            elif batch.state is BatchState.PARKED:
                yield from _filled(batch, saved, OutcomeKind.UNPROCESSED, batch.code)
            else:
                yield from saved

    def sum_up_rest(self) -> None:
        """Take along what the walk had no need to read: batches after the last record with an answer."""
        for batch in self._batches[self._summed :]:
            self._sum_up(batch)

    def _sum_up(self, batch: BatchRow) -> None:
        """A batch that has no summary was never answered, or nothing could be read of it."""
        self._summed += 1
        if batch.counts:
            try:
                self._summary.merge(json.loads(self._store.read(self._place(summary_name(batch.name)))))
            except GoneMissing:
                return

    def _saved(self, batch: BatchRow) -> Iterator[bytes]:
        try:
            stream = self._store.open(self._place(outcomes_name(batch.name)))
        except GoneMissing:
            if batch.accepted:  # a person accepted a batch of which nothing could be read
                return
            raise
        with stream:
            yield from lines(stream)

    def _place(self, name: str) -> Place:
        return Place(self._folder.bucket, self._folder.key + name)


def _filled(batch: BatchRow, found: Iterator[bytes], kind: OutcomeKind, code: str) -> Iterator[bytes]:
    """The outcomes of a batch, with this one for every record that has none."""
    line = next(found, None)
    for ordinal in range(batch.first, batch.first + batch.count):
        if line is not None and ordinal_of(line) == ordinal:
            yield line
            line = next(found, None)
        else:
            yield outcome_line(Outcome(ordinal, kind, code, CODES[code].text))
