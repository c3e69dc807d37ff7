"""Raw records: bytes in, the same bytes out, cut where records end."""

from __future__ import annotations

import io
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchdrop.errors import BadFile
from batchdrop.records.cutting import is_blank, raw_records
from batchdrop.records.source import CHUNK, MAX_RECORD


class Drip:
    """A stream that gives a few bytes at a time, as a network does."""

    def __init__(self, data: bytes, piece: int) -> None:
        self._stream, self._piece = io.BytesIO(data), piece

    def read(self, size: int = -1, /) -> bytes:
        return self._stream.read(self._piece if size < 0 else min(size, self._piece))


def cut(data: bytes, delimiter: str = ",", piece: int = CHUNK) -> list[tuple[int, bytes]]:
    return list(raw_records(Drip(data, piece), delimiter))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a,b\nc,d\n", [(1, b"a,b\n"), (2, b"c,d\n")]),
        (b"a,b\r\nc,d", [(1, b"a,b\r\n"), (2, b"c,d")]),
        (b"a,b\rc,d\r", [(1, b"a,b\r"), (2, b"c,d\r")]),
        (b"a\rb\nc\r\nd", [(1, b"a\r"), (2, b"b\n"), (3, b"c\r\n"), (4, b"d")]),
        (b'a,"x\ny\r\nz",b\nc\n', [(1, b'a,"x\ny\r\nz",b\n'), (4, b"c\n")]),
        (b'"x""\n""y",b\nc\n', [(1, b'"x""\n""y",b\n'), (3, b"c\n")]),
        (b'a,"\n"\n"b\n"\n', [(1, b'a,"\n"\n'), (3, b'"b\n"\n')]),
        (b'"a\n","b\n"\nc\n', [(1, b'"a\n","b\n"\n'), (4, b"c\n")]),
        (b"", []),
    ],
)
@pytest.mark.parametrize("piece", [1, 2, 3, CHUNK])
def test_records_end_at_line_ends_outside_quotes(
    data: bytes, expected: list[tuple[int, bytes]], piece: int
) -> None:
    assert cut(data, piece=piece) == expected


def test_a_quote_inside_an_unquoted_cell_costs_only_its_line() -> None:
    data = b'1,5" pipe\n2,b\n3,"c\nd"\n'
    assert cut(data) == [(1, b'1,5" pipe\n'), (2, b"2,b\n"), (3, b'3,"c\nd"\n')]


def test_a_quote_never_closed_costs_only_its_line_when_a_later_quote_shows_it() -> None:
    data = b'1,"Main St\n2,a\n3,"x, y",z\n4,b\n'
    assert cut(data) == [(1, b'1,"Main St\n'), (2, b"2,a\n"), (3, b'3,"x, y",z\n'), (4, b"4,b\n")]


def test_many_stray_quotes_take_linear_time_and_no_recursion() -> None:
    lines = [b'%d,"open\n' % number for number in range(60_001)] + [b'x,y"\n', b'"', b'"\n']
    data = b"".join(lines)
    records = cut(data)
    assert b"".join(raw for _, raw in records) == data
    assert len(records) > 30_000


def test_a_quote_open_at_the_end_refuses_the_file_with_its_line() -> None:
    with pytest.raises(BadFile) as refused:
        cut(b'a,b\n1,"x\n2,y\n3,z\n')
    assert [(p.code, p.line) for p in refused.value.problems] == [("UNCLOSED_QUOTE", 2)]


def test_the_delimiter_decides_where_a_cell_begins() -> None:
    assert cut(b'a;"b,\nc";d\n', ";") == [(1, b'a;"b,\nc";d\n')]
    assert cut(b'a|"b\nc"|d\n', "|") == [(1, b'a|"b\nc"|d\n')]
    assert len(cut(b'a;"b\nc";d\n', "|")) == 2


class Endless:
    """Letters for ever, or the same line for ever."""

    def __init__(self, begin: bytes, body: bytes) -> None:
        self._waiting, self._body, self.given = begin, body, 0

    def read(self, size: int = -1, /) -> bytes:
        part, self._waiting = (self._waiting + self._body * (size // len(self._body) + 1))[:size], b""
        self.given += len(part)
        assert self.given < 10 * MAX_RECORD, "it is read for ever"
        return part


@pytest.mark.parametrize(
    ("begin", "body"), [(b"a,b\n", b"x"), (b'a,b\n1,"x', b"line\n"), (b'a,b\n1,"x', b'""')]
)
def test_an_endless_record_is_refused_at_one_megabyte_in_little_memory(begin: bytes, body: bytes) -> None:
    stream = Endless(begin, body)
    tracemalloc.start()
    try:
        with pytest.raises(BadFile) as refused:
            list(raw_records(stream, ","))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [(p.code, p.line) for p in refused.value.problems] == [("LINE_TOO_LONG", 2)]
    assert stream.given < MAX_RECORD + 2 * CHUNK
    assert peak < 30_000_000


@pytest.mark.parametrize("size", [MAX_RECORD, MAX_RECORD - 1])
def test_a_record_of_just_one_megabyte_passes(size: int) -> None:
    record = b"x" * (size - 1) + b"\n"
    assert [len(raw) for _, raw in cut(b"a\n" + record + b"b\n")] == [2, size, 2]


def test_one_byte_over_a_megabyte_does_not_pass() -> None:
    with pytest.raises(BadFile):
        cut(b"x" * MAX_RECORD + b"\n")


def cut_or_refused(data: bytes, piece: int) -> list[tuple[int, bytes]] | None:
    try:
        return cut(data, piece=piece)
    except BadFile:
        return None


@given(st.lists(st.sampled_from([b'"', b'""', b",", b"\n", b"\r", b"\r\n", b"a", b" "])), st.integers(1, 9))
def test_no_byte_is_lost_and_pieces_do_not_matter(parts: list[bytes], piece: int) -> None:
    data = b"".join(parts)
    records = cut_or_refused(data, piece)
    assert records == cut_or_refused(data, CHUNK)
    if records is None:
        return
    assert b"".join(raw for _, raw in records) == data
    ends = [line + len(raw.splitlines()) for line, raw in records]
    assert all(end == after[0] for end, (_, after) in zip(ends, pairwise(records), strict=False))


@given(st.lists(st.sampled_from([b'"', b'""', b",", b"\n", b"a", b'"x\n",'])))
def test_cutting_again_from_any_record_gives_the_same_records(parts: list[bytes]) -> None:
    data = b"".join(parts)
    records = cut_or_refused(data, CHUNK) or []
    at = 0
    for number, (line, raw) in enumerate(records):
        rest = list(raw_records(io.BytesIO(data[at:]), ",", start_line=line))
        assert rest == records[number:]
        at += len(raw)


def test_blank_lines_are_only_spaces_and_tabs_count_where_they_delimit() -> None:
    assert all(is_blank(raw, ",") for raw in (b"\n", b"\r\n", b"  \n", b"\t\n", b" "))
    assert is_blank(b"\n", "\t")
    assert not is_blank(b"\t\t\n", "\t")
    assert not is_blank(b",,\n", ",")
    assert not is_blank(b'""\n', ",")
