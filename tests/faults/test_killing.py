"""A few worker processes killed for real. `make faults` kills five hundred."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.e2e
def test_sweep_resumes_what_killed_workers_left_behind() -> None:
    # In a process of its own: the workers are forked from it, and nothing else may run there.
    command = [sys.executable, "-m", "tests.faults.killing", "--runs", "5"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5/5 runs" in done.stdout
