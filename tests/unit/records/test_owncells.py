"""Our last cells in a record that was dropped back: taken off where they are ours, whatever a person did to the file."""

from __future__ import annotations

import json

import pytest

from batchdrop.records.owncells import (
    NO_MARK,
    OWN_COLUMNS,
    Mark,
    beside,
    free_member,
    mark,
    mark_in,
    member_mark,
    own_columns,
    renamed,
    user_part,
    without_member,
)

JOB = "people-0123456789abcdef"


@pytest.mark.parametrize(
    ("raw", "width", "own", "user", "told"),
    [
        (b"a;1;failed;X;y", 1, 4, b"a", Mark("", 1)),
        (b"a;1;failed;X;y;%s\r\n" % JOB.encode(), 1, 5, b"a\r\n", Mark(JOB, 1)),
        (b'"a;b";"7";"noMatch";"X";"no; no";"%s"\n' % JOB.encode(), 1, 5, b'"a;b"\n', Mark(JOB, 7)),
        (b"a;1;failed;X;y;\n", 1, 5, b"a\n", Mark("", 1)),
        (b"new;;;;;\n", 1, 5, b"new\n", NO_MARK),
        (b"a;0;failed;X;y;%s\n" % JOB.encode(), 1, 5, b"a\n", Mark(JOB, 0)),
        (b"a;x1;changed this;X;y;not a job\n", 1, 5, b"a\n", NO_MARK),
        (b"a;too;many;12;invalid;X;y;%s\n" % JOB.encode(), 1, 5, b"a;too;many\n", Mark(JOB, 12)),
        (b"a;12;b;c;d;e\n", 6, 5, b"a;12;b;c;d;e\n", NO_MARK),  # a new record whose cells look like ours
        (b'a;"b\n', 1, 5, b'a;"b\n', NO_MARK),
    ],
)
def test_our_cells_are_taken_off_and_say_whose_record_it_was(
    raw: bytes, width: int, own: int, user: bytes, told: Mark
) -> None:
    assert user_part(raw, ";", width, own) == user
    assert mark_in(raw, ";", width, own) == told


def test_only_our_whole_block_at_the_end_of_the_header_counts() -> None:
    assert own_columns(("a", *OWN_COLUMNS)) == 5
    assert own_columns(("a", *OWN_COLUMNS[:4])) == 4
    assert own_columns((*OWN_COLUMNS, "a")) == 0
    assert own_columns(("a", *OWN_COLUMNS[1:])) == 0


def test_our_columns_never_have_the_name_of_one_that_is_there() -> None:
    assert beside(OWN_COLUMNS, ("a", "bd_else")) == "bd_"
    assert beside(OWN_COLUMNS, ("a", "bd_code")) == "bd2_"
    assert beside(OWN_COLUMNS, ("bd_code", "bd2_job")) == "bd3_"
    second = renamed(OWN_COLUMNS, "bd2_")
    assert second[0] == "bd2_recId"
    assert own_columns(("bd_recId", *second)) == 5
    assert own_columns(("a", *second[:4])) == 4
    assert own_columns(("a", second[0], *OWN_COLUMNS[1:])) == 0
    assert own_columns(("a", *renamed(OWN_COLUMNS, "bdx_"))) == 0


def test_our_member_never_has_the_name_of_one_that_is_there() -> None:
    assert free_member(b'{"a":{"bd":1},"note":"\\"bd"}') == "bd"
    assert free_member(b'{"bd":1}') == "bd2"
    assert free_member(b'{"bd":1,"bd2":{"recId":1}}') == "bd3"


@pytest.mark.parametrize("number", ["0", "01", "1.0", "-1", "", "12345678901", "1 2", "①"])
def test_what_is_no_number_of_ours_is_none(number: str) -> None:
    assert mark(JOB, number) == Mark(JOB, 0)


@pytest.mark.parametrize(
    "job", ["", None, 7, "people", "people-0123456789ABCDEF", "../x-0123456789abcdef", f"{JOB}\n"]
)
def test_what_is_no_job_of_ours_is_none(job: object) -> None:
    assert mark(job, "3") == Mark("", 3)


def test_an_object_dropped_back_loses_our_member_and_nothing_else() -> None:
    ours = {"recId": 3, "outcome": "failed", "code": "X", "message": 'a "}" b', "job": JOB}
    body = b'{"a": [1,  2.0], "note": "\\"bd\\": {", "bd":' + json.dumps(ours).encode() + b"}"
    assert member_mark(json.loads(body)) == Mark(JOB, 3)
    assert without_member(body) == b'{"a": [1,  2.0], "note": "\\"bd\\": {"}'
    assert without_member(b'{"bd":' + json.dumps(ours).encode() + b"}") == b"{}"


def test_of_several_jobs_the_last_one_says_whose_record_it_was() -> None:
    ours = {"recId": 3, "outcome": "failed", "code": "X", "message": "m", "job": JOB}
    body = b'{"bd":{"recId":9,"seqNumber":1},"bd2":' + json.dumps(ours).encode() + b"}"
    assert member_mark(json.loads(body)) == Mark(JOB, 3)
    assert without_member(body) == b'{"bd":{"recId":9,"seqNumber":1}}'


@pytest.mark.parametrize(
    "body", [b'{"a":1,"bd":{"outcome":"x"}}', b'{"bd":"outcome"}', b'{"a":{"bd":{"recId":1,"outcome":"x"}}}']
)
def test_a_member_of_that_name_that_is_the_users_stays(body: bytes) -> None:
    assert member_mark(json.loads(body)) is None
    assert without_member(body) == body
