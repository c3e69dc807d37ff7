"""180 files of strangers: how many are sent whole, how many wait for a person, and how many go with half an address."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.errors import BadFile
from batchdrop.ports import Takes
from batchdrop.problems import Problem
from batchdrop.records.columns import map_columns
from batchdrop.records.mapping import QueryMaker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

FOLDER = Path(__file__).parent / "headers"
WHOLE, HELD, REFUSED, WRONG = "sent whole", "held", "refused", "silently wrong"

EXPECTED = {
    # set: (sent whole at least, silently wrong at most)
    "first": (36, 2),
    "second": (42, 1),
    "third": (44, 1),
}


def plain(text: str) -> str:
    """The words of a text, with a space around each."""
    words = re.sub(r"[\W_]+", " ", text.casefold()).strip()
    return f" {words} "


def judge(case: Mapping[str, Any]) -> str:
    """What becomes of a file."""
    names: Sequence[str] = case["header"]
    try:
        maker = QueryMaker(names, map_columns(names, Takes.PLACE, rows=case["rows"]), Takes.PLACE)
    except BadFile:
        return REFUSED
    good = all(
        is_good(maker, names, row, parts, case["not_sent"])
        for row, parts in zip(case["rows"], case["parts"], strict=True)
    )
    return HELD if maker.unsent else WHOLE if good else WRONG


def is_good(
    maker: QueryMaker, names: Sequence[str], row: Sequence[str], parts: Sequence[str], never: Sequence[str]
) -> bool:
    """Whether the query of a record holds each part, and nothing of the columns that must not be sent."""
    query = maker.make(list(row))
    if isinstance(query, Problem):
        return False
    text = plain(query["text"])
    extra = [row[names.index(name)] for name in never if name in names]
    return all(plain(part).strip() in text for part in parts) and not any(
        len(value) > 2 and plain(value) in text and value not in parts for value in extra
    )


@pytest.mark.parametrize("name", EXPECTED)
def test_files_of_strangers_are_sent_whole_or_wait(
    name: str, record_property: Callable[[str, object], None]
) -> None:
    cases = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    found = Counter(map(judge, cases))
    record_property(
        "counts",
        f"headers of strangers, {name} set of {len(cases)}: "
        + ", ".join(f"{found[kind]} {kind}" for kind in (WHOLE, HELD, REFUSED, WRONG)),
    )
    whole, wrong = EXPECTED[name]
    assert found[WHOLE] >= whole
    assert found[WRONG] <= wrong
