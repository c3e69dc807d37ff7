"""The catalogue of bad input, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.catalogue import bodies, lives, objects, replies, texts
from tests.catalogue.case import How

if TYPE_CHECKING:
    from tests.catalogue.case import Case

ROWS: list[Case] = [*texts.ROWS, *objects.ROWS, *replies.ROWS, *bodies.ROWS, *lives.ROWS]


@pytest.mark.parametrize("row", [row for row in ROWS if row.how is How.EXECUTED], ids=lambda row: row.id)
def test_what_comes_in_comes_to_what_it_says(row: Case) -> None:
    row.attempt()


def test_every_row_has_a_name_of_its_own_and_what_is_not_executed_has_its_reason() -> None:
    names = [row.id for row in ROWS]
    assert len(names) == len(set(names))
    assert all(row.reason for row in ROWS if row.how is not How.EXECUTED)
