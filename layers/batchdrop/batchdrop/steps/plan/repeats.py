"""Bytes that were dropped into a route before: which job they became, and whether it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchdrop.batches.states import job_key
from batchdrop.errors import GoneMissing
from batchdrop.jobs import ENDED, folder, timestamp
from batchdrop.ports import Absent, Change, Is, Key, Place
from batchdrop.records.digesting import digest_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchdrop.ports import Row, Store, Table

HOLD, WARN, PAY, ALLOW = "hold", "warn", "pay", "allow"
"""Values of a route's `repeats`. `allow` is the older name of `pay`."""

_MOST = 50  # jobs that a row names
_DAY = 86_400


def pays(repeats: str) -> bool:
    """Return True if the same bytes are paid again without a word."""
    return repeats in (PAY, ALLOW)


def get_since(now: float, days: int) -> str:
    """Return the time of creation from which an earlier job holds a later one."""
    return timestamp(now - days * _DAY)


def register_bytes(table: Table, route: str, job: str, digest: str) -> list[str]:
    """Note that the job was created from these bytes; return the jobs that came before it, oldest first.

    The order is that of the conditional writes, so of two files at once one is the first. Harmless to repeat.
    """
    key = _key(route, digest)
    while True:
        row = table.get(key)
        jobs = _jobs(row)
        if job in jobs:
            return jobs[: jobs.index(job)]
        kept = [*jobs, job][-_MOST:]
        seen = Absent("pk") if row is None else Is("job", row["job"])
        count = Is("jobs", row["jobs"]) if row and "jobs" in row else Absent("jobs")
        if table.write(Change(key, put={"job": kept[0], "jobs": kept}, when=(seen, count))).done:
            return jobs


def find_before(table: Table, route: str, digest: str) -> list[str]:
    """Return the jobs of the route that were created from these bytes so far, oldest first. Writes nothing."""
    return _jobs(table.get(_key(route, digest)))


def choose_earlier(table: Table, jobs: Sequence[str], since: str) -> tuple[str, bool]:
    """Return the earlier job to name ("" for none), and whether it is recent enough to hold the new one.

    The oldest recent job counts, else the newest one of all. A job that ended without any cost never counts.
    """
    older = ""
    for job in jobs:
        row = table.get(job_key(job))
        if row is not None and _counts(row):
            if row["created"] >= since:
                return job, True
            older = job
    return older, False


def is_errors_of(store: Store, bucket: str, parent: Row | None, route: str, size: int, digest: str) -> bool:
    """Return True if the bytes are the errors file of `parent`, a job of the same route, as the job wrote it.

    Another route asks something else: what one service did not find may go to another one as it is. Not so either where
    some of the records were never sent: to drop them again as they are is how they get sent.
    """
    if parent is None or (parent.get("records") or {}).get("unprocessed"):
        return False
    if (parent.get("route") or {}).get("name") != route:
        return False
    for name in parent.get("objects", ()):
        place = Place(bucket, folder(parent["id"]) + name)
        stored = store.head(place) if name.startswith("errors.") else None
        if stored is not None and stored.size == size:
            return _digest_of(store, place) == digest
    return False


def _digest_of(store: Store, place: Place) -> str:
    try:
        with store.open(place) as stream:
            return digest_of(stream)
    except GoneMissing:
        return ""


def _key(route: str, digest: str) -> Key:
    return Key(f"content#{route}#{digest}", "content")


def _jobs(row: Row | None) -> list[str]:
    """Return the jobs of a row. Rows of older versions have `job` alone, and older versions change `job` alone."""
    if row is None:
        return []
    jobs = [str(each) for each in row.get("jobs", ())]
    return jobs if row["job"] in jobs else [str(row["job"]), *jobs]


def _counts(row: Row) -> bool:
    price = row.get("price") or {}
    return row["status"] not in ENDED or bool(price.get("spent")) or bool(row.get("started"))
