"""Rows of HERE's result files, read line by line in bounded memory, in either form: delimited text or JSON lines. Pure."""

from __future__ import annotations

import contextlib
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from batchdrop.services import delimited
from batchdrop.services.json_items import loads

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batchdrop.errors import ServiceSpokeUnknown

DELIMITERS = "|;\t:,"
"""What a header line may be parted by; the first three are asked for, see lines.Input."""

SERVICE = "here_batch_v7"


class Row(NamedTuple):
    """One answer: cells in the order of our columns. number, length: seqNumber and seqLength (1, 1 where there are none)."""

    rec_id: str
    number: int
    length: int
    cells: tuple[str, ...]


def odd(reason: str) -> ServiceSpokeUnknown:
    """The error for bytes of another form; never with the bytes."""
    return delimited.odd(reason, SERVICE)


def lines(body: IO[bytes]) -> Iterator[str]:
    """See delimited.text_lines."""
    return delimited.text_lines(body, SERVICE)


def table(body: IO[bytes], fields: Mapping[str, str]) -> Iterator[Row]:
    """Rows of a text file. Its header says what it is parted by and where the columns stand, whatever was asked for.

    Raises ServiceSpokeUnknown when recId or the position has no column, and for a row of another width: it is cut off.
    """
    found = lines(body)
    header = next(found, "").removesuffix("\n")
    delimiter = next((one for one in DELIMITERS if "recid" in _folded(header.split(one))), "")
    at = {name: index for index, name in enumerate(_folded(header.split(delimiter)))} if delimiter else {}
    if any(name.lower() not in at for name in ("recId", fields["bd_lat"], fields["bd_lon"])):
        raise odd("the results lack a column: recId or the position")
    places = [at.get(name.lower()) for name in fields.values()]
    number, length = at.get("seqnumber"), at.get("seqlength")
    width = header.count(delimiter) + 1
    for line in found:
        cells = delimited.cells(line, delimiter)
        if len(cells) != width:
            raise odd("a row of the results is cut off or has too many cells")
        yield Row(
            cells[at["recid"]],
            _count(cells, number),
            _count(cells, length),
            tuple(["" if place is None else cells[place] for place in places]),
        )


def _folded(names: list[str]) -> list[str]:
    return [name.strip().strip('"').lower() for name in names]


def _count(cells: list[str], index: int | None) -> int:
    return whole("1" if index is None else cells[index])


def whole(text: str) -> int:
    """seqNumber or seqLength. Raises ServiceSpokeUnknown."""
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise odd("seqNumber or seqLength is no number")
    return int(text)


def jsonl(body: IO[bytes], fields: Mapping[str, str]) -> Iterator[Row]:
    """Rows of JSON lines (ALPHA). The shape of a line is [assumed]: `{recId, seqNumber, seqLength, …}` with the members of
    an item beside them, nested as the single call nests them, or in `items`. Names are compared without case.
    """
    for line in lines(body):
        entry = _object(line)
        flat = _flat(entry)
        rec_id = flat.get("recid", "")
        items = entry.get("items")
        if isinstance(items, list):
            for number, item in enumerate(items, 1):
                yield Row(rec_id, number, len(items), _picked(_flat(item), fields))
            if not items:
                yield Row(rec_id, 0, 0, ())
        else:
            number, length = (whole(flat.get(name) or "1") for name in ("seqnumber", "seqlength"))
            yield Row(rec_id, number, length, _picked(flat, fields))


def _object(line: str) -> dict[str, Any]:
    entry: Any = None
    with contextlib.suppress(ValueError, RecursionError):
        entry = loads(line)
    if not isinstance(entry, dict):
        raise odd("a line of the results is cut off or no JSON object")
    return entry


def _flat(value: Any, prefix: str = "") -> dict[str, str]:
    """Members by their flattened name in small letters: {"position": {"lat": 1}} → positionlat, as HERE flattens columns.

    A list is joined by commas [doc]; of a list of objects only the first is shown, deeper ones cannot be [doc].
    """
    if isinstance(value, dict):
        flat: dict[str, str] = {}
        for name, inner in value.items():
            flat |= _flat(inner, prefix + name.lower())
        return flat
    if isinstance(value, list):
        if value and isinstance(value[0], dict):
            return _flat(value[0], prefix)
        return {prefix: ",".join(_text(one) for one in value)}
    return {prefix: _text(value)}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else ""  # numbers are kept as their text; null is nothing


def _picked(flat: Mapping[str, str], fields: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(flat.get(name.lower(), flat.get(f"scoring{name.lower()}", "")) for name in fields.values())
