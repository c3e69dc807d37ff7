"""What the world hears of a job: one event for each change of its status, and one when it needs a person. Pure.

Small on purpose: counts, price, durations and keys; never a record of the file. `schemas/` describes what goes out.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Any

from batchdrop.jobs import ENDED, Records, document, folder, output

if TYPE_CHECKING:
    from collections.abc import Mapping

STATUS_CHANGE = "Job Status Change"
ATTENTION = "Job Attention"

_SHOWN = (
    "route",
    "service",
    "api",
    "status",
    "run",
    "created",
    "started",
    "ended",
    "records",
    "simulated",
)
_PRICED = ("unit", "estimated", "unknown", "spent")


def event(row: Mapping[str, Any], bucket: str, *, attention: bool, number: int) -> dict[str, Any]:
    """The outbox row of an event that tells how the job row now stands.

    attention: it calls a person; else it tells of the status. number: the job's events are numbered from 1, so that consumers
    can put them in order, and no two are ever the same.
    """
    return {
        "detail_type": ATTENTION if attention else STATUS_CHANGE,
        "detail": detail(row, bucket, number),
        "topic": attention or row["status"] in ENDED,
        "published": False,
        "written": row["updated"],
    }


def detail(row: Mapping[str, Any], bucket: str, number: int) -> dict[str, Any]:
    """The body of an event. Times and durations that are not known yet are absent.

    The id is the same each time the same event goes out: consumers drop repeats by it. A job that is taken up again passes
    statuses once more, under other numbers.
    """
    full = document(row, bucket)
    counts = full.get("records") or Records().to_dict()
    answered = counts["matched"] + counts["noMatch"]
    return {
        "eventId": hashlib.sha256(f"{row['hash']}/{row['run']}/{number}".encode()).hexdigest()[:32],
        "sequence": number,
        "time": row["updated"],
        "jobId": row["id"],
        **{name: full[name] for name in _SHOWN if name in full},
        "price": {name: full["price"][name] for name in _PRICED if name in full["price"]},
        "attention": (full["attention"] or {}).get("code"),
        "durations": durations(full),
        "matchRate": round(counts["matched"] / answered, 4) if answered else None,
        "problems": [entry["code"] for entry in full["problems"]],
        "input": {"bucket": full["input"]["bucket"], "key": full["input"]["key"]},
        "output": {
            "bucket": bucket,
            "job": f"{folder(row['id'])}job.json",
            **{output(name): folder(row["id"]) + name for name in row.get("objects", ())},
        },
    }


def durations(times: Mapping[str, Any]) -> dict[str, float]:
    """Seconds, as far as both ends are known: `queued` until the first ticket, `working` from then on, `total`."""
    spans = {"queued": ("created", "started"), "working": ("started", "ended"), "total": ("created", "ended")}
    return {
        name: _seconds(times[since], times[until])
        for name, (since, until) in spans.items()
        if times.get(since) and times.get(until)
    }


def _seconds(since: str, until: str) -> float:
    """Never below zero: where waits are shortened (the sandbox), a lane's time may be ahead of the clock."""
    passed = datetime.fromisoformat(until) - datetime.fromisoformat(since)
    return max(0.0, round(passed.total_seconds(), 3))


def webhook_body(detail_type: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """The event as a webhook carries it: type, time and data, as Standard Webhooks advises ([doc] "Payload structure")."""
    kind = "attention" if detail_type == ATTENTION else told["status"]
    return {"type": f"job.{kind}", "timestamp": told["time"], "data": told}
