"""Every error batchdrop raises on purpose, split by what the caller should do.

    BatchdropError
    ├── BadFile              the input cannot be used: refuse it, with problems
    ├── ConfigurationError   a person must change a setting: nothing is lost
    ├── Superseded           another run or driver is in charge: stop quietly
    ├── GoneMissing          an object or row that was there is not there any more
    └── ServiceError         something about a batch service
        ├── ServiceBusy          wait `retry_after` seconds, then ask again
        ├── ServiceDenied        the credentials were refused (401, 402, 403)
        ├── ServiceRefused       a definite no to this request (400, 404, 413, …)
        ├── OutcomeUnknown       nobody can tell whether the request took effect
        └── ServiceSpokeUnknown  the answer does not have the agreed form

No error text holds a secret, an address or a URL query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchdrop.problems import Problem


class BatchdropError(Exception):
    """The root of the family."""


class BadFile(BatchdropError):
    """A dropped file that cannot be processed; carries the problems to report."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(", ".join(sorted({problem.code for problem in problems})))
        self.problems = tuple(problems)


class ConfigurationError(BatchdropError):
    """A setting, route, secret or host a person must correct."""


class Superseded(BatchdropError):
    """This run or driver is no longer the one in charge; it must not act."""


class GoneMissing(BatchdropError):
    """An object or row that this step relies on is gone."""


class ServiceError(BatchdropError):
    """Something a batch service did. `where` is method, host and path: never the query."""

    def __init__(
        self,
        reason: str,
        *,
        service: str = "",
        where: str = "",
        status: int | None = None,
        request_id: str = "",
    ) -> None:
        self.reason = reason
        self.service = service
        self.where = where
        self.status = status
        self.request_id = request_id
        parts = [
            service,
            where,
            f"HTTP {status}" if status else "",
            reason,
            f"request {request_id}" if request_id else "",
        ]
        super().__init__(": ".join(part for part in parts if part))


class ServiceBusy(ServiceError):
    """Not now: too many requests, or the service is out of order for a while."""

    def __init__(self, reason: str, *, retry_after: float | None = None, **about: object) -> None:
        super().__init__(reason, **about)  # type: ignore[arg-type]  # the keyword arguments of ServiceError
        self.retry_after = retry_after


class ServiceDenied(ServiceError):
    """The service does not accept the credentials, or the plan is used up (402). `code` is the service's own, if any."""

    def __init__(self, reason: str, *, code: str = "", **about: object) -> None:
        super().__init__(reason, **about)  # type: ignore[arg-type]  # the keyword arguments of ServiceError
        self.code = code


class ServiceRefused(ServiceError):
    """A definite no: nothing was started, and the same request would be refused again.

    `code` is the service's own error code where it gave one.
    """

    def __init__(self, reason: str, *, code: str = "", **about: object) -> None:
        super().__init__(reason, **about)  # type: ignore[arg-type]  # the keyword arguments of ServiceError
        self.code = code


class OutcomeUnknown(ServiceError):
    """The request may or may not have taken effect (time-out, reset, 5xx, cut reply)."""


class ServiceSpokeUnknown(ServiceError):
    """The answer came, but it does not have the agreed form."""
