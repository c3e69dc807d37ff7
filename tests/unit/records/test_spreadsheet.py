"""Outputs for a spreadsheet: nothing in them is a formula, and no number becomes text."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchdrop.records.reading import lines, open_table, read_header
from batchdrop.records.rendering import Spreadsheet, layout_for

COLUMNS = ("bd_lat", "bd_label")
BOM = b"\xef\xbb\xbf"
CELLS = st.text(st.sampled_from("=+-@\t;,\"'x1.\r\n ü"), max_size=6)


def layout(data: bytes, *, encoding: str = "", excel: bool = True) -> tuple[Spreadsheet, list[bytes]]:
    source, dialect = open_table(io.BytesIO(data), name="x.csv", encoding=encoding)
    header = read_header(source, dialect)
    made = layout_for(dialect, header, COLUMNS, excel=excel)
    return made, list(lines(source))  # type: ignore[return-value]  # a table


def cells(row: bytes, delimiter: str = ",") -> list[str]:
    [found] = csv.reader(io.StringIO(row.decode(), newline=""), delimiter=delimiter)
    return found


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ('=HYPERLINK("http://x";"y")', '\'=HYPERLINK("http://x";"y")'),
        ("+49 821 1234", "'+49 821 1234"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("\tx", "'\tx"),
        ("＝1+1", "'＝1+1"),
        ("＋A1", "'＋A1"),
        ("－A1", "'－A1"),
        ("＠SUM(A1)", "'＠SUM(A1)"),
        (" =1+1", "' =1+1"),
        ("   @x", "'   @x"),
        ("\u00a0=1+1", "'\u00a0=1+1"),
        ("\u3000＝1+1", "'\u3000＝1+1"),
        ("\u200b=1+1", "'\u200b=1+1"),
        ("\ufeff=1+1", "'\ufeff=1+1"),
        (" \u2009 -2+3", "' \u2009 -2+3"),
        (" -33.86 ", " -33.86 "),
        ("－5", "－5"),
        (" Main St - 5", " Main St - 5"),
        ("\u3000東京", "\u3000東京"),
        ("-33.86", "-33.86"),
        ("+5", "+5"),
        ("-1,5", "-1,5"),
        ("-1e-5", "-1e-5"),
        ("-", "'-"),
        ("a=b", "a=b"),
        ("", ""),
        ("'=x", "'=x"),
    ],
)
def test_text_that_a_spreadsheet_would_work_out_gets_an_apostrophe_and_numbers_stay(
    cell: str, shown: str
) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([["id", "note"], ["1", cell]])
    made, [raw] = layout(text.getvalue().encode())
    assert cells(made.results(raw, 1, [("-33.86", cell)])) == ["1", shown, "1", "1", "1", "-33.86", shown]
    assert cells(made.error(raw, 1, "failed", "X", cell)) == ["1", shown, "1", "failed", "X", shown]
    plain = made.plain_results(raw, 1, [["-33.86", "Main Street"]])
    assert plain is None or cells(plain)[1] == shown


def test_the_files_begin_with_a_byte_order_mark_and_the_header_is_harmless_too() -> None:
    made, _ = layout(b"id,=note\n1,x\n")
    assert made.results_header().startswith(BOM + b"id,'=note,bd_recId")
    assert made.errors_header().startswith(BOM + b"id,'=note,bd_recId")
    again, _ = layout(BOM + b"id,note\n1,x\n")
    assert again.results_header().count(BOM) == 1


def test_other_encodings_become_utf_8_and_no_letter_of_the_answer_is_lost() -> None:
    made, [raw] = layout("id,Straße\n1,Große Gasse\n".encode("cp1252"), encoding="cp1252")
    assert (
        made.results_header()
        == BOM + "id,Straße,bd_recId,bd_seqNumber,bd_seqLength,bd_lat,bd_label\n".encode()
    )
    assert made.results(raw, 1, [("1", "Москва")]) == "1,Große Gasse,1,1,1,1,Москва\n".encode()


def test_a_bad_quote_is_still_one_row_that_every_reader_can_read() -> None:
    made, [raw] = layout(b'id,note\n1,=A"1\n')
    assert cells(made.error(raw, 1, "invalid", "BAD_QUOTE", "x"))[:3] == ["1", "'=A\"1", "1"]


def test_without_the_option_the_bytes_are_the_user_s() -> None:
    made, [raw] = layout(b"id,note\n1,=A1\n", excel=False)
    assert made.results(raw, 1, [("1", "=x")]).startswith(b"1,=A1,")
    assert not made.results_header().startswith(BOM)


@given(st.lists(CELLS, min_size=2, max_size=2), st.lists(CELLS, min_size=2, max_size=2))
def test_no_cell_is_a_formula_and_none_is_otherwise_changed(
    given_cells: list[str], answer: list[str]
) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([["id", "note"], given_cells])
    data = text.getvalue().encode()
    source, dialect = open_table(io.BytesIO(data), name="x.csv")
    header = read_header(source, dialect)
    made = layout_for(dialect, header, COLUMNS, excel=True)
    raw = data[header.size :]
    found = cells(made.results(raw, 7, [answer]))
    assert [found[0], found[1], found[5], found[6]] == [_expected(cell) for cell in (*given_cells, *answer)]


def _expected(cell: str) -> str:
    """Said another way than in the code."""
    try:
        float(cell.replace(",", ".", 1))
        number = cell.strip() == cell
    except ValueError:
        number = False
    return cell if number or cell[:1] not in tuple("=+-@\t\r\n") or not cell else f"'{cell}"
