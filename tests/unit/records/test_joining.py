"""The join: every record once, in order, the user's bytes unchanged, wherever the walk is left and gone on with."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchdrop.errors import GoneMissing
from batchdrop.ports import Outcome, OutcomeKind, Takes
from batchdrop.problems import Problem
from batchdrop.records.duplicates import Distinct
from batchdrop.records.joining import Join, Streams
from batchdrop.records.mapping import QueryMaker, map_columns
from batchdrop.records.outcomes import invalid_line, outcome_line, pack_firsts
from batchdrop.records.reading import Header, Record, lines, open_table, read_header, records
from batchdrop.records.rendering import Layout

if TYPE_CHECKING:
    from batchdrop.records.dialect import Dialect

COLUMNS = ("bd_lat", "bd_label")
NAMES = ("key", "address", "note")


@dataclass
class Plan:
    """What plan makes of a file, in memory."""

    data: bytes
    dialect: Dialect
    header: Header
    records: list[Record]
    firsts: list[int] = field(default_factory=list)
    invalid: bytes = b""
    distinct: int = 0

    def outcomes(self, told: dict[int, Outcome]) -> bytes:
        return b"".join(outcome_line(told[ordinal]) for ordinal in sorted(told))


def planned(data: bytes, *, dedupe: bool = True) -> Plan:
    source, dialect = open_table(io.BytesIO(data), name="x.csv")
    header = read_header(source, dialect)
    maker = QueryMaker(header.names, map_columns(header.names, Takes.PLACE), Takes.PLACE)
    plan = Plan(data, dialect, header, list(records(source, dialect, header)))
    distinct = Distinct(dedupe=dedupe)
    for record in plan.records:
        query = record.problem or maker.make(record.cells)
        if isinstance(query, Problem):
            plan.invalid += invalid_line(record.rec_id, query.code, query.message)
            plan.firsts.append(0)
        else:
            plan.firsts.append(distinct.ordinal(query)[0])
    plan.distinct = distinct.count
    return plan


@dataclass
class Joined:
    results: bytes
    errors: bytes
    counts: dict[str, int]
    states: list[dict[str, Any]]


def joined(plan: Plan, outcomes: bytes, *, leave_after: tuple[int, ...] = (), window: int = 3) -> Joined:
    """Walk; after each number of records of `leave_after` the walk is left and begun anew from its state."""
    results, errors = io.BytesIO(), io.BytesIO()
    state: dict[str, Any] | None = None
    states = []
    for most in (*leave_after, 10**9):
        with TemporaryDirectory() as folder:
            start = state["offset"] if state else plan.header.size
            streams = Streams(
                io.BytesIO(plan.data[start:]),
                io.BytesIO(pack_firsts(plan.firsts)),
                io.BytesIO(plan.invalid),
                lines(io.BytesIO(outcomes)),
            )
            layout = Layout(plan.dialect, plan.header, COLUMNS)
            with Join(
                streams, layout, results.write, errors.write, Path(folder), state=state, window=window
            ) as join:
                done = join.step(most)
                state = join.state
            assert list(Path(folder).iterdir()) == []
        assert done <= most
        states.append(state)
    assert state
    return Joined(results.getvalue(), errors.getvalue(), state["counts"], states)


def parsed(data: bytes, plan: Plan) -> list[list[str]]:
    """As any CSV reader reads it."""
    text = data.decode("utf-8-sig" if plan.dialect.bom else "utf-8")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=plan.dialect.delimiter))


def match(ordinal: int, *answers: tuple[str, str]) -> Outcome:
    return Outcome(ordinal, OutcomeKind.MATCHED, answers=answers)


def test_rows_of_results_and_errors() -> None:
    plan = planned(b'key,address,note\n1,"A, 1",x\n2,B,\r\n3,,y\n4,C,z\n5,"A, 1",')
    told = {
        1: match(1, ("52.5", 'a "b", c')),
        2: match(2, ("1", "one"), ("2", "two\nlines")),
        3: Outcome(3, OutcomeKind.NO_MATCH, "NO_MATCH", "found nothing, sorry"),
    }
    done = joined(plan, plan.outcomes(told))
    assert done.results == (
        b"key,address,note,bd_recId,bd_seqNumber,bd_seqLength,bd_lat,bd_label\n"
        b'1,"A, 1",x,1,1,1,52.5,"a ""b"", c"\n'
        b"2,B,,2,1,2,1,one\r\n"
        b'2,B,,2,2,2,2,"two\nlines"\r\n'
        b'5,"A, 1",,5,1,1,52.5,"a ""b"", c"\n'
    )
    assert done.errors == (
        b"key,address,note,bd_recId,bd_outcome,bd_code,bd_message\n"
        b"3,,y,3,invalid,EMPTY_QUERY,There is nothing to look for in this record.\n"
        b'4,C,z,4,noMatch,NO_MATCH,"found nothing, sorry"\n'
    )
    assert done.counts == {
        "matched": 3, "noMatch": 1, "failed": 0, "lowConfidence": 0, "invalid": 1, "unprocessed": 0,
    }  # fmt: skip


def test_records_without_an_outcome_are_unprocessed_and_so_are_their_duplicates() -> None:
    plan = planned(b"address\nA\nB\nA\nC\nB\n")
    done = joined(plan, plan.outcomes({2: match(2, ("1", "b"))}))
    assert [row[1:4] for row in parsed(done.errors, plan)[1:]] == [
        ["1", "unprocessed", "UNPROCESSED"], ["3", "unprocessed", "UNPROCESSED"], ["4", "unprocessed", "UNPROCESSED"]]  # fmt: skip
    assert [row[:2] for row in parsed(done.results, plan)[1:]] == [["B", "2"], ["B", "5"]]


def test_broken_records_keep_the_errors_readable_and_our_columns_in_place() -> None:
    bad = [b'1,"open', b"2", b'3,a "b" c,d', b"4,a,b,c", b'5,"a" b', b'6,x"y,"z', b"7,a\x00b,c"]
    plan = planned(b"key,address,note\n" + b"\n".join(bad) + b'\n8,"ok, ok",z\n9,,\n')
    done = joined(plan, plan.outcomes({1: match(1, ("1", "x"))}))
    rows = parsed(done.errors, plan)
    assert [row[-4:-1] for row in rows[1:]] == [
        ["1", "invalid", "BAD_QUOTE"], ["2", "invalid", "MISSING_CELLS"], ["3", "invalid", "BAD_QUOTE"],
        ["4", "invalid", "EXTRA_CELLS"], ["5", "invalid", "BAD_QUOTE"], ["6", "invalid", "BAD_QUOTE"],
        ["7", "invalid", "CONTROL_CHAR"], ["9", "invalid", "EMPTY_QUERY"],
    ]  # fmt: skip
    assert {len(row) for row in rows} == {len(rows[0])}
    assert done.errors.splitlines()[2].startswith(b"2,#MISSING_CELL,#MISSING_CELL,2,invalid,")
    assert rows[4][:3] == ["4", "a", "b,c #EXTRA_CELLS"]
    assert rows[1][0] == '1,"open'  # one quoted cell: unquoted it would swallow the rest of the file


def test_a_last_line_without_an_end_gets_the_files_own() -> None:
    plan = planned(b"address\r\nA")
    assert joined(plan, plan.outcomes({1: match(1, ("1", "x"))})).results.endswith(b"\r\nA,1,1,1,1,x\r\n")


def test_a_byte_order_mark_stands_once_at_the_start_of_each_output() -> None:
    plan = planned(b"\xef\xbb\xbfaddress\nA\n\n")
    done = joined(plan, plan.outcomes({1: match(1, ("1", "x"))}), leave_after=(1,))
    assert (done.results.count(b"\xef\xbb\xbf"), done.errors.count(b"\xef\xbb\xbf")) == (1, 1)
    assert done.results.startswith(b"\xef\xbb\xbfaddress,bd_recId,")


def test_a_match_without_answers_and_short_answers_fill_all_columns() -> None:
    plan = planned(b"address\nA\nB\n")
    told = {1: match(1), 2: Outcome(2, OutcomeKind.MATCHED, answers=(("1",),))}
    assert joined(plan, plan.outcomes(told)).results.splitlines()[1:] == [b"A,1,1,1,,", b"B,2,1,1,1,"]


def test_errors_dropped_back_are_the_same_records_with_one_block_of_our_columns() -> None:
    first = planned(b'key,address,note\r\n1,A,x\r\n2,"B, b",y\r\n3,C,z\r\n4,D "d" d,\r\n5,a,b,c\r\n')
    failed = {n: Outcome(n, OutcomeKind.FAILED, "E", 'no, "no"') for n in (1, 2)}
    done = joined(first, first.outcomes(failed | {3: match(3, ("1", "x"))}))
    again = planned(done.errors)
    assert again.header.names == NAMES
    assert [record.raw for record in again.records] == [
        b"1,A,x\r\n", b'2,"B, b",y\r\n', b'4,D "d" d,\r\n', b'5,a,"b,c #EXTRA_CELLS"\r\n']  # fmt: skip
    redone = joined(again, again.outcomes({1: match(1, ("1", "a"))}))
    assert redone.results == (
        b"key,address,note,bd_recId,bd_seqNumber,bd_seqLength,bd_lat,bd_label\r\n1,A,x,1,1,1,1,a\r\n"
    )
    assert redone.errors.splitlines()[:2] == [
        b"key,address,note,bd_recId,bd_outcome,bd_code,bd_message",
        b'2,"B, b",y,2,unprocessed,UNPROCESSED,The job ended before this record was processed.',
    ]


def test_an_input_that_does_not_fit_its_plan_is_not_joined() -> None:
    plan = planned(b"address\nA\nB\nC\n")
    plan.data = plan.data[:-2]
    with pytest.raises(GoneMissing, match="fewer"):
        joined(plan, b"")
    plan.data += b"C\nD\n"
    with pytest.raises(GoneMissing, match="more"):
        joined(plan, b"")


def test_outcomes_out_of_order_are_not_joined_to_the_wrong_records() -> None:
    plan = planned(b"address\nA\nB\nC\n")
    wrong = outcome_line(match(1, ("1", "a"))) * 2
    with pytest.raises(GoneMissing, match="order"):
        joined(plan, wrong)


def test_invalid_records_of_another_plan_are_noticed() -> None:
    plan = planned(b"address,x\nA,\n,1\n")
    plan.invalid = invalid_line(1, "EMPTY_QUERY", "nothing")
    with pytest.raises(GoneMissing, match="invalid"):
        joined(plan, b"")


def test_firsts_cut_off_are_noticed() -> None:
    plan = planned(b"address\nA\nB\n")
    streams = Streams(io.BytesIO(), io.BytesIO(pack_firsts(plan.firsts)[:-1]), io.BytesIO(), iter(()))
    with TemporaryDirectory() as folder, pytest.raises(GoneMissing, match="firsts"):
        Join(streams, Layout(plan.dialect, plan.header, COLUMNS), print, print, Path(folder))


LETTERS = st.text(st.sampled_from('ab,;|\t"\n\r ß日\x85'), max_size=5)
ADDRESSES = st.one_of(st.sampled_from(["A", "B", "C", "", "D, d"]), LETTERS)
BROKEN = st.sampled_from(['1,"a" b,c', "1", "1;2;3;4;5;6", "1|2", 'x"y', "a\x01b;c", "\t", ""])


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """Any table: good records written by the csv module in any of its ways, broken lines between them."""
    delimiter, end = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text = io.StringIO(newline="")
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]  # an int
    writer.writerow(NAMES)
    for _ in range(draw(st.integers(1, 14))):
        if draw(st.integers(0, 5)):
            writer.writerow([draw(LETTERS), draw(ADDRESSES), draw(LETTERS)])
        else:
            text.write(draw(BROKEN) + end)
    writer.writerow(["last", "A", "B"])
    data = text.getvalue().encode()
    if draw(st.booleans()):
        data = data.removesuffix(end.encode())
    return (b"\xef\xbb\xbf" if draw(st.booleans()) else b"") + data


@st.composite
def told(draw: st.DrawFn, distinct: int) -> dict[int, Outcome]:
    """Outcomes for some of the queries, with none, one or several answers."""
    answers = st.lists(st.tuples(LETTERS, LETTERS), max_size=3).map(tuple)
    found: dict[int, Outcome] = {}
    for ordinal in range(1, distinct + 1):
        kind = draw(st.sampled_from([None, *OutcomeKind, OutcomeKind.MATCHED, OutcomeKind.MATCHED]))
        if kind is OutcomeKind.MATCHED:
            found[ordinal] = Outcome(ordinal, kind, answers=draw(answers))
        elif kind is not None:
            found[ordinal] = Outcome(ordinal, kind, draw(LETTERS), draw(LETTERS))
    return found


def expected_kind(plan: Plan, outcomes: dict[int, Outcome], rec_id: int) -> str:
    ordinal = plan.firsts[rec_id - 1]
    if not ordinal:
        return "invalid"
    return outcomes[ordinal].kind.value if ordinal in outcomes else "unprocessed"


@settings(max_examples=150)
@given(data=st.data(), content=tables(), dedupe=st.booleans(), window=st.sampled_from([1, 2, 3, 50_000]))
def test_any_table_of_text_survives(data: st.DataObject, content: bytes, dedupe: bool, window: int) -> None:
    plan = planned(content, dedupe=dedupe)
    outcomes = data.draw(told(plan.distinct))
    leave_after = tuple(data.draw(st.lists(st.integers(0, 6), max_size=4)))
    whole = joined(plan, plan.outcomes(outcomes), window=window)
    parts = joined(plan, plan.outcomes(outcomes), window=window, leave_after=leave_after)
    assert (parts.results, parts.errors, parts.counts) == (whole.results, whole.errors, whole.counts)

    width = len(NAMES)
    result_rows, error_rows = parsed(whole.results, plan)[1:], parsed(whole.errors, plan)[1:]
    by_record: dict[int, list[list[str]]] = {}
    for row in result_rows:
        by_record.setdefault(int(row[width]), []).append(row)
    in_errors = {int(row[-4]): row for row in error_rows}
    ids = range(1, len(plan.records) + 1)
    kinds = {rec_id: expected_kind(plan, outcomes, rec_id) for rec_id in ids}

    # every record in exactly one of the two, in the order of the input
    assert list(by_record) == [rec_id for rec_id in ids if kinds[rec_id] == "matched"]
    assert [int(row[-4]) for row in error_rows] == [rec_id for rec_id in ids if kinds[rec_id] != "matched"]
    assert {kind: list(kinds.values()).count(kind) for kind in whole.counts} == whole.counts
    # with the user's cells, and every answer of its query, in order
    for rec_id, rows in by_record.items():
        answers = outcomes[plan.firsts[rec_id - 1]].answers or (("", ""),)
        assert [row[:width] for row in rows] == [list(plan.records[rec_id - 1].cells)] * len(rows)
        assert [row[width + 1 :] for row in rows] == [
            [str(number), str(len(answers)), *answer] for number, answer in enumerate(answers, start=1)]  # fmt: skip
    for rec_id, row in in_errors.items():
        record = plan.records[rec_id - 1]
        assert row[-3] == kinds[rec_id]
        if record.problem is None:
            assert row[:-4] == list(record.cells)
    # and the user's bytes
    kept = whole.results + whole.errors
    for record in plan.records:
        if record.problem is None or record.problem.code not in ("BAD_QUOTE", "EXTRA_CELLS"):
            assert record.raw.rstrip(b"\r\n") + plan.dialect.delimiter.encode() in kept
    # and errors dropped back are the same records again
    if error_rows:
        again = planned(whole.errors, dedupe=dedupe)
        assert again.header.names == NAMES
        assert len(again.records) == len(error_rows)
        for rec_id, record in zip(in_errors, again.records, strict=True):
            before = plan.records[rec_id - 1]
            if before.problem is None:
                assert record.raw.rstrip(b"\r\n") == before.raw.rstrip(b"\r\n")
