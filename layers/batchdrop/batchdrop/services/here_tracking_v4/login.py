"""A Tracking user's token: login with e-mail and password [doc], and the exchange for a token of one project [doc].

Logging in starts nothing and costs nothing, so none of its failures says anything about a batch.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from batchdrop.errors import (
    ConfigurationError,
    OutcomeUnknown,
    ServiceBusy,
    ServiceDenied,
    ServiceError,
    ServiceRefused,
)
from batchdrop.services.here_auth import Access

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchdrop.transport import Transport

SECONDS = 20.0
"""Deadline of one call."""
EARLY = 120.0
"""Seconds before its end that a token is no longer used; half of its life for one that lives shorter than twice that."""

_UNSAID = 600.0  # seconds a token is used when the answer does not say how long it lives [assumed]
_LONGEST = 30 * 86_400
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")  # goes into a header: no blanks, no line ends


class _Kept(NamedTuple):
    """A token, not to be used from `until` on."""

    text: str
    until: float


class Login:
    """Tokens by secret `{"email", "password", "realm"?, "scope"?}`, kept until shortly before they end."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._tokens: dict[str, _Kept] = {}

    def access(self, secret: Mapping[str, str], *, fresh: bool, scope: str = "") -> Access:
        """The header for a call. fresh: the last token was refused. scope: a project's HRN, else the secret's own.

        Raises ConfigurationError (the secret cannot be used), ServiceDenied (the login is refused), ServiceBusy (no token
        now). None of these has sent anything but the login, so never OutcomeUnknown.
        """
        user = {name: secret.get(name) or "" for name in ("email", "password", "realm")}
        for name in ("email", "password"):
            if not user[name].strip():
                raise ConfigurationError(f"the secret of {self._transport.service} needs the key {name!r}")
        scope = scope or (secret.get("scope") or "").strip()
        # a rotated password has a token of its own; the password itself is not kept as a name
        name = hashlib.sha256("\n".join((*user.values(), scope)).encode()).hexdigest()
        kept = self._tokens.pop(name, None)
        if kept is None or fresh or self._transport.clock() >= kept.until:
            kept = self._token(user, scope)
        self._tokens[name] = kept
        return Access(headers={"Authorization": f"Bearer {kept.text}"})

    def _token(self, user: Mapping[str, str], scope: str) -> _Kept:
        kept = self._ask("/users/v2/login", {name: value for name, value in user.items() if value})
        if not scope:
            return kept
        return self._ask("/users/v2/tokenExchange", {"accessToken": kept.text, "scope": scope})

    def _ask(self, path: str, asked: Mapping[str, str]) -> _Kept:
        began = self._transport.clock()
        entry: dict[str, Any] = {}
        failure: ServiceError | None = None
        try:
            entry = self._transport.send(
                "POST",
                path,
                headers={"Content-Type": "application/json", "Accept": "application/json"},
                body=json.dumps(asked).encode(),
                deadline=SECONDS,
            ).json()
        except (OutcomeUnknown, ServiceRefused) as error:
            failure = error
        if failure is not None:  # outside the except block: nothing of the exchange in the chain
            raise _as_login(failure)
        text, lives = entry.get("accessToken"), entry.get("expiresIn")
        if not isinstance(text, str) or not _TOKEN.fullmatch(text):
            raise ConfigurationError("the Tracking login answered without a token")
        said = isinstance(lives, int | float) and 0 < lives <= _LONGEST
        seconds = float(lives or 0) if said else _UNSAID
        return _Kept(text, began + max(seconds - EARLY, seconds / 2))


def _as_login(failure: ServiceError) -> ServiceError | ConfigurationError:
    """What a failed login means to who wanted to send a batch: never that the batch was refused or may be on its way."""
    about: dict[str, Any] = {
        "service": failure.service, "where": failure.where, "status": failure.status, "request_id": failure.request_id,
    }  # fmt: skip
    if not isinstance(failure, ServiceRefused):
        return ServiceBusy("no token was given; nothing else was sent", **about)
    if failure.code == "HOST_REFUSED":
        return ConfigurationError("HOST_REFUSED: the login was answered with a redirect")
    return ServiceDenied(f"the login was refused ({failure.code})", code=failure.code, **about)
