"""A job: one dropped object version being processed. Its words, its id, and job.json.

The shape of job.json follows HERE's job resource ([seed] HERE Batch API v7, "Job status"), with our own fields beside it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Status(StrEnum):
    """HERE v7's eight statuses ([seed] "Job status"), with our meaning."""

    SUBMITTED = "submitted"  # claimed, or held
    QUEUED = "queued"  # waiting for a slot
    PENDING = "pending"  # being planned
    IN_PROGRESS = "inProgress"  # from the first ticket
    COMPLETED = "completed"
    FAILURE = "failure"
    STOPPED = "stopped"
    DELETED = "deleted"


ENDED = frozenset({Status.COMPLETED, Status.FAILURE, Status.STOPPED, Status.DELETED})
"""Statuses that never change again (but for `deleted`)."""

WORKING = tuple(status for status in Status if status not in ENDED)
"""Statuses of jobs that go on."""


@dataclass(frozen=True, slots=True)
class Records:
    """The counters of a job: HERE's seven, then ours. Design §1 gives the rules that bind them."""

    total: int = 0
    valid: int = 0
    invalid: int = 0
    processed: int = 0
    pending: int = 0
    succeeded: int = 0
    failed: int = 0
    matched: int = 0
    noMatch: int = 0  # noqa: N815  # the counter's name in job.json
    unprocessed: int = 0
    distinct: int = 0

    def to_dict(self) -> dict[str, int]:
        """JSON form."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Input:
    """The dropped object. `version` is the version id, or etag and sequencer for an unversioned bucket.

    sequencer: S3's, by which versions of one key are put in order; "" where no event told it.
    """

    bucket: str
    key: str
    version: str
    size: int
    versioned: bool = True
    sequencer: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "bucket": self.bucket,
            "key": self.key,
            "versionId": self.version,
            "size": self.size,
            "versioned": self.versioned,
            "sequencer": self.sequencer,
        }

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Input:
        """The inverse of to_dict."""
        return cls(
            entry["bucket"],
            entry["key"],
            entry["versionId"],
            int(entry["size"]),
            bool(entry["versioned"]),
            entry.get("sequencer", ""),
        )

    @property
    def version_id(self) -> str | None:
        """What S3 wants as VersionId."""
        return self.version if self.versioned else None

    @property
    def etag(self) -> str:
        """The ETag by which the object is known where the bucket keeps no versions, else ""."""
        return self.version.partition("/")[0] if self.sequencer and not self.versioned else ""


INCOMING = "incoming/"
_SINGLE_USE = re.compile(r"incoming/[^/]+/\.job-[0-9a-f]{32}/[^/]+")
_ONLY = "the only one"  # in place of a version where a key is used once; no version id has spaces
_MAX_KEY_BYTES = 1024  # [doc] S3 User Guide, object keys


def inbox_key(route: str, name: str) -> str:
    """`incoming/<route>/<name>`. Raises ValueError for a name that S3 or people would stumble over."""
    key = f"{INCOMING}{route}/{name}"
    if any(part in ("", ".", "..") for part in name.split("/")) or not name.isprintable():
        raise ValueError("it has an empty part, a part . or .., or a character that cannot be seen")
    if len(key.encode(errors="surrogatepass")) > _MAX_KEY_BYTES:
        raise ValueError("it is too long: S3 takes keys of 1,024 bytes")
    return key


def single_use_key(route: str, name: str, word: str) -> str:
    """`incoming/<route>/.job-<word>/<name>`: a key whose job is known before the object is there. `word`: 32 hex digits.

    Only the first version dropped at such a key becomes a job. Raises ValueError for a name that does not fit.
    """
    key = inbox_key(route, f".job-{word}/{name}")
    if not _SINGLE_USE.fullmatch(key):
        raise ValueError("it holds a slash")
    return key


def input_hash(bucket: str, key: str, version: str) -> str:
    """64 hex digits that stand for one object version; kept whole in the claim row.

    Of a single-use key every version gives the same: the second one is not a second job.
    """
    claimed = _ONLY if _SINGLE_USE.fullmatch(key) else version
    return hashlib.sha256(f"{bucket}\n{key}\n{claimed}".encode()).hexdigest()


def tag_hash(results: str, claimed: str) -> str:
    """Return 64 hex digits for the tags at a service: of an input (its `input_hash`) in the stack with this results bucket.

    Bucket names are unique, and each stack has a results bucket of its own, so two stacks that share an inbox and an account
    at the service never take each other's jobs for theirs.
    """
    return hashlib.sha256(f"{results}\n{claimed}".encode()).hexdigest()


def job_id(bucket: str, key: str, version: str, *, private: bool = False) -> str:
    """`<stem>-<16 hex>`: the stem is up to 40 harmless characters of the file name (left out for private names, and for one that
    is an e-mail address).
    """
    name = PurePosixPath(key).name
    name = "" if private or "@" in name else name.split(".", 1)[0]
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:40].rstrip("-") or "file"
    return f"{stem}-{input_hash(bucket, key, version)[:16]}"


def execution_name(job: str, run: int) -> str:
    """The name of the execution that drives this run: at most 80 characters by construction."""
    return f"{job}-r{run}"


def job_of(execution: str) -> str:
    """Return the id of the job that an execution of this name drives; "" for a name of another form."""
    job, mark, run = execution.rpartition("-r")
    return job if mark and run.isdecimal() else ""


def timestamp(seconds: float) -> str:
    """ISO 8601 UTC with microseconds ([seed] "Job status" writes times so)."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def folder(job: str) -> str:
    """Where a job's objects stand in the results bucket."""
    return f"jobs/{job}/"


def output(name: str) -> str:
    """What an object of a job is: `results.csv.gz` are the results, `results.geojson` is the geojson."""
    stem, kind, *_ = f"{name}.".split(".")
    return kind if kind == "geojson" else stem


_INSIDE = ("versioned", "sequencer")  # of the input, in the row only


def document(row: Mapping[str, Any], bucket: str) -> dict[str, Any]:
    """job.json, derived from the job row. Times that are not yet known are absent, hrefs that are not set are ''."""
    job = row["id"]
    base = f"s3://{bucket}/{folder(job)}"
    hrefs = {output(name): base + name for name in row.get("objects", ())}
    route, plan = row.get("route") or {}, row.get("plan") or {}
    again = row.get("again_milli", 0) / 1000  # what the route let the machine pay again, at most
    entry: dict[str, Any] = {
        "id": job,
        "href": f"{base}job.json",
        "route": row["route_name"],
        "service": route.get("service", ""),
        "api": route.get("api", ""),
        "billingTags": [],
        "status": row["status"],
        "created": row["created"],
        "started": row.get("started"),
        "ended": row.get("ended"),
        "updated": row["updated"],
        "run": row["run"],
        "parent": row.get("parent"),  # the job whose errors this one redoes, and the first of all of them
        "origin": row.get("origin"),
        "records": row.get("records"),
        "resultsHref": hrefs.get("results", ""),
        "errorsHref": hrefs.get("errors", ""),
        "geojsonHref": hrefs.get("geojson"),
        "reportHref": hrefs.get("report", ""),
        "outputType": "jsonl"
        if plan.get("dialect", {}).get("format") in ("json", "ndjson")
        else "csv",  # HERE's words
        "input": {name: value for name, value in row["input"].items() if name not in _INSIDE},
        "dialect": plan.get("dialect", {}),
        "columns": plan.get("columns", {}),
        "notSent": plan.get("not_sent"),  # columns of the file of which nothing was sent
        "batches": row.get("batches", {"total": 0, "settled": 0, "parked": 0}),
        "price": {**row.get("price", {}), **({"again": again} if again else {})},
        "sameBytesAs": row.get("same_bytes_as"),  # an earlier job of the route
        "problems": row.get("problems", []),
        "notes": row.get("notes") or None,  # remarks that stop nothing
        "attention": row.get("attention"),
        "held": True
        if row.get("held") and row["status"] == Status.SUBMITTED
        else None,  # until a person starts it
        "simulated": bool(row.get("simulated", False)),
        "legacy": True if row.get("legacy") else None,  # the service is, see HttpService.legacy
    }
    return {name: value for name, value in entry.items() if value is not None or name == "attention"}
