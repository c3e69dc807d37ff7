"""What `make bench` measures is right, with a few records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.records import INBOX, INPUTS, check, collect, make_input, plan, prepare

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", INPUTS)
def test_the_passes_give_every_record_back_once(tmp_path: Path, name: str) -> None:
    (tmp_path / INBOX).mkdir()
    make_input(tmp_path / INBOX / name, 3_000, INPUTS[name])
    prepare(tmp_path, name)
    drawn = plan(tmp_path, name)
    assert (drawn.distinct < drawn.total) == bool(INPUTS[name])
    collect(tmp_path, name)
    check(tmp_path, name, 3_000)
