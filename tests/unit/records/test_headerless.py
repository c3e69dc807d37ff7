"""Names that may be data are never told to anybody as names."""

from __future__ import annotations

import pytest

from batchdrop.errors import BadFile
from batchdrop.records.headerless import check_repeatable, is_data


@pytest.mark.parametrize(
    "names",
    [
        ["Main Street 5"],
        ["Main Street 5a", "Berlin"],
        ["anna@example.org"],
        ["foo", "D-10115"],
        ["Berlin, Germany"],
        ["n" * 61],
        ["Straße 12 b"],
    ],
)
def test_what_may_be_data_is_a_missing_header_once_it_cannot_be_used(names: list[str]) -> None:
    with pytest.raises(BadFile) as refused:
        check_repeatable(names, line=3)
    (told,) = refused.value.problems
    assert (told.code, told.line) == ("NO_HEADER", 3)
    assert not any(name in f"{told.message} {told.remedy}" for name in names)


@pytest.mark.parametrize(
    "names", [["id", "Main Street 5"], ["foo", "bar"], ["Spalte1", "Spalte2"], ["Firma", "Ort/Land"]]
)
def test_names_and_whatever_stands_beside_a_known_one_may_be_told(names: list[str]) -> None:
    check_repeatable(names)


def test_a_header_of_a_kind_that_nobody_knows_is_a_header_as_long_as_it_is_used() -> None:
    assert not is_data(["Column 1", "Column 2"])
    assert is_data(["52.5", "13.4"])
    assert is_data(["7374 West Walden Drive", "Littleton"])
