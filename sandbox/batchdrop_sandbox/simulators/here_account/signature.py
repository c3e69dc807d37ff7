"""OAuth 1.0a with HMAC-SHA256 as HERE's token call wants it [spec] [client]: reading and checking, not signing requests."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote, urlsplit

from batchdrop_sandbox.simulators.here_account.refusals import MALFORMED, NO_HEADER, Refused

METHOD = "HMAC-SHA256"
_NEEDED = frozenset(
    f"oauth_{name}"
    for name in ("consumer_key", "signature_method", "signature", "timestamp", "nonce", "version")
)
_PART = re.compile(r'\s*([A-Za-z_]+)="([^"]*)"\s*(?:,|$)')
_DEFAULT_PORTS = {"https": 443, "http": 80}

Pairs = Iterable[tuple[str, str]]


def read_header(text: str) -> dict[str, str]:
    """`OAuth name="value", …` as decoded parameters. Raises Refused: none at all, one missing, one doubled."""
    if not text:
        raise Refused(NO_HEADER)
    kind, _, rest = text.partition(" ")
    found: dict[str, str] = {}
    position = 0
    while kind == "OAuth" and (part := _PART.match(rest, position)):
        if part[1] in found:
            raise Refused(MALFORMED)
        found[part[1]] = unquote(part[2])
        position = part.end()
    if position != len(rest) or not found.keys() >= _NEEDED:
        raise Refused(MALFORMED)
    return found


def base_string(method: str, url: str, parameters: Pairs) -> str:
    """What is signed: method, URL without query and default port, all parameters sorted in their encoded form."""
    encoded = sorted((_encoded(name), _encoded(value)) for name, value in parameters)
    joined = "&".join(f"{name}={value}" for name, value in encoded)
    return f"{method.upper()}&{_encoded(_plain(url))}&{_encoded(joined)}"


def signature(method: str, url: str, parameters: Pairs, secret: str) -> str:
    """Base64 of the HMAC; the key ends in `&` because there is no token secret yet."""
    key = f"{_encoded(secret)}&".encode()
    digest = hmac.new(key, base_string(method, url, parameters).encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def is_signed(method: str, url: str, header: Mapping[str, str], others: Pairs, secret: str) -> bool:
    """Whether the header's signature fits: `others` are the form fields and the query's pairs."""
    own = ((name, value) for name, value in header.items() if name not in ("oauth_signature", "realm"))
    expected = signature(method, url, [*own, *others], secret)
    return hmac.compare_digest(expected.encode(), header["oauth_signature"].encode())


def _encoded(text: str) -> str:
    """RFC 3986: a space is %20, an asterisk %2A, a tilde stays."""
    return quote(text, safe="-._~")


def _plain(url: str) -> str:
    parts = urlsplit(url)
    default = _DEFAULT_PORTS.get(parts.scheme.lower())
    host = (parts.hostname or "") + (f":{parts.port}" if parts.port not in (None, default) else "")
    return f"{parts.scheme.lower()}://{host}{parts.path}"
