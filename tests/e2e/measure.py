"""Peak memory of plan's or collect's work on a job that is there, in this process: `python measure.py plan|collect JOB`.

Prints {"base": MiB with boto3 and a client at work, "peak": MiB at the end}.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from batchdrop import wiring
from batchdrop.batches.states import BatchRow, job_pk
from batchdrop.jobs import Input
from batchdrop.ports import Place
from batchdrop.routes import Route
from batchdrop.services import SERVICES
from batchdrop.steps.collect.writing import Walk
from batchdrop.steps.plan.drawing import draw


def peak() -> float:
    """The most memory this process has had, in MiB. Not ru_maxrss: that counts the process it was forked from too."""
    [line] = [
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")
    ]
    return int(line.split()[1]) / 1024


def plan(row: dict[str, Any], bucket: str) -> None:
    """Draw the plan again, beside the one that is there."""
    route = Route.from_dict(row["route"])
    job, service = f"{row['id']}-measured", SERVICES[route.service]
    draw(wiring.store(), bucket, job, Input.from_dict(row["input"]), route, service)


def collect(row: dict[str, Any], bucket: str) -> None:
    """Walk over everything, and make nothing of it."""
    batches = [BatchRow.from_row(found) for found in wiring.table().query(job_pk(row["id"]), "batch#")]
    api = SERVICES[row["route"]["service"]].apis[row["route"]["api"]]
    with Walk(wiring.store(), bucket, row, api.columns, batches) as walk:
        if not walk.go(lambda: 900.0):
            raise RuntimeError("the walk did not end")


def main(step: str, job: str) -> None:
    """Measure one step."""
    bucket = wiring.settings().results_bucket
    row = wiring.journal().row(job)
    wiring.store().head(Place(bucket, "nothing"))
    SERVICES[row["route"]["service"]].apis  # noqa: B018  # imported before the base is taken
    base = peak()
    if step == "plan":
        plan(row, bucket)
    else:
        collect(row, bucket)
    sys.stdout.write(json.dumps({"base": base, "peak": peak()}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
