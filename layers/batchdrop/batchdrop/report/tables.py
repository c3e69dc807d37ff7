"""What stands in the tables and bars of a report. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from batchdrop.ports import OutcomeKind
from batchdrop.problems import CODES
from batchdrop.records.summary import BINS
from batchdrop.report import wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

_WIDTH = 1000.0  # units of the bar of outcomes
_THINNEST = 6.0  # so that what is rare is seen too

_MEANING = {
    OutcomeKind.MATCHED: ("matched", "The service found it; it is in the results."),
    OutcomeKind.NO_MATCH: ("no match", "The service found nothing."),
    OutcomeKind.LOW_CONFIDENCE: (
        "low confidence",
        "Found, but with less confidence than the route asks for.",
    ),
    OutcomeKind.FAILED: ("failed", "The service could not process it, or gave no answer."),
    OutcomeKind.INVALID: ("invalid", "Something is wrong with the record; it was never sent."),
    OutcomeKind.UNPROCESSED: ("unprocessed", "The job ended, or waits, before it was processed."),
}


class Outcome(NamedTuple):
    """One kind of outcome: how many records, and its stretch of the bar."""

    kind: str
    name: str
    meaning: str
    records: int
    share: str
    x: float
    width: float


class Code(NamedTuple):
    """One code of an outcome. more: records beyond the examples."""

    kind: str
    name: str
    code: str
    text: str
    remedy: str
    records: int
    share: str
    examples: Sequence[Example]
    more: int


class Example(NamedTuple):
    """A record in errors: its number, how it begins in the file, and what is said of it beyond its code, with its place."""

    rec_id: int
    text: str
    said: str


class Bar(NamedTuple):
    """One bar of the histogram; height: 0 to 100."""

    low: float
    high: float
    records: int
    height: float


class Band(NamedTuple):
    """One row of the confidence."""

    low: float
    high: float
    records: int
    share: str


class Moment(NamedTuple):
    """Something that happened; after: since the moment before."""

    what: str
    iso: str
    time: str
    after: str


def outcomes(records: Mapping[str, int], errors: Sequence[Sequence[Any]]) -> list[Outcome]:
    """Every kind of outcome that occurs; together they are all records. records: of job.json."""
    counts = {OutcomeKind.MATCHED.value: records["matched"]}
    for kind, _, count, _ in errors:
        counts[kind] = counts.get(kind, 0) + count
    if sum(counts.values()) != records["total"]:
        counts = _counted(records)
    kinds = [kind for kind in _MEANING if counts.get(kind.value)]
    whole, x = sum(counts.values()), 0.0
    widths = [max(_THINNEST, _WIDTH * counts[kind.value] / whole) for kind in kinds]
    found = []
    for kind, wide in zip(kinds, widths, strict=True):
        count, width = counts[kind.value], _WIDTH * wide / sum(widths)
        share = wording.share(count, whole)
        found.append(Outcome(kind.value, *_MEANING[kind], count, share, round(x, 2), round(width, 2)))
        x += width
    return found


def _counted(records: Mapping[str, int]) -> dict[str, int]:
    """The outcomes as far as the counters of a job tell them, where no errors were written: what is open is unprocessed."""
    found = {
        OutcomeKind.MATCHED: records["matched"],
        OutcomeKind.NO_MATCH: records["noMatch"],
        OutcomeKind.FAILED: records["failed"] - records["noMatch"],
        OutcomeKind.INVALID: records["invalid"],
    }
    found[OutcomeKind.UNPROCESSED] = records["total"] - sum(found.values())
    return {kind.value: count for kind, count in found.items()}


def codes(
    errors: Sequence[Sequence[Any]], total: int, problems: Sequence[Mapping[str, Any]] = ()
) -> list[Code]:
    """Every code that occurs, those with the most records first. problems: of job.json, which know lines and columns."""
    places = {one["recId"]: one for one in problems if one.get("recId")}
    return [
        Code(
            kind,
            _MEANING[OutcomeKind(kind)][0],
            code or "others",
            *_said(code),
            count,
            wording.share(count, total),
            [
                Example(number, text, _beyond(code, message, places.get(number, {})))
                for number, message, text in examples
            ],
            count - len(examples),
        )
        for kind, code, count, examples in errors
    ]


def _beyond(code: str, message: str, problem: Mapping[str, Any]) -> str:
    """What is said of a record that its code does not say of all of them. problem: of the record, {} where none is known."""
    known = problem if problem.get("code") == code else {}
    text, remedy = _said(code)
    line, column = known.get("line"), known.get("column")
    place = [f"line {line:,}"] if line else []
    place += [f"column {column}"] if column else []
    said = [", ".join(place), message if message != text else "", "" if remedy else known.get("remedy", "")]
    return " · ".join(filter(None, said))


def _said(code: str) -> tuple[str, str]:
    """The text of a code where it says the same of every record, and what to do."""
    known = CODES.get(code)
    if known is None:
        return "", ""
    same = "{" not in known.remedy and not known.variants
    return ("" if "{" in known.text else known.text), (known.remedy if same else "")


def histogram(bins: Sequence[int]) -> list[Bar]:
    """The bars of the confidence; none where there are no values."""
    most = max(bins)
    if not most:
        return []
    return [
        Bar(number / BINS, (number + 1) / BINS, count, max(round(100 * count / most, 1), 0.8) if count else 0)
        for number, count in enumerate(bins)
    ]


def bands(bins: Sequence[int]) -> list[Band]:
    """The confidence as a table: tenths, from the surest on; those without any left out."""
    tenths = [sum(bins[start : start + 2]) for start in range(0, BINS, 2)]
    return [
        Band(number / 10, (number + 1) / 10, count, wording.share(count, sum(bins)))
        for number, count in reversed(list(enumerate(tenths)))
        if count
    ]


def words(counts: Mapping[str, int], most: int = 8) -> list[tuple[str, int, str]]:
    """The most frequent words with their share, the others together."""
    whole = sum(counts.values())
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    rest = sum(count for _, count in ordered[most:])
    shown = [*ordered[:most], (f"{len(ordered) - most} others", rest)] if rest else ordered
    return [(word, count, wording.share(count, whole)) for word, count in shown]


def timeline(moments: Iterable[tuple[str, str]]) -> list[Moment]:
    """What happened, each with the time since what was before it."""
    found: list[Moment] = []
    before: datetime | None = None
    for what, text in moments:
        at = wording.moment(text)
        if at is not None:
            after = wording.span(max(0.0, (at - before).total_seconds())) if before else ""
            found.append(Moment(what, text, wording.day_and_time(at), after))
            before = at
    return found


def took(moments: Sequence[tuple[str, str]]) -> str:
    """From the first moment to the last."""
    times = [at for _, text in moments if (at := wording.moment(text))]
    return wording.span(max(0.0, (times[-1] - times[0]).total_seconds())) if len(times) > 1 else ""
