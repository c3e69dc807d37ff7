"""Webhooks (BETA): register, list, change, delete, test, and the GET at a job's end [spec]."""

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from batchdrop_sandbox.simulators.here_batch_v7.jobs import Job
from batchdrop_sandbox.simulators.here_batch_v7.refusals import BAD_NOTIFICATION, EMPTY, Refused

_PLACEHOLDER = re.compile(r"\$\{([A-Z_]+)\}")


@dataclass(frozen=True)
class Notification:
    """One webhook."""

    id: str
    url: str
    last_used: str = ""

    def shown(self) -> dict[str, Any]:
        """As the service answers it; `lastUsedTime` is optional [spec]."""
        used = {"lastUsedTime": self.last_used} if self.last_used else {}
        return {"id": self.id, "type": "webHook", "config": {"url": self.url}, **used}


def new_id() -> str:
    """[spec] NOTIFICATION-<uuid>."""
    return f"NOTIFICATION-{uuid.uuid4()}"


def read_url(body: bytes) -> str:
    """The url of {"type": "webHook", "config": {"url"}}. Raises Refused."""
    try:
        asked = json.loads(body)
        kind, url = asked["type"], asked["config"]["url"]
    except (ValueError, KeyError, TypeError):
        raise Refused(EMPTY) from None
    if kind != "webHook" or not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise Refused(BAD_NOTIFICATION)
    return url


def filled(url: str, values: Mapping[str, str]) -> str:
    """The address to ring: placeholders in path or query replaced; unknown ones stay [assumed]."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), url)


def values_of(job: Job, status: str) -> dict[str, str]:
    """What the placeholders stand for; JOB_NAME has no field of its own, perhaps the tag [assumed]."""
    counters = job.counters()
    return {
        "JOB_ID": job.id,
        "JOB_NAME": job.asked.tag or "",
        "JOB_STATUS": status,
        "JOB_OUTPUT_TYPE": job.asked.output_type,
        **{f"JOB_RECORDS_{name.upper()}": str(counters[name]) for name in _COUNTED},
    }


_COUNTED = ("succeeded", "failed", "total", "valid", "invalid")
# [spec] the test call uses dummy values; which ones is [assumed]
DUMMY = {
    "JOB_ID": "JOB-00000000-0000-0000-0000-000000000000",
    "JOB_NAME": "dummy",
    "JOB_STATUS": "completed",
    "JOB_OUTPUT_TYPE": "csv",
    **{f"JOB_RECORDS_{name.upper()}": "0" for name in _COUNTED},
}
