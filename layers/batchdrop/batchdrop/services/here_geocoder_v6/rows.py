"""Rows of a result file: how our cells are taken out of them. Pure."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from batchdrop.services.delimited import odd
from batchdrop.services.gathering import BAD_SEQUENCE, count_of
from batchdrop.services.here_geocoder_v6.apis import FIELDS, NAME
from batchdrop.services.tables import REC_ID, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from batchdrop.ports import AnswerNotes
    from batchdrop.services.here_geocoder_v6.archives import Text

_LEVEL = "matchlevel"


class Results:
    """The rows of a result file; iterate once. A row whose sequence cells are no numbers is set aside.

    Raises ServiceSpokeUnknown when recId or the position has no column.
    """

    def __init__(self, text: Text, fields: Mapping[str, str], notes: AnswerNotes) -> None:
        self._table = Table(text.body, text.name, notes, NAME, whole=text.whole)
        self._part = text.name
        self._notes = notes
        self._fields = fields
        if self._table.empty:
            notes.remark(f"{text.name}: it is empty")
        elif not self._table.has(FIELDS["bd_lat"], FIELDS["bd_lon"]):
            raise odd("the results lack a column of the position", NAME)

    def __iter__(self) -> Iterator[tuple[int, str, str, int, int, tuple[str, ...]]]:
        """(line, recId, matchLevel, SeqNumber, seqLength, cells in the order of our columns), the sequence 0 where there is no answer.

        A row that says NOMATCH or FAILED has no answer: its SeqNumber is not known [client] and not looked at.
        """
        if self._table.empty:
            return
        at = self._table.at
        pick = itemgetter(*(at.get(name.lower(), -1) for name in self._fields.values()))
        rec_id, level = at[REC_ID], at.get(_LEVEL, -1)
        number, length = at.get("seqnumber"), at.get("seqlength")
        for line, cells in self._table:
            cells.append("")  # for columns that did not come
            answer: tuple[str, ...] = pick(cells)
            word = cells[level].strip().upper()
            if word in ("NOMATCH", "FAILED"):
                yield line, cells[rec_id], word, 0, 0, answer
                continue
            first, last = _count(cells, number, answer), _count(cells, length, answer)
            if first is None or last is None:
                self._notes.set_aside(self._part, line, BAD_SEQUENCE)
            else:
                yield line, cells[rec_id], word, first, last, answer


def _count(cells: Sequence[str], index: int | None, answer: Sequence[str]) -> int | None:
    """SeqNumber or seqLength: 1 where there is no such column, or an answer has none; 0 for an empty one without an answer."""
    text = "1" if index is None else cells[index]
    return count_of(text.strip() or ("1" if answer[0] else "0"))
