"""The table of codes."""

from __future__ import annotations

import string
from typing import Any

import pytest

from batchdrop.problems import CODES, Level, note, problem


@pytest.mark.parametrize("code", CODES)
def test_every_code_says_what_is_wrong_and_what_to_do(code: str) -> None:
    entry = CODES[code]
    assert entry.text.endswith((".", "{why}"))
    assert all(remedy.endswith(".") for remedy in (entry.remedy, *entry.variants.values()))
    assert bool(entry.actions) == (entry.level is Level.JOB)


@pytest.mark.parametrize("code", CODES)
def test_every_code_can_be_filled_in(code: str) -> None:
    named = {
        name.split("!")[0]
        for text in (CODES[code].text, CODES[code].remedy, *CODES[code].variants.values())
        for _, name, _, _ in string.Formatter().parse(text)
        if name
    }
    fields: dict[str, Any] = dict.fromkeys(named, "x")
    made = problem(code, line=3, **fields)
    assert made.to_dict()["code"] == code
    assert made.to_dict()["line"] == 3
    assert "{" not in made.message + made.remedy
    for variant in CODES[code].variants:
        assert "{" not in problem(code, variant=variant, **fields).remedy


def test_a_note_has_its_count_in_its_text_and_leaves_out_what_is_not_known() -> None:
    made = note("BLANK_ROWS", count=1234, line=7)
    assert made.to_dict() == {
        "code": "BLANK_ROWS", "message": made.message, "remedy": CODES["BLANK_ROWS"].remedy, "count": 1234, "line": 7,
    }  # fmt: skip
    assert "1,234" in made.message


def test_an_unknown_code_is_a_bug_and_shows() -> None:
    with pytest.raises(KeyError):
        problem("NO_SUCH_CODE")
