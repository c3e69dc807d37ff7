"""What others say when something is wrong: services in the transport's words (transport/verdicts.py), AWS in botocore's, once it has
lost patience.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, EndpointConnectionError, IncompleteReadError, ReadTimeoutError

from batchdrop.errors import (
    ConfigurationError,
    OutcomeUnknown,
    ServiceBusy,
    ServiceDenied,
    ServiceRefused,
    ServiceSpokeUnknown,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SERVICE = frozenset({"post", "start", "look", "fetch"})
"""Effects that ask a service."""


def aws(code: str, status: int = 400) -> ClientError:
    """AWS's refusal."""
    return ClientError(
        {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]  # the rest is not looked at
        "Operation",
    )


def no_answer(name: str) -> Exception:
    """Nobody answered; whether it took effect is not known."""
    if name == "get_secret":
        return ServiceBusy("the secret cannot be read at this moment; nothing was sent")
    if name not in SERVICE:
        return ReadTimeoutError(endpoint_url="https://aws.invalid")
    if name == "post":
        return OutcomeUnknown("no answer within the deadline", service="memory")
    return ServiceBusy("no answer within the deadline", service="memory")


def refused_connection(name: str) -> Exception:
    """Nothing was sent."""
    if name == "get_secret":
        return ServiceBusy("the secret cannot be read at this moment; nothing was sent")
    if name not in SERVICE:
        return EndpointConnectionError(endpoint_url="https://aws.invalid")
    return ServiceBusy("could not connect; nothing was sent", service="memory")


def busy(name: str, retry_after: float | None = None) -> Exception:
    """429."""
    if name == "get_secret":
        return ServiceBusy("the secret cannot be read at this moment; nothing was sent")
    if name not in SERVICE:
        return aws("ThrottlingException")
    return ServiceBusy("too many requests", retry_after=retry_after, service="memory", status=429)


def broken(name: str) -> Exception:
    """5xx."""
    if name == "get_secret":
        return ServiceBusy("the secret cannot be read at this moment; nothing was sent")
    if name not in SERVICE:
        return aws("InternalServerError", 500)
    if name == "post":
        return OutcomeUnknown("the service failed", service="memory", status=502)
    return ServiceBusy("the service failed", service="memory", status=502)


def odd(name: str) -> Exception:
    """An answer of another form: after a POST nobody can tell."""
    kind = OutcomeUnknown if name == "post" else ServiceSpokeUnknown
    return kind("the answer does not have the agreed form", service="memory")


def redirected(_name: str) -> Exception:
    """3xx: never followed."""
    return ServiceRefused("answered with a redirect", code="HOST_REFUSED", service="memory", status=307)


def denied(status: int) -> Callable[[str], Exception]:
    """401, 402, 403; AWS says AccessDenied."""

    def say(name: str) -> Exception:
        if name == "get_secret":
            return ConfigurationError("the secret for memory cannot be used: it may not be read")
        if name not in SERVICE:
            return aws("AccessDeniedException", status)
        return ServiceDenied("the credentials were not accepted", service="memory", status=status)

    return say


def refused(status: int) -> Callable[[str], Exception]:
    """400, 404, 413."""

    def say(name: str) -> Exception:
        if name not in SERVICE:
            return aws("ValidationException", status)
        return ServiceRefused(f"refused ({status})", code=str(status), service="memory", status=status)

    return say


def expired(name: str) -> Exception:
    """The function's own AWS credentials are over."""
    return aws("ExpiredTokenException", 403) if name != "get_secret" else busy(name)


def cut(name: str) -> Exception:
    """The body broke off."""
    if name in SERVICE:
        return no_answer(name)
    return IncompleteReadError(actual_bytes=10, expected_bytes=20)
