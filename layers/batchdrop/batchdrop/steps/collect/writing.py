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

from batchdrop.effects import effect
from batchdrop.errors import GoneMissing
from batchdrop.jobs import Input, folder
from batchdrop.ports import Place
from batchdrop.records.dialect import CSV, JSON, NDJSON, Dialect
from batchdrop.records.examples import Examples
from batchdrop.records.features import GEOMETRY, Features
from batchdrop.records.firsts import first_records
from batchdrop.records.joining import Join, Streams
from batchdrop.records.reading import open_again, read_header, skip
from batchdrop.records.recids import kept_numbers
from batchdrop.records.rendering import layout_for
from batchdrop.records.summary import POINTS, Summary, ordinals_in
from batchdrop.records.writing import ObjectWriter
from batchdrop.steps.collect.answered import Answered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from batchdrop.batches.states import BatchRow
    from batchdrop.ports import Row, Store
    from batchdrop.records.objectlines import ObjectLayout
    from batchdrop.records.reading import Readable
    from batchdrop.records.rendering import Layout

RECORDS_PER_CHECK = 20_000
"""Records between two checks of the time that is left."""

MARGIN = 120.0
"""Seconds that must be left to go on: leaving the walk stores up to 16 MiB."""

_TRIES = 8
"""How often an object is looked at and replaced while others replace it too."""

OUTPUTS = ("results", "errors")
_LEFT = "work/collect.json"
FEATURES = "geojson"
"""The third output, where the API's answers have a geometry."""

_LINES = (".ndjson", "application/x-ndjson")
_KINDS = {CSV: (".csv", "text/csv; charset={charset}"), JSON: _LINES, NDJSON: _LINES}


@dataclass(frozen=True, slots=True)
class Written:
    """A finished walk: records by outcome, and the names of the objects that were made.

    errors: records/examples.py; summary: records/summary.py; rec_ids: of the ordinals in the summary.
    """

    counts: dict[str, int]
    objects: tuple[str, ...]
    errors: Sequence[Any]
    summary: Mapping[str, Any]
    rec_ids: Mapping[int, int]


class Walk:
    """One invocation's share of the walk. Use as a context manager. `mark` tells one state of the batches from another.

    own_member: where the inputs stand in a file that is the service's own request; "" where it has no such files.
    """

    def __init__(
        self,
        store: Store,
        bucket: str,
        row: Row,
        columns: Sequence[str],
        batches: Sequence[BatchRow],
        *,
        own_member: str = "",
    ) -> None:
        self._own_member = own_member
        self._store = store
        self._base = Place(bucket, folder(row["id"]))
        self._input = Input.from_dict(row["input"])
        self._columns = columns
        self._excel = bool((row.get("route") or {}).get("excel"))
        self._job = row["id"]
        plan = row.get("plan") or {}
        self._dialect = Dialect.from_dict(plan.get("dialect") or {"delimiter": ""})
        self._new = plan.get("new", 0)
        self._mark = "/".join(
            (f"{row['run']}:{len(columns)}", *(f"{batch.state}:{len(batch.counts)}" for batch in batches))
        )[:200_000]
        self._left: dict[str, Any] | None = None
        self._summary = Summary(everything=plan.get("distinct", 0) <= POINTS)
        self._answered = Answered(store, self._base, batches, self._summary)
        self._stack = ExitStack()
        self.publishing = False
        """Whether the walk is done and its objects are made: from then on the input is not needed."""

    @property
    def resumed(self) -> bool:
        """Whether this goes on with what an earlier invocation left."""
        return self._left is not None

    def forget(self) -> None:
        """Let the next walk begin at the start."""
        self._store.put(self._place(_LEFT), b'{"mark": ""}', content_type="application/json")

    def __enter__(self) -> Self:
        try:
            self._begin()
        except BaseException:
            self._stack.close()
            raise
        return self

    def _begin(self) -> None:
        self._left = self._load()
        stream = self._stack.enter_context(self._open_input())
        dialect = self._dialect
        source = open_again(stream, dialect)
        header = read_header(source, dialect)
        state = self._left["state"] if self._left else None
        self._suffix, self._kind = _KINDS[dialect.format]
        self._suffix += ".gz" if dialect.gzip else ""
        self._writers = {name: self._writer(name, gzip=dialect.gzip) for name in OUTPUTS}
        rest = self._rest(source, header.size, state)
        layout = layout_for(dialect, header, self._columns, job=self._job, excel=self._excel)
        self._features = self._mapped(layout, gzip=dialect.gzip) if GEOMETRY in self._columns else None
        self._join = self._stack.enter_context(
            Join(
                Streams(
                    rest,
                    self._work("firsts"),
                    self._work("invalid.ndjson"),
                    iter(self._answered),
                    self._work("recids") if self._new else None,
                    self._new,
                ),
                self._features or layout,
                self._writers["results"].write,
                self._writers["errors"].write,
                Path(self._stack.enter_context(TemporaryDirectory())),
                state=state,
                examples=Examples(self._left["examples"] if self._left else (), encoding=dialect.read_as),
            )
        )

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def go(self, remaining: Callable[[], float], records_per_check: int = RECORDS_PER_CHECK) -> bool:
        """Write until everything is written (True) or the time is nearly up (False)."""
        while not self._join.done:
            if remaining() < MARGIN:
                return False
            self._join.step(records_per_check)
        if self._features is not None:
            self._features.finish()
        self._answered.sum_up_rest()
        return True

    def leave(self) -> None:
        """Store what the next invocation needs. The tails go first: the state that names them is the last write.

        A walk without a record has nothing to store: the next invocation begins anew.
        """
        if not self._join.records:
            return
        left: dict[str, Any] = {
            "mark": self._mark,
            "state": self._join.state,
            "examples": self._join.examples.state,
        }
        if self._features is not None:
            left["features"] = self._features.written
        for name, writer in self._writers.items():
            state, tail = writer.suspend()
            left[name] = state
            self._store.put(self._place(f"work/collect/{name}-{self._join.records}"), tail)
        self._store.put(self._place(_LEFT), json.dumps(left).encode(), content_type="application/json")

    def publish(self, in_charge: Callable[[], bool]) -> Written | None:
        """Make the objects, each only while this driver is in charge; None when it is not any more. Safe to repeat after a lost reply."""
        self.publishing = True
        if not all(_replace(writer, in_charge) for writer in self._writers.values()):
            return None
        objects = tuple(self._object(name) for name in self._writers)
        summary = self._summary.to_dict()
        return Written(
            self._join.counts,
            objects,
            self._join.examples.state,
            summary,
            self._rec_ids(ordinals_in(summary)),
        )

    def _rec_ids(self, ordinals: set[int]) -> dict[int, int]:
        """The numbers of the first records of these ordinals: their places in the file, or what they keep of an earlier job."""
        with self._store.open(self._place("work/firsts")) as firsts:
            places = first_records(firsts, ordinals)
        if not self._new:
            return places
        wanted = set(places.values())
        with self._store.open(self._place("work/recids")) as recids:
            numbers = enumerate(kept_numbers(recids, new=self._new, done=0), 1)
            kept = {place: number for place, number in numbers if place in wanted}
        return {ordinal: kept[place] for ordinal, place in places.items() if place in kept}

    def _place(self, name: str) -> Place:
        return Place(self._base.bucket, self._base.key + name)

    def _work(self, name: str) -> IO[bytes]:
        return self._stack.enter_context(self._store.open(self._place(f"work/{name}")))

    def _load(self) -> dict[str, Any] | None:
        """What an earlier invocation left, when it walked over the same batches in the same state.

        A state without records comes from a version that lost the header lines there: the walk begins anew.
        """
        try:
            left: dict[str, Any] = json.loads(self._store.read(self._place(_LEFT)))
        except GoneMissing:
            return None
        return left if left["mark"] == self._mark and left["state"]["records"] else None

    def _open_input(self, start: int = 0) -> IO[bytes]:
        place = Place.of(self._input)
        return effect("read_input", lambda: self._store.open(place, start))

    def _rest(self, source: Readable, header_size: int, state: dict[str, Any] | None) -> Readable:
        """The input from where the walk stands: by range where its bytes are what is read, else by reading over what was."""
        if state is None:
            return source
        if self._dialect.gzip or self._dialect.recoded:
            skip(source, state["offset"] - header_size)
            return source
        return self._stack.enter_context(self._open_input(state["offset"]))

    def _mapped(self, layout: Layout | ObjectLayout, *, gzip: bool) -> Features:
        """The layout that writes results.geojson too."""
        writer = self._writers[FEATURES] = self._writer(FEATURES, gzip=gzip)
        written = self._left["features"] if self._left else None
        own = bool(self._own_member) and self._dialect.member == self._own_member
        return Features(layout, self._columns, writer.write, own_ids=own, written=written)

    def _object(self, name: str) -> str:
        """The object's name of an output."""
        if name == FEATURES:
            return "results.geojson" + (".gz" if self._suffix.endswith(".gz") else "")
        return name + self._suffix

    def _writer(self, name: str, *, gzip: bool) -> ObjectWriter:
        place = self._place(self._object(name))
        if self._left is None:
            kind = (
                "application/geo+json"
                if name == FEATURES
                else self._kind.format(charset=self._dialect.read_as)
            )
            return ObjectWriter(self._store, place, kind, gzip=gzip)
        tail = self._store.read(self._place(f"work/collect/{name}-{self._left['state']['records']}"))
        return ObjectWriter.resume(self._store, place, self._left[name], tail)


def _replace(writer: ObjectWriter, in_charge: Callable[[], bool]) -> bool:
    """Make an object, unless somebody else is in charge or has made it since this driver was: False then.

    The object is looked at first: whoever is in charge afterwards has replaced it after that look, so a write of this driver that
    reaches the store late finds another object than it saw, and leaves it alone.
    """
    for _ in range(_TRIES):
        replace = writer.replace()
        if not in_charge():
            return False
        if effect("write_results", replace) is not None:
            return True
    return False
