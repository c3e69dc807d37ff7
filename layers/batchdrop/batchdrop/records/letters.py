"""Find text that was damaged before the file was dropped: letters that were lost, and UTF-8 that was read in another encoding. Pure."""

from __future__ import annotations

import re

LOST, MOJIBAKE = "LOST_LETTERS", "MOJIBAKE"
"""Codes of notes."""

_SIGN = "\N{REPLACEMENT CHARACTER}".encode()
_SIGN_AGAIN = "\u00ef\u00bf\u00bd".encode()  # the same, read as cp1252
_ESCAPED_SIGN = re.compile(rb"(?<!\\)(?:\\\\)*\\u(?:fffd)", re.IGNORECASE)
_TRAILS = (
    rb"(?:\xc2[\x80-\xbf]|\xc5[\x92\x93\xa0\xa1\xb8\xbd\xbe]|\xc6\x92|\xcb[\x86\x9c]|\xe2[\x80\x82\x84])"
)
# Each begins with a byte of its own, by which a search is fast.
_SUSPECTS = {
    b"\xc3": re.compile(rb"\xc3[\x82-\xaf]" + _TRAILS),  # UTF-8 in cp1252 or Latin-1
    b"\xe2": re.compile(rb"\xe2(?:\x88\x9a|\x94\x9c)[^\s\w]"),  # in Mac Roman; in cp437 or cp850
}
_NEAR = 12  # bytes that one misread letter has at most

# What the second and later bytes of a UTF-8 letter look like in each encoding.
_TRAIL = {
    name: "".join(re.escape(letter) for byte in range(0x80, 0xC0) if (letter := bytes([byte]).decode(name, "ignore")))
    for name in ("cp1252", "mac_roman", "cp437", "cp850")
}  # fmt: skip
_TRAIL["cp1252"] += "\x81\x8d\x8f\x90\x9d"  # bytes that cp1252 lacks: readers let them pass as they are
_CANDIDATES = {
    "cp1252": re.compile("[\u00c2-\u00df][{0}]|[\u00e0-\u00ef][{0}]{{2}}".format(_TRAIL["cp1252"])),
    **{
        name: re.compile(f"{lead}[{_TRAIL[name]}]")
        for name, lead in (("mac_roman", "\u221a"), ("cp437", "\u251c"), ("cp850", "\u251c"))
    },
}
_LETTERS = (
    (0xA0, 0x17F), (0x1A0, 0x1B0), (0x218, 0x21B), (0x391, 0x3C9), (0x401, 0x491), (0x5D0, 0x5EA), (0x621, 0x64A),
    (0x1E00, 0x1EFF), (0x2010, 0x2026), (0x20AC, 0x20AC), (0x3041, 0x30FE), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xFEFF, 0xFEFF),
)  # fmt: skip
"""Letters and signs of addresses. Others, such as Syriac, come out where a quote happens to follow a capital letter."""


def find_damage(text: bytes) -> str:
    """Return LOST or MOJIBAKE for UTF-8 with such text, of a record or a larger piece of a file; else an empty text."""
    if b"\xef" in text and _SIGN in text:
        return LOST
    for first, suspects in _SUSPECTS.items():
        if first not in text:
            continue
        for found in suspects.finditer(text):
            if text.startswith(_SIGN_AGAIN, found.start()):
                return LOST
            if _is_misread(text[found.start() : found.start() + _NEAR].decode("utf-8", "ignore")):
                return MOJIBAKE
    return ""


def has_escaped_sign(text: bytes) -> bool:
    r"""Return True for JSON that spells a lost letter out, as `\ufffd`."""
    return b"\\u" in text and _ESCAPED_SIGN.search(text) is not None


def _is_misread(text: str) -> bool:
    return any(
        _is_letter(found[0], encoding)
        for encoding, candidates in _CANDIDATES.items()
        if (found := candidates.match(text))
    )


def _is_letter(text: str, encoding: str) -> bool:
    """Return True if the bytes that this text has in the encoding are one letter of UTF-8."""
    try:
        data = b"".join(one.encode(encoding, "strict") if ord(one) not in range(0x80, 0xA0) else one.encode("latin-1") for one in text)  # fmt: skip
        letter = data.decode()
    except UnicodeError:
        return False
    return len(letter) == 1 and any(low <= ord(letter) <= high for low, high in _LETTERS)
