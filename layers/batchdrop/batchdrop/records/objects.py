"""Queries out of a JSON array that is the service's own request: Tracking's devices to add or to delete."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from batchdrop.ports.service import Takes
from batchdrop.problems import Problem, problem
from batchdrop.records.arrays import element, raw_elements
from batchdrop.records.devices import checked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchdrop.records.source import Readable

OBJECTS = frozenset({Takes.DEVICE, Takes.DEVICE_DELETE})
"""Kinds of records that may come as objects of an array."""


def object_queries(source: Readable, takes: Takes) -> Iterator[tuple[int, dict[str, str] | Problem]]:
    """recId and query, or what is wrong with it, of each element. Raises BadFile as arrays.py does."""
    for rec_id, (line, raw) in enumerate(raw_elements(source), 1):
        device = element(raw, line)
        if isinstance(device, dict):
            made = checked(device, takes)
        else:
            made = problem("WRONG_TYPE", name="The record", kind="an object")
        yield rec_id, replace(made, line=line, rec_id=rec_id) if isinstance(made, Problem) else made
