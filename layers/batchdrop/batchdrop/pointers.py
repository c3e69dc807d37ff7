"""From a dropped object to its jobs: `by-input/<route>/<key>.json` in the results bucket names them, the newest version's first.

Pure: the names of pointers and what they hold. Steps write them (steps/pointing.py), the command reads them.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from batchdrop.jobs import INCOMING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MOST = 50
"""Jobs that a pointer names; older ones are found by their ids."""

_LONGEST = 1024  # bytes of a key in S3
_ROUTE = re.compile(r"[A-Za-z0-9_-]{1,100}")


def pointer_key(key: str, *, private: bool = False) -> str:
    """The pointer of a dropped object. A key that a disk would stumble over, that is too long, or that is private, is hashed."""
    name = key.removeprefix(INCOMING)
    plain = f"by-input/{name}.json"
    harmless = name.isprintable() and not any(part in ("", ".", "..") for part in name.split("/"))
    if harmless and not private and len(plain.encode()) <= _LONGEST:
        return plain
    route = name.partition("/")[0]
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    return f"by-input/{route if _ROUTE.fullmatch(route) else '-'}/sha256-{digest}.json"


def entry(job: str, version: str, sequencer: str, created: str) -> dict[str, str]:
    """One job in a pointer. sequencer: S3's, of the event that told of the object; "" where it is not known."""
    return {"job": job, "versionId": version, "sequencer": sequencer, "created": created}


def pointer(entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What a pointer holds: `job` is the newest version's, whatever order the events came in."""
    newest_first = sorted(entries, key=_age, reverse=True)[:MOST]
    return {"job": newest_first[0]["job"], "jobs": newest_first}


def _age(found: Mapping[str, Any]) -> tuple[str, str]:
    """Sequencers of one key are compared as text, the shorter one filled up with zeros at its end [doc: S3, event message structure]."""
    return (str(found.get("sequencer", "")).upper().ljust(64, "0"), str(found.get("created", "")))


def jobs_of(found: Mapping[str, Any]) -> Sequence[str]:
    """The ids in a pointer, the newest version's first."""
    return [str(each["job"]) for each in found.get("jobs", ())]
