"""Text without secrets: for log lines, and for service messages before they are kept.

Keys of HERE and Geoapify travel in the query string, and exception texts of HTTP libraries repeat it (measured).
So no query string survives at all; the names below are hidden wherever else they stand.
"""

from __future__ import annotations

import re

HIDDEN = "…"

_NAMES = (
    r"authorization|api[_-]?key|app[_-]?id|app[_-]?code|client[_-]?secret|device[_-]?secret|secret|password|passwd"
    r"|(?:access|refresh|session|security|id|task)?[_-]?token|oauth_[a-z_]+|signature"
)
_QUERY = re.compile(r"""\?[^\s"'<>]*""")
_USER = re.compile(r"(?i)\b(https?://)[^\s/@\"'<>]+@")
# the secret of a webhook stands in its path: …/callback/<secret>, whatever follows is no secret of ours but unneeded
_PATH = re.compile(r"""(?i)(/(?:callbacks?|web-?hooks?|hooks?)/)[^\s?"'<>]+""")
_SCHEME = re.compile(r"""(?i)\b(bearer|basic|oauth)\s+(?!…)[^\s"'<>,]+(?:\s*,\s*[a-z_]+="[^"]*")*""")
_VALUE = re.compile(
    rf"""(?ix)
    (?P<name> (?:{_NAMES}) \b \\?["']? \s* (?: [:=] | %3D | %3A ) \s* )
    (?P<value> \\?" (?:[^"\\]|\\.)* "? | ' (?:[^'\\]|\\.)* '? | (?!…) [^\s"'<>,;&)\]}}]+ )
    """
)


def redact(text: str) -> str:
    """The text with every query string, user info, webhook secret and value of a secret's name replaced by `…`.

    Pure, and harmless to repeat: redact(redact(text)) == redact(text).
    """
    text = _USER.sub(rf"\1{HIDDEN}@", text)
    text = _QUERY.sub(lambda found: f"?{HIDDEN}" if "=" in found[0] else found[0], text)  # else it is prose
    text = _PATH.sub(rf"\1{HIDDEN}", text)
    text = _SCHEME.sub(rf"\1 {HIDDEN}", text)
    return _VALUE.sub(rf"\g<name>{HIDDEN}", text)


_JOB = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{1,40}-([0-9a-f]{16})(?![0-9a-f])")


def nameless(text: str) -> str:
    """The text with job ids cut to `…-<16 hex digits>`: what stands before is made of a file's name, which may be a person's."""
    return _JOB.sub(rf"{HIDDEN}-\1", text)
