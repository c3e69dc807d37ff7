"""Encodings: declared or marked, never guessed; kept where bytes can be cut, else read as UTF-8."""

from __future__ import annotations

import gzip
import io
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchdrop.errors import BadFile, ConfigurationError
from batchdrop.records.encodings import ENCODINGS, is_kept, known, recoded, sayable
from batchdrop.records.reading import open_again, open_table, read_header, records

TEXT = "id;straße;city\n1;Hauptstraße 5;Köln\n2;Æbeløgade 1;København\n"


def read(data: bytes, encoding: str = "", name: str = "x.csv") -> list[list[str]]:
    source, dialect = open_table(io.BytesIO(data), name=name, encoding=encoding)
    header = read_header(source, dialect)
    return [list(header.names), *(list(record.cells) for record in records(source, dialect, header))]


def problem_of(data: bytes, encoding: str = "", name: str = "x.csv") -> tuple[str, int | None, str, str]:
    with pytest.raises(BadFile) as refused:
        read(data, encoding, name)
    (found,) = refused.value.problems
    return found.code, found.line, found.message, found.remedy


@pytest.mark.parametrize("encoding", [one for one in ENCODINGS if is_kept(one)])
def test_in_a_kept_encoding_a_byte_below_0x80_is_always_that_letter(encoding: str) -> None:
    plain = bytes(range(1, 128))
    assert plain.decode(encoding) == plain.decode("ascii")
    for code in range(0x80, 0x11000):
        try:
            raw = chr(code).encode(encoding)
            raw.decode(encoding)
        except UnicodeError:  # the filler of EUC-KR is written, but not read
            continue
        if raw.decode(encoding) == chr(
            code
        ):  # ¥ and ‾ of EUC-JP are written as ASCII, and never read back so
            assert min(raw) >= 0x80, f"{code:x}"


@pytest.mark.parametrize("encoding", ["cp1252", "iso8859-15", "mac-roman", "cp850", "iso8859-10"])
@pytest.mark.parametrize("zipped", [False, True])
def test_a_declared_encoding_is_read(encoding: str, zipped: bool) -> None:
    data = TEXT.encode(encoding)
    found = read(gzip.compress(data) if zipped else data, encoding)
    assert found == [line.split(";") for line in TEXT.splitlines()]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("shift_jis", "id,住所\n1,東京都千代田区表示\n"),  # 表 ends in a byte that is a backslash elsewhere
        ("big5", "id,地址\n1,台北市功許蓋\n"),
        ("gb18030", "id,地址\n1,北京市𠀀朝阳\n"),
        ("gbk", "id,地址\n1,北京\n"),
        ("cp949", "id,address\n1,서울 똠방\n"),
        ("euc_jp", "id,住所\n1,東京\n"),
        ("euc_kr", "id,address\n1,서울\n"),
        ("iso2022_jp", "id,住所\n1,東京\n"),
        ("koi8-r", "id,адрес\n1,Москва\n"),
        ("cp1251", "id,адрес\n1,Москва\n"),
        ("utf-16-le", "id,адрес\n1,Москва\n"),
        ("utf-16-be", "id,адрес\n1,Москва\n"),
        ("utf-32-be", "id,адрес\n1,Москва\n"),
    ],
)
def test_encodings_of_many_languages_are_read(encoding: str, text: str) -> None:
    assert read(text.encode(encoding), encoding) == [line.split(",") for line in text.splitlines()]


@pytest.mark.parametrize("codec", ["utf-16", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("declared", ["", "utf-16", "cp1252"])
def test_a_byte_order_mark_says_the_encoding_whatever_the_route_says(codec: str, declared: str) -> None:
    assert read(TEXT.encode(codec), declared) == [line.split(";") for line in TEXT.splitlines()]
    _, dialect = open_table(io.BytesIO(TEXT.encode(codec)), name="x.csv", encoding=declared)
    assert (dialect.bom, dialect.encoding_by) == (True, "byte order mark")
    assert bool(dialect.notes) == (declared == "cp1252" or (declared == "utf-16" and codec != "utf-16"))


@pytest.mark.parametrize(
    ("data", "declared", "line", "offset", "likely"),
    [
        ("id,straße\n".encode("latin-1"), "", 1, 7, "cp1252"),
        ("id,city\n1,x\n2,K\xf6ln\n".encode("cp1252"), "", 3, 15, "cp1252"),
        ("id,city\n1,x\n".encode("utf-16-le"), "", 1, 1, "utf-16-le"),
        ("id,city\n1,x\n".encode("utf-16-be"), "", 1, 0, "utf-16-be"),
        ("id,city\n1,x\n".encode("utf-16-be"), "cp1252", 1, 0, "utf-16-be"),
        ("id,city\n1,x\n".encode("utf-16-le"), "utf-16", 1, 0, "utf-16-le"),
        ("id,city\n1,x\n".encode("utf-32-le"), "utf-32", 1, 0, "utf-32-le"),
        (b"id,city\r\n1,a\x81b\r\n", "cp1252", 2, 12, "cp1251 or cp1256 or gb18030"),
        ("id,city\n1,x".encode("utf-16-le") + b"\0", "utf-16-le", 2, 22, "utf-8"),
        (b"}17", "utf-16", 1, 0, "utf-16-le"),
        (b"id,city\n1,\x81\n", "shift_jis", 2, 10, "cp1251 or "),
        ("id,улица\n1,Тверская 1\n".encode("cp1251"), "", 1, 3, "cp1251;"),
        ("id,地址\n1,北京市朝阳区\n".encode("gb18030"), "", 1, 3, "gb18030"),
        ("id,住所\n1,東京都千代田区\n".encode("cp932"), "", 1, 3, "cp932;"),
    ],
)
def test_what_is_in_another_encoding_is_refused_with_its_place_and_a_remedy(
    data: bytes, declared: str, line: int, offset: int, likely: str
) -> None:
    code, found, message, remedy = problem_of(data, declared)
    assert (code, found) == ("ENCODING", line)
    assert f"byte {offset} " in message
    assert f"`encoding` {likely}" in remedy


def test_what_is_no_text_at_all_is_called_so() -> None:
    noise = b"id,city\n" + b"".join(sha256(b"%d" % number).digest() for number in range(100))
    assert "does not look like text" in problem_of(noise, "")[3]


def test_a_bad_byte_deep_in_a_recoded_file_has_its_own_offset_and_line() -> None:
    good = "id,地址\r\n" + "1,北京市朝阳区建国路\r\n" * 40_000
    data = good.encode("gb18030")
    code, line, message, _ = problem_of(data + b'2,"a\n\xff"\n', "gb18030")
    assert (code, line) == ("ENCODING", 40_003)
    assert f"byte {len(data) + 5} " in message


@pytest.mark.parametrize(
    "name",
    ["latin-1", "ISO-8859-1", "windows-1252", "UTF8", "utf_16_le", "sjis", "ms932", "Big5", "l1", "macroman"],
)
def test_other_names_of_an_encoding_are_known(name: str) -> None:
    assert known(name) in ENCODINGS


@pytest.mark.parametrize(
    "name",
    [
        "rot13",
        "base64",
        "utf-7",
        "unicode_escape",
        "punycode",
        "idna",
        "hex",
        "cp037",
        "klingon",
        "",
        "a/b",
        "x" * 99,
        "utf-8\0",
    ],
)
def test_what_is_no_encoding_of_files_is_refused_with_the_list(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"utf-8.*cp1252.*gb18030"):
        known(name)


@pytest.mark.parametrize(
    ("cell", "encoding", "said"),
    [
        ("Köln", "cp1252", "Köln"),
        ("Москва, Köln", "cp1252", "&#1052;&#1086;&#1089;&#1082;&#1074;&#1072;, Köln"),
        ("Köln", "cp1251", "K&#246;ln"),
        ("¥5 東京", "euc_jp", "&#165;5 東京"),
        ("\ud83d", "cp1252", "&#55357;"),
    ],
)
def test_a_letter_that_an_encoding_lacks_becomes_a_reference(cell: str, encoding: str, said: str) -> None:
    assert sayable(cell, encoding) == said


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_line_ends_that_are_torn_apart_are_counted_once(size: int) -> None:
    class Drops(io.BytesIO):
        def read(self, _: int | None = -1) -> bytes:
            return super().read(size)

    with pytest.raises(BadFile) as refused:
        recoded(Drops(b"a\r\nb\rc\n\r\nd\xff"), "gb18030").read()
    assert refused.value.problems[0].line == 5


@given(
    text=st.text(st.characters(exclude_categories=["Cs"])),
    codec=st.sampled_from(["utf-16-le", "utf-16-be", "utf-32-le", "gb18030", "utf-8"]),
    size=st.integers(1, 9),
)
def test_any_text_is_recoded_whole_however_its_bytes_arrive(text: str, codec: str, size: int) -> None:
    class Drops(io.BytesIO):
        def read(self, _: int | None = -1) -> bytes:
            return super().read(size)

    stream = recoded(Drops(text.encode(codec)), codec)
    assert b"".join(iter(lambda: stream.read(3), b"")) == text.encode()


@pytest.mark.parametrize(
    ("data", "declared"),
    [
        (TEXT.encode("utf-16"), ""),
        (TEXT.encode("cp1252"), "cp1252"),
        (gzip.compress(TEXT.encode("utf-16-be")), "utf-16-be"),
    ],
)
def test_a_file_is_opened_again_as_it_was(data: bytes, declared: str) -> None:
    source, dialect = open_table(io.BytesIO(data), name="x.csv", encoding=declared)
    assert open_again(io.BytesIO(data), dialect).read() == source.read()


def test_a_delimiter_outside_ascii_makes_the_file_utf_8() -> None:
    text = 'id§straße§"city"\n1§Weg§"a§b"\n2§30 °§"a ""b"""\n'
    source, dialect = open_table(
        io.BytesIO(text.encode("cp1252")), name="x.csv", encoding="cp1252", delimiter="§"
    )
    assert dialect.recoded
    header = read_header(source, dialect)
    assert header.names == ("id", "straße", "city")
    assert [record.cells for record in records(source, dialect, header)] == [
        ["1", "Weg", "a§b"],
        ["2", "30 °", 'a "b"'],
    ]
