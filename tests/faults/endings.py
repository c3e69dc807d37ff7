"""How a job may end after a fault: the codes of the matrix, in the product's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchdrop.errors import BadFile, GoneMissing
from batchdrop.problems import problem
from tests.faults.matrix import EFFECTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.matrix import Case

DONE = frozenset({"completed"})
AMBIGUOUS = frozenset({"parked:AMBIGUOUS_SEND"})


def names(case: Case, *, service_only: bool = False) -> tuple[str, ...]:
    """The effects of a case by name. Where the look is the download there is no fetch."""
    found = EFFECTS[case.cell.effect]
    if case.cell.effect != "S10":
        return found
    download = "look" if case.kind == "blind" else "fetch"
    return (download,) if service_only else (download, "save_raw")


def lost(case: Case, *, landed: bool) -> frozenset[str]:
    """How a batch ends whose POST nobody knows of. Only what can be found, or costs nothing, goes on by itself."""
    if case.kind == "blind" or (case.kind == "named" and not landed):
        return AMBIGUOUS
    return DONE


def ordinary(case: Case, *, done: bool) -> frozenset[str]:
    """The ordinary end after a fault, by the code of the cell; `done`: the effect has happened."""
    match case.cell.effect:
        case "S3":
            return lost(case, landed=False) if done else DONE
        case "S4" if case.cell.code != "B":
            return lost(case, landed=done)
        case "S5" if case.cell.fault in ("F1", "F20"):  # who lives on leaves the ticket in the store
            return DONE if done else lost(case, landed=True)
    return DONE


FROM_THE_STORE: dict[tuple[str, int], Callable[[str], Exception]] = {
    ("read_input", 403): lambda _name: BadFile([problem("NO_ACCESS")]),
    ("read_input", 404): lambda _name: GoneMissing("inbox has no such object"),
}
"""The store's own words for what S3 refuses (aws/translation.py)."""

REFUSALS: dict[str, dict[int, set[str]]] = {
    "S1": {403: {"failure"}, 404: {"failure"}},
    "S2": {403: set()},
    "S3": {403: {"parked:LANE_STUCK"}},
    "S4": {
        400: {"completed"},
        404: {"completed"},
        413: {"completed"},
        401: {"parked:DENIED"},
        402: {"parked:QUOTA"},
        403: {"parked:DENIED"},
    },
    "S5": {403: {"parked:LANE_STUCK", "parked:AMBIGUOUS_SEND"}},
    "S6": {
        400: {"completed"},
        404: {"parked:DELETED_BY_OTHER"},
        401: {"parked:DENIED"},
        403: {"parked:DENIED"},
    },
    "S7": {403: set()},
    "S8": {400: {"parked:GAPS"}, 404: {"parked:GAPS"}, 401: {"parked:DENIED"}, 403: {"parked:DENIED"}},
    "S10": {
        400: {"parked:GAPS", "parked:RESULTS_WITHHELD"},
        404: {"parked:RESULTS_WITHHELD", "parked:DELETED_BY_OTHER"},
        401: {"parked:DENIED"},
        403: {"parked:DENIED", "parked:RESULTS_WITHHELD"},
    },
    "S11": {403: {"parked:LANE_STUCK", "parked:STALLED"}},
    "S12": {403: set()},
    "S13": {403: set()},
    "S14": {403: {"parked:DENIED"}},
}
"""How a job ends that is refused for good, by effect and status; empty: it stays open, visibly, until that is mended.

Real adapters answer the 404 of a poll with State.GONE (the variant "the job is gone"): raised, it counts as any other refusal.
"""
