"""HERE Account: one token call, with a fresh nonce for every attempt and a clock that follows HERE's.

Asking for a token starts nothing and costs nothing, so an attempt whose answer is lost is simply made again later.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from batchdrop.errors import (
    ConfigurationError,
    OutcomeUnknown,
    ServiceBusy,
    ServiceDenied,
    ServiceError,
    ServiceRefused,
)
from batchdrop.services.here_auth.signing import authorization

if TYPE_CHECKING:
    from batchdrop.transport import Reply, Transport

SECONDS = 20.0
"""Deadline of the token call and of the timestamp's."""

_WRONG_TIME = "401204"  # timestamp outside the allowed window [spec]
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")  # goes into a header: no blanks, no line ends
_LONGEST = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class Token:
    """A Bearer token; not to be used from `until` on (seconds of the transport's clock)."""

    text: str = field(repr=False)
    until: float


class Account:
    """One host that gives out tokens."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._ahead = 0.0  # how far HERE's clock is ahead of ours

    def now(self) -> float:
        """Our own time."""
        return self._transport.clock()

    def token(self, path: str, key: str, secret: str, scope: str, *, early: float) -> Token:
        """POST, form `grant_type=client_credentials` [spec]; once more after a correction of the clock [client].

        Raises ServiceDenied (with HERE's code), ServiceBusy, ConfigurationError.
        """
        fields = {"grant_type": "client_credentials", **({"scope": scope} if scope else {})}
        began = self.now()
        try:
            reply = self._ask(path, key, secret, fields)
        except ServiceDenied as denied:
            if denied.code != _WRONG_TIME or not self._follow():
                raise
            began = self.now()
            reply = self._ask(path, key, secret, fields)
        return self._read(reply, began, early)

    def _ask(self, path: str, key: str, secret: str, fields: dict[str, str]) -> Reply:
        header = authorization(
            "POST",
            self._transport.base.url + path,
            fields.items(),
            key=key,
            secret=secret,
            timestamp=int(self.now() + self._ahead),
            nonce=secrets.token_urlsafe(12),
        )
        try:
            return self._transport.send(
                "POST",
                path,
                headers={
                    "Authorization": header,
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Accept": "application/json",
                },
                body=urlencode(fields, quote_via=quote, safe="").encode(),
                deadline=SECONDS,
            )
        except (OutcomeUnknown, ServiceRefused) as error:
            failure = error
        raise _translated(failure)  # outside the except block: nothing of the exchange in the chain

    def _read(self, reply: Reply, began: float, early: float) -> Token:
        entry: dict[str, Any] = {}
        odd = False
        try:
            entry = reply.json()
        except ServiceError:  # raised below, without the answer in the chain
            odd = True
        text, kind = entry.get("access_token"), entry.get("token_type", "bearer")
        if odd or not isinstance(text, str) or not _TOKEN.fullmatch(text) or str(kind).lower() != "bearer":
            raise ConfigurationError("HERE Account answered without a Bearer token; check tokenUrl")
        lives = entry.get("expires_in")
        seconds = 0.0  # of a token whose end is not said, only the first use is sure
        if isinstance(lives, int | float) and not isinstance(lives, bool) and lives > 0:
            seconds = min(float(lives), _LONGEST)
        return Token(text, began + max(seconds - early, seconds / 2))

    def _follow(self) -> bool:
        """Take over HERE's time from GET /timestamp [client], or from the answer's Date [assumed]; False when it is unknown."""
        try:
            reply = self._transport.send("GET", "/timestamp", deadline=SECONDS)
            theirs = _timestamp(reply)
        except ServiceError:
            return False
        if theirs is None:
            return False
        self._ahead = theirs - self.now()
        return True


def _timestamp(reply: Reply) -> float | None:
    try:
        found = reply.json().get("timestamp")
    except ServiceError:
        found = None
    if isinstance(found, int | float) and not isinstance(found, bool) and found > 0:
        return float(found)
    try:
        moment = parsedate_to_datetime(reply.headers.get("Date", ""))
    except (ValueError, TypeError, IndexError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _translated(failure: OutcomeUnknown | ServiceRefused) -> ServiceError | ConfigurationError:
    """The errors of this call as the caller of the service must see them: nothing was sent to the service itself.

    A lost answer is no lost batch; a 400 or 404 here is no refusal of a batch but wrong credentials or a wrong tokenUrl.
    """
    about: dict[str, Any] = {
        "service": failure.service,
        "where": failure.where,
        "status": failure.status,
        "request_id": failure.request_id,
    }
    if isinstance(failure, OutcomeUnknown):
        return ServiceBusy("no token was given; nothing was sent to the service", **about)
    if failure.code == "HOST_REFUSED":
        return ConfigurationError("HOST_REFUSED: the token call was answered with a redirect")
    return ServiceDenied(f"the token call was refused ({failure.code})", code=failure.code, **about)
