"""What is wrong, and with what: a person who reads that the file is to blame corrects the file. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from batchdrop.ports import OutcomeKind
from batchdrop.problems import CODES, Level

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchdrop.ports import Told

_LISTED = 20
"""Invalid records that a plan lists at most: of these job.json and problems.csv tell, whatever their number."""

_REFUSED = _LISTED + 1  # problems of a refused file that are shown: why, and the records
_WENT_ON = 5  # of a job that went on: its records stand in errors.csv

_ROUTE = ("What is wrong with the route", "The file's contents are not the cause: put the route right, then drop the file again.")  # fmt: skip
_OBJECT = ("What is wrong with the dropped object", "")  # what to do stands with the problem
_FILE = ("What is wrong with the file", "Correct the file and drop it again.")
_OURS = ("What went wrong", "")
_RECORDS = ("Invalid records", "")

_ABOUT = {
    "NO_ROUTE": _ROUTE,
    "ROUTE_INVALID": _ROUTE,
    "OBJECT_GONE": _OBJECT,
    "NO_ACCESS": _OBJECT,
    "ARCHIVED": _OBJECT,
    "METADATA_INVALID": _OBJECT,
    "BROKE_DOWN": _OURS,
}


class Wrong(NamedTuple):
    """The section of what is wrong. shown: of job.json's problems; rest: a sentence about those that are not shown."""

    heading: str
    lead: str
    shown: Sequence[Mapping[str, Any]]
    rest: str


def refused(job: Mapping[str, Any]) -> bool:
    """Whether the file was refused: then problems.csv is there, and nothing was sent."""
    return job["status"] == "failure" and bool(job["problems"]) and job["problems"][0]["code"] != "BROKE_DOWN"


def heading(job: Mapping[str, Any]) -> str:
    """With what something is wrong."""
    return _about(job["problems"])[0]


def wrong(told: Told) -> Wrong | None:
    """What is to be said of a job's problems; None where there are none, or the codes of errors tell them with examples."""
    job = told.job
    if job["status"] == "failure":
        return _of_failure(job)
    told_already = any(kind == OutcomeKind.INVALID for kind, *_ in told.errors)
    left = [one for one in job["problems"] if not (told_already and _of_record(one))]
    if not left:
        return None
    shown = left[:_WENT_ON]
    whole = max(len(left), (job.get("records") or {}).get("invalid", 0) if _of_record(left[0]) else 0)
    rest = f"And {whole - len(shown):,} more." if whole > len(shown) else ""
    return Wrong(_about(left)[0], "", shown, rest)


def _of_failure(job: Mapping[str, Any]) -> Wrong | None:
    """Nothing was sent: a job fails only then."""
    problems = job["problems"]
    if not problems:
        return None
    title, advice = _about(problems)
    shown = problems[:_REFUSED]
    rest = ""
    if len(problems) > len(shown):
        rest = f"And {len(problems) - len(shown):,} more in problems.csv."
    elif sum(map(_of_record, problems)) >= _LISTED:
        rest = f"The first {_LISTED} invalid records are listed, here and in problems.csv; there may be more."
    return Wrong(title, f"Nothing was sent and nothing was billed. {advice}".strip(), shown, rest)


def _about(problems: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """The heading, and what to do: by the first problem, for those after it are of the same kind or of records."""
    first = problems[0]
    return _ABOUT.get(first["code"], _RECORDS if _of_record(first) else _FILE)


def _of_record(one: Mapping[str, Any]) -> bool:
    known = CODES.get(one["code"])
    return known is not None and known.level is Level.RECORD
