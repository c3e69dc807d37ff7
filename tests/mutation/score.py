"""How many deliberate mistakes the tests find: `python -m tests.mutation.score` (make mutation). Ends with 1 below 90 %.

mutmut makes the mistakes, one at a time, in the code that keeps the promise "never pay twice, never lose a record", and runs the
quick tests of that code ([tool.mutmut] in pyproject.toml). It wants the package beside the tests, so it gets a copy of the project.
What it leaves alone: decorated functions (properties) and what is made at import time (the patterns of redaction).
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPY = ROOT / "build/mutation"
MUTMUT = ROOT / ".envs/mutmut/bin/mutmut"
WANTED = 0.9
MOST_SECONDS = 1800
_FOUND = frozenset({1, 3, 24, 36, 152, 255, -24})
"""Exit codes of the tests that saw the mistake: they failed, or it made them run on and on (mutmut.stats)."""


@dataclass
class Module:
    """One module's mutants: how many there are, how many were found, and the names of the others."""

    name: str
    total: int = 0
    missed: list[str] = field(default_factory=list)

    @property
    def found(self) -> int:
        """Mutants that some test is red for."""
        return self.total - len(self.missed)

    @property
    def score(self) -> float:
        """The share that was found."""
        return self.found / self.total if self.total else 1.0


def copy() -> None:
    """A fresh copy of what mutmut needs, with nothing left of an earlier run."""
    shutil.rmtree(COPY, ignore_errors=True)
    left_out = shutil.ignore_patterns("__pycache__", "e2e", "faults", "cli")
    shutil.copytree(ROOT / "layers/batchdrop/batchdrop", COPY / "batchdrop", ignore=left_out)
    shutil.copytree(ROOT / "tests", COPY / "tests", ignore=left_out)
    shutil.copy2(ROOT / "pyproject.toml", COPY)


def run(processes: int) -> str:
    """Mutate and test. Gives what mutmut said, when it broke down; else nothing."""
    try:
        done = subprocess.run(
            [str(MUTMUT), "run", "--max-children", str(processes)],
            cwd=COPY,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=MOST_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"mutmut did not end within {MOST_SECONDS} seconds"
    return (done.stdout + done.stderr)[-3000:] if done.returncode else ""


def read() -> list[Module]:
    """What came of it, by module. A mutant that was never tried counts as missed."""
    modules = []
    for file in sorted((COPY / "mutants/batchdrop").rglob("*.py.meta")):
        codes = json.loads(file.read_text())["exit_code_by_key"]
        module = Module(str(file.relative_to(COPY / "mutants")).removesuffix(".meta"), len(codes))
        module.missed = [name for name, code in codes.items() if code not in _FOUND]
        modules.append(module)
    return [module for module in modules if module.total]


def show(modules: list[Module], seconds: float, *, names: bool) -> bool:
    """Print the table; whether every module and the whole reach the score."""
    sys.stdout.write(f"{'module':36}{'mutants':>9}{'found':>8}{'missed':>8}{'score':>9}\n")
    whole = Module("together", sum(module.total for module in modules))
    for module in modules:
        whole.missed += module.missed
    for module in (*modules, whole):
        line = f"{module.name:36}{module.total:9,}{module.found:8,}{len(module.missed):8,}{module.score:9.1%}"
        sys.stdout.write(f"{line}{'' if module.score >= WANTED else '   below ' + f'{WANTED:.0%}'}\n")
    if names:
        for name in whole.missed:
            sys.stdout.write(f"    {name}\n")
        by_function = Counter(name.partition("__mutmut_")[0] for name in whole.missed)
        for name, number in by_function.most_common():
            sys.stdout.write(f"{number:5}  {name}\n")
    sys.stdout.write(
        f"{seconds:.0f} s; look at one: cd build/mutation && {MUTMUT.relative_to(ROOT)} show NAME\n"
    )
    return bool(whole.total) and all(module.score >= WANTED for module in (*modules, whole))


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--names", action="store_true", help="name the mutants that were missed")
    parser.add_argument("--again", action="store_true", help="show the last run's table")
    asked = parser.parse_args()
    begun = time.monotonic()
    if not asked.again:
        copy()
        trouble = run(asked.processes)
        if trouble:
            sys.stdout.write(f"{trouble}\n")
            return 1
    return 0 if show(read(), time.monotonic() - begun, names=asked.names) else 1


if __name__ == "__main__":
    sys.exit(main())
