"""Rows without content, columns without a name, cells behind the last column, and our columns wherever a person has moved them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from batchdrop.errors import BadFile
from batchdrop.records.cutting import BlankRows
from batchdrop.records.dialect import Dialect
from batchdrop.records.owncells import own_places
from batchdrop.records.reading import Tally, open_table, read_header, records
from batchdrop.records.rendering import layout_for

if TYPE_CHECKING:
    from batchdrop.records.reading import Header, Record

JOB = "people-0123456789abcdef"


def read(data: bytes) -> tuple[Dialect, Header, list[Record], Tally]:
    source, dialect = open_table(io.BytesIO(data), name="x.csv")
    header, tally = read_header(source, dialect), Tally()
    found = list(records(source, dialect, header, tally=tally))
    return replace(dialect, extra_cells=tally.extra_cells), header, found, tally


def codes(data: bytes) -> list[str]:
    return [record.problem.code if record.problem else "" for record in read(data)[2]]


def outputs(data: bytes) -> list[list[str]]:
    """The table of errors with every record of the file, as a reader of tables sees it."""
    dialect, header, found, _ = read(data)
    layout = layout_for(dialect, header, ("bd_lat",), job=JOB)
    text = layout.errors_header()
    for record in found:
        code = record.problem.code if record.problem else "NO_MATCH"
        text += layout.error(record.raw, record.rec_id, "invalid", code, "m")
    return list(
        csv.reader(io.StringIO(text.decode(dialect.read_as), newline=""), delimiter=dialect.delimiter)
    )


@pytest.mark.parametrize(
    ("delimiter", "raw"),
    [
        (",", b"\n"), (",", b",,,\n"), (",", b" , ,\t,\r\n"), (",", b'"",""\n'), (",", b'"  ", ""\r\n'), (",", b'"\n",""\n'),
        (";", b";;;\n"), ("\t", b"\t\t\n"), ("\t", b" \t \t\n"), ("|", b"|\n"), ("\N{BROKEN BAR}", "¦¦\n".encode()), (" ", b"  \n"),
        (",", b" "), (",", b'""'), (",", b",,,"),
    ],
)  # fmt: skip
def test_a_row_of_delimiters_spaces_and_empty_quotes_is_blank(delimiter: str, raw: bytes) -> None:
    assert BlankRows(delimiter, 2).match(raw)


@pytest.mark.parametrize(
    ("delimiter", "raw"),
    [
        (",", b",,x\n"), (",", b'"""",\n'), (",", b'"","\n'), (",", b"-,-\n"), (";", b",,\n"), (",", b"0,\n"), (",", b'" "" ",\n'),
        (",", "\N{NO-BREAK SPACE},\n".encode()), ("\N{BROKEN BAR}", "¦\u00a7¦\n".encode()),
    ],
)  # fmt: skip
def test_anything_else_is_a_record(delimiter: str, raw: bytes) -> None:
    assert not BlankRows(delimiter, 2).match(raw)


def test_a_plan_of_an_earlier_version_is_walked_by_its_own_rules() -> None:
    before = Dialect.from_dict({"delimiter": ","})
    assert before.rules == 1
    assert not BlankRows(",", before.rules).match(b",,\n")
    assert BlankRows(",", before.rules).match(b" \n")
    assert Dialect.from_dict(Dialect(",").to_dict()).rules == 2
    source, dialect = open_table(io.BytesIO(b"id,city\n1,x\n,\n"), name="x.csv")
    header, dialect = read_header(source, dialect), replace(dialect, rules=1)
    assert len(list(records(source, dialect, header))) == 2
    assert not layout_for(dialect, header, ("bd_lat",)).blank.match(b",\n")


def test_rows_without_content_are_counted_apart_from_blank_lines() -> None:
    _, _, found, tally = read(b'id,city\n\n1,x\n,\n , \n"",\n2,y\n')
    assert [record.rec_id for record in found] == [1, 2]
    assert (tally.blank_lines, tally.blank_rows, tally.first_blank_row) == (4, 3, 4)
    assert read(b"id\tcity\n1\tx\n\t\n\n")[3].blank_rows == 1


@pytest.mark.parametrize("above", [b",,\n", b"\n , ,\n\n", b'"","",""\n,,\n'])
def test_rows_without_content_above_the_header_are_skipped_too(above: bytes) -> None:
    _, header, found, _ = read(above + b"id,address,city\n1,a,b\n")
    assert header.names == ("id", "address", "city")
    assert len(found) == 1


def test_a_file_of_such_rows_alone_has_no_records() -> None:
    for data in (b",,,\n,,\n", b";;\n;;", b'"",""\n'):
        with pytest.raises(BadFile, match="NO_ROWS"):
            read(data)


@pytest.mark.parametrize(
    "data",
    [
        b"id,city,,\n1,x,,\n2,y,,\n",
        b"id,city\n1,x,,,\n2,y,,,\n",
        b"id,city\n1,x,,,\n2,y\n3,z,\n",
        b"id,city,,\n1,x\n2,y,\n3,z,,\n",
        b"id,city,\n1,x,,\n2,y,\n3,z,,\n",
        b"id,city\n1,x\n2,y,,\n3,z,,,,\n4,w,\n",
        b"id, city\n1, x,\n2, y,\n",
        b"id,,city\n1,,x\n2,  ,y\n",
        b"id;city;;\n1;x; ;\n",
        b'id,city,,\n1,"x, y",,\n2,"a ""b""",\n',
        b",id,city\n0,1,x\n1,2,y\n5,3,z\n",
        b'"","id","city"\n"1","1","x"\n"2","2","y"\n',
    ],
)
def test_empty_cells_without_a_name_do_not_matter_and_come_back_in_rows_of_equal_length(data: bytes) -> None:
    assert set(codes(data)) == {""}
    header, *rows = outputs(data)
    assert {len(row) for row in rows} == {len(header)}
    place = header.index("bd_recId")
    assert [int(row[place]) for row in rows] == list(range(1, len(rows) + 1))
    original = list(
        csv.reader(io.StringIO(data.decode(), newline=""), delimiter=";" if b";" in data else ",")
    )
    for row, users in zip(rows, original[1:], strict=True):
        assert row[: len(users)] == users
        assert not any(row[len(users) : place])


def test_the_bytes_of_such_a_row_come_back_as_they_are() -> None:
    dialect, header, found, _ = read(b'id,city\r\n1,"x",,\r\n2,y\r\n')
    layout = layout_for(dialect, header, ("bd_lat",))
    assert layout.results_header() == b"id,city,,,bd_recId,bd_seqNumber,bd_seqLength,bd_lat\r\n"
    assert layout.results(found[0].raw, 1, [("5",)]) == b'1,"x",,,1,1,1,5\r\n'
    assert layout.plain_results(found[1].raw, 2, [("5",)]) == b"2,y,,,2,1,1,5\r\n"


@pytest.mark.parametrize(
    ("data", "number", "line"),
    [
        (b"id,,city\n1,,x\n2,b,y\n", 2, 3),
        (b"id,city,\n1,x,\n\n2,y,z\n", 3, 4),
        (b"id,city,,\n1,x,,w\n", 4, 2),
        (b",city\nMain St,x\n", 1, 2),  # a street, not a row number
        (b",street,city\n12,Main St,x\n7,Side St,y\n", 1, 3),  # house numbers do not grow
        (b"id, ,city\n1,x,y\n", 2, 2),
    ],
)
def test_a_filled_cell_below_no_name_refuses_the_file_with_its_place(
    data: bytes, number: int, line: int
) -> None:
    with pytest.raises(BadFile) as refused:
        read(data)
    (problem,) = refused.value.problems
    assert (problem.code, problem.line) == ("EMPTY_COLUMN_NAME", 1)
    assert problem.message == f"Column number {number} has no name, but line {line} has something in it."


def test_text_behind_a_comma_tells_of_it_from_the_first_record_on() -> None:
    assert (
        codes(b"id,address,note\n1,Main St, Springfield,\n2,Side St, Shelbyville,\n") == ["EXTRA_CELLS"] * 2
    )
    assert codes(b"id,address,note,\n1,Main St, a,\n2,Side St, b,\n") == ["", ""], "as many as the header has"


@pytest.mark.parametrize(
    "row", ["3,Main St, Springfield,", "3,Main St,,", "3,Main St, Springfield, IL,,", "3,x,y,"]
)
def test_an_empty_cell_more_than_before_tells_of_a_delimiter_in_a_cell(row: str) -> None:
    data = f"id,address,note\n1,a,b\n{row}\n".encode()
    assert codes(data) == ["", "EXTRA_CELLS"]
    [_, record] = read(data)[2]
    assert record.problem is not None
    assert "Quote" in record.problem.remedy


def test_filled_cells_behind_the_header_are_too_many_and_stay_so_when_dropped_back() -> None:
    data = b"id,city\n0,w,,\n1,Main St, x,\n2,y,,\n3\n4,a,b,c,d\n"
    assert codes(data) == ["", "EXTRA_CELLS", "", "MISSING_CELLS", "EXTRA_CELLS"]
    written = outputs(data)
    again = io.StringIO()
    csv.writer(again, lineterminator="\n").writerows(written)
    assert codes(again.getvalue().encode()) == ["", "EXTRA_CELLS", "", "MISSING_CELLS", "EXTRA_CELLS"]


OURS = "bd_recId,bd_outcome,bd_code,bd_message,bd_job"
CELLS = f"7,noMatch,NO_MATCH,m,{JOB}"


@pytest.mark.parametrize(
    ("header", "row", "users"),
    [
        (f"id,city,{OURS},comment", f"1,x,{CELLS},mended", ["1", "x", "mended"]),
        (f"{OURS},id,city", f"{CELLS},1,x", ["1", "x"]),
        (f"id,{OURS},city", f"1,{CELLS},x", ["1", "x"]),
        (
            "bd_recId,id,bd_outcome,city,bd_code,bd_message,bd_job",
            f"7,1,noMatch,x,NO_MATCH,m,{JOB}",
            ["1", "x"],
        ),
        (
            "id,city,bd_job,bd_message,bd_code,bd_outcome,bd_recId",
            f"1,x,{JOB},m,NO_MATCH,noMatch,7",
            ["1", "x"],
        ),
        ("id,city,bd_recId,bd_outcome,note,bd_job", f"1,x,7,noMatch,n,{JOB}", ["1", "x", "n"]),
        (f"id,city,{OURS},", f"1,x,{CELLS},", ["1", "x", ""]),
        (f"id,city,{OURS},comment", f'1,"x, y",{CELLS},"a ""b"""', ["1", "x, y", 'a "b"']),
    ],
)
def test_our_columns_are_known_wherever_a_person_has_moved_them(
    header: str, row: str, users: list[str]
) -> None:
    _, found_header, found, _ = read(f"{header}\n{row}\n".encode())
    assert not any(name.startswith("bd_") for name in found_header.names)
    [record] = found
    assert record.problem is None
    assert list(record.cells) == users
    assert (record.mark.job, record.mark.number) == (JOB, 7)
    written = outputs(f"{header}\n{row}\n".encode())
    assert written[0].count("bd_recId") == 1
    assert written[1][: len(users)] == users


@pytest.mark.parametrize(
    ("names", "places"),
    [
        (("bd_recId", "bd_seqNumber", "bd_seqLength", "bd_lat", "x"), ()),
        (("id", "bd_recId", "x"), ()),
        (("id", *OURS.split(","), "note", "bd2_recId", "bd2_outcome", "bd2_code", "y"), (7, 8, 9)),
        (("id", "bdx_recId", "bdx_outcome", "y"), ()),
    ],
)
def test_other_columns_of_ours_are_the_users(names: tuple[str, ...], places: tuple[int, ...]) -> None:
    assert own_places(names) == places


def test_a_new_row_without_our_cells_and_one_with_too_few_are_told_apart() -> None:
    data = f"id,city,{OURS},comment\n1,x,y\n2,x\n".encode()
    assert codes(data) == ["", "MISSING_CELLS"]
