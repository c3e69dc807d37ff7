"""A JSON array as records: cut without gaps, joined wherever the walk is left, refused where it is no array."""

from __future__ import annotations

import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchdrop.errors import BadFile, GoneMissing
from batchdrop.ports import Outcome, OutcomeKind, Takes
from batchdrop.problems import Problem
from batchdrop.records import source as sources
from batchdrop.records.arrays import raw_elements, text_of
from batchdrop.records.elements import Devices
from batchdrop.records.joining import Join, Streams
from batchdrop.records.objects import ObjectQueries
from batchdrop.records.outcomes import invalid_line, outcome_line, pack_firsts
from batchdrop.records.reading import open_table, read_header
from batchdrop.records.rendering import layout_for

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = st.text() | st.sampled_from(["[", "]", '"', "\\", '\\"', "{,}", "a,b", "ü\n"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


class Drops:
    """A stream that hands out its bytes in pieces of one size."""

    def __init__(self, data: bytes, size: int) -> None:
        self._left, self._size = data, size

    def read(self, _: int = -1, /) -> bytes:
        part, self._left = self._left[: self._size], self._left[self._size :]
        return part


def codes(data: bytes, takes: Takes = Takes.DEVICE) -> list[str]:
    """The codes a file is refused with."""

    def read() -> None:
        source, dialect = open_table(io.BytesIO(data), name="devices.json")
        header = read_header(source, dialect)
        list(ObjectQueries(source, dialect, header, Devices(takes)))

    with pytest.raises(BadFile) as caught:
        read()
    return [problem.code for problem in caught.value.problems]


@given(st.lists(VALUES, max_size=5), st.integers(1, 9), st.sampled_from([None, 1]), st.booleans())
def test_the_elements_of_any_array_are_cut_without_gaps(
    values: list[Any], size: int, indent: int | None, ascii_only: bool
) -> None:
    data = json.dumps(values, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    found = list(raw_elements(Drops(data, size)))
    assert [json.loads(text_of(raw)) for _, raw in found] == values
    whole = b"".join(raw for _, raw in found)
    assert data.startswith(whole)
    assert data[len(whole) :].strip() in ((b"]",) if values else (b"[]", b"[\n]"))


@given(st.lists(VALUES, min_size=1, max_size=5), st.integers(1, 9), st.data())
def test_cutting_can_begin_again_behind_any_element(
    values: list[Any], size: int, data: st.DataObject
) -> None:
    body = json.dumps(values, indent=2).encode()
    found = [raw for _, raw in raw_elements(io.BytesIO(body))]
    taken = data.draw(st.integers(1, len(values)))
    rest = body[len(b"".join(found[:taken])) :]
    assert [raw for _, raw in raw_elements(Drops(rest, size), begun=True)] == found[taken:]


def test_an_element_knows_the_line_it_begins_in() -> None:
    found = list(raw_elements(io.BytesIO(b'[\n {"a":\n 1},\n\n 2, 3\n]\n')))
    assert [(line, json.loads(text_of(raw))) for line, raw in found] == [(2, {"a": 1}), (5, 2), (5, 3)]


@pytest.mark.parametrize(
    "data",
    [
        b"[", b"[1", b"[1,", b"[1,]", b"[,1]", b"[1,,2]", b"[1 2]", b"[1]]", b"[1] x", b"[1],[2]", b"[1][2]", b"[1}", b'["a]', b"[{a:1}]",
        b'["a\nb"]', b'[{"name":"a"}',
    ],
)  # fmt: skip
def test_what_is_no_array_is_refused_whole(data: bytes) -> None:
    assert codes(data) == ["BROKEN_JSON"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "EMPTY_FILE"),
        (b"\xef\xbb\xbf \n", "NO_ROWS"),
        ('[{"name":"ä"}]'.encode("utf-16-le"), "ENCODING"),
        (b"[" * 2000 + b"]" * 2000, "TOO_DEEP"),
        (b"x[1]", "FORMAT_MISMATCH"),
        (b'{"a":1}', "NOT_A_LIST"),
        (b"1", "NOT_A_LIST"),
        (b'"a"', "NOT_A_LIST"),
        (b"null", "NOT_A_LIST"),
        (b'[{"name":"' + "ä".encode("latin-1") + b'"}]', "ENCODING"),
        (b'["' + b"x" * (sources.MAX_RECORD + sources.CHUNK) + b'"]', "LINE_TOO_LONG"),
    ],
)
def test_bytes_that_cannot_be_read_are_refused_with_their_own_code(data: bytes, code: str) -> None:
    assert codes(data) == [code]


def test_json_under_the_name_of_a_table_is_refused() -> None:
    with pytest.raises(BadFile, match="FORMAT_MISMATCH"):
        open_table(io.BytesIO(b'[{"name":"a"}]'), name="x.csv")


BODY = (
    b'\xef\xbb\xbf [\n {"name": "a",\r\n  "note": "[,]"} ,\n {"name" :"b", "deviceId":"1"},'
    b'{"externalId":"x"}, 5,\n{"name":"c"}, {} ]\n'
)


def walk(
    data: bytes, takes: Takes, told: dict[int, Outcome], leave_after: tuple[int, ...] = ()
) -> list[bytes]:
    """results and errors of plan's and collect's ways together."""
    source, dialect = open_table(io.BytesIO(data), name="x.json")
    header = read_header(source, dialect)
    firsts: list[int] = []
    invalid = b""
    for rec_id, query in ObjectQueries(source, dialect, header, Devices(takes)):
        bad = isinstance(query, Problem)
        firsts.append(0 if bad else max(firsts, default=0) + 1)
        if isinstance(query, Problem):
            assert query.rec_id == rec_id
            invalid += invalid_line(rec_id, query.code, query.message)
    written, state = [io.BytesIO(), io.BytesIO()], None
    for most in (*leave_after, 10**9):
        with TemporaryDirectory() as folder:
            streams = Streams(
                io.BytesIO(data[state["offset"] if state else header.size :]),
                io.BytesIO(pack_firsts(firsts)),
                io.BytesIO(invalid),
                iter([outcome_line(told[ordinal]) for ordinal in sorted(told)]),
            )
            layout = layout_for(dialect, header, ("bd_trackingId", "bd_code"))
            with Join(streams, layout, written[0].write, written[1].write, Path(folder), state=state) as join:
                join.step(most)
                state = join.state
    return [one.getvalue() for one in written]


def matched(ordinal: int, *cells: str) -> Outcome:
    return Outcome(ordinal, OutcomeKind.MATCHED, answers=(cells,))


@pytest.mark.parametrize("leave_after", [(), (1, 1), (0, 2, 1), (6,), (5, 1, 0)])
def test_results_and_errors_are_the_users_objects_with_ours_in_them(leave_after: tuple[int, ...]) -> None:
    body = BODY.replace(b',\r\n  "note": "[,]"', b',\r\n  "tags": ["[,]"]')
    told = {
        1: matched(1, 'HERE-"1', ""),
        2: Outcome(2, OutcomeKind.FAILED, "400", "no"),
        3: matched(3, "HERE-3", "404"),
    }
    results, errors = walk(body, Takes.DEVICE, told, leave_after)
    assert results.decode() == (
        '{"name": "a",  "tags": ["[,]"],"bd":{"recId":1,"seqNumber":1,"seqLength":1,"trackingId":"HERE-\\"1"}}\n'
        '{"name":"c","bd":{"recId":5,"seqNumber":1,"seqLength":1,"trackingId":"HERE-3","code":"404"}}\n'
    )
    lines = [json.loads(line) for line in errors.splitlines()]
    assert lines[0] == {
        "name": "b", "deviceId": "1", "bd": {"recId": 2, "outcome": "failed", "code": "400", "message": "no"}}  # fmt: skip
    assert [(line["bd"]["recId"], line["bd"]["outcome"], line["bd"]["code"]) for line in lines[1:]] == [
        (3, "invalid", "DEVICE_VARIANT"), (4, "invalid", "WRONG_TYPE"), (6, "invalid", "DEVICE_VARIANT")]  # fmt: skip
    assert lines[1]["externalId"] == "x"
    assert lines[2]["value"] == 5
    assert list(lines[3]) == ["bd"]


def test_an_input_that_has_changed_is_noticed() -> None:
    told = {1: matched(1, "x", "")}
    assert walk(b'[{"name":"a"}]', Takes.DEVICE, told)[0]
    for other in (b"[]", b'[{"name":"a"},{"name":"b"}]'):
        with pytest.raises(GoneMissing):
            _join_over(other, told)


def _join_over(data: bytes, told: dict[int, Outcome]) -> None:
    layout = layout_for(open_table(io.BytesIO(data), name="x.json")[1], _header(data), ("bd_trackingId",))
    outcomes: Iterator[bytes] = iter([outcome_line(told[1])])
    streams = Streams(io.BytesIO(data), io.BytesIO(pack_firsts([1])), io.BytesIO(b""), outcomes)
    with TemporaryDirectory() as folder, Join(streams, layout, print, print, Path(folder)) as join:
        join.step(10)


def _header(data: bytes) -> Any:
    source, dialect = open_table(io.BytesIO(data), name="x.json")
    return read_header(source, dialect)
