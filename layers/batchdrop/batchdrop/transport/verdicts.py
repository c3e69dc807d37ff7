"""From a status to the error that says what the caller should do: one table for all services.

    status            GET, PUT, DELETE       POST
    3xx               ServiceRefused         ServiceRefused (code HOST_REFUSED: a redirect is never followed)
    401, 402, 403     ServiceDenied          ServiceDenied
    408, 425          ServiceBusy            OutcomeUnknown
    429               ServiceBusy            ServiceBusy (definitely not begun)
    402, 403, 429     ServiceDenied          ServiceDenied with code QUOTA, where the service's hook finds that the plan is used up
    503               ServiceDenied          OutcomeUnknown, in the same case
    other 4xx         ServiceRefused         ServiceRefused (with the service's own code)
    5xx               ServiceBusy            OutcomeUnknown: a 5xx on a POST is unknown, not "no"

Texts are our own: a service's message may repeat an address or a key.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from batchdrop.errors import OutcomeUnknown, ServiceBusy, ServiceDenied, ServiceError, ServiceRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    ErrorClassifier = Callable[[int, bytes], str]
    Sent = Callable[[str], bool]

HOST_REFUSED = "HOST_REFUSED"
_LONGEST_WAIT = 21_600.0  # six hours: a service that asks for more is looked at earlier
QUOTA = "QUOTA"
"""What the hook answers for a plan that is used up; then it is the code of the refusal, whatever the service calls it."""

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_LEAST_SECRET = 4  # characters: what is shorter is neither a key nor a name
_REASONS: Mapping[int, str] = {
    400: "the request was not accepted",
    401: "the credentials were not accepted",
    402: "the plan is used up",
    403: "the credentials do not allow this",
    404: "not found",
    413: "the request is too large",
    422: "the request was not accepted",
    429: "too many requests",
    503: "the service is out of order for a while",
}


def _nothing_sent(text: str) -> bool:
    """Return False: nothing is known of the request."""
    del text
    return False


@dataclass(frozen=True, slots=True)
class About:
    """What every error says about its exchange. `where`: method, host and path."""

    service: str
    where: str
    status: int | None = None
    request_id: str = ""

    @property
    def is_post(self) -> bool:
        """Whether the request may have started something that must not be repeated."""
        return self.where.startswith("POST ")

    def fields(self) -> dict[str, Any]:
        """As keyword arguments of ServiceError."""
        return {
            "service": self.service, "where": self.where, "status": self.status, "request_id": self.request_id,
        }  # fmt: skip


def verdict(
    about: About,
    headers: Mapping[str, str],
    body: bytes,
    now: float,
    classify_error: ErrorClassifier | None = None,
    is_sent: Sent = _nothing_sent,
) -> ServiceError:
    """The error that an answer other than 2xx stands for. `now`: seconds since the epoch, for a Retry-After date.

    classify_error: the service's hook. It sees the status and the beginning of the body, and may answer QUOTA. `is_sent`: see `error_code`.
    """
    status = about.status or 0
    if classify_error is not None and classify_error(status, body) == QUOTA and not _may_have_begun(about):
        return ServiceDenied(_REASONS[402], code=QUOTA, **about.fields())
    reason = _REASONS.get(status, "")
    if status < 400:
        return ServiceRefused("answered with a redirect", code=HOST_REFUSED, **about.fields())
    if status in (401, 402, 403):
        return ServiceDenied(reason, code=error_code(body, is_sent), **about.fields())
    if status == 429 or (not about.is_post and (status >= 500 or status in (408, 425))):
        wait = retry_after(headers, now)
        return ServiceBusy(reason or "the service failed", retry_after=wait, **about.fields())
    if status >= 500 or status in (408, 425):
        return OutcomeUnknown(reason or "the service failed", **about.fields())
    code = error_code(body, is_sent) or str(status)
    return ServiceRefused(f"{reason or 'refused'} ({code})", code=code, **about.fields())


def _may_have_begun(about: About) -> bool:
    """Return True for a 5xx after a POST: whatever its body says, the service may have taken the request."""
    return about.is_post and (about.status or 0) >= 500


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds the service asks to wait: between 0 and six hours; None when it does not say or says it oddly.

    A date is taken relative to the answer's own Date header where there is one, so that our clock does not matter.
    """
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text):
        return min(float(text), _LONGEST_WAIT)
    until = _seconds(text)
    if until is None:
        return None
    since = _seconds(headers.get("Date", ""))
    return min(max(0.0, until - (now if since is None else since)), _LONGEST_WAIT)


def error_code(body: bytes, is_sent: Sent = _nothing_sent) -> str:
    """The service's own code out of an error body: HERE's `code`, `errorCode` (HERE Account) or, on 401 and 403, `error`;
    Geoapify's `statusCode`; else empty. `is_sent`: whether a text was part of the request; then it is no code, but a key or an address.

    Sources: HERE Batch v7 and OAuth 2.0 token OpenAPI [spec]; Geoapify's page on 401 errors [doc]. Anything else (HTML, text) has none.
    """
    try:
        entry = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(entry, dict):
        return ""
    found = (entry.get(name) for name in ("code", "errorCode", "statusCode", "error"))
    code = str(next(filter(None, found), ""))
    return code if _is_code(code, is_sent) else ""


def request_id(headers: Mapping[str, str], is_sent: Sent = _nothing_sent) -> str:
    """The id by which the service's people find this request; only if it looks like one. `is_sent`: see `error_code`."""
    for name in ("X-Correlation-ID", "X-Request-ID"):
        found = headers.get(name, "")
        if _is_code(found, is_sent):
            return found
    return ""


def _is_code(text: str, is_sent: Sent) -> bool:
    """Return True for what looks like a code and repeats no part of the request; a number like 404 may stand in both."""
    return bool(_CODE.fullmatch(text)) and (len(text) < _LEAST_SECRET or not is_sent(text))


def _seconds(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return (moment - datetime.fromtimestamp(0, UTC)).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
