"""Records of JSON that cannot be read: what is wrong is named, they stay invalid until they are mended, and say nothing of the others."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from batchdrop.errors import BadFile
from batchdrop.ports import Takes
from batchdrop.problems import Problem
from batchdrop.records.elements import Members
from batchdrop.records.notes import Notes
from batchdrop.records.objects import ObjectQueries
from batchdrop.records.owncells import Mark, without_member
from batchdrop.records.reading import open_table, read_header
from batchdrop.records.rendering import layout_for
from batchdrop.records.values import check_surrogates, value_of

JOB = "people-0123456789abcdef"


def read(data: bytes, name: str = "a.ndjson", takes: Takes = Takes.PLACE) -> tuple[list[dict[str, str] | Problem], Notes, list[Mark]]:  # fmt: skip
    source, dialect = open_table(io.BytesIO(data), name=name)
    notes, marks = Notes(), list[Mark]()
    queries = ObjectQueries(
        source, dialect, read_header(source, dialect), Members(takes, {}, notes=notes), marks.append, notes
    )
    return [query for _, query in queries], notes, marks


def list_codes(data: bytes, name: str = "a.ndjson", takes: Takes = Takes.PLACE) -> list[str]:
    """The code, or what is sent, of each record."""
    return [made.code if isinstance(made, Problem) else ";".join(made.values()) for made in read(data, name, takes)[0]]  # fmt: skip


def errors(data: bytes) -> bytes:
    """All records of the file as lines of errors.ndjson."""
    source, dialect = open_table(io.BytesIO(data), name="a.ndjson")
    header = read_header(source, dialect)
    layout = layout_for(dialect, header, (), job=JOB)
    made = b""
    for number, ((_, raw), query) in enumerate(
        zip(layout.cut(source, begun=False), read(data)[0], strict=True), 1
    ):
        wrong = isinstance(query, Problem)
        made += layout.error(raw, number, "invalid" if wrong else "noMatch", query.code if isinstance(query, Problem) else "NO_MATCH", "m")  # fmt: skip
    return made


SURROGATES = [
    (rb'{"city":"Ber\ud800lin"}', "city"),
    (rb'{"city":"Paris","note":"\udc00"}', "note"),
    (rb'{"city":"Paris","note":"\uDFFF\uD83D"}', "note"),  # the halves in the wrong order
    (rb'{"city":"Paris","note":{"a":["x",{"b":"\uD800"}]}}', "note.a[1].b"),
    (rb'{"city":"Paris","note":{"\ud800":1}}', "The name of note.\\ud800"),
    (rb'{"city":"Paris","\ud800x":1}', "The name of \\ud800x"),
    (rb'"Ber\ud800lin"', "The record"),
]


@pytest.mark.parametrize(("line", "name"), SURROGATES)
def test_half_a_surrogate_pair_anywhere_makes_the_record_invalid(line: bytes, name: str) -> None:
    found = value_of(line.decode(), line=1)
    problem = check_surrogates(line.decode(), found)
    assert problem is not None
    assert problem.code == "LONE_SURROGATE"
    assert problem.message == f"{name} holds half of a surrogate pair, which is no letter."
    json.dumps(problem.to_dict(), ensure_ascii=False).encode()


@pytest.mark.parametrize("line", [rb'{"city":"\ud83d\ude00"}', rb'{"city":"\\ud800"}', rb'{"city":"\u00fc"}'])
def test_whole_pairs_and_text_about_them_are_letters(line: bytes) -> None:
    assert not isinstance(read(line + b"\n")[0][0], Problem)


def test_such_a_record_comes_back_byte_for_byte_and_stays_invalid_until_it_is_mended() -> None:
    lines = [line for line, _ in SURROGATES[:-1]]
    written = errors(b"\n".join(lines) + b'\n{"city":"Rome"}\n')
    for line, back in zip(lines, written.splitlines(), strict=False):
        assert back.startswith(line[:-1] + b',"bd":{"recId":')
    assert list_codes(written) == ["LONE_SURROGATE"] * len(lines) + ["Rome"]
    assert [mark.number for mark in read(written)[2]] == list(range(1, len(lines) + 2))
    mended = written.replace(rb"Ber\ud800lin", b"Berlin")
    assert list_codes(mended)[0] == "Berlin"
    assert errors(written) == written


def test_a_file_of_nothing_else_has_no_valid_record_and_says_nothing_of_names() -> None:
    assert list_codes(rb'{"\ud800bad":"x"}' + b"\n") == ["LONE_SURROGATE"]


@pytest.mark.parametrize(
    ("line", "message", "column"),
    [
        (b'{"lat":NaN,"lon":1}', "lat", "lat"),
        (b'{"lat":1,"note":{"a":[1,Infinity]}}', "note.a[1]", "note"),
        (b'{"x":-Infinity}', "x", "x"),
        (b'{"x":1e999}', "x", "x"),
        (b'{"x":[[%b]]}' % (b"9" * 101), "x[0][0]", "x"),
        (b"NaN", "The record", None),
        (b'{"text":"NaN","\\ud800":NaN}', "\\ud800", "\\ud800"),
    ],
)
def test_what_is_no_number_is_named_by_its_member(line: bytes, message: str, column: str | None) -> None:
    problem = value_of(line.decode(), line=1)
    assert isinstance(problem, Problem)
    assert problem.message.startswith(f"{message} is not a number")
    assert problem.column == column
    assert problem.remedy == "Write a number like 52.53, or null."


UNREADABLE = [
    b'{"city":"Berlin","city":"Paris"}',
    b'{"city":"Berlin"',
    b'{"city":"Berlin","x":NaN}',
    b"Berlin",
    b'{"x":1e999}',
]


@pytest.mark.parametrize("bad", UNREADABLE)
def test_an_unreadable_first_record_does_not_decide_the_kind_of_the_file(bad: bytes) -> None:
    rest = b'{"city":"Rome"}\n{"city":"Madrid"}\n'
    assert list_codes(bad + b"\n" + rest)[1:] == ["Rome", "Madrid"]
    written = errors(bad + b"\n" + rest)
    code, *others = list_codes(written)
    assert code in ("DUPLICATE_FIELD", "NOT_JSON", "NOT_A_NUMBER")
    assert others == ["Rome", "Madrid"]
    assert errors(written) == written


def test_three_unreadable_lines_at_the_start_do_not_either() -> None:
    assert list_codes(b'{"city":\n{"city"\n{x}\n{"city":"Rome"}\n') == ["NOT_JSON"] * 3 + ["Rome"]
    with pytest.raises(BadFile, match=r"NOT_A_LIST|BROKEN_JSON"):
        read(b'{\n"a":\n{"city":"Rome"}\n}\n')


@pytest.mark.parametrize(
    ("bad", "mended"),
    [
        (b'{"city":"Berlin","city":"Paris"}', '{"city":"Berlin"}'),
        (b'{"city":"Berlin"', '{"city":"Berlin"}'),
        (b'{"city":"Berlin","x":NaN}', '{"city":"Berlin","x":null}'),
        (b"Berlin", '{"city":"Berlin"}'),
    ],
)
def test_a_text_that_was_mended_within_the_errors_counts(bad: bytes, mended: str) -> None:
    first, *rest = errors(bad + b'\n{"city":"Rome"}\n').splitlines()
    entry = json.loads(first)
    entry["value"] = mended
    assert list_codes(json.dumps(entry).encode() + b"\n" + b"\n".join(rest)) == ["Berlin", "Rome"]


def test_texts_that_were_records_stay_texts() -> None:
    written = errors(b'"Berlin"\n"Rome"\n')
    assert list_codes(written) == ["Berlin", "Rome"]
    line = {
        "value": "52.5,x",
        "bd": {"recId": 1, "outcome": "invalid", "code": "NOT_A_NUMBER", "message": "m", "job": JOB},
    }
    assert list_codes(json.dumps(line).encode(), takes=Takes.POINT) == ["NOT_A_NUMBER"]
    line["value"] = "52.5,13.4"
    assert list_codes(json.dumps(line).encode(), takes=Takes.POINT) == ["52.5;13.4"]


GOOD = b'{"city":"Rome"}\n'


@pytest.mark.parametrize(
    ("data", "truncated"),
    [
        (GOOD + b'{"city":"Ber', True),
        (GOOD + b'{"city":"Berlin"', True),
        (GOOD + b'{"city":"K\xc3', True),
        (GOOD + b'{"city":["a"', True),
        (GOOD + b'{"city":"Berlin"}', False),
        (GOOD + b'{"city":"Ber\n', False),
        (GOOD + b"total: 1", False),
        (GOOD + b"{city}", False),
    ],
)
def test_a_last_line_that_is_cut_off_says_so(data: bytes, truncated: bool) -> None:
    made, notes, _ = read(data)
    assert [note.code for note in notes.get_all()] == (["TRUNCATED"] if truncated else [])
    if truncated:
        assert isinstance(made[-1], Problem)
        assert made[-1].message == "The line is not valid JSON: it is the last one, and cut off."
        assert "upload may be incomplete" in made[-1].remedy


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.json", b'[{"city":"Rome"},{"ci'),
        ("a.json", b'[{"city":"Rome"},'),
        ("a.json", b'[{"city":"Rome"}'),
        ("a.json", b'{"rows":[{"city":"Rome"},{"city"'),
        ("a.json", b'{"rows":[{"city":"Rome"}]'),
        ("a.json", b'{"about":{"x":1},"row'),
        ("a.geojson", b'{"type":"FeatureCollection","features":[{"type":"Feature","prop'),
        ("a.json", b'{"city":"Rome","zip'),
    ],
)
def test_a_list_that_is_cut_off_says_so(name: str, data: bytes) -> None:
    with pytest.raises(BadFile) as refused:
        read(data, name)
    (problem,) = refused.value.problems
    assert problem.code == "BROKEN_JSON"
    assert "the file ends before its list does" in problem.message
    assert "upload may be incomplete" in problem.remedy


def test_half_a_letter_behind_a_whole_record_is_none_of_json() -> None:
    with pytest.raises(BadFile, match="ENCODING"):
        read(GOOD + b'{"city":"Rome"}\xd6')


def test_one_line_that_is_cut_off_is_a_record_that_is() -> None:
    assert list_codes(b'{"city":"Rome","zi') == ["NOT_JSON"]


@pytest.mark.parametrize(
    ("name", "data"), [("a.json", b'[{"city":"Rome"}]\0\0\0'), ("a.ndjson", GOOD + b"\0" * 40)]
)
def test_nul_bytes_behind_the_records_are_called_so(name: str, data: bytes) -> None:
    with pytest.raises(BadFile, match="NUL_BYTES"):
        read(data, name)


OURS: dict[str, Any] = {"recId": 3, "outcome": "failed", "code": "X", "message": 'a "}" b', "job": JOB}


@pytest.mark.parametrize(
    ("before", "behind", "left"),
    [
        ('{"a": 1, ', ', "note": "x"}', b'{"a": 1, "note": "x"}'),
        ("{", ',"a":[1,{"b":2}]}', b'{"a":[1,{"b":2}]}'),
        ("{ ", " }", b"{  }"),
        ('{"a":{"bd":1},', ', "c":3}', b'{"a":{"bd":1}, "c":3}'),
    ],
)
def test_our_member_goes_wherever_a_person_has_moved_it(before: str, behind: str, left: bytes) -> None:
    found = without_member(f'{before}"bd":{json.dumps(OURS)}{behind}'.encode())
    assert json.loads(found) == json.loads(left)
