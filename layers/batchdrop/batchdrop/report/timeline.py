"""When what happened to a job. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_STEPS = (("created", "file dropped"), ("started", "first batch at the service"), ("ended", "over"))


def timeline(job: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The known moments in order: word, time (UTC, to the second) and how long after the first; `updated` stands for a missing end."""
    found = [(word, job[name]) for name, word in _STEPS if job.get(name)]
    if not job.get("ended") and job.get("updated"):
        found.append(("as of", job["updated"]))
    times = [(word, datetime.fromisoformat(text)) for word, text in found]
    return [
        {
            "word": word,
            "time": f"{time:%Y-%m-%d %H:%M:%S} UTC",
            "after": duration((time - times[0][1]).total_seconds()),
        }
        for word, time in times
    ]


def duration(seconds: float) -> str:
    """0.4 s, 12 s, 3 min 5 s, 2 h 10 min, 3 d 4 h."""
    whole = round(max(seconds, 0))
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"
