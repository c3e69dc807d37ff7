"""What the answers of a job look like as a whole, in bounded size: gathered batch by batch, then merged (work/summary/<batch>.json).

Everything counts distinct records. What is kept of single ones is chosen by their ordinals alone, so it does not depend on the
order of batches or on how often a batch was read.
"""

from __future__ import annotations

import math
from collections import Counter
from heapq import heappush, heapreplace
from typing import TYPE_CHECKING, Any

from batchdrop.ports import OutcomeKind
from batchdrop.records.grid import Grid
from batchdrop.records.shapes import first_position, simplified

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchdrop.ports import Outcome

POINTS = 5_000
"""Distinct records of a job up to which every point is kept; of more, a sample of about as many."""

SHAPES = 400
"""Lines and areas that are kept of a job, about."""

BINS = 20
"""Of equal width, from no confidence to full confidence."""

CELLS = 4_096
"""Cells of the grid at most."""

_CELLS_OF_BATCHES, _LEAST_CELLS = (
    65_536,
    512,
)  # of all batches together, but of each at least: merging takes time
_WORDS = 300  # different words of one kind that are counted
_SAME = 100  # points with several records that are kept of a batch
_WATCHED = 20_000  # points that are watched for a second record
_AMONG = 5  # ordinals that are named of such a point
_LABEL = 80  # characters

_CONFIDENCE, _LAT, _LON, _SHAPE = "bd_confidence", "bd_lat", "bd_lon", "bd_geometry"
_LABELS = ("bd_label", "bd_name")
_WORD_COLUMNS = {"levels": "bd_matchLevel", "countries": "bd_country"}


def summary_name(batch: str) -> str:
    """Where the summary of a batch's answers stands below the job's folder, by the batch's name."""
    return f"work/summary/{batch}.json"


class Sample:
    """The entries whose ordinals come first when they are shuffled, always in the same way."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._heap: list[tuple[int, int, Any]] = []

    def wants(self, ordinal: int) -> bool:
        """Whether an entry with this ordinal would be kept as things stand."""
        return len(self._heap) < self._most or (self._most > 0 and -_shuffled(ordinal) > self._heap[0][0])

    def add(self, ordinal: int, entry: Any) -> None:
        """Keep the entry, in the place of another one if need be. An ordinal comes once."""
        if len(self._heap) < self._most:
            heappush(self._heap, (-_shuffled(ordinal), ordinal, entry))
        elif self.wants(ordinal):
            heapreplace(self._heap, (-_shuffled(ordinal), ordinal, entry))

    def entries(self) -> list[Any]:
        """What is kept, by ordinal."""
        return [entry for _, _, entry in sorted(self._heap, key=lambda kept: kept[1])]


def _shuffled(ordinal: int) -> int:
    return ordinal * 2_654_435_761 & 0xFFFF_FFFF  # Knuth's multiplicative hash: no two ordinals share one


class Summary:
    """Gathers, or merges, and gives its JSON form.

    columns: of the answers, in their order. share: which part of the job's distinct records are gathered here, 0 to 1;
    everything: whether every point is to be kept.
    """

    def __init__(self, columns: Sequence[str] = (), *, share: float = 1.0, everything: bool = True) -> None:
        at = {name: number for number, name in enumerate(columns)}
        self._lat, self._lon, self._shape = at.get(_LAT, -1), at.get(_LON, -1), at.get(_SHAPE, -1)
        self._confidence = at.get(_CONFIDENCE, -1)
        self._label = next((at[name] for name in _LABELS if name in at), -1)
        self._word_places = {kind: at.get(name, -1) for kind, name in _WORD_COLUMNS.items()}
        self.everything = everything
        self.matched = self.placed = self.shaped = self.unsure = 0
        self.bins = [0] * BINS
        self.words: dict[str, Counter[str]] = {kind: Counter() for kind in _WORD_COLUMNS}
        self.grid = Grid(min(CELLS, max(_LEAST_CELLS, int(_CELLS_OF_BATCHES * share))))
        self._points = Sample(POINTS if everything else math.ceil(POINTS * share))
        self._shapes = Sample(math.ceil(SHAPES * share))
        self._same: dict[tuple[float, float], tuple[int, list[int]]] = {}

    # gathering

    def add(self, outcome: Outcome) -> None:
        """One more distinct record."""
        if not outcome.answers:
            self.matched += outcome.kind is OutcomeKind.MATCHED
            return
        best = outcome.answers[0]
        self._add_confidence(_cell(best, self._confidence))
        if outcome.kind is not OutcomeKind.MATCHED:
            return
        self.matched += 1
        for kind, place in self._word_places.items():
            word = _cell(best, place)[:_LABEL]
            if word and (word in self.words[kind] or len(self.words[kind]) < _WORDS):
                self.words[kind][word] += 1
        shape = _cell(best, self._shape)
        position = _position(_cell(best, self._lon), _cell(best, self._lat)) or first_position(shape)
        if position is not None and abs(position[0]) <= 180 and abs(position[1]) <= 90:
            self._add_point(outcome.ordinal, position, best)
        if shape:
            self._add_shape(outcome)

    def _add_confidence(self, text: str) -> None:
        value = _number(text)
        if value is not None and 0 <= value <= 1:
            self.bins[min(int(value * BINS), BINS - 1)] += 1
        elif self._confidence >= 0:
            self.unsure += 1

    def _add_point(self, ordinal: int, position: tuple[float, float], answer: Sequence[str]) -> None:
        lon, lat = position
        self.placed += 1
        self.grid.add(lon, lat, ordinal)
        if self._points.wants(ordinal):
            label = _cell(answer, self._label)[:_LABEL]
            self._points.add(ordinal, [ordinal, round(lon, 6), round(lat, 6), label])
        if self._lat >= 0 and not self.everything:  # else the points tell
            self._watch((lon, lat), ordinal)

    def _watch(self, position: tuple[float, float], ordinal: int) -> None:
        """Count the records of one point, as far as that is done in bounded memory: of points seen again and again, not of all."""
        before = self._same.get(position)
        if before:
            self._same[position] = (before[0] + 1, [*before[1], ordinal][:_AMONG])
            return
        if len(self._same) >= _WATCHED:  # those that were alone so far are let go
            self._same = {at: found for at, found in self._same.items() if found[0] > 1}
        if len(self._same) < _WATCHED:
            self._same[position] = (1, [ordinal])

    def _add_shape(self, outcome: Outcome) -> None:
        texts = [text for answer in outcome.answers if _drawn(text := _cell(answer, self._shape))]
        if not texts:
            return
        self.shaped += 1
        if self._shapes.wants(outcome.ordinal):
            shapes = [[kind, parts] for kind, parts in filter(None, map(simplified, texts))]
            if shapes:
                self._shapes.add(outcome.ordinal, [outcome.ordinal, shapes])

    # merging

    def merge(self, entry: Mapping[str, Any]) -> None:
        """Everything that another one gathered, in its JSON form."""
        for name in ("matched", "placed", "shaped", "unsure"):
            setattr(self, name, getattr(self, name) + entry[name])
        self.bins = [one + other for one, other in zip(self.bins, entry["bins"], strict=True)]
        for kind, words in self.words.items():
            words.update(entry["words"][kind])
            if len(words) > _WORDS:
                self.words[kind] = Counter(dict(words.most_common(_WORDS)))
        self.grid.merge(entry["grid"])
        for point in entry["points"]:
            self._points.add(point[0], point)
        for shape in entry["shapes"]:
            self._shapes.add(shape[0], shape)
        for lon, lat, count, ordinals in entry["same"]:
            known, among = self._same.get((lon, lat), (0, []))
            self._same[lon, lat] = (known + count, sorted([*among, *ordinals])[:_AMONG])
        if len(self._same) > _WATCHED:
            self._same = dict(self._shared(_WATCHED // 2))

    def _shared(self, most: int) -> list[tuple[tuple[float, float], tuple[int, list[int]]]]:
        """Points with several records, those with the most first."""
        found = [(at, kept) for at, kept in self._same.items() if kept[0] > 1]
        return sorted(found, key=lambda entry: (-entry[1][0], entry[1][1]))[:most]

    # what it has

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "matched": self.matched,
            "placed": self.placed,
            "shaped": self.shaped,
            "unsure": self.unsure,
            "bins": self.bins,
            "words": {kind: dict(words) for kind, words in self.words.items()},
            "grid": self.grid.to_dict(),
            "points": self._points.entries(),
            "everything": self.everything,
            "shapes": self._shapes.entries(),
            "same": [[*at, count, ordinals] for at, (count, ordinals) in self._shared(_SAME)],
        }


def ordinals_in(entry: Mapping[str, Any]) -> set[int]:
    """All ordinals that the JSON form of a summary names."""
    same = {ordinal for *_, among in entry["same"] for ordinal in among}
    return same.union(
        entry["grid"]["firsts"],
        (point[0] for point in entry["points"]),
        (shape[0] for shape in entry["shapes"]),
    )


def _cell(answer: Sequence[str], place: int) -> str:
    return answer[place] if 0 <= place < len(answer) else ""


def _drawn(text: str) -> bool:
    """Whether a geometry is a line or an area."""
    return bool(text) and not text.startswith("POINT")


def _number(text: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _position(lon: str, lat: str) -> tuple[float, float] | None:
    east, north = _number(lon), _number(lat)
    return None if east is None or north is None else (east, north)
