"""Outputs of a job and of the jobs that redid its errors become one complete file."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from batchdrop.records.attempts import Attempt
from batchdrop.records.dialect import JSON, Dialect
from batchdrop.records.merging import Merged, NotTogether, lineage, merge
from batchdrop.records.sorting import Row, in_order

A, B, C = (f"{name}-0123456789abcdef" for name in "abc")
COMMA = Dialect(",")
HEAD = b"id,address,bd_recId,bd_seqNumber,bd_seqLength,bd_lat\n"
WRONG = b"id,address,bd_recId,bd_outcome,bd_code,bd_message,bd_job\n"


def good(*numbers: int, head: bytes = HEAD, lat: str = "1") -> bytes:
    return head + b"".join(f"{n},Street {n},{n},1,1,{lat}\n".encode() for n in numbers)


def bad(job: str, *numbers: int, head: bytes = WRONG) -> bytes:
    rows = (f'{n},Street {n},{n},noMatch,NO_MATCH,"no, nothing",{job}\n'.encode() for n in numbers)
    return head + b"".join(rows)


def attempt(
    job: str, results: bytes, errors: bytes, *, redoes: bool = True, dialect: Dialect = COMMA
) -> Attempt:
    return Attempt(job, dialect, io.BytesIO(results), io.BytesIO(errors), redoes)


def merged(records: int, *attempts: Attempt) -> tuple[bytes, bytes, Merged]:
    results, errors = io.BytesIO(), io.BytesIO()
    with TemporaryDirectory() as folder:
        counts = merge(attempts, records, results.write, errors.write, Path(folder))
    return results.getvalue(), errors.getvalue(), counts


def test_results_of_all_and_the_errors_that_remain_in_the_order_of_the_input() -> None:
    found = merged(
        5,
        attempt(A, good(1, 3), bad(A, 2, 4, 5), redoes=False),
        attempt(B, good(5), bad(B, 4, 2)),
        attempt(C, good(2), bad(C, 4)),
    )
    assert found == (good(1, 2, 3, 5), bad(A, 4), Merged(records=5, matched=4, open=1, added=0))


def test_the_newest_answer_counts_and_what_was_deleted_stays_open() -> None:
    results, errors, _ = merged(
        3,
        attempt(A, good(1), bad(A, 2, 3), redoes=False),
        attempt(B, good(2, lat="1.5"), bad(B)),
        attempt(C, good(2, lat="2.5"), bad(C)),
    )
    assert results.splitlines()[2] == b"2,Street 2,2,1,1,2.5"
    assert errors == bad(A, 3)


def test_a_later_failure_never_hides_an_answer() -> None:
    results, errors, counts = merged(
        2,
        attempt(A, good(1), bad(A, 2), redoes=False),
        attempt(B, good(2), bad(B)),
        attempt(C, good(), bad(C, 2)),
    )
    assert (results, errors, counts.open) == (good(1, 2), bad(A), 0)


def test_several_answers_stay_together() -> None:
    rows = b"2,x,2,1,2,5\n2,x,2,2,2,6\n"
    results, _, counts = merged(
        2, attempt(A, good(1), bad(A, 2), redoes=False), attempt(B, HEAD + rows, bad(B))
    )
    assert results == good(1) + rows
    assert counts.matched == 2


def test_added_records_come_after_those_of_the_input_and_are_counted_apart() -> None:
    results, errors, counts = merged(
        2, attempt(A, good(1), bad(A, 2), redoes=False), attempt(B, good(7, 2), bad(B, 8))
    )
    assert (results, errors) == (good(1, 2, 7), bad(A, 8))
    assert counts == Merged(records=2, matched=3, open=1, added=2)


def test_a_file_saved_by_a_spreadsheet_with_other_delimiters_is_written_as_the_first() -> None:
    semicolon = Dialect(";", "cp1252")
    head = HEAD.replace(b",", b";").replace(b"\n", b"\r\n")
    rows = 'ä;"Street; 2, ""x""";2;1;1;52,5\r\n'.encode("cp1252")
    wrong = b"3;" + "Straße".encode("cp1252") + b";3;noMatch;NO_MATCH;no, nothing;" + B.encode() + b"\r\n"
    results, errors, _ = merged(
        3,
        attempt(A, good(1), bad(A, 2, 3), redoes=False),
        attempt(B, head + rows, WRONG.replace(b",", b";") + wrong, dialect=semicolon),
    )
    assert results == good(1) + 'ä,"Street; 2, ""x""",2,1,1,"52,5"\n'.encode()
    assert errors == WRONG + f'3,Straße,3,noMatch,NO_MATCH,"no, nothing",{A}\n'.encode()


def test_another_service_may_do_the_rest_and_columns_are_joined_by_name() -> None:
    other = HEAD.replace(b"bd_lat", b"bd_district,bd_lat")
    results, _, _ = merged(
        2,
        attempt(A, good(1), bad(A, 2), redoes=False),
        attempt(B, other + b'2,"Street ""2""",2,1,1,Mitte,52.5\n', bad(B)),
    )
    assert results.decode().splitlines() == [
        "id,address,bd_recId,bd_seqNumber,bd_seqLength,bd_lat,bd_district",
        "1,Street 1,1,1,1,1,",
        '2,"Street ""2""",2,1,1,52.5,Mitte',
    ]


def test_errors_without_the_column_of_the_job_get_it() -> None:
    old = WRONG.replace(b",bd_job", b"")
    rows = b"2,x,2,noMatch,NO_MATCH,no\n3,a,b,c,3,invalid,EXTRA_CELLS,too many\n"
    _, errors, _ = merged(3, attempt(A, good(1), old + rows, redoes=False))
    assert errors == WRONG + rows.replace(b"no\n", b"no,%s\n" % A.encode()).replace(
        b"many\n", b"many,%s\n" % A.encode()
    )


def test_rows_longer_than_a_record_may_be_are_merged_too() -> None:
    wide = HEAD + b'1,x,1,1,1,"LINESTRING (%s)"\n' % b",".join([b"1 2"] * 500_000)
    results, _, _ = merged(1, attempt(A, wide, bad(A), redoes=False), attempt(B, good(), bad(B)))
    assert results == wide


def test_lines_of_objects_are_merged_by_their_own_member() -> None:
    lines = Dialect("", format=JSON)

    def line(number: int, **ours: object) -> bytes:
        return b'{"a":  %d,"bd":' % number + json.dumps({"recId": number, **ours}).encode() + b"}\n"

    results, errors, counts = merged(
        3,
        attempt(
            A,
            line(1, seqNumber=1),
            line(2, outcome="failed", code="X", message="m", job=A)
            + line(3, outcome="failed", code="X", message="m", job=A),
            redoes=False,
            dialect=lines,
        ),
        attempt(
            B, line(3, seqNumber=1), line(2, outcome="failed", code="Y", message="m}", job=B), dialect=lines
        ),
    )
    assert results == line(1, seqNumber=1) + line(3, seqNumber=1)
    assert json.loads(errors) == {
        "a": 2, "bd": {"recId": 2, "outcome": "failed", "code": "Y", "message": "m}", "job": A}
    }  # fmt: skip
    assert counts == Merged(3, 2, 1, 0)


@pytest.mark.parametrize(
    ("records", "results", "errors", "reason"),
    [
        (3, good(1), bad(A, 2), "its outputs hold 2 records, but it has 3"),
        (2, good(2, 1), bad(A), "not in the order"),
        (2, good(1), bad(A, 1), "more than once"),
        (1, good(1, 1), bad(A), "not in the order"),
        (1, HEAD + b"1,x,,1,1,1\n", bad(A), "without a number"),
        (1, b"id,address\n1,x\n", bad(A), "not as they were written"),
        (1, b"", bad(A), "not as they were written"),
        (1, good(1), b"id,address\n", "not as they were written"),
        (1, good(1) + b'2,"open', bad(A), "never closed"),
        (1, good(1), bad(A, head=WRONG.replace(b"id,", b"key,")), "other columns"),
    ],
)
def test_outputs_that_were_changed_are_refused_with_the_reason(
    records: int, results: bytes, errors: bytes, reason: str
) -> None:
    with pytest.raises(NotTogether, match=reason) as refused:
        merged(records, attempt(A, results, errors, redoes=False))
    assert A in str(refused.value)


def test_tables_and_lines_do_not_make_one_file() -> None:
    lines = attempt(B, b"", b"", dialect=Dialect("", format=JSON))
    with pytest.raises(NotTogether, match="lines of JSON"):
        merged(1, attempt(A, good(1), bad(A), redoes=False), lines)


def test_another_input_is_refused() -> None:
    other = attempt(B, good(2, head=HEAD.replace(b"address", b"adresse")), bad(B))
    with pytest.raises(NotTogether, match=f"{B}: its input has other columns"):
        merged(1, attempt(A, good(1), bad(A), redoes=False), other)


def document(job: str, created: int, parent: str | None = None) -> dict[str, str]:
    about = {"id": job, "created": f"2026-01-0{created}"}
    return {**about, "parent": parent} if parent else about


def test_a_family_stands_in_the_order_it_was_made() -> None:
    family = [document(C, 1, B), document(B, 3, A), document(A, 2)]
    assert [job["id"] for job in lineage(family)] == [A, C, B]
    assert [job["id"] for job in lineage([document(C, 2, B), document(B, 1, A)])] == [B, C]


@pytest.mark.parametrize(
    ("jobs", "reason"),
    [
        ([document(A, 1), document(B, 2)], f"{B}: it redoes none of these jobs"),
        ([document(A, 1), document(C, 3, B)], f"{C}: it redoes {B}, which is not among"),
        ([document(A, 1, B), document(B, 2, A)], "each of these jobs redoes another"),
    ],
)
def test_jobs_that_are_no_family_are_refused_with_the_reason(jobs: list[dict[str, str]], reason: str) -> None:
    with pytest.raises(NotTogether, match=reason):
        lineage(jobs)


def test_sorting_on_disk_gives_what_sorting_in_memory_gives(tmp_path: Path) -> None:
    numbers = list(range(1, 2000))
    random.Random(5).shuffle(numbers)
    rows = [Row(number, part, b'"%d\n"' % number * (number % 7)) for number in numbers for part in (2, 1)]
    assert list(in_order(rows, tmp_path, held=5000)) == sorted(rows)
    assert len(list(tmp_path.iterdir())) > 10
