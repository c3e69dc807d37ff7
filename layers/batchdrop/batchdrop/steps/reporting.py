"""The report of a job, written where a job ends or rests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchdrop.effects import effect
from batchdrop.jobs import document, folder
from batchdrop.ports import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchdrop.ports import Reporter, Store

REPORT = "report.html"
"""The object's name, below the job's folder."""


def write_report(
    store: Store, bucket: str, row: Mapping[str, Any], reporter: Reporter, observed: Mapping[str, Any]
) -> None:
    """Write it from the row as it is about to be; harmless to repeat."""
    body = reporter(document(row, bucket), observed)
    place = Place(bucket, folder(row["id"]) + REPORT)
    effect("write_results", lambda: store.put(place, body, content_type="text/html; charset=utf-8"))
