"""The bodies in events/deliver/, made from the golden events: `python -m tests.docs.deliveries` writes them, a test compares them."""

from __future__ import annotations

import json
from hashlib import md5
from pathlib import Path
from typing import Any

from batchdrop.aws.events import message
from batchdrop.events import webhook_body

EVENTS = Path(__file__).parents[2] / "events"


def bodies() -> dict[tuple[str, str], str]:
    """What announce puts into the queue, by status and attention of the golden event."""
    made: dict[tuple[str, str], str] = {}
    for path in sorted(EVENTS.glob("completion/*.json")):
        golden = json.loads(path.read_text(encoding="utf-8"))
        kind = "Job Attention" if golden["attention"] else "Job Status Change"
        made.setdefault((golden["status"], str(golden["attention"])), message(webhook_body(kind, golden)))
    return made


def main() -> None:
    """Write them."""
    made = bodies()
    for path in EVENTS.glob("deliver/*.json"):
        event: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for record in event["Records"]:
            held = json.loads(record["body"])["data"]
            record["body"] = made[held["status"], str(held["attention"])]
            record["md5OfBody"] = md5(record["body"].encode(), usedforsecurity=False).hexdigest()
        path.write_text(json.dumps(event, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
