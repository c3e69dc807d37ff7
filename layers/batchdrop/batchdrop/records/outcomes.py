"""The lines of the plan's and the batches' files, and the outcomes of a batch in order. Compact JSON, UTF-8, one value a line (docs/architecture.md).

    work/queries.ndjson            [ordinal,{field: text,…}]            one a distinct record, ascending
    work/firsts                    u32 little-endian a record           0 = invalid, else the ordinal of its query
    work/invalid.ndjson            [recId,code,message]                 one an invalid record, ascending
    work/outcomes/<batch>.ndjson   [ordinal,kind,code,message,[[cell,…],…]]   ascending

Written by hand around the json module's own string encoder: three times as fast as dumps, which counts for millions.
"""

from __future__ import annotations

import sys
from array import array
from itertools import chain
from json import JSONDecoder
from json.encoder import encode_basestring
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from batchdrop.errors import ServiceSpokeUnknown
from batchdrop.ports import Outcome, OutcomeKind, Query
from batchdrop.records.source import Readable, lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

HELD = 16 * 1024 * 1024
"""Bytes of outcomes kept in memory before they go to disk."""

_BUCKETS = 64

_MATCHED_PLAINLY, _PLAIN_END = ',"matched","","",[["', '"]]]\n'
_decode = JSONDecoder().raw_decode


def outcomes_name(batch: str) -> str:
    """Where the outcomes of a batch stand below the job's folder, by the batch's name."""
    return f"work/outcomes/{batch}.ndjson"


class InvalidRecord(NamedTuple):
    """One line of work/invalid.ndjson."""

    rec_id: int
    code: str
    message: str


class OutcomeRow(NamedTuple):
    """An outcome as it stands in a line; kind is a word of OutcomeKind. Lighter than Outcome, for the join."""

    ordinal: int
    kind: str
    code: str
    message: str
    answers: list[list[str]]


def fields_json(fields: Mapping[str, str]) -> str:
    """The JSON object of the fields, in their order."""
    text = fields.get("text")
    if text is not None and len(fields) == 1:  # as nearly all are
        return f'{{"text":{encode_basestring(text)}}}'
    pairs = [f"{encode_basestring(name)}:{encode_basestring(text)}" for name, text in fields.items()]
    return "{" + ",".join(pairs) + "}"


def query_line(ordinal: int, fields: Mapping[str, str]) -> bytes:
    """One line of work/queries.ndjson."""
    return f"[{ordinal},{fields_json(fields)}]\n".encode("utf-8", "replace")


def read_queries(stream: Readable) -> Iterator[Query]:
    """The queries of work/queries.ndjson, or of a byte range of it that begins and ends at line ends."""
    for line in lines(stream):
        ordinal, fields = _decode(line.decode())[0]
        yield Query(ordinal, fields)


def outcome_line(outcome: Outcome) -> bytes:
    """One line of an outcomes file. Half surrogates, which JSON of a service may hold, become question marks."""
    answers = ",".join(
        ["[" + ",".join([encode_basestring(cell) for cell in answer]) + "]" for answer in outcome.answers]
    )
    texts = f"{encode_basestring(outcome.code)},{encode_basestring(outcome.message)}"
    return f'[{outcome.ordinal},"{outcome.kind.value}",{texts},[{answers}]]\n'.encode("utf-8", "replace")


def read_outcomes(stream: Readable) -> Iterator[Outcome]:
    """The outcomes of an outcomes file."""
    return map(outcome_of, lines(stream))


def outcome_of(line: bytes) -> Outcome:
    """The inverse of outcome_line."""
    ordinal, kind, code, message, answers = _decode(line.decode())[0]
    return Outcome(ordinal, OutcomeKind(kind), code, message, tuple(map(tuple, answers)))


def outcome_row(line: bytes) -> OutcomeRow:
    """A line of an outcomes file, lightly."""
    return OutcomeRow._make(_decode(line.decode())[0])


def plain_answers(line: bytes) -> list[list[str]] | None:
    """The answers of a matched outcome's line, without reading JSON; None when that is not safe.

    Without a backslash no cell holds a quote or a line end, so what stands between quotes is what stands between cells.
    Most lines are like that, and reading them so takes a third of the time. As text: looking for a letter in bytes takes four
    times as long.
    """
    text = line.decode()
    start = text.find(_MATCHED_PLAINLY)
    if start < 0 or "\\" in text or not text.endswith(_PLAIN_END):
        return None
    inner = text[start + len(_MATCHED_PLAINLY) : -len(_PLAIN_END)]
    return [answer.split('","') for answer in inner.split('"],["')]


def ordinal_of(line: bytes) -> int:
    """The ordinal of an outcome line, without reading the rest."""
    return int(line[1 : line.index(b",")])


def invalid_line(rec_id: int, code: str, message: str) -> bytes:
    """One line of work/invalid.ndjson."""
    text = f"[{rec_id},{encode_basestring(code)},{encode_basestring(message)}]\n"
    return text.encode("utf-8", "replace")


def read_invalid(stream: Readable) -> Iterator[InvalidRecord]:
    """The records of work/invalid.ndjson."""
    for line in lines(stream):
        yield InvalidRecord(*_decode(line.decode())[0])


def pack_firsts(ordinals: Iterable[int]) -> bytes:
    """Ordinals in the form of work/firsts. Raises OverflowError over 4,294,967,295."""
    numbers = array("I", ordinals)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def unpack_firsts(data: bytes) -> array[int]:
    """The inverse of pack_firsts; the length must be a multiple of 4."""
    numbers = array("I", data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def in_order(
    outcomes: Iterable[Outcome],
    first: int,
    count: int,
    spill_dir: str | Path,
    *,
    held: int = HELD,
    differ: Callable[[int], object] = lambda _ordinal: None,
) -> Iterator[Outcome | None]:
    """For every ordinal of the batch, ascending: its outcome, or None where the service gave none.

    first, count: the batch's ordinals are first … first + count - 1. Several outcomes of one ordinal become one (see
    `merged`). spill_dir: an existing folder for files of this call, gone again when the iterator is done or closed. differ: hears of each record of which there are two accounts that differ.
    Raises ServiceSpokeUnknown for an ordinal the batch does not have.
    """
    buckets = _Buckets(first, count, Path(spill_dir), held)
    try:
        for outcome in outcomes:
            buckets.add(outcome)
        for bucket, ordinals in buckets.ranges():
            found: dict[int, Outcome] = {}
            for outcome in buckets.load(bucket):
                before = found.get(outcome.ordinal)
                if before and not (
                    outcome.kind is before.kind and set(outcome.answers) <= set(before.answers)
                ):
                    differ(outcome.ordinal)
                found[outcome.ordinal] = merged(before, outcome) if before else outcome
            for ordinal in ordinals:
                yield found.get(ordinal)
    finally:
        buckets.close()


def merged(one: Outcome, other: Outcome) -> Outcome:
    """Two outcomes of one record as one: answers in the order they came, equal ones once; any match is a match."""
    answers = tuple(dict.fromkeys(chain(one.answers, other.answers)))
    better = other if other.kind is OutcomeKind.MATCHED and one.kind is not OutcomeKind.MATCHED else one
    return Outcome(one.ordinal, better.kind, better.code, better.message, answers)


class _Buckets:
    """Outcome lines by range of ordinals: in memory up to `held` bytes, then appended to one file a bucket."""

    def __init__(self, first: int, count: int, spill_dir: Path, held: int) -> None:
        self._first, self._count = first, count
        self._width = max(1, -(-count // _BUCKETS))
        self._paths = [spill_dir / f"order-{first}-{bucket}" for bucket in range(_BUCKETS)]
        self._lines: list[list[bytes]] = [[] for _ in range(_BUCKETS)]
        self._held, self._limit = 0, held

    def add(self, outcome: Outcome) -> None:
        place = outcome.ordinal - self._first
        if not 0 <= place < self._count:
            raise ServiceSpokeUnknown("an answer for a record that was not in the batch")
        line = outcome_line(outcome)
        self._lines[place // self._width].append(line)
        self._held += len(line)
        if self._held > self._limit:
            self._spill()

    def _spill(self) -> None:
        for path, held in zip(self._paths, self._lines, strict=True):
            if held:
                with path.open("ab") as file:
                    file.writelines(held)
                held.clear()
        self._held = 0

    def ranges(self) -> Iterator[tuple[int, range]]:
        end = self._first + self._count
        for bucket, start in enumerate(range(self._first, end, self._width)):
            yield bucket, range(start, min(start + self._width, end))

    def load(self, bucket: int) -> Iterator[Outcome]:
        if self._paths[bucket].exists():
            with self._paths[bucket].open("rb") as file:
                yield from read_outcomes(file)
        yield from map(outcome_of, self._lines[bucket])

    def close(self) -> None:
        for path in self._paths:
            path.unlink(missing_ok=True)
