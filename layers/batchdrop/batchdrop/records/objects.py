"""Queries out of a JSON array that is the service's own request: Tracking's devices to add or to delete."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from batchdrop.ports.service import Takes
from batchdrop.problems import Problem, problem
from batchdrop.records.arrays import element, raw_elements
from batchdrop.records.devices import checked
from batchdrop.records.owncells import NO_MARK, OWN_MEMBER, Mark, member_mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batchdrop.records.source import Readable

OBJECTS = frozenset({Takes.DEVICE, Takes.DEVICE_DELETE})
"""Kinds of records that may come as objects of an array."""


def object_queries(
    source: Readable, takes: Takes, told: Callable[[Mark], object] = lambda _mark: None
) -> Iterator[tuple[int, dict[str, str] | Problem]]:
    """recId and query, or what is wrong with it, of each element. Raises BadFile as arrays.py does.

    told: hears whose record each was, where errors were dropped back.
    """
    for rec_id, (line, raw) in enumerate(raw_elements(source), 1):
        device = element(raw, line)
        mark = member_mark(device) if isinstance(device, dict) else None
        told(mark or NO_MARK)
        if isinstance(device, dict):
            if mark is not None:
                del device[OWN_MEMBER]
            made = checked(device, takes)
        else:
            made = problem("WRONG_TYPE", name="The record", kind="an object")
        yield rec_id, replace(made, line=line, rec_id=rec_id) if isinstance(made, Problem) else made
