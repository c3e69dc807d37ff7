"""One bulk job: its rows, its counters, its results."""

import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from batchdrop_sandbox.simulators.here_tracking_v4.devices import RowFailed
from batchdrop_sandbox.simulators.here_tracking_v4.rows import Upload

STATES = ("pending", "ongoing", "completed", "failed", "cancelled", "acknowledged")  # [spec]
ENDED = ("completed", "failed", "cancelled")
_ID = re.compile(r"BULK-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")  # [spec]


@dataclass
class Job:
    """Not thread-safe. `entered` is when the status began; `items` are the results of the rows that were done."""

    id: str
    project: str
    upload: Upload = field(repr=False)
    file_name: str | None
    created: float
    fails: bool = False
    status: str = "pending"
    entered: float = 0.0
    done: int = 0
    items: list[dict[str, Any]] = field(default_factory=list, repr=False)
    succeeded: int = 0
    failed: int = 0
    partial: int = 0

    @property
    def kind(self) -> str:
        """[spec] create or delete."""
        return "create" if self.upload.adds else "delete"

    def count(self, item: dict[str, Any], *, changed: bool) -> None:
        """One more row is done: a row with ids and errors succeeded partially [spec]."""
        self.done += 1
        self.items.append(item)
        self.succeeded += changed and "errors" not in item
        self.partial += changed and "errors" in item
        self.failed += not changed

    def detail(self, status: str, *, total_while_pending: bool) -> dict[str, Any]:
        """The status document; total is 0 while pending in the seed's sample."""
        rows = len(self.upload.rows)
        total = 0 if self.status == "pending" and not total_while_pending else rows
        waiting = rows - self.done if self.status in ("pending", "ongoing") else 0  # 0 in the end [assumed]
        named = {} if self.file_name is None else {"fileName": self.file_name}
        return {
            "status": status,
            "progress": round(100 * self.done / rows) if self.status != "completed" else 100,
            "total": total,
            "succeeded": self.succeeded,
            "failed": self.failed,
            "partiallySucceeded": self.partial,
            "pending": waiting,
            **named,
            "type": self.kind,
        }


def new_id() -> str:
    """A job's id."""
    return f"BULK-{uuid.uuid4()}"


def is_id(text: str) -> bool:
    """Whether this has the form of a job's id."""
    return _ID.fullmatch(text) is not None


def complaint(failed: RowFailed) -> dict[str, Any]:
    """One entry of a row's errors [spec]."""
    return {"code": failed.code, "message": str(failed), "details": failed.details}
