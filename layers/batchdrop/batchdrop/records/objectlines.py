"""Rows of results.ndjson and errors.ndjson: the user's object, with ours in it as `bd` (docs/files.md)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batchdrop.records.arrays import raw_elements, raw_lines, text_of
from batchdrop.records.cutting import BlankRows
from batchdrop.records.measured import as_json
from batchdrop.records.native import WithinArray
from batchdrop.records.owncells import free_member, without_member
from batchdrop.records.values import is_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batchdrop.records.cutting import RawRecord
    from batchdrop.records.source import Readable

_LINE_ENDS = b"\r\n"


class ObjectLayout:
    """The counterpart of rendering.Layout for an array of objects. start: bytes before the array's first one.

    within: the array is a member of an object, see native.py. job: as for rendering.Layout.
    """

    blank = BlankRows(",", rules=1)
    """Only lines of spaces are blank."""

    def __init__(
        self,
        start: int,
        columns: Sequence[str],
        *,
        within: bool = False,
        by_lines: bool = False,
        job: str = "",
    ) -> None:
        self.start = start
        self._job = {"job": job} if job else {}
        self._within = within
        self._by_lines = by_lines
        self._columns = tuple(columns)
        self._members = [dumped(name.removeprefix("bd_")) for name in columns]

    def cut(self, source: Readable, *, begun: bool) -> Iterator[RawRecord]:
        """The raw records of the rest of the input."""
        if self._by_lines:
            return raw_lines(source)
        return raw_elements(WithinArray(source, begun=begun) if self._within else source, begun=begun)

    def results_header(self) -> bytes:
        """Lines of objects have none."""
        return b""

    errors_header = results_header

    def results(self, raw: bytes, rec_id: int, answers: Sequence[Sequence[str]]) -> bytes:
        """One line per answer; cells without anything are left out."""
        length = len(answers) or 1
        lines = []
        for number, answer in enumerate(answers or ((),), start=1):
            ours = b'{"recId":%d,"seqNumber":%d,"seqLength":%d' % (rec_id, number, length)
            for column, member, cell in zip(self._columns, self._members, answer, strict=False):
                if cell:
                    ours += b",%b:%b" % (member, as_json(column, cell).encode("utf-8", "replace"))
            lines.append(self._with(raw, ours + b"}"))
        return b"".join(lines)

    def plain_results(self, raw: bytes, rec_id: int, answers: Sequence[Sequence[str]]) -> bytes | None:  # noqa: ARG002  # as rendering.Layout
        """Cells always need JSON's own quoting."""
        return None

    def error(self, raw: bytes, rec_id: int, outcome: str, code: str, message: str) -> bytes:
        """The object with what became of it."""
        ours = {"recId": rec_id, "outcome": outcome, "code": code, "message": message, **self._job}
        return self._with(raw, dumped(ours), certain=outcome != "invalid")

    def _with(self, raw: bytes, ours: bytes, *, certain: bool = True) -> bytes:
        """The user's object, byte for byte but for line ends between its members, and `bd` (or `bd2`, see owncells.py) as its last member.

        A value that is no object becomes the member `value` of one; text that is no JSON does so as a text. certain: it is JSON.
        Ours of an earlier job goes: see owncells.py.
        """
        body = (raw.strip() if self._by_lines else text_of(raw)).translate(None, _LINE_ENDS)
        if not certain and not is_json(body.decode("utf-8", "replace")):
            body = dumped(body.decode("utf-8", "replace"))
        if not body.startswith(b"{"):
            body = b'{"value":' + body + b"}"
        body = without_member(body)
        return with_member(body, ours, free_member(body))


def with_member(body: bytes, ours: bytes, name: str) -> bytes:
    """A line: the bytes of an object, with ours, JSON too, as its last member."""
    inner = body[1:-1].strip()
    return b'{%b%b"%b":%b}\n' % (inner, b"," if inner else b"", name.encode(), ours)


def dumped(value: Any) -> bytes:
    """A value as JSON without spaces; half surrogates become question marks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
