"""Header lines among the records, as they are left where one file was joined to another."""

from __future__ import annotations

import re


class RepeatedHeader:
    """Knows the header line again: with other quotes, spaces, capital letters, delimiters, or a byte-order mark before it.

    begins: a pattern of bytes with which such a line begins, behind a line end; cheap to search for.
    """

    def __init__(self, header: bytes, names: tuple[str, ...], encoding: str) -> None:
        self._encoding = encoding
        self._folded = frozenset((_fold(header.decode(encoding, "replace")), _fold("".join(names)))) - {""}
        first = next(iter(re.findall(r"\w{1,20}", " ".join(names))), "")
        letters = "".join(
            f"[{letter.lower()}{letter.upper()}]"
            if letter.isascii() and letter.isalpha()
            else re.escape(letter)
            for letter in first
        )
        self.begins = rb"(?:\xef\xbb\xbf)?[^\w\r\n]{0,9}" + letters.encode(encoding, "replace")

    def match(self, raw: bytes) -> bool:
        """Return True for a raw record that is the header line."""
        return _fold(raw.decode(self._encoding, "replace")) in self._folded


def _fold(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
