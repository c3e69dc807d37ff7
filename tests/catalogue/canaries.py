"""What must never leave: words that stand in addresses, keys and secrets of the catalogue, and everything that is said meanwhile."""

from __future__ import annotations

import io
import json
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from batchdrop.observe import logger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.steps.world import World

ADDRESS = "Canaryweg"
SECRET = "canary-key-5b1d"
CANARIES = (ADDRESS, SECRET, "canary-key-77e0", "canary@example.org", "canary-token", "Bearer ")


@contextmanager
def listening() -> Iterator[io.StringIO]:
    """Everything that is logged: our own lines as they go to CloudWatch, and every other library's at its most talkative."""
    handler = logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    text = io.StringIO()
    others, root = logging.StreamHandler(text), logging.getLogger()
    level, ours, before = root.level, logger.log_level, handler.setStream(text)
    root.addHandler(others)
    root.setLevel(logging.DEBUG)
    logger.setLevel(logging.INFO)
    try:
        yield text
    finally:
        logger.setLevel(ours)
        root.setLevel(level)
        root.removeHandler(others)
        handler.setStream(before or handler.stream)


def assert_silent(world: World, job: str, log: str) -> None:
    """No canary in logs, events, the machine's payloads, or in what job.json says is wrong."""
    assert log, "nothing was logged, so nothing is known of leaks"
    document = world.document(job)
    said: dict[str, Any] = {
        "the log": log,
        "an event": [each.detail for each in world.publisher.published],
        "a problem": document["problems"],
        "the attention": document["attention"],
        "a payload of the machine": world.machine.started,
        "the table": [
            {name: value for name, value in row.items() if name not in ("input", "plan", "columns")}
            for row in world.table.rows()
        ],
    }
    for where, found in said.items():
        text = found if isinstance(found, str) else json.dumps(found, default=str, ensure_ascii=False)
        for word in CANARIES:
            assert word not in text, f"{word[:4]}… stands in {where}"
