"""Rows of HERE's result files in either form: delimited text or JSON lines. Pure, in bounded memory."""

from __future__ import annotations

import contextlib
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from batchdrop.services.delimited import odd
from batchdrop.services.gathering import BAD_SEQUENCE, count_of
from batchdrop.services.here_batch_v7.apis import spellings
from batchdrop.services.json_items import loads
from batchdrop.services.parts import is_empty
from batchdrop.services.tables import CUT_OFF, REC_ID, Table, numbered_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from batchdrop.ports import AnswerNotes
    from batchdrop.records.source import Source

SERVICE = "here_batch_v7"


class Row(NamedTuple):
    """One answer: cells in the order of our columns. number, length: seqNumber and seqLength (1, 1 where there are none)."""

    line: int
    rec_id: str
    number: int
    length: int
    cells: tuple[str, ...]


def table(body: Source, part: str, fields: Mapping[str, str], notes: AnswerNotes) -> Iterator[Row]:
    """Rows of a text file. Its header says what it is delimited by and where the columns stand, whatever was asked for.

    Raises ServiceSpokeUnknown when recId or the position has no column: a position in one column, `(lat,lng)` [spec], is HERE's
    default and is never asked for, so a file with it is not the answer to our request.
    """
    found = Table(body, part, notes, SERVICE)
    if found.empty:
        notes.remark(f"{part}: it is empty")
        return
    pick = _picker(found.at, fields)
    number_at, length_at = found.at.get("seqnumber"), found.at.get("seqlength")
    rec_id_at = found.at[REC_ID]
    for line, cells in found:
        answer = pick(cells)
        number = _sequence(cells, number_at, answer)
        length = _sequence(cells, length_at, answer)
        if number is None or length is None:
            notes.set_aside(part, line, BAD_SEQUENCE)
        else:
            yield Row(line, cells[rec_id_at], number, length, answer)


def _sequence(cells: Sequence[str], index: int | None, answer: Sequence[str]) -> int | None:
    """seqNumber or seqLength: 1 where there is no such column, or an answer has none; 0 for an empty one without an answer."""
    text = "1" if index is None else cells[index]
    return count_of(text.strip() or ("1" if answer[0] else "0"))


def _picker(at: Mapping[str, int], fields: Mapping[str, str]) -> Callable[[list[str]], tuple[str, ...]]:
    """How the cells of our columns are taken out of a row. Raises ServiceSpokeUnknown without a column for the position."""
    places = [[at[name] for name in spellings(field) if name in at] for field in fields.values()]
    if not places[0] or not places[1]:
        raise odd("the results lack a column of the position", SERVICE)
    first = itemgetter(*(found[0] if found else -1 for found in places))
    others = [(column, found[1:]) for column, found in enumerate(places) if len(found) > 1]

    def pick(cells: list[str]) -> tuple[str, ...]:
        cells.append("")  # for columns that did not come
        answer: tuple[str, ...] = first(cells)
        for column, further in others:
            if not answer[column]:
                text = next((cells[index] for index in further if cells[index]), "")
                answer = (*answer[:column], text, *answer[column + 1 :])
        return answer

    return pick


def jsonl(body: Source, part: str, fields: Mapping[str, str], notes: AnswerNotes) -> Iterator[Row]:
    """Rows of JSON lines (ALPHA). The shape of a line is [assumed]: `{recId, seqNumber, seqLength, …}` with the members of
    an item beside them, nested as the single call nests them, or in `items`. Names are compared without case.
    """
    if is_empty(body):
        notes.remark(f"{part}: it is empty")
    ways = [spellings(field) for field in fields.values()]
    read = 0
    for line, text, ended in numbered_lines(body, part, notes):
        entry = object_of(text)
        if entry is None:
            if not read and text.lstrip().startswith("<"):
                raise odd("the results are no JSON lines", SERVICE)
            notes.set_aside(part, line, "it is no JSON object" if ended else CUT_OFF)
            continue
        read += 1
        for row in _rows(line, entry, ways):
            if row is None:
                notes.set_aside(part, line, BAD_SEQUENCE)
            else:
                yield row


def _rows(line: int, entry: dict[str, Any], ways: Sequence[Sequence[str]]) -> Iterator[Row | None]:
    flat = flatten(entry)
    rec_id = flat.get(REC_ID, "")
    items = entry.get("items")
    if not isinstance(items, list):
        number, length = (count_of(flat.get(name) or "1") for name in ("seqnumber", "seqlength"))
        if number is None or length is None:
            yield None
        else:
            yield Row(line, rec_id, number, length, _picked(flat, ways))
        return
    for number, item in enumerate(items, 1):
        yield Row(line, rec_id, number, len(items), _picked(flatten(item), ways))
    if not items:
        yield Row(line, rec_id, 0, 0, _picked({}, ways))


def object_of(text: str) -> dict[str, Any] | None:
    """The JSON object that a text is, its numbers as their own text; None for anything else."""
    entry: Any = None
    with contextlib.suppress(ValueError, RecursionError):
        entry = loads(text)
    return entry if isinstance(entry, dict) else None


def flatten(value: Any, prefix: str = "") -> dict[str, str]:
    """Members by their flattened name in small letters: {"position": {"lat": 1}} → positionlat, as HERE flattens columns.

    A list is joined by commas [doc]; of a list of objects only the first is shown, deeper ones cannot be [doc].
    """
    if isinstance(value, dict):
        flat: dict[str, str] = {}
        for name, inner in value.items():
            flat |= flatten(inner, prefix + name.lower())
        return flat
    if isinstance(value, list):
        if value and isinstance(value[0], dict):
            return flatten(value[0], prefix)
        return {prefix: ",".join(_text(one) for one in value)}
    return {prefix: _text(value)}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else ""  # numbers are kept as their text; null is nothing


def _picked(flat: Mapping[str, str], ways: Sequence[Sequence[str]]) -> tuple[str, ...]:
    return tuple([next((flat[name] for name in names if flat.get(name)), "") for names in ways])
