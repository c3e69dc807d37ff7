"""A client's side of HERE's token call, written for these tests only."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
from typing import TYPE_CHECKING
from urllib.parse import quote

from batchdrop_sandbox.simulators.here_account.behaviour import TokenCall
from batchdrop_sandbox.simulators.here_account.settings import ACCESS_KEY_ID, ACCESS_KEY_SECRET

if TYPE_CHECKING:
    from collections.abc import Iterable

URL = "https://account.api.here.com/oauth2/token"
FORM = "application/x-www-form-urlencoded"
_NONCES = itertools.count()


def authorization(
    now: float,
    *,
    url: str = URL,
    fields: Iterable[tuple[str, str]] = (),
    key: str = ACCESS_KEY_ID,
    secret: str = ACCESS_KEY_SECRET,
    nonce: str = "",
    **changed: str,
) -> str:
    """The Authorization header; `changed` overrides its parameters before they are signed."""
    oauth = {
        "oauth_consumer_key": key,
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": str(int(now)),
        "oauth_nonce": nonce or f"nonce{next(_NONCES)}",
        "oauth_version": "1.0",
        **changed,
    }
    pairs = sorted(
        (quote(name, safe="~"), quote(value, safe="~")) for name, value in (*oauth.items(), *fields)
    )
    joined = "&".join("=".join(pair) for pair in pairs)
    text = "&".join(quote(part, safe="~") for part in ("POST", url, joined))
    made = hmac.new(f"{quote(secret, safe='~')}&".encode(), text.encode(), hashlib.sha256).digest()
    shown = {**oauth, "oauth_signature": base64.b64encode(made).decode()}
    return "OAuth " + ", ".join(f'{name}="{quote(value, safe="~")}"' for name, value in shown.items())


def form_call(now: float, *extra: tuple[str, str], **how: str) -> TokenCall:
    """A form with client_credentials and further fields, all of them signed."""
    fields = (("grant_type", "client_credentials"), *extra)
    body = "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in fields)
    return TokenCall(authorization(now, fields=fields, **how), FORM, body.encode())
