"""The one place that makes boto3 clients: lazily, once a process, with time-outs and retries that suit a Lambda function.

boto3 itself is imported on first use: a function that needs no AWS client starts in half the time (measured).
All clients share boto3's default session, which makes each further one cheap. `AWS_ENDPOINT_URL` is honoured by botocore.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from batchdrop.library_logs import protect_library_logs

ATTEMPTS = 5
"""Tries of one call in all: botocore's standard mode repeats throttles, 5xx and lost connections with jittered waits."""

CONNECT_SECONDS = 5
READ_SECONDS = {"s3": 60}
QUICK_READ_SECONDS = 10
"""For calls that carry a few kilobytes: a lost reply is noticed long before the function's own time is over."""


@cache
def client(service: str) -> Any:
    """The process's client of one AWS service. `client.cache_clear()` forgets them all (tests)."""
    import boto3  # noqa: PLC0415  # on first use: half of a cold start
    from botocore.config import Config  # noqa: PLC0415  # as above

    protect_library_logs()
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS.get(service, QUICK_READ_SECONDS),
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        tcp_keepalive=True,
        user_agent_extra="batchdrop",
    )
    if service == "s3":
        # Links would be signed by version 2 in some regions otherwise [measured: botocore 1.43].
        config = config.merge(Config(signature_version="s3v4"))
    return boto3.client(service, config=config)  # type: ignore[call-overload]  # the stubs know literal names only
