"""Whole jobs through the real template while AWS misbehaves: `python -m tests.faults.outages` (a part of make faults).

Every outage is checked to have broken calls. After it: one job a file, ended or parked with its action, announced on topic and bus (again
only as the same event), every record once, nothing paid twice, no secret and no address in the logs.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batchdrop.jobs import folder
from tests.faults.checks import CANARY, Ended
from tests.faults.diverted import diverted
from tests.faults.weather import OUTAGES, SERVICES, Outage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batchdrop.ports import Row
    from tests.faults.diverted import Diverted

PATIENCE = 240.0
"""Seconds after which an outage's jobs count as stuck."""

STILL = 12.0
"""Seconds without any change after which time is made to pass, and sweep to go by."""

ALLOWED = frozenset({"completed", "parked:AMBIGUOUS_SEND"})
_LARGE_NOTE = 95_000
_LARGE_COPIES = 60
_ADDRESSES = (1, 2, 1, 3)


@dataclass(eq=False)
class Passed:
    """One outage and what came of it. broken: calls; ends: how its jobs ended; repeated: events that came again; trouble: what must
    not be.
    """

    outage: Outage
    broken: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    seconds: float = 0.0
    trouble: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """One line of the proof."""
        ends = ", ".join(f"{number} {end}" for end, number in sorted(self.ends.items()))
        again = f", {self.repeated} events repeated" if self.repeated else ""
        return f"{self.outage.name}: {self.broken} calls broken; {ends}{again}; {self.seconds:.0f} s"


def endure_all(outages: Sequence[Outage] = OUTAGES) -> Iterator[Passed]:
    """One outage after another on one deployed stack; the last of them answers for the logs."""
    with diverted() as here:
        for number, outage in enumerate(outages, start=1):
            passed = endure(here, outage, number)
            if number == len(outages):
                passed.trouble += here.leaks()
            yield passed


def endure(here: Diverted, outage: Outage, number: int) -> Passed:
    """Drop a file for each service, break what the outage breaks, wait for the end, check every promise."""
    begun, passed = time.monotonic(), Passed(outage)
    here.simulators.ledger.reset()
    if outage.cold:
        here.begin_anew()
    rules = [] if outage.begins else here.proxy.play(outage.rules)
    keys = [f"incoming/{service}/{service}-{number}.csv" for service in SERVICES]
    for key in keys:
        here.drop(key, _file(number, outage))
    rows: list[Row] = []
    for rows in _watch(here, keys):
        if not rules and any(row["status"] == outage.begins for row in rows):
            rules = here.proxy.play(outage.rules)
    passed.trouble += _unfired(here, outage, rules, passed)
    here.proxy.play(())
    here.listen()
    for key in keys:
        passed.trouble += _judge(here, [row for row in rows if row["input"]["key"] == key], key, passed)
    for service, account in here.simulators.ledger.snapshot().items():
        if account.get("most_times_one_record_was_billed", 0) > 1:
            passed.trouble.append(f"{service} was paid twice")
    passed.seconds = time.monotonic() - begun
    return passed


def _watch(here: Diverted, keys: Sequence[str]) -> Iterator[list[Row]]:
    """The files' job rows again and again, until all are over, the last time too. Where nothing moves any more, time is made to pass."""
    begun = since = time.monotonic()
    seen = ""
    while time.monotonic() < begun + PATIENCE:
        rows = [row for row in here.jobs() if row["input"]["key"] in keys]
        yield rows
        if len(rows) == len(keys) and all(here.is_over(row) for row in rows):
            return
        now = repr([here.rows(row) for row in rows])
        if now != seen:
            seen, since = now, time.monotonic()
        elif time.monotonic() > since + STILL:
            here.let_time_pass(rows)
            since = time.monotonic()
        time.sleep(0.25)


def _file(number: int, outage: Outage) -> bytes:
    """Three different records, which make two batches, and one or more that equal them."""
    note = "x" * _LARGE_NOTE if outage.large else "x"
    copies = _LARGE_COPIES if outage.large else 1
    rows = (f"{CANARY} {number}-{row} Berlin,{note}\n" for row in _ADDRESSES for _ in range(copies))
    return f"address,note\n{''.join(rows)}".encode()


def _unfired(here: Diverted, outage: Outage, rules: Sequence[int], passed: Passed) -> Iterator[str]:
    """A rule that never fitted a call would look like a promise kept."""
    fired = Counter(each["rule_id"] for each in here.proxy.fired())
    passed.broken = sum(fired.values())
    if len(rules) != len(outage.rules):
        yield "the outage never began"
    for place, rule in enumerate(rules, start=1):
        if not fired[rule]:
            yield f"rule {place} of {len(rules)} broke nothing"


def _judge(here: Diverted, rows: Sequence[Row], key: str, passed: Passed) -> Iterator[str]:
    """One file: one job, ended or parked, announced on topic and bus, every record once."""
    if len(rows) != 1:
        yield f"{len(rows)} jobs for {key}"
        return
    [row] = rows
    how = Ended(row).how
    passed.ends[how] += 1
    if how not in ALLOWED:
        yield f"{key} ended as {how}: {[each['code'] for each in row.get('problems', ())][:3]}"
        return
    for each in (*_untold(here, row, passed), *_unaccounted(here, row)):
        yield f"{key}: {each}"


def _untold(here: Diverted, row: Row, passed: Passed) -> Iterator[str]:
    """Every event of the job came to the bus, and to the topic if it is one of those; nothing else came."""
    written = {each["detail"]["eventId"]: each for each in here.rows(row) if each["sk"].startswith("event#")}
    if not any(each["topic"] for each in written.values()):
        yield "nobody was told of its end"
    came: Counter[tuple[str, str]] = Counter()
    for each in here.heard[row["id"]]:
        event = each["detail"]["eventId"]
        came[each["queue"], event] += 1
        if event not in written or written[event]["detail"] != each["detail"]:
            yield "somebody was told what was never written"
    topic, bus = here.queues
    for event, wrote in written.items():
        wanted = {bus: True, topic: wrote["topic"]}
        for queue, is_wanted in wanted.items():
            passed.repeated += max(0, came[queue, event] - 1)
            if bool(came[queue, event]) is not is_wanted:
                yield f"an event came {came[queue, event]} times to {queue.rpartition('/')[2]}"


def _unaccounted(here: Diverted, row: Row) -> Iterator[str]:
    found: list[int] = []
    for name in ("results.csv", "errors.csv"):
        text = here.result(f"{folder(row['id'])}{name}")
        found += [int(line["bd_recId"]) for line in csv.DictReader(io.StringIO(text))]
    total = row["records"]["total"]
    if sorted(found) != list(range(1, total + 1)):
        yield f"{len(found)} lines for {total} records, {len(set(found))} different ones"


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only", nargs="*", default=[""], help="outages whose names have one of these in them"
    )
    asked = parser.parse_args()
    bad = 0
    for passed in endure_all([each for each in OUTAGES if any(part in each.name for part in asked.only)]):
        bad += bool(passed.trouble)
        sys.stdout.write(f"{passed}\n")
        for each in passed.trouble:
            sys.stdout.write(f"    {each}\n")
        sys.stdout.flush()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
