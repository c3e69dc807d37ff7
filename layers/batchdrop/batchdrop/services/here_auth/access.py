"""From a HERE secret to what a call carries: tokens are asked for once, kept until shortly before they end, made anew on demand."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from batchdrop.errors import ConfigurationError
from batchdrop.services.here_auth.account import Account, Token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batchdrop.transport import Transport

TOKEN_URL = "https://account.api.here.com/oauth2/token"  # noqa: S105  # [spec] an address, no secret
EARLY = 120.0
"""Seconds before its end that a token is no longer used; half of its life for one that lives shorter than twice that."""

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Access:
    """What to add to one call. Never shown: both may hold a credential."""

    params: Mapping[str, str] = field(default_factory=lambda: _NOTHING, repr=False)
    headers: Mapping[str, str] = field(default_factory=lambda: _NOTHING, repr=False)


class HereAuth:
    """Access by secret. `account` makes a transport to the host that gives out tokens, from its base URL.

    One object for one service: it keeps tokens and the difference between our clock and HERE's.
    """

    def __init__(self, account: Callable[[str], Transport] | None) -> None:
        self._transport = account
        self._accounts: dict[str, Account] = {}
        self._tokens: dict[str, Token] = {}

    def access(self, secret: Mapping[str, str], *, fresh: bool, scope: str = "") -> Access:
        """Params and headers for a call. fresh: the last ones were refused, so a token is asked for anew.

        scope: a project's HRN, instead of the secret's own `scope`; only tokens have one. Raises ConfigurationError (the
        secret or its tokenUrl cannot be used), ServiceDenied (HERE Account refuses the key), ServiceBusy (no token now).
        None of these has sent anything to the service itself, so never OutcomeUnknown.
        """
        if not (secret.get("accessKeyId") or secret.get("accessKeySecret")):
            return Access(params={"apiKey": _value(secret, "apiKey")})
        token = self._token(secret, scope or secret.get("scope", "").strip(), fresh=fresh)
        return Access(headers={"Authorization": f"Bearer {token.text}"})

    def _token(self, secret: Mapping[str, str], scope: str, *, fresh: bool) -> Token:
        key, proof = _value(secret, "accessKeyId"), _value(secret, "accessKeySecret")
        base, path = _split(secret.get("tokenUrl", "").strip() or TOKEN_URL)
        account = self._account(base)
        # a rotated key has a token of its own; the secret itself is not kept as a name
        name = hashlib.sha256(f"{base}\n{path}\n{key}\n{proof}\n{scope}".encode()).hexdigest()
        kept = self._tokens.get(name)
        if kept is None or fresh or account.now() >= kept.until:
            self._tokens.pop(name, None)
            kept = account.token(path, key, proof, scope, early=EARLY)
            self._tokens[name] = kept
        return kept

    def _account(self, base: str) -> Account:
        if base not in self._accounts:
            if self._transport is None:
                raise ConfigurationError("access keys cannot be used here: no host gives out tokens")
            self._accounts[base] = Account(self._transport(base))
        return self._accounts[base]


def _value(secret: Mapping[str, str], name: str) -> str:
    value = secret.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(f"the HERE secret needs the key {name!r}")
    return value.strip()


def _split(url: str) -> tuple[str, str]:
    """Base and path of the token's URL. The host rule is the transport's."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        if parts.scheme and parts.netloc and parts.path.strip("/") and not (parts.query or parts.fragment):
            return f"{parts.scheme}://{parts.netloc}", parts.path
    raise ConfigurationError("the tokenUrl of the HERE secret is no https URL with a path")
