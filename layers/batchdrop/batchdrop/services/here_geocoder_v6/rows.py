"""Rows of a result file: where their cells stand. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchdrop.services.base import ordinal_in
from batchdrop.services.delimited import odd
from batchdrop.services.here_geocoder_v6.apis import NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from batchdrop.ports import Batch


class Columns:
    """Where the cells of a row stand, by the header. wanted: the service's names, in the order of our columns.

    Raises ServiceSpokeUnknown when `recId` or one of `needed` is not there.
    """

    def __init__(
        self, batch: Batch, header: Sequence[str], wanted: Iterable[str], needed: Iterable[str]
    ) -> None:
        self._at = {name.strip().lower(): index for index, name in enumerate(header)}
        if any(name.lower() not in self._at for name in ("recId", *needed)):
            raise odd("the results lack a column: recId or the position", NAME)
        self._batch = batch
        self._width = len(header)
        self._wanted = [self._at.get(name.lower()) for name in wanted]

    def ordinal(self, row: Sequence[str]) -> int:
        """Whose row it is. Raises ServiceSpokeUnknown for one of another width, or of a record that was never sent."""
        if len(row) != self._width:
            raise odd("a row of the results is cut off or has too many cells", NAME)
        found = ordinal_in(self._batch, self.cell(row, "recid"))
        if found is None:
            raise odd("the results have a recId that was never sent", NAME)
        return found

    def sequence(self, row: Sequence[str]) -> tuple[int, int]:
        """seqNumber and seqLength; 1 and 1 where there are none."""
        return self._count(row, "seqnumber"), self._count(row, "seqlength")

    def answer(self, row: Sequence[str]) -> tuple[str, ...]:
        """The cells in the order of our columns; a column the service left out is empty."""
        return tuple("" if index is None else row[index] for index in self._wanted)

    def cell(self, row: Sequence[str], name: str) -> str:
        """One cell by its column's name in lower case; empty when there is no such column."""
        index = self._at.get(name)
        return "" if index is None else row[index]

    def _count(self, row: Sequence[str], name: str) -> int:
        text = self.cell(row, name) if name in self._at else "1"
        if not text.isascii() or not text.isdigit() or len(text) > 6:
            raise odd("seqNumber or seqLength is no number", NAME)
        return int(text)
