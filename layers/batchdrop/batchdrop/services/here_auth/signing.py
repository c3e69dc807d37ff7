"""The Authorization header of HERE's token call: OAuth 1.0a with HMAC-SHA256. Pure.

[spec] OAuth 2.0 token OpenAPI 1.2.0; details [client] heremaps/here-aaa-java-sdk (OAuth1Signer, SignatureCalculator).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

    Pairs = Iterable[tuple[str, str]]

METHOD = "HMAC-SHA256"
_PORTS = {"https": 443, "http": 80}


def authorization(
    method: str, url: str, parameters: Pairs, *, key: str, secret: str, timestamp: int, nonce: str
) -> str:
    """The header's value. parameters: form fields and query; url: without query. key: the access key id."""
    signed = {
        "oauth_consumer_key": key,
        "oauth_nonce": nonce,
        "oauth_signature_method": METHOD,
        "oauth_timestamp": str(timestamp),
        "oauth_version": "1.0",
    }
    proof = signature(method, url, [*signed.items(), *parameters], secret)
    shown = {
        name: signed.get(name, proof)
        for name in (
            "oauth_consumer_key",
            "oauth_signature_method",
            "oauth_signature",
            "oauth_timestamp",
            "oauth_nonce",
            "oauth_version",
        )
    }
    return "OAuth " + ", ".join(f'{name}="{_encoded(value)}"' for name, value in shown.items())


def signature(method: str, url: str, parameters: Pairs, secret: str) -> str:
    """Base64 of the HMAC over the base string. The key ends in `&`: there is no token secret yet."""
    key = f"{_encoded(secret)}&".encode()
    digest = hmac.new(key, base_string(method, url, parameters).encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def base_string(method: str, url: str, parameters: Pairs) -> str:
    """What is signed: method, URL without query and default port, and all parameters, sorted as they are encoded."""
    pairs = sorted((_encoded(name), _encoded(value)) for name, value in parameters)
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    return "&".join((method.upper(), _encoded(_plain(url)), _encoded(joined)))


def _encoded(text: str) -> str:
    """RFC 3986: a space is %20, an asterisk %2A, a tilde stays."""
    return quote(text, safe="-._~")


def _plain(url: str) -> str:
    parts = urlsplit(url)
    scheme, host = parts.scheme.lower(), parts.hostname or ""
    port = "" if parts.port in (None, _PORTS.get(scheme)) else f":{parts.port}"
    return f"{scheme}://{host}{port}{parts.path}"
