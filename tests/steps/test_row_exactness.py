"""Any table of text survives the whole road: every record once, in order, the bytes of its columns unchanged; and so does a redo.

The real steps over in-memory ports: plan, lanes, collect; then errors.csv dropped back, and both jobs merged.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar
from zlib import crc32

from hypothesis import given, settings
from hypothesis import strategies as st

from batchdrop.ports import Outcome, OutcomeKind
from batchdrop.records.attempts import Attempt
from batchdrop.records.cutting import RULES, BlankRows
from batchdrop.records.dialect import Dialect
from batchdrop.records.merging import Merged, merge
from tests.steps.memory_service import ONE_PHASE, MemoryService
from tests.steps.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from batchdrop.ports import AnswerNotes, Batch, Capabilities, SavedPart

TEXTS = st.text(
    st.one_of(st.characters(exclude_categories=["Cs", "Cc"]), st.sampled_from('\t\n\r",;|äß東x0 ')),
    max_size=6,
)
FEW = st.sampled_from(["Main Street 1", 'Said "here"', "Side, Street; 2|3\t4", "Zeile\r\nzwei", ""])


class ManyAnswers(MemoryService):
    """Answers a record with none, one or several rows; in an order of its own."""

    can: ClassVar[Capabilities] = replace(ONE_PHASE, batch_records=3)

    def read(
        self, batch: Batch, raw: Sequence[SavedPart], notes: AnswerNotes | None = None
    ) -> Iterator[Outcome]:
        for outcome in reversed(list(super().read(batch, raw, notes))):
            if outcome.kind is OutcomeKind.MATCHED:
                (lat, label), *_ = outcome.answers
                rows = tuple((lat, f'{label}, "{number}"\n') for number in range(int(lat)))
                yield replace(outcome, answers=rows)
            else:
                yield outcome


def answer(known: int) -> Any:
    """A service that knows so many quarters of the world; one text has 1 to 3 answers."""

    def said(text: str) -> Mapping[str, str] | None:
        chance = crc32(text.encode())
        if chance % 4 < known:
            return {"lat": str(chance // 4 % 3 + 1), "label": text}
        return (None, {"error": "odd"}, {"missing": ""})[chance // 4 % 3]

    return said


@dataclass(frozen=True)
class Dropped:
    """A table as a person has it. rows: the records' own bytes with line ends."""

    head: bytes
    rows: tuple[bytes, ...]
    delimiter: str
    packed: bool
    width: int

    @property
    def data(self) -> bytes:
        return (gzip.compress if self.packed else bytes)(self.head + b"".join(self.rows))

    def end(self, number: int) -> bytes:
        """The line end of a record."""
        row = self.rows[number - 1]
        return row[len(row.rstrip(b"\r\n")) :]

    def fields(self, number: int) -> list[str]:
        """The cells of a record."""
        return next(csv.reader([self.rows[number - 1].decode().rstrip("\r\n")], delimiter=self.delimiter))

    @property
    def name(self) -> str:
        return "t.csv.gz" if self.packed else "t.csv"


@st.composite
def tables(draw: st.DrawFn) -> Dropped:
    width = draw(st.sampled_from([1, 3]))
    delimiter = draw(st.sampled_from(",;\t|")) if width > 1 else ","
    ends = st.sampled_from([b"\n", b"\r\n", b"\r"])
    names = ["id", "address", "note"] if width > 1 else ["address"]

    def row(cells: Sequence[str]) -> bytes:
        special = set('"\r\n') | {delimiter}
        parts = []
        for cell in cells:
            quoted = special & set(cell) or (cell and draw(st.integers(0, 3)) == 0)
            parts.append('"' + cell.replace('"', '""') + '"' if quoted else cell)
        return delimiter.join(parts).encode() + draw(ends)

    rows = [row(["ok"] * width)]
    for _ in range(draw(st.integers(0, 12))):
        cells = [draw(st.one_of(FEW, TEXTS)) for _ in range(width)]
        kind = draw(st.integers(0, 9))
        made = row(cells[:-1] if kind == 0 and width > 1 else [*cells, "more"] if kind == 1 else cells)
        if not BlankRows(delimiter, RULES).match(made):
            rows.append(made)
    bom = codecs.BOM_UTF8 if draw(st.booleans()) else b""
    return Dropped(bom + row(names), tuple(rows), delimiter, draw(st.booleans()), width)


def unpacked(world: World, job: str, kind: str, dropped: Dropped) -> bytes:
    body = world.output(job, f"{kind}.csv{'.gz' if dropped.packed else ''}")
    return gzip.decompress(body) if dropped.packed else body


def numbered(data: bytes, place: int, dropped: Dropped) -> dict[int, list[list[str]]]:
    """Rows by bd_recId as any CSV reader reads them, in their order. place: of the number, from the end where negative."""
    text = data.decode("utf-8-sig")
    found: dict[int, list[list[str]]] = {}
    for row in list(csv.reader(io.StringIO(text, newline=""), delimiter=dropped.delimiter))[1:]:
        found.setdefault(int(row[place]), []).append(row)
    return found


def starts(dropped: Dropped, number: int) -> Iterator[bytes]:
    """How rows of this record begin: its own bytes; in errors missing cells are filled up."""
    mark = dropped.delimiter.encode()
    own = dropped.rows[number - 1].rstrip(b"\r\n")
    for more in range(dropped.width):
        yield b"%b%b%b%d%b" % (own, (mark + b"#MISSING_CELL") * more, mark, number, mark)


def check(dropped: Dropped, results: bytes, errors: bytes) -> tuple[int, int]:
    """Every record is in exactly one of both, in order, with its own bytes; how many are in each."""
    good, bad = numbered(results, dropped.width, dropped), numbered(errors, -5, dropped)
    assert list(good) == sorted(good)
    assert list(bad) == sorted(bad)
    assert sorted([*good, *bad]) == list(range(1, len(dropped.rows) + 1))
    for number, rows in good.items():
        assert [row[dropped.width + 1] for row in rows] == [str(part + 1) for part in range(len(rows))]
        assert {row[dropped.width + 2] for row in rows} == {str(len(rows))}
        assert any(results.count(start) >= len(rows) for start in starts(dropped, number))
        assert results.count(dropped.end(number)) >= len(rows)
    for number, rows in bad.items():
        (row,) = rows
        *kept, last = dropped.fields(number)[: dropped.width]
        more = dropped.fields(number)[dropped.width :]
        if more:
            assert row[: dropped.width] == [*kept, dropped.delimiter.join((last, *more)) + " #EXTRA_CELLS"]
        else:
            assert any(start in errors for start in starts(dropped, number))
        assert dropped.end(number) in errors
    return len(good), len(bad)


@given(dropped=tables(), dedupe=st.booleans())
@settings(max_examples=150)
def test_every_record_comes_back_once_and_a_redo_with_a_merge_completes_the_file(
    dropped: Dropped, dedupe: bool
) -> None:
    world = World(ManyAnswers)
    world.route("t", service="memory", api="geocode", dedupe=dedupe, max_invalid=1000)
    world.shop.answer = answer(2)
    job = world.drop(dropped.data, route="t", name=dropped.name)
    assert world.drive(job) in ("Done", "Parked")  # a service that leaves records out calls for a person
    results, errors = unpacked(world, job, "results", dropped), unpacked(world, job, "errors", dropped)
    matched, wrong = check(dropped, results, errors)
    counts = world.document(job)["records"]
    assert (counts["total"], counts["matched"]) == (len(dropped.rows), matched)

    world.shop.answer = answer(3)
    again = world.drop(world.output(job, errors_name(dropped)), route="t", name=errors_name(dropped))
    world.drive(again)
    entry = world.document(again)
    if entry["status"] == "failure":  # nothing but records that no service can answer
        assert entry["problems"][0]["code"] in ("NO_VALID_ROWS", "NO_ROWS")
        return
    assert entry["parent"] == job
    assert entry["records"]["total"] == wrong
    whole, rest, merged = together(world, dropped, job, again)
    assert merged == Merged(len(dropped.rows), matched + entry["records"]["matched"], merged.open, 0)
    assert check(dropped, whole, rest) == (merged.matched, merged.open)


def errors_name(dropped: Dropped) -> str:
    return f"errors.csv{'.gz' if dropped.packed else ''}"


def together(world: World, dropped: Dropped, *jobs: str) -> tuple[bytes, bytes, Merged]:
    results, errors = io.BytesIO(), io.BytesIO()
    attempts = [
        Attempt(
            job,
            Dialect(dropped.delimiter),
            io.BytesIO(unpacked(world, job, "results", dropped)),
            io.BytesIO(unpacked(world, job, "errors", dropped)),
            redoes=job != jobs[0],
        )
        for job in jobs
    ]
    with TemporaryDirectory() as folder:
        merged = merge(attempts, len(dropped.rows), results.write, errors.write, Path(folder))
    return results.getvalue(), errors.getvalue(), merged
