"""What went into errors, by outcome and code: how many records, and the first few of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN = 3
"""Examples of one code."""

CODES = 60
"""Pairs of outcome and code that are told apart; what comes on top is counted under the outcome's name alone."""

_RAW = 600  # bytes of a record
_TEXT = 200  # characters of it, and of a message


class Example(NamedTuple):
    """One record of an error: its number, what was said of it, and how it begins in the file."""

    rec_id: int
    message: str
    text: str


class Examples:
    """Counts errors and keeps the first examples. left: what `state` was when the walk was left; encoding: of the records."""

    def __init__(self, left: Sequence[Any] = (), *, encoding: str = "utf-8") -> None:
        self._encoding = encoding
        self._found: dict[tuple[str, str], tuple[int, list[Example]]] = {
            (kind, code): (count, [Example(*entry) for entry in examples])
            for kind, code, count, examples in left
        }

    def add(self, kind: str, code: str, message: str, rec_id: int, raw: bytes) -> None:
        """One more record that has failed."""
        if (kind, code) not in self._found and len(self._found) >= CODES:
            code = ""
        count, examples = self._found.get((kind, code), (0, []))
        if len(examples) < SHOWN:
            text = raw[:_RAW].decode(self._encoding, "replace").strip()
            if len(text) > _TEXT or len(raw) > _RAW:
                text = text[:_TEXT].rstrip("\N{REPLACEMENT CHARACTER}") + "…"
            examples.append(Example(rec_id, message[:_TEXT], text))
        self._found[kind, code] = (count + 1, examples)

    @property
    def state(self) -> list[Any]:
        """JSON form: [outcome, code, records, [[recId, message, text], …]], those with the most records first."""
        found = sorted(self._found.items(), key=lambda entry: (-entry[1][0], entry[0]))
        return [
            [kind, code, count, [list(entry) for entry in examples]]
            for (kind, code), (count, examples) in found
        ]
