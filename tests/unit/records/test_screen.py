"""The search of large pieces finds whatever the look at each record would."""

from __future__ import annotations

import io

import pytest

from batchdrop.records.dialect import Dialect
from batchdrop.records.placeholders import WORDS
from batchdrop.records.screen import Screen


def screened(data: bytes, *, delimiter: str = ",", encoding: str = "utf-8", size: int = 1 << 18) -> Screen:
    screen = Screen(io.BytesIO(data), Dialect(delimiter, encoding), at_line_start=True)
    while screen.read(size):
        pass
    return screen


@pytest.mark.parametrize("form", ["1,{},x\n", "1, {} ,x\n", '1,"{}",x\n', "1,{}\n", "1,\t{}\r\n", "{},1\n", '"{}",1\n', '" {} ",1\n', "x,{}"])  # fmt: skip
def test_every_word_is_found_in_every_form_of_a_cell(form: str) -> None:
    missed = [word for word in WORDS if not screened(("a,b\n" + form.format(word)).encode()).has_words]
    assert missed == []


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
@pytest.mark.parametrize("word", ["NA", "#N/A", "not applicable", "\\N"])
def test_a_word_is_found_wherever_pieces_are_cut(word: str, size: int) -> None:
    assert screened(b"id,city\n1,Paris\n2," + word.encode() + b"\n3,x\n", size=size).has_words
    assert screened("id,city\n1,Köln\n2,K\ufffdln\n".encode(), size=size).has_damage


@pytest.mark.parametrize("delimiter", [";", "\t", "|", "\N{BROKEN BAR}", "^"])
def test_any_delimiter_will_do(delimiter: str) -> None:
    assert screened(delimiter.join(("1", "NULL", "x\n")).encode(), delimiter=delimiter).has_words
    assert not screened(delimiter.join(("1", "NULLs", "x\n")).encode(), delimiter=delimiter).has_words


def test_ordinary_text_calls_for_no_look() -> None:
    text = '1,"Nancy, 5",Naples,Nunavut\n2,Unknown Street 5,-5.5,.5\n3,N,A,?x\n4,O"Brien,Köln,東京\n5,São Paulo,ÎLE,Ñ\n'
    screen = screened(text.encode())
    assert (screen.has_words, screen.has_damage, screen.has_any) == (False, False, False)


def test_an_encoding_of_one_byte_is_looked_at_in_its_own_letters() -> None:
    assert screened("1,K\u00c3\u00b6ln,x\n".encode("latin-1"), encoding="iso8859-1").has_damage
    assert not screened("1,Köln,x\n".encode("latin-1"), encoding="iso8859-1").has_damage
    assert screened("1,–,x\n".encode("cp1252"), encoding="cp1252").has_words
