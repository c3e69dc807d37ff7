"""Numbers, shares, times and columns as text."""

from __future__ import annotations

import pytest

from batchdrop_cli.layout import aligned, counted, duration, number, share


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (2520, "2,520"), (2505.5, "2,505.5"), (1000.0, "1,000"), (0.126, "0.13"), (100, "100")],
)
def test_numbers_have_separators_and_no_idle_decimals(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "things", "text"),
    [(1, "credits", "1 credit"), (0, "jobs", "0 jobs"), (1.5, "credits", "1.5 credits"), (1000, "", "1,000")],
)
def test_one_thing_is_named_in_the_singular(value: float, things: str, text: str) -> None:
    assert counted(value, things) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(2519, 2520, "99.9 %"), (2520, 2520, "100 %"), (0, 9, "0.0 %"), (0, 0, "–"), (1, 3, "33.3 %")],
)
def test_only_all_of_them_is_a_hundred_per_cent(part: int, whole: int, text: str) -> None:
    assert share(part, whole) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0.0 s"),
        (0.44, "0.4 s"),
        (12.4, "12 s"),
        (59.6, "1 min 0 s"),
        (185, "3 min 5 s"),
        (7800, "2 h 10 min"),
    ],
)
def test_durations_read_as_people_say_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_columns_line_up_and_lines_end_without_spaces() -> None:
    lines = aligned(("route", "records"), [("a", "5"), ("longer-one", "2,520")], right=(1,))

    assert lines == ["route       records", "a                 5", "longer-one    2,520"]
