"""Header and records, and what is wrong with them."""

from __future__ import annotations

import csv
import gzip
import io

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from batchdrop.errors import BadFile
from batchdrop.records.cutting import BlankRows, raw_records
from batchdrop.records.dialect import Dialect
from batchdrop.records.reading import (
    Header,
    Record,
    Source,
    Tally,
    open_table,
    read_header,
    records,
)


def table(data: bytes, tally: Tally | None = None) -> tuple[Header, list[Record]]:
    source, dialect = open_table(io.BytesIO(data), name="x.csv")
    header = read_header(source, dialect)
    return header, list(records(source, dialect, header, tally=tally))


def codes(data: bytes) -> list[str]:
    return [record.problem.code if record.problem else "" for record in table(data)[1]]


def refusals(data: bytes) -> list[tuple[str, int | None]]:
    with pytest.raises(BadFile) as refused:
        table(data)
    return [(problem.code, problem.line) for problem in refused.value.problems]


def test_records_are_numbered_and_know_their_line() -> None:
    header, found = table(b'id,"full\naddress"\n\n1,"a\nb"\r\n2,c\n')
    assert header == Header(("id", "full\naddress"), b'id,"full\naddress"\n', 2, 18)
    assert found == [
        Record(1, 4, b'1,"a\nb"\r\n', ["1", "a\nb"], None),
        Record(2, 6, b"2,c\n", ["2", "c"], None),
    ]


def test_a_byte_order_mark_and_blank_lines_come_before_the_header() -> None:
    header, found = table(b"\xef\xbb\xbf\n\r\nid,city\n1,x")
    assert (header.names, header.raw, header.end_line, header.size) == (("id", "city"), b"id,city\n", 3, 14)
    assert [record.raw for record in found] == [b"1,x"]


def test_a_gzipped_file_is_read_by_its_bytes_whatever_its_name() -> None:
    source, dialect = open_table(io.BytesIO(gzip.compress(b"id;city\n1;x\n")), name="x.csv")
    assert dialect == Dialect(";", gzip=True)
    header = read_header(source, dialect)
    assert [record.cells for record in records(source, dialect, header)] == [["1", "x"]]


def test_names_are_stripped_and_blank_lines_are_counted() -> None:
    tally = Tally()
    header, found = table(b" id , city\n\n \n1,x\n\t\n", tally)
    assert header.names == ("id", "city")
    assert (tally.records, tally.blank_lines, tally.size, len(found)) == (1, 3, 20, 1)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (b"1,x\n", ""),
        (b"1\n", "MISSING_CELLS"),
        (b"Total: 1000\n", "MISSING_CELLS"),
        (b"1,2,3\n", "EXTRA_CELLS"),
        (b'1,"2",3\n', "EXTRA_CELLS"),
        (b'1,"a" b\n', "BAD_QUOTE"),
        (b'1,a"b\n', "BAD_QUOTE"),
        (b'1,a"b"\n', "BAD_QUOTE"),
        (b'1, "b"\n', "BAD_QUOTE"),
        (b'1,"a""b"\n', ""),
        (b'1,""\n', ""),
        (b'"1","a,b\nc"\n', ""),
        (b"1,a\0b\n", "CONTROL_CHAR"),
        (b'1,"a\x1bb"\n', "CONTROL_CHAR"),
        (b"1,a\tb\n", ""),
        (b"1," + b"x" * 100_000 + b"\n", ""),
        (b"1," + b"x" * 100_001 + b"\n", "FIELD_TOO_LONG"),
        (b'1,"' + b"x" * 200_000 + b'"\n', "FIELD_TOO_LONG"),
        (b"1," + "ß".encode() * 60_000 + b"\n", ""),
        ("1,\u200f日本 🚲 e\u0301\n".encode(), ""),
    ],
)
def test_a_bad_record_is_told_and_the_next_is_read(row: bytes, code: str) -> None:
    assert codes(b"id,city\n" + row + b"2,y\n") == [code, ""]


def test_a_problem_knows_record_line_and_numbers() -> None:
    (record,) = table(b'id,"ci\nty"\n\n1,2,3\n')[1]
    assert record.problem
    assert (record.problem.rec_id, record.problem.line) == (1, 4)
    assert record.problem.message == "The record has 3 cells, the header has 2."


def test_a_stray_quote_costs_one_record_not_the_file() -> None:
    rows = b"".join(b"%d,x\n" % number for number in range(1000))
    assert codes(b'id,city\n0,"Main\n' + rows + b'9,"a, b"\n').count("") == 1001


def test_tab_separated_empty_cells_are_a_row_without_content() -> None:
    assert codes(b"id\tcity\n1\tx\n\t\n\n") == [""]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"id,city\n", [("NO_ROWS", None)]),
        (b"id,city\n\n  \n", [("NO_ROWS", None)]),
        (b"id,city,id,a,a\n1,2,3,4,5\n", [("DUPLICATE_COLUMN", 1), ("DUPLICATE_COLUMN", 1)]),
        (b"\nid,,city,\n1,2,3,4\n", [("EMPTY_COLUMN_NAME", 2)]),
        (b"1,2,3\n4,5,6\n", [("NO_HEADER", 1)]),
        (b"52.5,13.4\n", [("NO_HEADER", 1)]),
        (b"Main Street 5a,Main Street 5a\nx,y\n", [("NO_HEADER", 1)]),
        (b"Column 1,Column 1\nx,y\n", [("NO_HEADER", 1)]),
        (b"C00001,7374 West Walden Drive,,Littleton,CO,80128,USA\n", [("NO_HEADER", 1)]),
        (b",".join(b"c%d" % n for n in range(1001)) + b"\n", [("TOO_MANY_COLUMNS", 1)]),
        (b",".join(b"c%d" % n for n in range(10_000)) + b"\n", [("TOO_MANY_COLUMNS", 1)]),
        (b'id,ci"ty\n1,2\n', [("BAD_HEADER", 1)]),
        (b'id,"city\n1,2\n', [("UNCLOSED_QUOTE", 1)]),
        (b"a" * 1_000_001 + b",b\n", [("LINE_TOO_LONG", 1)]),
        (b'id,city\n1,x\n2,"y\n3,z\n', [("UNCLOSED_QUOTE", 3)]),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_line(
    data: bytes, expected: list[tuple[str, int]]
) -> None:
    assert refusals(data) == expected


def test_a_thousand_columns_are_read() -> None:
    row = b",".join(b"c%d" % n for n in range(1000)) + b"\n"
    assert codes(row + row) == [""]


def test_a_number_as_a_column_name_beside_known_names_is_a_header() -> None:
    assert codes(b"city,2022,2023\nx,1,2\n") == [""]


def test_bad_utf8_deep_in_the_file_refuses_it_with_line_and_offset() -> None:
    good = b"id,city\n" + b"1,Denver\n" * 20_000
    with pytest.raises(BadFile) as refused:
        table(good + b'2,"a\nK\xf6ln"\n')
    (problem,) = refused.value.problems
    assert (problem.code, problem.line) == ("ENCODING", 20_003)
    assert f"byte {len(good) + 6} " in problem.message


def test_our_own_columns_are_no_columns_of_the_user() -> None:
    data = (
        b"id,city,bd_recId,bd_outcome,bd_code,bd_message\r\n"
        b"1,x,17,noMatch,NO_MATCH,nothing found\r\n"
        b'2,"a,b",18,failed,SERVICE_ERROR,"a ""b"", c"\r\n'
        b"3,y,,,,\r\n"
        b"4\r\n"
        b"5,5,5,19,invalid,EXTRA_CELLS,too many\r\n"
        b"6,#MISSING_CELL,20,invalid,MISSING_CELLS,too few\r\n"
        b'7,"7,7 #EXTRA_CELLS",21,invalid,EXTRA_CELLS,too many\r\n'
    )
    header, found = table(data)
    assert (header.names, header.own) == (("id", "city"), 4)
    assert [record.raw for record in found] == [
        b"1,x\r\n",
        b'2,"a,b"\r\n',
        b"3,y\r\n",
        b"4\r\n",
        b"5,5,5\r\n",
        b"6,#MISSING_CELL\r\n",
        b'7,"7,7 #EXTRA_CELLS"\r\n',
    ]
    assert [record.problem and record.problem.code for record in found] == [
        None,
        None,
        None,
        "MISSING_CELLS",
        "EXTRA_CELLS",
        "MISSING_CELLS",  # nobody has mended these
        "EXTRA_CELLS",
    ]
    assert [record.problem.message for record in found[-2:] if record.problem] == [
        "The record has 1 cells, the header has 2.",
        "The record has 3 cells, the header has 2.",
    ]


def test_such_cells_in_a_file_of_the_user_are_text() -> None:
    _, found = table(b"id,city\n1,#MISSING_CELL\n2,x #EXTRA_CELLS\n")
    assert [record.problem for record in found] == [None, None]


def test_three_of_our_columns_are_the_users() -> None:
    header, _ = table(b"id,bd_outcome,bd_code,bd_message\n1,2,3,4\n")
    assert (len(header.names), header.own) == (4, 0)


BLANKS = " \t\r\n\x0b\x0c"
TEXTS = st.text(
    st.characters(
        exclude_categories=["Cs"], exclude_characters=[chr(n) for n in range(32) if n not in (9, 10, 13)]
    ),
    max_size=8,
)


@given(
    rows=st.lists(st.lists(TEXTS, min_size=3, max_size=3), min_size=1, max_size=8),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    bom=st.booleans(),
)
def test_every_table_the_csv_module_writes_is_read_back(
    rows: list[list[str]], delimiter: str, end: str, quoting: int, bom: bool
) -> None:
    if quoting == csv.QUOTE_MINIMAL:  # then Python 3.11's writer quotes only the line end it writes itself
        rows = [[cell.replace("\r", end).replace("\n", end) for cell in row] for row in rows]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]  # an int, as the docs say
    writer.writerow(["id", "street name", "city, town"])
    writer.writerows(rows)
    data = (b"\xef\xbb\xbf" if bom else b"") + text.getvalue().encode()
    source, dialect = open_table(io.BytesIO(data), name="x.csv")
    assume(any(cell.strip(BLANKS) for row in rows for cell in row))
    header = read_header(source, dialect)
    found = list(records(source, dialect, header))
    assert (dialect.delimiter, dialect.bom, dialect.line_end) == (delimiter, bom, end)
    assert [record.cells for record in found] == [
        row for row in rows if any(cell.strip(BLANKS) for cell in row)
    ]
    assert data[: header.size].endswith(header.raw)
    blank = BlankRows(delimiter, dialect.rules)
    cut = (raw for _, raw in raw_records(io.BytesIO(data[header.size :]), delimiter))
    assert [record.raw for record in found] == [raw for raw in cut if not blank.match(raw)]


def test_a_source_is_left_at_the_first_record() -> None:
    source = Source(io.BytesIO(b"id,city\n1,x\n"))
    read_header(source, Dialect(","))
    assert source.read() == b"1,x\n"
