"""Records that are dropped back keep the numbers of the first input; no two have the same."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchdrop.errors import GoneMissing
from batchdrop.records.owncells import NO_MARK, Mark
from batchdrop.records.recids import FAR, Family, Numbering, Renumbered, kept_numbers

A, B, OTHER = (f"{name}-0123456789abcdef" for name in ("a", "b", "other"))
FAMILY = {A: Family(A, 100), B: Family(A, 100), OTHER: Family(OTHER, 100)}


def numbered(
    marks: list[Mark], *, parent: str = "", begin: bool = True
) -> tuple[list[int], Renumbered | None]:
    """The numbers as the walk reads them (new ones from 1,000 on), and what the file comes to."""
    written = io.BytesIO()
    numbering = Numbering(written.write, FAMILY.get, parent)
    if begin:
        numbering.begin()
    for mark in marks:
        numbering.take(mark)
    found = numbering.end()
    return list(kept_numbers(io.BytesIO(written.getvalue()), new=1000)), found


def test_numbers_are_kept_in_whatever_order_they_come() -> None:
    assert numbered([Mark(A, 9), Mark(A, 2), Mark(A, 100)]) == ([9, 2, 100], Renumbered(A, A, 0, 100))


def test_new_records_are_numbered_on_and_a_second_one_of_a_number_is_new() -> None:
    marks = [Mark(A, 9), NO_MARK, Mark(A, 9), Mark(A, 0), Mark(A, 101)]
    assert numbered(marks) == ([9, 1000, 1001, 1002, 1003], Renumbered(A, A, 4, 9))


def test_records_of_the_family_count_and_those_of_another_are_new() -> None:
    marks = [Mark(B, 9), Mark(OTHER, 5), Mark(A, 7)]
    assert numbered(marks) == ([9, 1000, 7], Renumbered(B, A, 1, 9))


def test_a_file_of_four_columns_gets_its_job_from_the_object() -> None:
    assert numbered([Mark("", 9), NO_MARK], parent=B) == ([9, 1000], Renumbered(B, A, 1, 9))
    assert numbered([Mark("", 9)]) == ([9], Renumbered("", "", 0, 9))


def test_of_a_job_nobody_knows_numbers_are_believed_and_new_ones_are_far_away() -> None:
    unknown = "gone-0123456789abcdef"
    numbers, found = numbered([Mark(unknown, 7), NO_MARK, Mark(unknown, 400_000_000), Mark(unknown, FAR + 5)])
    assert numbers == [7, 1000, 1001, FAR + 5]
    assert found == Renumbered(unknown, unknown, 2, FAR + 5)
    assert found.first_new == FAR + 6
    assert Renumbered(unknown, unknown, 1, 7).first_new == FAR + 1
    assert Renumbered("", "", 3, 0).first_new == 1


def test_objects_tell_with_the_first_one_that_has_a_number() -> None:
    assert numbered([NO_MARK, NO_MARK], begin=False) == ([], None)
    assert numbered([NO_MARK, Mark(A, 4), NO_MARK], begin=False)[0] == [1000, 4, 1001]


def test_a_file_that_names_a_thousand_jobs_looks_up_a_hundred() -> None:
    asked: list[str] = []
    numbering = Numbering(lambda _part: None, asked.append)
    for number in range(1, 1001):
        numbering.take(Mark(f"x{number}-0123456789abcdef", number))
    assert len(asked) == 100


@given(
    marks=st.lists(st.builds(Mark, st.sampled_from(["", A, B, OTHER]), st.integers(0, 60)), max_size=90),
    done=st.integers(0, 90),
)
def test_no_two_records_have_the_same_number_wherever_the_walk_goes_on(marks: list[Mark], done: int) -> None:
    numbers, found = numbered(marks)
    assert found
    assert len(set(numbers)) == len(numbers) == len(marks)
    written = io.BytesIO()
    numbering = Numbering(written.write, FAMILY.get)
    numbering.begin()
    for mark in marks:
        numbering.take(mark)
    numbering.end()
    done = min(done, len(marks))
    rest = list(kept_numbers(io.BytesIO(written.getvalue()), new=1000, done=done))
    assert rest == numbers[done:]


@pytest.mark.parametrize("cut", [1, 4])
def test_a_file_that_was_cut_off_is_said_so(cut: int) -> None:
    with pytest.raises(GoneMissing):
        list(kept_numbers(io.BytesIO(b"\1\0\0\0\2\0\0\0"[:-cut]), new=9, done=2))
