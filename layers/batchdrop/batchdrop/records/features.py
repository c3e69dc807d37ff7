"""results.geojson: a feature for each answer that has a geometry, written along with the rows of the results. Streaming."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from batchdrop.records.arrays import text_of
from batchdrop.records.geometry import to_geojson
from batchdrop.records.measured import as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from batchdrop.records.cutting import RawRecord
    from batchdrop.records.objectlines import ObjectLayout
    from batchdrop.records.rendering import Layout
    from batchdrop.records.source import Readable

GEOMETRY = "bd_geometry"
"""The column that makes an API's results shapes on a map; it holds WKT."""

_START, _END = b'{"type":"FeatureCollection","features":[', b"\n]}\n"


class Features:
    """A layout that also tells a map what it lays out: to be used in its place. `sink` takes the bytes of the collection.

    Properties are our columns without the geometry and without empty ones, and bd_recId, bd_seqNumber, bd_seqLength; never
    the user's columns. own_ids: the file is the service's own request, whose inputs may have an `id` of the user's; then it is the
    feature's id. written: how many features an earlier part of the walk has written; None: this is its beginning.
    """

    def __init__(
        self,
        layout: Layout | ObjectLayout,
        columns: Sequence[str],
        sink: Callable[[bytes], object],
        *,
        own_ids: bool = False,
        written: int | None = None,
    ) -> None:
        self.blank, self.start = layout.blank, layout.start
        self._layout = layout
        self._columns = tuple(columns)
        self._shape = self._columns.index(GEOMETRY)
        self._sink = sink
        self._own_ids = own_ids
        self.written = written or 0
        if written is None:
            sink(_START)

    def finish(self) -> None:
        """Close the collection, once, after the last record."""
        self._sink(_END)

    def cut(self, source: Readable, *, begun: bool) -> Iterator[RawRecord]:
        """As the layout."""
        return self._layout.cut(source, begun=begun)

    def results_header(self) -> bytes:
        """As the layout."""
        return self._layout.results_header()

    def errors_header(self) -> bytes:
        """As the layout."""
        return self._layout.errors_header()

    def results(self, raw: bytes, rec_id: int, answers: Sequence[Sequence[str]]) -> bytes:
        """As the layout; and a feature for each answer with a geometry."""
        self._write(raw, rec_id, answers)
        return self._layout.results(raw, rec_id, answers)

    def plain_results(self, raw: bytes, rec_id: int, answers: Sequence[Sequence[str]]) -> bytes | None:
        """As the layout. Where it gives nothing, `results` is asked next."""
        rows = self._layout.plain_results(raw, rec_id, answers)
        if rows is not None:
            self._write(raw, rec_id, answers)
        return rows

    def error(self, raw: bytes, rec_id: int, outcome: str, code: str, message: str) -> bytes:
        """As the layout."""
        return self._layout.error(raw, rec_id, outcome, code, message)

    def _write(self, raw: bytes, rec_id: int, answers: Sequence[Sequence[str]]) -> None:
        own = _own_id(raw) if self._own_ids else ""
        for number, answer in enumerate(answers, 1):
            geometry = _geometry(answer[self._shape]) if len(answer) > self._shape else ""
            if geometry:
                places = {"bd_recId": rec_id, "bd_seqNumber": number, "bd_seqLength": len(answers)}
                members = [f'"{name}":{value}' for name, value in places.items()]
                members += [
                    f"{json.dumps(name)}:{as_json(name, cell)}"
                    for name, cell in zip(self._columns, answer, strict=False)
                    if cell and name != GEOMETRY
                ]
                feature = (
                    f'{{"type":"Feature",{own}"geometry":{geometry},"properties":{{{",".join(members)}}}}}'
                )
                self._sink((",\n" if self.written else "\n").encode() + feature.encode("utf-8", "replace"))
                self.written += 1


def _own_id(raw: bytes) -> str:
    """The `id` of an input as a member of a feature, which takes texts and numbers (RFC 7946); empty where there is none."""
    try:
        found = json.loads(text_of(raw))
        own = found.get("id") if isinstance(found, dict) else None
        if isinstance(own, bool) or not isinstance(own, str | int | float):
            return ""
        return f'"id":{json.dumps(own, ensure_ascii=False, allow_nan=False)},'
    except (ValueError, RecursionError):
        return ""


def _geometry(text: str) -> str:
    """GeoJSON; empty for no geometry, or a kind of it that is not known: the row in the results still has its text."""
    try:
        return to_geojson(text) if text else ""
    except ValueError:
        return ""
