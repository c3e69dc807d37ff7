"""Remarks about a file, counted while it is read: one note for each code, in constant memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from batchdrop.problems import Note, note
from batchdrop.records.encodings import UTF_8
from batchdrop.records.letters import LOST, find_damage, has_escaped_sign

WORDS = 8
"""Different words that one note names at most."""


@dataclass(slots=True)
class _Found:
    count: int = 0
    line: int | None = None
    words: dict[str, None] = field(default_factory=dict)


class Notes:
    """Counts what is remarkable in the records of one file."""

    def __init__(self) -> None:
        self._found: dict[str, _Found] = {}

    def add(self, code: str, line: int | None = None, *, count: int = 1, words: tuple[str, ...] = ()) -> None:
        """Count one more record, or `count`, under the code. line: where it stands; the first one is kept."""
        found = self._found.get(code)
        if found is None:
            found = self._found[code] = _Found(line=line)
        found.count += count
        for word in words:
            if len(found.words) < WORDS:
                found.words[word] = None

    def check_letters(self, raw: bytes, line: int, encoding: str = UTF_8, *, escapes: bool = False) -> None:
        """Count a record whose text was damaged before. raw: its bytes in the encoding. escapes: they are JSON."""
        text = raw if encoding == UTF_8 else raw.decode(encoding, "ignore").encode()
        code = find_damage(text) or (LOST if escapes and has_escaped_sign(text) else "")
        if code:
            self.add(code, line)

    def get_all(self) -> tuple[Note, ...]:
        """Return the notes, in the order in which they were first seen."""
        return tuple(
            note(code, count=found.count, line=found.line, words=", ".join(found.words))
            for code, found in self._found.items()
        )
