"""A file into the inbox bucket, and the job it becomes: its key, its upload, its version."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from batchdrop.jobs import inbox_key, job_id
from batchdrop.records.owncells import mark
from batchdrop.steps.submit import NOT_DATA
from batchdrop_cli.exits import Exit
from batchdrop_cli.jobfiles import find_job, job_ids
from batchdrop_cli.stacks import is_forbidden
from batchdrop_cli.trouble import Trouble
from batchdrop_cli.watching import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from batchdrop_cli.stacks import Stack


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file in the inbox bucket, and the job it becomes. versionId is empty where the bucket keeps no versions."""

    job: str
    bucket: str
    key: str
    versionId: str  # noqa: N815 - as in job.json
    route: str
    size: int


def check_file(path: Path) -> int:
    """The size of a file that can be read, in bytes. An empty file is fine here: the job says what is wrong with it."""
    if not path.is_file():
        what = "is a directory" if path.is_dir() else "does not exist"
        raise Trouble(f"{path} {what}.", "Give the path of a file.")
    try:
        with path.open("rb"):
            return path.stat().st_size
    except OSError as error:
        raise Trouble(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from error


def key_of(route: str, name: str) -> str:
    """`incoming/<route>/<name>`. Raises Trouble for a name that S3 or people would stumble over, or that is none of data."""
    try:
        key = inbox_key(route, name)
        if key.endswith(NOT_DATA):
            raise ValueError(f"what ends in {', '.join(NOT_DATA)} is taken for no data and becomes no job")
    except ValueError as wrong:
        what = f"{name[:100]!r} cannot be the name of a dropped file: {wrong}."
        raise Trouble(what, "Rename the file, or drop it with `put --name NAME`.") from None
    return key


EVENTS_AFTER = 330.0
"""Seconds after which S3 sends events of a new bucket to EventBridge: about five minutes ([doc] S3: enabling EventBridge)."""


def parent_of(path: Path) -> str:
    """The job whose errors these are: the file lies beside its job.json. Files written before there was bd_job do not say it."""
    if not path.name.startswith("errors."):
        return ""
    try:
        found = json.loads(path.with_name("job.json").read_bytes())
    except (OSError, ValueError):
        return ""
    return mark(found.get("id"), 0).job if isinstance(found, dict) else ""


def drop(
    stack: Stack,
    path: Path,
    route: str,
    key: str,
    told: Callable[[int], object] | None = None,
    *,
    wishes: Mapping[str, str] | None = None,
) -> Dropped:
    """Upload the file (in parts where it is large) and learn its job; `told` hears how many more bytes have gone. wishes: metadata
    by which this job is held or has a budget of its own.

    The version id comes from the reply to this very upload, so that another upload of the same key cannot be mistaken for
    it. Where events name no version, the job is the new one that has this key and ETag. Raises Trouble if none shows up.
    """
    before = _jobs_before(stack, key)
    metadata = dict(wishes or {})
    if parent := parent_of(path):
        metadata["parent"] = parent
    replies: list[dict[str, Any]] = []
    with _listening(stack, replies):
        more = {"Metadata": metadata} if metadata else None
        stack.s3.upload_file(str(path), stack.inbox, key, Callback=told, ExtraArgs=more)
    reply = next(found for found in replies if "ETag" in found)
    version = reply.get("VersionId", "").replace("null", "")
    if version and stack.events_name_versions:
        job = job_id(stack.inbox, key, version, private=stack.private_names)
    else:
        job = _new_job(stack, key, reply["ETag"].strip('"'), before)
    return Dropped(job, stack.inbox, key, version, route, path.stat().st_size)


def seconds_until_ready(stack: Stack, now: float) -> float:
    """Return for how long a file dropped into a new stack would be lost: its bucket's events do not arrive yet."""
    return max(0.0, stack.created + EVENTS_AFTER - now)


def no_job(what: str) -> Trouble:
    """The Trouble of a file that was dropped and became no job that anybody sees."""
    return Trouble(
        f"The file was dropped, but no job of it showed up within {PATIENCE:.0f} s: {what}",
        "See the logs of submit, and the inbox queue's dead letters (docs/operations.md).",
        exit=Exit.FAILED,
    )


@contextmanager
def _listening(stack: Stack, replies: list[dict[str, Any]]) -> Iterator[None]:
    """Keep the replies that say which version an upload became (upload_file itself returns nothing)."""
    names = ("after-call.s3.PutObject", "after-call.s3.CompleteMultipartUpload")
    events = stack.s3.meta.events

    def hear(parsed: dict[str, Any], **_: object) -> None:
        replies.append(parsed)

    for name in names:
        events.register(name, hear)
    try:
        yield
    finally:
        for name in names:
            events.unregister(name, hear)


def _jobs_before(stack: Stack, key: str) -> set[str]:
    """Jobs of this key's name; none for those who may only drop, who need them only where versions have no names."""
    try:
        return set(job_ids(stack, _stem(stack, key)))
    except ClientError as error:
        if not is_forbidden(error):
            raise
        return set()


def _stem(stack: Stack, key: str) -> str:
    """What the ids of all jobs of this key begin with."""
    return job_id("", key, "", private=stack.private_names)[:-16]


def _new_job(stack: Stack, key: str, etag: str, before: set[str]) -> str:
    """The job that was not there before and has this input; unversioned inputs are named by ETag and sequencer."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for job in set(job_ids(stack, _stem(stack, key))) - before:
            dropped = (find_job(stack, job) or {}).get("input", {})
            if dropped.get("key") == key and str(dropped.get("versionId", "")).startswith(f"{etag}/"):
                return job
        time.sleep(stack.interval)
    raise no_job(key)
