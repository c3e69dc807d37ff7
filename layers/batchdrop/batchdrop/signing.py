"""Signatures after Standard Webhooks, so that whoever receives an event can tell that it is ours. Pure.

Source: the specification at standardwebhooks.com [spec]; checked against its own library (tests/unit/test_signing.py).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING

from batchdrop.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIX = "whsec_"
KEY_BYTES = range(24, 65)  # [spec] "between 24 bytes (192 bits) and 64 bytes (512 bits)"


def key(secret: str) -> bytes:
    """The bytes to sign with. Raises ConfigurationError, without the value, for what is no such secret."""
    try:
        found = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if not secret.startswith(PREFIX) or len(found) not in KEY_BYTES:
        raise ConfigurationError("the webhook's secret is not whsec_ and 24 to 64 bytes in base64")
    return found


def is_secret(text: str) -> bool:
    """Whether it can be signed with."""
    try:
        return bool(key(text))
    except ConfigurationError:
        return False


def headers(message: str, at: float, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """The three headers of one attempt. message: the event's id, the same on every attempt; at: seconds since the epoch, now.

    One signature for each secret, so that receivers verify with the old or the new one while a secret is rotated ([spec]).
    """
    second = str(int(at))
    signed = f"{message}.{second}.".encode() + body
    signatures = (hmac.new(key(secret), signed, hashlib.sha256).digest() for secret in secrets)
    return {
        "webhook-id": message,
        "webhook-timestamp": second,
        "webhook-signature": " ".join(f"v1,{base64.b64encode(each).decode()}" for each in signatures),
    }
