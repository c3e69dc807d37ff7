"""The report port: what a job's report is made of, and whoever makes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Told:
    """All that a report tells.

    job: job.json. errors: [outcome, code, records, [[recId, message, text], …]] (records/examples.py). summary: of the answers
    (records/summary.py); None where no answer was asked for. rec_ids: ordinal → recId of the distinct records that the
    summary names. moments: what happened and when (ISO 8601 UTC), in order.
    """

    job: Mapping[str, Any]
    errors: Sequence[Any] = ()
    summary: Mapping[str, Any] | None = None
    rec_ids: Mapping[int, int] = field(default_factory=dict)
    moments: Sequence[tuple[str, str]] = ()


class Reporter(Protocol):
    """Makes report.html."""

    def __call__(self, told: Told, /) -> bytes:
        """One page that needs nothing else, in UTF-8; at most 2 MB, whatever the job. The same for the same."""
        ...
