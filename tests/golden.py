"""Golden events: what is published, with everything that differs from run to run replaced by an example.

The files stand in events/completion/; docs/events.md shows one, and each is valid by its published schema.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "events" / "completion"
SCHEMAS = {"Job Status Change": "job-status-change.json", "Job Attention": "job-attention.json"}

_EXAMPLES: dict[str, Any] = {
    "eventId": "2b9cc73872bcf29bcd1e4b3d33a51313",
    "time": "2026-03-02T09:17:52.907144Z",
    "created": "2026-03-02T09:14:07.031522Z",
    "started": "2026-03-02T09:14:11.480019Z",
    "ended": "2026-03-02T09:17:52.907144Z",
}
_DURATIONS = {"queued": 4.448, "working": 221.427, "total": 225.876}
_HASH = "0f3c9a5b7d21e684"
_SPENT = 2527


def example(detail: dict[str, Any]) -> dict[str, Any]:
    """The detail with ids, times and the buckets' names replaced."""
    entry: dict[str, Any] = json.loads(json.dumps(detail))
    entry |= {name: value for name, value in _EXAMPLES.items() if name in entry}
    entry["durations"] = {name: _DURATIONS[name] for name in entry["durations"]}
    stem = detail["jobId"].rpartition("-")[0]
    entry["jobId"] = f"{stem}-{_HASH}"
    entry["input"]["bucket"] = "batchdrop-inboxbucket-1a2b"
    entry["output"] = {
        name: "batchdrop-resultsbucket-3c4d"
        if name == "bucket"
        else value.replace(detail["jobId"], entry["jobId"])
        for name, value in entry["output"].items()
    }
    if entry["price"].get("unit") == "credits" and entry["price"].get("spent"):
        entry["price"]["spent"] = _SPENT  # looks are billed, and how many are needed is a matter of time
    return entry


def golden(name: str) -> dict[str, Any]:
    """A golden event."""
    entry: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return entry


def schema(detail_type: str) -> dict[str, Any]:
    """The published schema of this kind of event."""
    text = (files("batchdrop") / "schemas" / SCHEMAS[detail_type]).read_text()
    found: dict[str, Any] = json.loads(text)
    return found
