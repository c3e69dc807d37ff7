"""Reading job.json and the names of a job's files from the results bucket."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from batchdrop.jobs import folder
from batchdrop.pointers import jobs_of, pointer_key
from batchdrop_cli.stacks import is_missing
from batchdrop_cli.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchdrop_cli.stacks import Stack
    from batchdrop_cli.summary import Job

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)  # a name that is harmless in any directory


def find_job(stack: Stack, job: str) -> Job | None:
    """job.json of a job, or None when there is none (yet)."""
    try:
        body = stack.s3.get_object(Bucket=stack.results, Key=f"{folder(job)}job.json")["Body"].read()
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    found: Any = json.loads(body)
    return dict(found)


def read_job(stack: Stack, job: str) -> Job:
    """job.json of a job that must be there. Raises Trouble otherwise."""
    found = find_job(stack, job)
    if found is None:
        raise unknown(stack, job)
    return found


def unknown(stack: Stack, job: str) -> Trouble:
    """The Trouble of a job that nobody knows."""
    return Trouble(
        f"The stack {stack.name!r} knows no job {job!r}.",
        f"batchdrop jobs --stack {stack.name} lists the jobs; a file dropped a moment ago may need some seconds.",
    )


def file_keys(stack: Stack, job: str) -> dict[str, str]:
    """File name → key of what stands directly below the job's folder (not raw/ and work/)."""
    prefix = folder(job)
    pages = stack.s3.get_paginator("list_objects_v2").paginate(
        Bucket=stack.results, Prefix=prefix, Delimiter="/"
    )
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
    return {name: key for key in keys if _NAME.fullmatch(name := key.removeprefix(prefix))}


def job_ids(stack: Stack, start: str = "") -> list[str]:
    """Ids of the jobs that have anything in the results bucket, in order; `start`: what they begin with."""
    prefix = f"jobs/{start}"
    pages = stack.s3.get_paginator("list_objects_v2").paginate(
        Bucket=stack.results, Prefix=prefix, Delimiter="/"
    )
    return [entry["Prefix"].split("/")[1] for page in pages for entry in page.get("CommonPrefixes", ())]


def all_jobs(stack: Stack) -> Iterator[Job]:
    """Every job that has a job.json, in no particular order."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        found = pool.map(lambda job: find_job(stack, job), job_ids(stack))
        yield from (job for job in found if job is not None)


def jobs_of_key(stack: Stack, key: str) -> list[Job] | None:
    """Jobs of a dropped object, by its pointer, the newest version's first; None where there is no pointer."""
    try:
        body = stack.s3.get_object(Bucket=stack.results, Key=pointer_key(key, private=stack.private_names))[
            "Body"
        ].read()
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    found = (find_job(stack, job) for job in jobs_of(json.loads(body)))
    return [job for job in found if job is not None]
