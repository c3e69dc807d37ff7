"""kill -9 at random moments of real worker processes, and sweep that resumes them: `python -m tests.faults.killing --runs 500`.

The workers run the real steps over the local AWS and the simulators, which keep the ledger. After every run: paid at most once,
every record accounted for, ended or parked with its action, announced.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import logging
import os
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from batchdrop.observe import logger
from tests.faults.bench import set_up
from tests.faults.checks import Ended
from tests.faults.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.bench import Bench
    from tests.faults.worker import Place

SERVICES = ("geoapify", "here_batch_v7")
LONGEST = 400.0
_ALLOWED = frozenset({"completed", "parked:AMBIGUOUS_SEND"})


@dataclass(eq=False)
class Run:
    """One file and its fate. kills: how many workers were killed for it."""

    number: int
    service: str
    kills: int = 0
    how: str = ""
    trouble: list[str] = field(default_factory=list)


# ------------------------------------------------------------------------------------------------ one run


def lives(bench: Bench, at: Place, run: Run, draw: Random, typical: float) -> Iterator[None]:
    """One file from its drop to its end; yields while it waits for a worker."""
    _wipe(bench, at)
    event: dict[str, Any] = {}
    while not run.kills:  # who was done before the blow gets another file
        run.number += 10_000
        event = _drop(bench, run)
        yield from _work(bench, at, run, "first", event, draw.random() * typical)
    while run.kills < 3 and draw.random() < 0.4:
        _close(bench, at)
        yield from _work(bench, at, run, "resume", event, draw.random() * 2 * typical)
    _close(bench, at)
    yield from _work(bench, at, run, "resume", event, LONGEST)
    _judge(bench, at, run)


def _drop(bench: Bench, run: Run) -> dict[str, Any]:
    rows = "".join(f"Canaryweg {run.number}-{row} Berlin\n" for row in (1, 2, 1, 3))
    key = f"incoming/{run.service}/file-{run.number}.csv"
    stored = bench.ours["s3"].put_object(Bucket="inbox", Key=key, Body=f"address\n{rows}".encode())
    route = json.dumps({"service": "memory", "api": "geocode", "batch_records": 2})
    bench.ours["s3"].put_object(Bucket="inbox", Key=f"routes/{run.service}.json", Body=route.encode())
    item = {
        "key": key,
        "size": len(rows) + 8,
        "version-id": stored["VersionId"],
        "etag": stored["ETag"].strip('"'),
    }
    return {"detail-type": "Object Created", "detail": {"bucket": {"name": "inbox"}, "object": item}}


def _work(
    bench: Bench, at: Place, run: Run, task: str, event: dict[str, Any], seconds: float
) -> Iterator[None]:
    """A worker process that may live so long."""
    pid = os.fork()
    if pid == 0:
        _live(bench, at, run, task, event)
    end = time.monotonic() + seconds
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            break
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
            break
        yield
    if os.WIFSIGNALED(status):
        run.kills += 1
        if seconds >= LONGEST:
            run.trouble.append("the last worker did not end")
    elif os.waitstatus_to_exitcode(status):
        run.trouble.append(f"a worker broke in {task}")


def _live(bench: Bench, at: Place, run: Run, task: str, event: dict[str, Any]) -> None:
    """In the worker: do the task and end, whatever happens."""
    code = 1
    try:
        getattr(Worker(at, run.service, bench.theirs), task)(event)
        code = 0
    except BaseException:  # noqa: BLE001  # the last frame of this process
        traceback.print_exc()
    finally:
        os._exit(code)


def _close(bench: Bench, at: Place) -> None:
    """Nobody drives any more what the dead worker drove: its executions are closed."""
    machine = bench.ours["stepfunctions"]
    jobs = {item["id"]["S"] for item in _items(bench, at) if item["sk"]["S"] == "job"}
    running = machine.list_executions(stateMachineArn=at.machine, statusFilter="RUNNING")["executions"]
    for each in running:
        if each["name"].rpartition("-r")[0] in jobs:
            with suppress(machine.exceptions.ExecutionDoesNotExist):
                machine.stop_execution(executionArn=each["executionArn"])


def _wipe(bench: Bench, at: Place) -> None:
    """What is over leaves the table, so that a look at the whole of it stays quick: nobody else uses it meanwhile."""
    for item in _items(bench, at):
        key = {"pk": item["pk"], "sk": item["sk"]}
        bench.ours["dynamodb"].delete_item(TableName=at.table, Key=key)


def _items(bench: Bench, at: Place) -> list[dict[str, Any]]:
    pages = bench.ours["dynamodb"].get_paginator("scan").paginate(TableName=at.table)
    return [item for page in pages for item in page["Items"]]


def _judge(bench: Bench, at: Place, run: Run) -> None:
    """Every promise, after all that."""
    worker = Worker(at, run.service, bench.ours)
    rows = [
        row
        for row in worker.table.jobs("completed", limit=10_000)
        if row["input"]["key"].endswith(f"-{run.number}.csv")
    ]
    rows += [
        row
        for status in ("submitted", "queued", "pending", "inProgress", "failure", "announcing")
        for row in worker.table.jobs(status, limit=10_000)
        if row["input"]["key"].endswith(f"-{run.number}.csv")
    ]
    if len(rows) != 1:
        run.trouble.append(f"{len(rows)} jobs for one file")
        return
    row = rows[0]
    run.how = Ended(row).how
    if run.how not in _ALLOWED:
        run.trouble.append(f"it ended as {run.how}: {row['problems']}")
        return
    if not all(each["published"] for each in worker.table.query(row["pk"], "event#")):
        run.trouble.append("an event was never sent")
    found: list[int] = []
    for name in ("results.csv", "errors.csv"):
        body = (
            bench.ours["s3"]
            .get_object(Bucket="results", Key=f"jobs/{row['id']}/{name}")["Body"]
            .read()
            .decode()
        )
        found += [int(line["bd_recId"]) for line in csv.DictReader(io.StringIO(body))]
    if sorted(found) != [1, 2, 3, 4]:
        run.trouble.append(f"records {sorted(found)} are accounted for")
    for service, account in bench.ledger().items():
        if account.get("most_times_one_record_was_billed", 0) > 1:
            run.trouble.append(f"{service} was paid twice")


# ------------------------------------------------------------------------------------------------ all runs


def kill_all(runs: int, seed: int = 1) -> list[Run]:
    """That many runs, a few side by side. Raises SandboxError when the local AWS does not start."""
    logger.setLevel(logging.CRITICAL)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bench = set_up(stack, folder)
        typical = _typical(bench)
        made = [Run(number, SERVICES[number % len(SERVICES)]) for number in range(1, runs + 1)]
        waiting = list(made)
        alive: dict[str, Iterator[None]] = {}
        draw = Random(seed)  # moments, not secrets
        while waiting or alive:
            for at in bench.places:
                if at.table not in alive and waiting:
                    alive[at.table] = lives(bench, at, waiting.pop(0), draw, typical)
            for table, life in list(alive.items()):
                if next(life, StopIteration) is StopIteration:
                    del alive[table]
            time.sleep(0.002)
        return made


def _typical(bench: Bench) -> float:
    """How long an undisturbed worker takes, in seconds of the wall."""
    run = Run(0, SERVICES[1])
    event = _drop(bench, run)
    begun = time.monotonic()
    for _ in _work(bench, bench.places[0], run, "first", event, LONGEST):
        time.sleep(0.002)
    _judge(bench, bench.places[0], run)
    if run.trouble:
        raise RuntimeError(f"an undisturbed worker fails: {run.trouble}")
    return time.monotonic() - begun


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    begun = time.monotonic()
    made = kill_all(asked.runs, asked.seed)
    for run in made:
        if run.trouble:
            sys.stdout.write(f"run {run.number} {run.service}, {run.kills} kills: {run.trouble}\n")
    good = sum(not run.trouble for run in made)
    hows = dict(Counter(f"{run.service} {run.how}" for run in made))
    kills = sum(run.kills for run in made)
    sys.stdout.write(
        f"{good}/{len(made)} runs, {kills} workers killed, {hows}, {time.monotonic() - begun:.0f} s\n"
    )
    return 0 if good == len(made) else 1


if __name__ == "__main__":
    sys.exit(main())
