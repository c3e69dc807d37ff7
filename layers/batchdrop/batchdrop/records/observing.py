"""What the report wants to know of the records, gathered while their rows are written. Bounded, whatever the file's size.

Outcomes are counted by code, every record of them. Answers are parsed for a systematic sample of at most 20,000 records, each n-th one: a
report of a million records costs no more than one of twenty thousand. What was gathered is JSON, so the walk can be left and gone on with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchdrop.ports.service import OutcomeKind
from batchdrop.records.outcomes import outcome_row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SAMPLE = 20_000
"""Records whose answers are looked into, at most."""

EXAMPLES = 5
"""Records shown for each code."""

CODES = 40
"""Codes that are told apart; what comes later is counted under OTHER."""

OTHER = "…"
SHAPES = 80
"""Routes and areas kept for the map."""

LONGEST_SHAPE = 100_000
"""Characters of a shape that are kept; a longer one is left out of the map, not of the results."""

LABELLED = 1500
"""Points that keep their label."""

_EXCERPT = 300
_LABEL = 80
BINS = 20


class Observer:
    """Watches one walk. columns: the API's; total: records by the plan; state: what `state` was when the walk was left."""

    def __init__(
        self,
        columns: Sequence[str],
        total: int,
        *,
        encoding: str = "utf-8",
        state: Mapping[str, Any] | None = None,
    ) -> None:
        self.every = max(1, -(-total // SAMPLE))
        self._at = {name: place for place, name in enumerate(columns)}
        self._encoding = encoding
        self._mappable = {"bd_lat", "bd_lon"} <= self._at.keys()
        self.state: dict[str, Any] = {
            "every": self.every,
            "sampled": 0,
            "outcomes": [],  # [kind, code, message, number, [[recId, excerpt], …]]
            "confidence": [0] * BINS,
            "levels": {},
            "points": [],  # [lat, lon, recId, ordinal, label]
            "shapes": [],  # [recId, WKT]
        }
        if state:
            self.state |= state
        self._outcomes = {(entry[0], entry[1]): entry for entry in self.state["outcomes"]}

    def answered(self, rec_id: int, line: bytes) -> None:
        """One record of the sample: its line of the outcomes."""
        row = outcome_row(line)
        if row.kind != OutcomeKind.MATCHED or not row.answers:
            return
        self.state["sampled"] += 1
        answer = row.answers[0]  # the best one comes first
        self._confidence(self._cell(answer, "bd_confidence"))
        level = self._cell(answer, "bd_matchLevel")[:_LABEL]
        levels: dict[str, int] = self.state["levels"]
        if level and (level in levels or len(levels) < CODES):
            levels[level] = levels.get(level, 0) + 1
        if self._mappable:
            self._point(rec_id, row.ordinal, answer)
        shape, shapes = self._cell(answer, "bd_geometry"), self.state["shapes"]
        if shape and len(shapes) < SHAPES and len(shape) <= LONGEST_SHAPE:
            shapes.append([rec_id, shape])

    def failed(self, rec_id: int, raw: bytes, kind: str, code: str, message: str) -> None:
        """A record that goes to the errors: counted, and shown while there are few of its kind."""
        entry = self._outcomes.get((kind, code))
        if entry is None:
            if len(self._outcomes) >= CODES:
                kind, code, message = OutcomeKind.FAILED.value, OTHER, "all further codes"
            entry = self._outcomes.setdefault((kind, code), [kind, code, message, 0, []])
            if entry[3] == 0:
                self.state["outcomes"].append(entry)
        entry[3] += 1
        if len(entry[4]) < EXAMPLES:
            entry[4].append(
                [rec_id, raw[: 4 * _EXCERPT].decode(self._encoding, "replace").strip()[:_EXCERPT]]
            )

    def _cell(self, answer: Sequence[str], name: str) -> str:
        place = self._at.get(name, len(answer))
        return answer[place] if place < len(answer) else ""

    def _confidence(self, text: str) -> None:
        value = number(text)
        if value is not None and 0 <= value <= 1:
            self.state["confidence"][min(BINS - 1, int(value * BINS))] += 1

    def _point(self, rec_id: int, ordinal: int, answer: Sequence[str]) -> None:
        lat, lon = number(self._cell(answer, "bd_lat")), number(self._cell(answer, "bd_lon"))
        if lat is None or lon is None or not (abs(lat) <= 90 and abs(lon) <= 180):
            return
        points = self.state["points"]
        label = self._cell(answer, "bd_label")[:_LABEL] if len(points) < LABELLED else ""
        points.append([round(lat, 5), round(lon, 5), rec_id, ordinal, label])


def number(text: str) -> float | None:
    """The finite number a cell holds, if it does."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e300 else None  # NaN compares false too
