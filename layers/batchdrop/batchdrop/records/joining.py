"""The join of collect: walks the input once, in order, and puts every record into results or into errors.

Three streams go along: work/firsts says which query a record is; the outcomes come in order of ordinal, and a first
occurrence takes the next; invalid records take the next line of work/invalid.ndjson. Later duplicates get theirs from
fanout.py. Cells of the input are not parsed: its bytes are copied. The walk can stop after any record and go on in
another process from a small state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count, islice
from typing import TYPE_CHECKING, Any, Self

from batchdrop.errors import GoneMissing
from batchdrop.ports import OutcomeKind
from batchdrop.problems import CODES
from batchdrop.records.examples import Examples
from batchdrop.records.fanout import WINDOW, Fanout
from batchdrop.records.outcomes import OutcomeRow, ordinal_of, outcome_row, plain_answers, read_invalid
from batchdrop.records.recids import kept_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from batchdrop.records.features import Features
    from batchdrop.records.objectlines import ObjectLayout
    from batchdrop.records.rendering import Layout
    from batchdrop.records.source import Readable

Sink = Callable[[bytes], object]

_FLUSHED = 256 * 1024  # bytes handed to a sink at a time, about
_AT_ONCE = 1000  # records between two looks at that
_INVALID, _MATCHED = OutcomeKind.INVALID.value, OutcomeKind.MATCHED.value
_UNPROCESSED = OutcomeRow(0, OutcomeKind.UNPROCESSED.value, "UNPROCESSED", CODES["UNPROCESSED"].text, [])


@dataclass(frozen=True, slots=True)
class Streams:
    """What the walk reads.

    source: the uncompressed input, standing at state["offset"], or at header.size at the start. The others from their
    starts. outcomes: lines of the outcomes files, all batches one after another, so in order of ordinal; some may lack.
    recids: work/recids, where records keep the numbers of an earlier job; new: the number of the first new one among them.
    """

    source: Readable
    firsts: Readable
    invalid: Readable
    outcomes: Iterable[bytes]
    recids: Readable | None = None
    new: int = 0


class _Output:
    """Gathers rows, hands them on in large pieces."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._rows: list[bytes] = []
        self.add = self._rows.append

    def flush(self, least: int = 1) -> None:
        if sum(map(len, self._rows)) >= least:
            self._sink(b"".join(self._rows))
            self._rows.clear()


class Join:
    """One walk, or the rest of one. Use as a context manager: it removes its files from `folder`.

    folder: an existing, empty folder on disk for about 1.2 times the bytes of outcomes that duplicates need. state: what
    `state` was when the walk was left (both headers are written when it is None). examples: counts what goes into errors.
    Memory: one window and 2 B a distinct record (fanout.py). Raises GoneMissing when the input or the plan's files do
    not fit together, KeyError for an outcome of an unknown kind.
    """

    def __init__(  # noqa: PLR0913  # a walk has this many sides
        self,
        streams: Streams,
        layout: Layout | ObjectLayout | Features,
        results: Sink,
        errors: Sink,
        folder: Path,
        *,
        state: Mapping[str, Any] | None = None,
        window: int = WINDOW,
        examples: Examples | None = None,
    ) -> None:
        self.counts: dict[str, int] = {kind.value: 0 for kind in OutcomeKind}
        self.counts |= state["counts"] if state else {}
        self.records: int = state["records"] if state else 0
        self.offset: int = state["offset"] if state else layout.start
        self._layout = layout
        self.examples = Examples() if examples is None else examples
        self._results, self._errors = _Output(results), _Output(errors)
        self._fanout = Fanout(streams.firsts, folder, done=self.records, window=window)
        self._top = self._fanout.done_ordinals
        self._raws = layout.cut(streams.source, begun=self.records > 0)
        self._invalid = islice(read_invalid(streams.invalid), self._fanout.done_invalid, None)
        self._numbers = _numbers(streams, self.records)
        self._number = 0
        self._outcomes = iter(streams.outcomes)
        self._line: bytes | None = None
        self._coming = 0
        self._entered: int | None = None
        try:  # outcomes are read from the store
            self._advance()
            self._catch_up()
        except BaseException:
            self.close()
            raise
        if state is None:
            self._results.add(layout.results_header())
            self._errors.add(layout.errors_header())
            self._results.flush()
            self._errors.flush()

    @property
    def total(self) -> int:
        """How many records there are, by the plan."""
        return self._fanout.total

    @property
    def done(self) -> bool:
        """Whether every record was written."""
        return self.records >= self._fanout.total

    @property
    def state(self) -> dict[str, Any]:
        """What to go on from. Exact at the start and after every `step`: all rows so far have gone into the sinks."""
        return {"records": self.records, "offset": self.offset, "counts": dict(self.counts)}

    def step(self, most: int) -> int:
        """Write up to `most` further records; how many it wrote. After the last one the input must be at its end."""
        start = self.records
        while not self.done and self.records < start + most:
            self._walk(min(_AT_ONCE, start + most - self.records))
            self._results.flush(_FLUSHED)
            self._errors.flush(_FLUSHED)
        if self.done and not all(self._layout.blank.match(raw) for _, raw in self._raws):
            raise GoneMissing("the input has more records than its plan")
        self._results.flush()
        self._errors.flush()
        return self.records - start

    def close(self) -> None:
        """Remove the files of the walk."""
        self._fanout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _catch_up(self) -> None:
        """Pass over the outcomes that were taken before; keep those that duplicates still need."""
        while self._coming <= self._top and self._line is not None:
            self._fanout.catch_up(self._line)
            self._advance()

    def _advance(self) -> None:
        self._line = next(self._outcomes, None)
        self._coming = ordinal_of(self._line) if self._line else 0

    def _walk(self, most: int) -> None:
        """Write up to `most` records, at most to the end of the window."""
        window, place = divmod(self.records, self._fanout.window)
        if window != self._entered:
            self._fanout.enter(window)
            self._entered = window
        ordinals, blank = self._fanout.ordinals[place : place + most], self._layout.blank
        empty, is_blank = blank.characters, blank.match
        wanted = iter(ordinals)
        left = len(ordinals)
        for _, raw in self._raws:
            self.offset += len(raw)
            if not raw.lstrip(empty) and is_blank(raw):
                continue
            self.records += 1
            self._number = next(self._numbers, 0)
            if not self._number:
                raise GoneMissing("work/recids has fewer records than work/firsts")
            ordinal = next(wanted)
            if ordinal:
                self._write(raw, self._line_of(ordinal))
            else:
                self._write_invalid(raw)
            left -= 1
            if not left:
                return
        raise GoneMissing("the input has fewer records than its plan")

    def _line_of(self, ordinal: int) -> bytes | None:
        if ordinal > self._top:
            self._top = ordinal
            return self._first(ordinal)
        return self._fanout.outcome(ordinal)

    def _first(self, ordinal: int) -> bytes | None:
        """The outcome of a first occurrence: the next in the stream, unless that is a later one's."""
        line = self._line
        if line is None or self._coming > ordinal:
            return None
        if self._coming < ordinal:
            raise GoneMissing("the outcomes are not in the order of the plan")
        self._advance()
        if ordinal in self._fanout.wanted:
            self._fanout.keep(ordinal, line)
        return line

    def _write(self, raw: bytes, line: bytes | None) -> None:
        plain = plain_answers(line) if line else None
        rows = self._layout.plain_results(raw, self._number, plain) if plain else None
        if rows:
            self.counts[_MATCHED] += 1
            self._results.add(rows)
            return
        row = outcome_row(line) if line else _UNPROCESSED
        self.counts[row.kind] += 1
        if row.kind == _MATCHED:
            self._results.add(self._layout.results(raw, self._number, row.answers))
        else:
            self._error(raw, row.kind, row.code, row.message)

    def _write_invalid(self, raw: bytes) -> None:
        found = next(self._invalid, None)
        if found is None or found.rec_id != self.records:
            raise GoneMissing("work/invalid.ndjson does not fit work/firsts")
        self.counts[_INVALID] += 1
        self._error(raw, _INVALID, found.code, found.message)

    def _error(self, raw: bytes, kind: str, code: str, message: str) -> None:
        self.examples.add(kind, code, message, self._number, raw)
        self._errors.add(self._layout.error(raw, self._number, kind, code, message))


def _numbers(streams: Streams, done: int) -> Iterator[int]:
    """The numbers of the records that are still to come: what was kept of an earlier job, else their places in the file."""
    if streams.recids is None:
        return count(done + 1)
    return kept_numbers(streams.recids, new=streams.new, done=done)
