"""Which encoding bytes are in that are not in the one that was expected: a guess, for a person to try. Nothing is read by it."""

from __future__ import annotations

USUAL = (
    "cp1252", "cp1251", "cp1250", "cp1253", "cp1254", "cp1255", "cp1256", "cp932", "gb18030", "big5", "euc_kr", "euc_jp", "koi8_r",
    "cp850", "cp852", "cp866", "cp437", "mac_roman", "iso8859_15", "utf_8",
)  # fmt: skip
"""What files of people are in, the likeliest first where the bytes do not tell [assumed]."""

_SAMPLE = 16_384  # bytes from what is odd on: more of them tell more, and take longer
_ENOUGH = 64  # bytes from which on it may be said that they are no text; fewer can be a slip in a text
_SAID = 3


def likely(sample: bytes, expected: str) -> tuple[str, ...]:
    """Up to three encodings in which these bytes look like text, the likeliest first; none where it is a larger piece of no text."""
    from charset_normalizer import from_bytes  # noqa: PLC0415  # on the way to a refusal alone

    names = [name for name in USUAL if _plain(name) != _plain(expected)]
    matches = from_bytes(sample[:_SAMPLE], cp_isolation=names)
    least = min((match.chaos for match in matches), default=0.0)
    found = {name for match in matches if match.chaos == least for name in match.could_be_from_charset}
    said = tuple(_plain(name) for name in names if name in found)[:_SAID]
    if not said and len(sample) < _ENOUGH:
        return (_plain(names[0]),)
    return said


def _plain(name: str) -> str:
    return "utf-8" if name in ("utf_8", "utf-8") else name
