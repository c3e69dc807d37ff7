"""The walk over the input that writes results and errors. It can be left after any record and gone on with elsewhere.

What it needs to go on stands in the job's work folder: a small JSON object, and the bytes of each output that do not fill a part
of a multipart upload yet. Nothing is visible to anybody before `publish`.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any, Self

from batchdrop.batches.states import BatchState
from batchdrop.effects import effect
from batchdrop.errors import GoneMissing
from batchdrop.jobs import Input, folder
from batchdrop.ports import Place
from batchdrop.records.joining import Join, Streams
from batchdrop.records.reading import lines, open_table, read_header, skip
from batchdrop.records.rendering import Layout
from batchdrop.records.writing import ObjectWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from batchdrop.batches.states import BatchRow
    from batchdrop.ports import Row, Store
    from batchdrop.records.reading import Readable

STEP = 20_000
"""Records between two looks at the time that is left."""

MARGIN = 120.0
"""Seconds that must be left to go on: leaving the walk stores up to 16 MiB."""

OUTPUTS = ("results", "errors")


@dataclass(frozen=True, slots=True)
class Written:
    """A finished walk: records by outcome, and the names of the objects that were made."""

    counts: dict[str, int]
    objects: tuple[str, ...]


class Walk:
    """One invocation's share of the walk. Use as a context manager. `mark` tells one state of the batches from another."""

    def __init__(
        self, store: Store, bucket: str, row: Row, columns: Sequence[str], batches: Sequence[BatchRow]
    ) -> None:
        self._store = store
        self._base = Place(bucket, folder(row["id"]))
        self._input = Input.from_dict(row["input"])
        self._columns = columns
        self._batches = batches
        self._mark = "/".join(
            (str(row["run"]), *(f"{batch.state}:{len(batch.counts)}" for batch in batches))
        )[:200_000]
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._left = self._load()
        # Whatever is opened here is closed at the end, in a crash by the system.
        stream = self._stack.enter_context(self._open_input())
        source, dialect = open_table(stream, name=self._input.key)
        header = read_header(source, dialect)
        state = self._left["state"] if self._left else None
        self._suffix = ".csv.gz" if dialect.gzip else ".csv"
        self._writers = {name: self._writer(name, gzip=dialect.gzip) for name in OUTPUTS}
        rest = self._rest(source, header.size, state, gzip=dialect.gzip)
        self._join = self._stack.enter_context(
            Join(
                Streams(rest, self._work("firsts"), self._work("invalid.ndjson"), self._outcomes()),
                Layout(dialect, header, self._columns),
                self._writers["results"].write,
                self._writers["errors"].write,
                Path(self._stack.enter_context(TemporaryDirectory())),
                state=state,
            )
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def go(self, remaining: Callable[[], float]) -> bool:
        """Write until everything is written (True) or the time is nearly up (False)."""
        while not self._join.done:
            if remaining() < MARGIN:
                return False
            self._join.step(STEP)
        return True

    def leave(self) -> None:
        """Store what the next invocation needs. The tails go first: the state that names them is the last write."""
        left: dict[str, Any] = {"mark": self._mark, "state": self._join.state}
        for name, writer in self._writers.items():
            state, tail = writer.suspend()
            left[name] = state
            self._store.put(self._place(f"work/collect/{name}-{self._join.records}"), tail)
        self._store.put(
            self._place("work/collect.json"), json.dumps(left).encode(), content_type="application/json"
        )

    def publish(self) -> Written:
        """Make the objects. Safe to repeat after a lost reply."""
        for writer in self._writers.values():
            effect("write_results", writer.close)
        return Written(self._join.counts, tuple(name + self._suffix for name in OUTPUTS))

    def abandon(self) -> None:
        """Make no objects: somebody else is in charge."""
        for writer in self._writers.values():
            writer.abandon()

    def _place(self, name: str) -> Place:
        return Place(self._base.bucket, self._base.key + name)

    def _work(self, name: str) -> IO[bytes]:
        return self._stack.enter_context(self._store.open(self._place(f"work/{name}")))

    def _load(self) -> dict[str, Any] | None:
        """What an earlier invocation left, when it walked over the same batches in the same state."""
        try:
            left: dict[str, Any] = json.loads(self._store.read(self._place("work/collect.json")))
        except GoneMissing:
            return None
        return left if left["mark"] == self._mark else None

    def _open_input(self, start: int = 0) -> IO[bytes]:
        place = Place(self._input.bucket, self._input.key, self._input.version_id)
        return effect("read_input", lambda: self._store.open(place, start))

    def _rest(
        self, source: Readable, header_size: int, state: dict[str, Any] | None, *, gzip: bool
    ) -> Readable:
        """The input from where the walk stands: by range where bytes are text, by reading over what is zipped."""
        if state is None:
            return source
        if gzip:
            skip(source, state["offset"] - header_size)
            return source
        return self._stack.enter_context(self._open_input(state["offset"]))

    def _writer(self, name: str, *, gzip: bool) -> ObjectWriter:
        place = self._place(name + self._suffix)
        if self._left is None:
            return ObjectWriter(self._store, place, "text/csv; charset=utf-8", gzip=gzip)
        tail = self._store.read(self._place(f"work/collect/{name}-{self._left['state']['records']}"))
        return ObjectWriter.resume(self._store, place, self._left[name], tail)

    def _outcomes(self) -> Iterator[bytes]:
        """The outcomes of all batches, one after another; a batch that was parked unread has none."""
        for batch in self._batches:
            if batch.state is BatchState.SETTLED or batch.counts:
                with self._store.open(self._place(f"work/outcomes/{batch.name}.ndjson")) as stream:
                    yield from lines(stream)
