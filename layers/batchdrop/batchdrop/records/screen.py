"""A stream of a table's bytes that notices text which calls for a closer look at the records: searching large pieces is far cheaper
than looking at each record, and most files have none of it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from batchdrop.records.encodings import UTF_8
from batchdrop.records.letters import find_damage
from batchdrop.records.placeholders import SIGNS, SPELLED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from batchdrop.records.dialect import Dialect
    from batchdrop.records.source import Readable

_ODD = b"1.#"  # how words begin that would make every number a candidate
_OVERLAP = 80  # bytes: longer than any word with what is around it


class Screen:
    """Passes the bytes on. has_damage: letters were damaged in what was read so far, see letters.py; has_words: some cell may hold a
    placeholder, see placeholders.py; has_headers: a line may be the header again, see repeated_header.py;
    has_any: any of these. A record is never given out before its last byte has been looked at.

    at_line_start: whether first cells count too. header: how a line begins that may be the header again.
    """

    def __init__(
        self, stream: Readable, dialect: Dialect, *, at_line_start: bool, header: bytes = b""
    ) -> None:
        self.has_damage = self.has_words = self.has_headers = self.has_any = False
        self._stream = stream
        encoding = self._encoding = dialect.read_as
        self._before = dialect.line_end[-1:].encode()
        words, firsts = _candidates(encoding)
        # Each begins with a byte of its own, by which a search is fast.
        mark = re.escape(dialect.delimiter.encode())
        end = rb"[ \t]*(?:[\r\n]|%b|\Z)" % mark
        cell = rb"(?=[ \t%b])[ \t]*%b%b" % (firsts, words, end)
        self._plain = [
            re.compile(begin + cell) for begin in (mark, re.escape(self._before))[: 1 + at_line_start]
        ]
        self._header = re.compile(re.escape(self._before) + header) if header else None
        self._quoted = re.compile(rb'"(?=[ \t%b])[ \t]*%b[ \t]*"' % (firsts, words))

    def read(self, size: int = -1, /) -> bytes:
        """As the stream's own."""
        chunk = self._stream.read(size)
        if chunk:
            # Not all of it again: a copy of a large piece costs more than the search.
            self._look(self._before + chunk[:_OVERLAP])
            self._look(chunk)
            self._before = (self._before + chunk[-_OVERLAP:])[-_OVERLAP:]
        return chunk

    def _look(self, piece: bytes) -> None:
        self.has_words = self.has_words or self._holds_words(piece)
        self.has_damage = self.has_damage or self._is_damaged(piece)
        self.has_headers = self.has_headers or (
            self._header is not None and self._header.search(piece) is not None
        )
        self.has_any = self.has_words or self.has_damage or self.has_headers

    def _holds_words(self, piece: bytes) -> bool:
        if _ODD in piece or any(words.search(piece) for words in self._plain):
            return True
        return b'"' in piece and self._quoted.search(piece) is not None

    def _is_damaged(self, piece: bytes) -> bool:
        if piece.isascii():
            return False
        text = piece if self._encoding == UTF_8 else piece.decode(self._encoding, "ignore").encode()
        return bool(find_damage(text))


@lru_cache(maxsize=4)
def _candidates(encoding: str) -> tuple[bytes, bytes]:
    """Return a pattern of all words in small and capital letters, and their first bytes, for a set.

    It matches a little more than the words do: the records are looked at then. A smaller pattern takes less time to be compiled.
    """
    letters = [word.lower().encode() for word in SPELLED if not word.startswith(_ODD.decode())]
    signs = [sign.encode(encoding, "ignore") for sign in SIGNS]
    single, longer = (
        b"".join(sign for sign in signs if len(sign) == 1),
        [sign for sign in signs if len(sign) > 1],
    )
    parts = [b"[%b]{1,5}" % re.escape(single), *(b"(?:%b){1,5}" % re.escape(sign) for sign in longer)]
    firsts = {byte for word in letters for byte in (word[:1], word[:1].upper())} | {
        sign[:1] for sign in signs if sign
    }
    return b"(?:%b|%b)" % (_trie(letters), b"|".join(parts)), re.escape(b"".join(sorted(firsts)))


def _trie(words: Iterable[bytes]) -> bytes:
    """Return a pattern of these words in which each is tried along its own letters only."""
    root: dict[bytes, dict[bytes, object]] = {}
    for word in words:
        node: dict[bytes, object] = root  # type: ignore[assignment]  # a node is a dictionary of nodes
        for place in range(len(word)):
            node = node.setdefault(word[place : place + 1], {})  # type: ignore[assignment]  # a node too
        node[b""] = None
    return _pattern(root)  # type: ignore[arg-type]  # as above


def _pattern(node: dict[bytes, object]) -> bytes:
    parts = [
        (b"[%b%b]" % (letter, letter.upper()) if letter.isalpha() else re.escape(letter)) + _pattern(below)
        for letter, below in sorted(node.items())
        if isinstance(below, dict)
    ]
    if not parts:
        return b""
    return b"(?:%b)%b" % (b"|".join(parts), b"?" if b"" in node else b"")
