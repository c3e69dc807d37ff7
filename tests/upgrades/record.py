"""Record the jobs of an earlier version: `python -m tests.upgrades.record <git revision> …`.

The code of the revision is laid out in a folder of its own and runs there, with its own tests' world around it.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DATA = HERE / "data"


def record(revision: str) -> None:
    """Write the states of one revision to data/<short name of the revision>/."""
    name = _git("rev-parse", "--short=7", revision).decode().strip()
    with TemporaryDirectory() as folder:
        tree = Path(folder)
        with tarfile.open(fileobj=io.BytesIO(_git("archive", "--format=tar", name))) as archive:
            archive.extractall(tree, filter="data")
        recorder = tree / "tests" / "upgrades"
        if not recorder.exists():  # a revision that has a recorder of its own is recorded by it
            shutil.copytree(HERE, recorder, ignore=shutil.ignore_patterns("data", "__pycache__"))
        data = DATA / name
        shutil.rmtree(data, ignore_errors=True)
        path = os.pathsep.join(str(tree / each) for each in ("layers/batchdrop", "sandbox", "."))
        command = [sys.executable, "-m", "tests.upgrades.recorder", str(data), name]
        subprocess.run(command, cwd=tree, env={**os.environ, "PYTHONPATH": path}, check=True)


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True).stdout  # noqa: S607  # whichever git the developer has


if __name__ == "__main__":
    for each in sys.argv[1:]:
        record(each)
