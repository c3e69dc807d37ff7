"""Whether a line is the header again, and how such lines begin."""

from __future__ import annotations

import re

import pytest

from batchdrop.records.repeated_header import RepeatedHeader

NAMES = ("id", "Straße / Nr.", "Ort")
HEADER = "id,Straße / Nr.,Ort\n"


@pytest.mark.parametrize(
    "line", [HEADER, '"ID";"STRASSE / NR.";"ORT"\r\n', "\ufeffid\tStraße / Nr.\tOrt", " id , Straße/Nr. , Ort \n", "id|straße nr|ort"]
)  # fmt: skip
def test_the_same_names_written_otherwise_are_the_header_again(line: str) -> None:
    again = RepeatedHeader(HEADER.encode(), NAMES, "utf-8")
    assert again.match(line.encode())
    assert re.match(again.begins, line.encode())


@pytest.mark.parametrize(
    "line", ["id,Ort\n", "1,Straße / Nr.,Ort\n", "id,Straße / Nr.,Ort,x\n", "\n", "id\n"]
)
def test_other_lines_are_not(line: str) -> None:
    assert not RepeatedHeader(HEADER.encode(), NAMES, "utf-8").match(line.encode())


@pytest.mark.parametrize(
    ("names", "line"),
    [
        (("", "id", "city"), ",id,city\n"), (("地址", "x"), "地址,x\n"), (("Ä", "x"), "Ä,x\n"), (("#id", "x"), "#id,x\n"),
        (("Postal Code",), "postal code\n"), (("(a)", "b"), "(A),b\n"),
    ],
)  # fmt: skip
def test_a_line_that_is_one_begins_as_one(names: tuple[str, ...], line: str) -> None:
    again = RepeatedHeader(",".join(names).encode(), names, "utf-8")
    assert again.match(line.encode())
    assert re.match(again.begins, line.encode())
