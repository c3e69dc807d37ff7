"""A file that is the service's own request: the array of inputs in it, and what stands around it."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchdrop.errors import BadFile
from batchdrop.problems import Problem
from batchdrop.records.arrays import raw_elements, text_of
from batchdrop.records.dialect import Dialect
from batchdrop.records.elements import Inputs
from batchdrop.records.native import WithinArray, array_start, members
from batchdrop.records.objects import ObjectQueries
from batchdrop.records.own_params import native_columns
from batchdrop.records.reading import Header, open_table
from batchdrop.records.source import Source

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
others = st.dictionaries(st.text(max_size=8).filter(lambda name: name != "inputs"), values, max_size=4)


class Dribble(io.BytesIO):
    """A stream that gives few bytes at a time."""

    def __init__(self, body: bytes, size: int) -> None:
        super().__init__(body)
        self._size = size

    def read(self, size: int | None = -1) -> bytes:
        """At most `size` of the constructor."""
        return super().read(self._size if size is None or size < 0 else min(size, self._size))


def body_of(before: dict[str, Any], inputs: list[Any], behind: dict[str, Any], pretty: bool) -> bytes:
    whole = {
        **before,
        "inputs": inputs,
        **{name: value for name, value in behind.items() if name not in before},
    }
    return json.dumps(whole, ensure_ascii=False, indent=1 if pretty else None).encode()


@given(others, st.lists(values, max_size=4), others, st.booleans(), st.integers(1, 50))
def test_the_object_and_its_elements_are_found_however_the_bytes_arrive(
    before: dict[str, Any], inputs: list[Any], behind: dict[str, Any], pretty: bool, size: int
) -> None:
    body = body_of(before, inputs, behind, pretty)
    found, start = members(Source(Dribble(body, size)), "inputs")
    assert found == {**behind, **before, "inputs": []}
    assert body[start:].startswith(b"[")
    source = Source(Dribble(body, size))
    assert array_start(source, "inputs") == start
    source.read(start)
    raws = list(raw_elements(WithinArray(source)))
    assert [json.loads(text_of(raw)) for _, raw in raws] == inputs


@given(st.lists(values, min_size=2, max_size=5), others, st.data(), st.integers(1, 50))
def test_cutting_begins_again_behind_any_element(
    inputs: list[Any], behind: dict[str, Any], data: st.DataObject, size: int
) -> None:
    body = body_of({}, inputs, behind, pretty=False)
    _, start = members(Source(io.BytesIO(body)), "inputs")
    raws = [raw for _, raw in raw_elements(WithinArray(io.BytesIO(body[start:])))]
    done = data.draw(st.integers(1, len(inputs) - 1))
    rest = body[start + sum(map(len, raws[:done])) :]
    again = raw_elements(WithinArray(Dribble(rest, size), begun=True), begun=True)
    assert [raw for _, raw in again] == raws[done:]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"inputs":5}',
        b'{"inputs":{}}',
        b'{"inputs":"["}',
        b'{"a":{"inputs":[]}}',
        b'{"a":["inputs",[1]]}',
        b'{"inputs":[1]',
        b'{"inputs":[1]}x',
        b'{"inputs":[1],}',
        b'{"inputs":[1],"inputs":5}',
        b"{'inputs':[1]}",
    ],
)
def test_an_object_without_such_an_array_is_refused(body: bytes) -> None:
    with pytest.raises(BadFile) as caught:
        members(Source(io.BytesIO(body)), "inputs")
    assert caught.value.problems[0].code == "BROKEN_JSON"


def test_what_stands_around_the_inputs_is_small() -> None:
    padding = json.dumps("x" * 3_000_000).encode()
    for body, code in (
        (b'{"a":%b,"inputs":[1]}' % padding, "BROKEN_JSON"),
        (b'{"inputs":[1],"a":%b}' % padding, "TOO_LARGE"),
    ):
        with pytest.raises(BadFile) as caught:
            members(Source(io.BytesIO(body)), "inputs")
        assert caught.value.problems[0].code == code


def test_an_input_is_sent_without_its_id_and_one_that_is_none_says_so_with_its_line() -> None:
    lines = [
        "[",
        '{"id":"a","params":{"text":"ü"}},',
        '{"body":{"a":[1]}},',
        '{"id":"b"},',
        "5,",
        '{"params":[]},',
        '{"x":1,"params":{}}',
        "]",
    ]
    source = Source(io.BytesIO("\n".join([*lines, "}"]).encode()))
    dialect = Dialect("", format="json", member="inputs")
    found = list(ObjectQueries(source, dialect, Header((), b'{\n\n"inputs":', 2, 0), Inputs({})))
    assert [query for _, query in found[:2]] == [
        {"input": '{"params":{"text":"ü"}}'},
        {"input": '{"body":{"a":[1]}}'},
    ]
    problems = [query for _, query in found[2:] if isinstance(query, Problem)]
    assert [(one.code, one.line, one.rec_id) for one in problems] == [
        ("WRONG_TYPE", 6, 3),
        ("WRONG_TYPE", 7, 4),
        ("WRONG_TYPE", 8, 5),
        ("WRONG_TYPE", 9, 6),
    ]


@pytest.mark.parametrize(
    ("head", "own", "found"),
    [
        (b'{"inputs":[', "inputs", "inputs"),
        (b'\xef\xbb\xbf {"api":"x", "inputs":[', "inputs", "inputs"),
        (b'{"own":[', "own", "own"),
        (b'{"own":[', "", None),
        (b"[", "inputs", ""),
        (b"x", "inputs", None),
    ],
)
def test_a_json_file_is_an_array_or_an_object_with_a_list(head: bytes, own: str, found: str | None) -> None:
    if found is None:
        with pytest.raises(BadFile):
            open_table(io.BytesIO(head), name="x.json", own=own)
    else:
        assert open_table(io.BytesIO(head), name="x.json", own=own)[1].member == found


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["recId", "q", "lang", "Limit"], {"param:lang": "lang", "param:limit": "Limit"}),
        (["q", "lang", "limit"], {}),
        (["RECID ", "q"], {}),
    ],
)
def test_bare_parameters_stand_in_a_services_own_header_only(names: list[str], found: dict[str, str]) -> None:
    assert native_columns(names, ("in", "lang", "limit")) == found


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_an_escaped_quote_may_be_torn_apart(size: int) -> None:
    inputs = ['a"]}', "\\", '\\"]', '\\\\"', "]"]
    body = json.dumps({"inputs": inputs, "a": 1}).encode()
    found, start = members(Source(Dribble(body, size)), "inputs")
    assert found == {"inputs": [], "a": 1}
    raws = [raw for _, raw in raw_elements(WithinArray(Dribble(body[start:], size)))]
    assert [json.loads(text_of(raw)) for raw in raws] == inputs
