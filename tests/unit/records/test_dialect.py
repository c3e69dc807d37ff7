"""The dialect, from the first bytes."""

from __future__ import annotations

import pytest

from batchdrop.errors import BadFile, ConfigurationError
from batchdrop.records.delimiters import told
from batchdrop.records.dialect import HEAD, Dialect, detect


def refusal(head: bytes, name: str = "x.csv") -> tuple[str, int | None, str]:
    with pytest.raises(BadFile) as refused:
        detect(head, name=name, gzip=False)
    (problem,) = refused.value.problems
    return problem.code, problem.line, problem.message


@pytest.mark.parametrize(
    ("head", "delimiter"),
    [
        (b"id,city\n1,a;b;c;d\n", ","),
        (b"id;city\n1,2,3;x\n", ";"),
        (b"id\tcity\n", "\t"),
        (b"id|city|zip\n", "|"),
        (b"address\n1 Main St; Denver\n", ","),
        (b"full address\n", ","),
        (b"id;city, town;zip\n", ";"),
        (b'"a,b,c";d\n', ";"),
        (b'"first\nsecond, third";city\n', ";"),
        (b"lat,lng;name\n", ";"),
        (b"\n\n  \nid;city\n", ";"),
        (b"address", ","),
        ("straße;größe".encode(), ";"),
        (b"id;address (street, number, city)\n", ";"),
        (b"id:name:city\n", ":"),
        (b"id^name\n", "^"),
        (b"id~city\n", "~"),
        (b"id\x01name\n", "\x01"),
        (b"id\x1fcity\n", "\x1f"),
        ("id¦city\n".encode(), "¦"),
        (b"param:lang\n", ","),
        (b"sep=;\nid,a;city\n", ";"),
        (b"\xef\xbb\xbfsep=^\r\nid^a\r\n", "^"),
    ],
)
def test_the_delimiter_is_found_in_the_header_line_alone(head: bytes, delimiter: str) -> None:
    assert detect(head, name="x.csv", gzip=False).delimiter == delimiter


@pytest.mark.parametrize(
    "header", [b"colour:size\n", b"a^b\n", b"id   name   city\n", b"a\x01b\n", b"city^city\n", b"id^\n"]
)
def test_another_delimiter_is_refused(header: bytes) -> None:
    assert refusal(header)[:2] == ("DELIMITER", 1)


@pytest.mark.parametrize(("end", "found"), [(b"\n", "\n"), (b"\r\n", "\r\n"), (b"\r", "\r"), (b"", "\n")])
def test_the_line_end_is_that_of_the_header(end: bytes, found: str) -> None:
    assert detect(b'"a\nb",c' + end, name="x.csv", gzip=False).line_end == found


@pytest.mark.parametrize("name", ["a.csv", "a.TSV", "x/y.z/a.txt", "a.csv.gz", "A.CSV.GZ"])
def test_names_of_text_files_are_accepted(name: str) -> None:
    assert detect(b"a,b\n", name=name, gzip=name.endswith("z")) == Dialect(",", gzip=name.endswith("z"))


@pytest.mark.parametrize(
    ("name", "shown"), [("a.xlsx", ".xlsx"), ("a", "without"), ("csv", "without"), ("d.csv/a.gz", "without")]
)
def test_other_names_are_refused(name: str, shown: str) -> None:
    code, _, message = refusal(b"a,b\n", name)
    assert code == "UNKNOWN_FORMAT"
    assert shown in message


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"PK\x03\x04\x14\x00\x06\x00[Content_Types].xml", "Excel"),
        (b"PK\x03\x04\x14\x00other", "zip"),
        (b"%PDF-1.7\n", "PDF"),
        (b"PAR1\x15\x04", "Parquet"),
        (b"\x1f\x8b\x08", "gzip"),
        (b'{"type": "FeatureCollection"}', "JSON"),
        (b' \n[\n {"a": 1}]', "JSON"),
        (b'\xef\xbb\xbf[["a"]]', "JSON"),
        (b"[1,2]", "JSON"),
        (b"<!DOCTYPE html><html>", "HTML"),
    ],
)
def test_other_formats_are_named(head: bytes, found: str) -> None:
    code, _, message = refusal(head)
    assert code == "FORMAT_MISMATCH"
    assert found in message
    assert ".csv" in message


@pytest.mark.parametrize("header", [b"PAR1,PAR2\n", b"[id],[name]\n", b"<lat>;<lon>\n".replace(b"<", b"_")])
def test_odd_headers_are_no_other_format(header: bytes) -> None:
    assert detect(header, name="x.csv", gzip=False).encoding == "utf-8"


@pytest.mark.parametrize("head", [b"", b"\xef\xbb\xbf"])
def test_no_bytes_are_an_empty_file(head: bytes) -> None:
    assert refusal(head)[0] == "EMPTY_FILE"


@pytest.mark.parametrize("head", [b"\n\n", b"  \t \r\n", b"\xef\xbb\xbf\n"])
def test_only_white_space_has_no_rows(head: bytes) -> None:
    assert refusal(head)[0] == "NO_ROWS"


def test_a_byte_order_mark_is_noted_and_belongs_to_no_name() -> None:
    assert detect(b"\xef\xbb\xbfa;b\n", name="x.csv", gzip=False) == Dialect(";", bom=True)


@pytest.mark.parametrize(
    ("head", "offset", "line"),
    [
        ("id,straße\n".encode("latin-1"), 7, 1),
        ("id,city\n1,Köln\n".encode("cp1252"), 11, 2),
        ("id,city\n".encode("utf-16-le"), 1, 1),
        ("id,city\n".encode("utf-16-be"), 0, 1),
        (b"id,city\n" + b"\0\0\0\0", 8, 2),
    ],
)
def test_what_is_not_utf8_is_refused_with_the_place_of_the_first_bad_byte(
    head: bytes, offset: int, line: int
) -> None:
    code, found_line, message = refusal(head)
    assert (code, found_line) == ("ENCODING", line)
    assert f"byte {offset} " in message


def test_one_nul_far_down_is_left_to_its_record() -> None:
    assert detect(b"id,city\n1,Den\0ver\n" + b"2,Berlin\n" * 9, name="x.csv", gzip=False) == Dialect(",")


def test_a_letter_cut_at_the_end_of_the_head_is_no_error() -> None:
    head = ("a,b\n" + "x" * (HEAD - 5) + "ß").encode()[:HEAD]
    assert len(head) == HEAD
    assert detect(head, name="x.csv", gzip=False) == Dialect(",")


def test_a_declared_encoding_is_used() -> None:
    head = "id;straße\n".encode("cp1252")
    assert detect(head, name="x.csv", gzip=False, encoding="cp1252") == Dialect(";", "cp1252")


@pytest.mark.parametrize(
    ("head", "note"),
    [
        (b"id;city\n", ()),
        (b"id;city, town\n", ("the header also holds ','",)),
        (b"id^city\n", ("'^' parts the header into names",)),
    ],
)
def test_a_delimiter_that_was_chosen_among_several_is_noted(head: bytes, note: tuple[str, ...]) -> None:
    assert detect(head, name="x.csv").notes == note


def test_the_routes_delimiter_wins_and_is_noted_where_the_header_lacks_it() -> None:
    found = detect(b"a;b:c\n", name="x.csv", delimiter=":")
    assert (found.delimiter, found.delimiter_by, found.notes) == (":", "route", ())
    [note] = detect(b"a;b\n", name="x.csv", delimiter="^").notes
    assert "'^'" in note


@pytest.mark.parametrize("text", ["", "ab", "a", "7", '"', "_", "\n", "\r", "\0", "\\n"])
def test_a_delimiter_that_cannot_be_one_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="one character"):
        told(text)


@pytest.mark.parametrize(
    ("text", "found"), [("\\t", "\t"), ("\t", "\t"), ("tab", "\t"), ("\x1f", "\x1f"), ("§", "§"), (" ", " ")]
)
def test_a_delimiter_is_one_character_or_the_two_that_mean_a_tab(text: str, found: str) -> None:
    assert told(text) == found


@pytest.mark.parametrize("name", ["x.zip", "X.ZIP", "a/x.zip.gz"])
def test_zip_archives_are_refused_by_name(name: str) -> None:
    assert refusal(b"PK\x03\x04", name)[0] == "ZIP_NOT_SUPPORTED"


def test_a_dialect_survives_json() -> None:
    dialect = Dialect("\t", bom=True, gzip=True, line_end="\r\n", blank_lines=3, notes=("a", "b"))
    assert Dialect.from_dict(dialect.to_dict()) == dialect
