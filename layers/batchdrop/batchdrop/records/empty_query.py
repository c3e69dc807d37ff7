"""The problem of a record in which there is nothing to look for, with the names of the columns to be filled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchdrop.ports import OWN_PARAM, Takes
from batchdrop.problems import Problem, problem
from batchdrop.records.known_names import WANTED

if TYPE_CHECKING:
    from collections.abc import Mapping

CODE = "EMPTY_QUERY"

_KINDS = {Takes.PLACE: "address", Takes.POINT: "coordinate", Takes.ID: "id", Takes.WAYPOINTS: "waypoint"}


def empty_query(takes: Takes, mapping: Mapping[str, str] | None) -> Problem:
    """Return the problem, without a place. mapping: field → column; None for an object without any member that could be used."""
    if not mapping:
        return problem(CODE, variant="members", expected=WANTED[takes][1])
    own = [column for field, column in mapping.items() if not field.startswith(OWN_PARAM)]
    columns = dict.fromkeys(own or mapping.values())
    return problem(CODE, variant="columns", kind=_KINDS.get(takes, "parameter"), columns=", ".join(columns))
