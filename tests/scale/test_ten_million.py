"""The run of ten million, small; and that its check would notice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.scale.ten_million import Wrong, cells_of, check, over_limit

ROOT = Path(__file__).parents[2]


def test_a_small_run_finds_every_record_once() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.scale.ten_million", "12,000"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("every record once") == 2
    assert "11,640 in results, 360 in errors" in done.stdout


def write(folder: Path, good: list[int], bad: list[int], **changes: str) -> tuple[Path, Path]:
    results, errors = folder / "results.csv", folder / "errors.csv"
    answer = changes.get("answer")
    rows = [
        f'{n},Person {n},"{cells_of(n)[2]}",note {n},{n},1,1,52.5,"{answer or cells_of(n)[2]}"' for n in good
    ]
    results.write_text("\n".join(["head", *rows, ""]))
    errors.write_text(
        "\n".join(["head", *(f'{n},Person {n},"{cells_of(n)[2]}",note {n},{n},x,y,z' for n in bad), ""])
    )
    return results, errors


@pytest.mark.parametrize(
    ("good", "bad", "changes", "reason"),
    [
        ([1, 2, 4], [], {}, "1 records are missing"),
        ([1, 2, 4], [3, 3], {}, "there twice"),
        ([1, 2, 4, 3], [], {}, "out of order"),
        ([1, 2, 3, 4], [3], {}, "there twice"),
        ([1, 2, 4, 5], [3], {}, "out of order"),
        ([1, 2, 4], [3], {"answer": "another"}, "the answer of another one"),
    ],
)
def test_what_is_missing_there_twice_or_mixed_up_is_noticed(
    tmp_path: Path, good: list[int], bad: list[int], changes: dict[str, str], reason: str
) -> None:
    with pytest.raises(Wrong, match=reason):
        check(*write(tmp_path, good, bad, **changes), 4)


def test_what_is_right_is_right(tmp_path: Path) -> None:
    assert check(*write(tmp_path, [1, 2, 4], [3]), 4) == (3, 1)


def test_memory_over_the_limit_is_said() -> None:
    peaks = {"submit": 20.0, "plan": 70.0, "collect": 80.0, "merge": 30.0}
    assert list(over_limit(peaks, 100_000)) == []
    assert [each.split()[0] for each in over_limit({**peaks, "plan": 75.0}, 100_000)] == ["plan"]
