"""Refusals as problem+json (RFC 9457): one table of kinds, and the exception that carries one to the answer."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "bad-parameter": (400, "A parameter is not valid."),
        "bad-body": (400, "The body is not valid."),
        "unknown-call": (404, "There is nothing at this path."),
        "unknown-job": (404, "There is no such job."),
        "unknown-batch": (404, "The job has no such batch."),
        "unknown-route": (404, "There is no such route."),
        "not-ready": (404, "The job has not come so far."),
        "wrong-method": (405, "This path is not called so."),
        "not-possible": (409, "What the job is now does not allow this."),
        "pays-again": (409, "This may cost money again."),
        "not-kept": (410, "It is not kept any more."),
        "too-large": (413, "The file is too large for this way in."),
        "another-file": (422, "The Idempotency-Key came with another file before."),
        "broke-down": (500, "batchdrop broke down."),
    }
)
"""Kind → status and title. `type` in the answer is `urn:batchdrop:problem:<kind>`."""


class Refused(Exception):
    """A request gets this refusal. `about`: further members, such as `code`, `parameter`, `remedy`, `price`."""

    def __init__(self, kind: str, detail: str, **about: Any) -> None:
        super().__init__(kind)
        self.kind = kind
        self.detail = detail
        self.about = about

    @property
    def status(self) -> int:
        """The HTTP status."""
        return KINDS[self.kind][0]

    def to_dict(self, instance: str, correlation: str) -> dict[str, Any]:
        """The body. `instance`: the path that was called, without its query."""
        status, title = KINDS[self.kind]
        entry = {
            "type": f"urn:batchdrop:problem:{self.kind}",
            "title": title,
            "status": status,
            "detail": self.detail,
            "instance": instance,
            "correlationId": correlation,
            **self.about,
        }
        return {name: value for name, value in entry.items() if value not in (None, "")}
