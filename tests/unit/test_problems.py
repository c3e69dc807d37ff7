"""The table of codes."""

from __future__ import annotations

import string
from typing import Any

import pytest

from batchdrop.problems import CODES, Level, problem


@pytest.mark.parametrize("code", CODES)
def test_every_code_says_what_is_wrong_and_what_to_do(code: str) -> None:
    entry = CODES[code]
    assert entry.text.endswith((".", "{why}"))
    assert entry.remedy.endswith(".")
    assert bool(entry.actions) == (entry.level is Level.JOB)


@pytest.mark.parametrize("code", CODES)
def test_every_code_can_be_filled_in(code: str) -> None:
    named = {
        name.split("!")[0]
        for text in (CODES[code].text, CODES[code].remedy)
        for _, name, _, _ in string.Formatter().parse(text)
        if name
    }
    fields: dict[str, Any] = dict.fromkeys(named, "x")
    made = problem(code, line=3, **fields)
    assert made.to_dict()["code"] == code
    assert made.to_dict()["line"] == 3
    assert "{" not in made.message + made.remedy


def test_an_unknown_code_is_a_bug_and_shows() -> None:
    with pytest.raises(KeyError):
        problem("NO_SUCH_CODE")
