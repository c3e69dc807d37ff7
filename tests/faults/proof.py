"""The whole proof: `python -m tests.faults.proof` (make faults). Prints its table, ends with 1 when any line of it failed."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

from tests.faults import flood, killing, naive, outages, over_http, trial, wider
from tests.faults.matrix import EFFECTS, FAULTS, SAYS, cases, cells
from tests.faults.schedules import Play, hush, play_all
from tests.faults.wider_naive import WIDER_VARIANTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tests.faults.matrix import Case
    from tests.faults.schedules import Told
    from tests.faults.trial import Result

PROCESSES = 2
NAIVE_SCHEDULES = 400


class Report:
    """Prints lines, and remembers whether one of them failed."""

    def __init__(self) -> None:
        self.failed = 0
        self._begun = time.monotonic()

    def title(self, text: str) -> None:
        """A heading."""
        sys.stdout.write(f"\n{text}\n{'-' * len(text)}\n")
        sys.stdout.flush()

    def line(self, good: bool, text: str, details: Sequence[str] = ()) -> None:
        """One line of the proof; `details` are shown when it failed."""
        self.failed += not good
        sys.stdout.write(f"{'passed' if good else 'FAILED'}  {text}\n")
        for each in () if good else details[:20]:
            sys.stdout.write(f"            {each}\n")
        sys.stdout.flush()

    def note(self, text: str) -> None:
        """A line that proves nothing."""
        sys.stdout.write(f"        {text}\n")

    def end(self) -> int:
        """The last line, and the exit code."""
        minutes, seconds = divmod(int(time.monotonic() - self._begun), 60)
        verdict = "every line passed" if not self.failed else f"{self.failed} lines FAILED"
        sys.stdout.write(f"\n{verdict}, {minutes} min {seconds} s\n")
        return 1 if self.failed else 0


def prove_matrix(report: Report) -> None:
    """223 cells, 571 cases: each passed, or not applicable with its reason."""
    report.title("The fault matrix: the real steps over ports in memory, four kinds of sending")
    asked = cases()
    tried = [case for case in asked if not case.why_not]
    results = {result.case: result for result in _spread(tried)}
    _draw(asked, results)
    left_out = Counter(
        f"{case.kind}, {SAYS[case.cell.effect]}: {case.why_not}" for case in asked if case.why_not
    )
    for reason, number in sorted(left_out.items()):
        report.note(f"{number:4} not applicable   {reason}")
    for result in results.values():
        if not result.passed:
            report.line(good=False, text=result.case.name, details=result.trouble or ("no run",))
    good = sum(result.passed for result in results.values())
    applies = {case.cell for case in asked}
    done = {cell for cell in applies if all(results[case].passed for case in tried if case.cell == cell)}
    runs = sum(result.runs for result in results.values())
    report.line(len(done) == len(applies), f"{len(done)} of {len(applies)} cells")
    report.line(
        good == len(tried),
        f"{good} of {len(tried)} cases with services, and {len(asked) - len(tried)} not applicable: {len(asked)}; {runs:,} runs",
    )


def prove_http(report: Report) -> None:
    """The marked part with the real services."""
    report.title("The marked part: the four real services against their simulators over HTTP")
    with multiprocessing.get_context("spawn").Pool(PROCESSES, initializer=hush) as pool:
        results = list(pool.imap_unordered(over_http.attempt, over_http.marked()))
    for service in over_http.SERVICE_OF.values():
        mine = [result for result in results if over_http.named(result.case).kind == service]
        bad = [
            f"{result.case.name}: {each}"
            for result in mine
            for each in result.trouble or ("no run",)
            if not result.passed
        ]
        report.line(not bad, f"{service}: {len(mine)} cases, {sum(result.runs for result in mine)} runs", bad)


def prove_naive(report: Report) -> None:
    """Deliberately naive products must be found out, in the matrix and by the schedules."""
    report.title("Naive variants: the suite goes red for each")
    by_name = {case.name: case for case in cases()}
    for name, alter in naive.VARIANTS.items():
        green = [cell for cell in naive.BREAKS_AT[name] if trial.attempt(by_name[cell], alter).passed]
        report.line(not green, f"{name}: the matrix is red at {', '.join(naive.BREAKS_AT[name])}", green)
        broken = sum(bool(Play(seed, alter).run().trouble) for seed in range(NAIVE_SCHEDULES))
        report.line(broken > 0, f"{name}: {broken} of {NAIVE_SCHEDULES:,} schedules are broken")
    for name, variant in WIDER_VARIANTS.items():
        found = next(variant.find_broken(NAIVE_SCHEDULES), None)
        report.line(found is not None, f"{name}: broken in wider weather, by seed {found}")


def prove_schedules(report: Report, count: int) -> None:
    """Random schedules: nothing paid twice, lost or stuck, no ring missed."""
    report.title(f"{count:,} random schedules")
    _prove_played(report, play_all(count, processes=PROCESSES), "tests.faults.schedules")


def prove_wider(report: Report, count: int) -> None:
    """The same in wider weather: with orders, outages and long sleeps."""
    report.title(f"{count:,} random schedules in wider weather")
    _prove_played(report, wider.play_all(count, processes=PROCESSES), "tests.faults.wider")


def _prove_played(report: Report, played: Iterable[Told], command: str) -> None:
    begun, ends, broken, count = time.monotonic(), Counter[str](), [], 0
    for told in played:
        count += 1
        ends[f"{told.kind}: {told.how}"] += 1
        if told.trouble:
            broken.append(f"python -m {command} --seed {told.seed}   {'; '.join(told.trouble)}")
    for end, number in sorted(ends.items()):
        report.note(f"{number:8,}  {end}")
    seconds = time.monotonic() - begun
    report.line(
        not broken, f"{count - len(broken):,} of {count:,} keep every promise; {seconds:.0f} s", broken
    )


def prove_flood(report: Report, files: int, calls: int) -> None:
    """Many files at once, many calls at the doorbell."""
    report.title("Floods")
    dropped = flood.drop_many(files)
    report.line(
        not dropped.trouble,
        f"{files:,} files, {dropped.events:,} events, half doubled, shuffled: {dropped.jobs:,} jobs, each record paid once, "
        f"at most {dropped.at_once} of {flood.AT_ONCE} slots at work",
        dropped.trouble,
    )
    called = flood.call_much(calls)
    answers = ", ".join(f"{number:,} {answer}" for answer, number in sorted(called.answers.items()))
    report.line(
        not called.trouble,
        f"{calls:,} calls, one in five forged: {answers}; no wrong wake; {called.looks:,} looks",
        called.trouble,
    )


def prove_killing(report: Report, runs: int) -> None:
    """kill -9 of real processes."""
    report.title("kill -9 at random moments: real processes, the local AWS, the simulators over HTTP")
    made = killing.kill_all(runs)
    bad = [f"run {run.number} {run.service}: {each}" for run in made for each in run.trouble]
    ends = Counter(f"{run.service} {run.how}" for run in made)
    for end, number in sorted(ends.items()):
        report.note(f"{number:8,}  {end}")
    good = sum(not run.trouble for run in made)
    kills = sum(run.kills for run in made)
    report.line(not bad, f"{good} of {runs} runs resumed by sweep, {kills} workers killed", bad)


def endure_outages() -> list[outages.Passed]:
    """Play all outages, in a process of its own: most of their time is waiting."""
    return list(outages.endure_all())


def prove_outages(report: Report, endured: Iterable[outages.Passed]) -> None:
    """AWS misbehaves, the deployed template goes on."""
    report.title("Bad days of AWS: the deployed template behind microburst, a file for each of two services")
    for passed in endured:
        report.line(not passed.trouble, str(passed), passed.trouble)


def _spread(tried: Sequence[Case]) -> Iterator[Result]:
    with multiprocessing.get_context("spawn").Pool(PROCESSES, initializer=hush) as pool:
        yield from pool.imap_unordered(trial.attempt, tried, chunksize=4)


def _draw(asked: Sequence[Case], results: dict[Case, Result]) -> None:
    """The matrix: ok, the cell's code when it failed, . where it does not apply; with the number of services where there are several."""
    sys.stdout.write(f"{'':31}{' '.join(f'{effect:>4}' for effect in EFFECTS)}\n")
    codes = {(cell.fault, cell.effect): cell for cell in cells()}
    for fault, says in FAULTS.items():
        marks = []
        for effect in EFFECTS:
            cell = codes[fault, effect]
            mine = [results[case] for case in asked if case.cell == cell and case in results]
            bad = sum(not result.passed for result in mine)
            marks.append(
                "." if not cell.applies else f"{cell.code}!{bad}" if bad else f"{cell.code}{len(mine)}"
            )
        sys.stdout.write(f"{fault:4} {says:26}{' '.join(f'{mark:>4}' for mark in marks)}\n")
    sys.stdout.write("        code and number of kinds of sending that passed; ! failed; . does not apply\n")
    sys.stdout.write("        " + ", ".join(f"{effect} {says}" for effect, says in SAYS.items()) + "\n")


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=100_000)
    parser.add_argument("--wider", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--calls", type=int, default=10_000)
    asked = parser.parse_args()
    hush()
    report = Report()
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=hush) as beside:
        endured = beside.submit(endure_outages)
        prove_matrix(report)
        prove_http(report)
        prove_naive(report)
        prove_flood(report, asked.files, asked.calls)
        prove_schedules(report, asked.schedules)
        prove_wider(report, asked.wider)
        prove_killing(report, asked.kills)
        prove_outages(report, endured.result())
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
