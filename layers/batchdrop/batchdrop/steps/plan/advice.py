"""Better remedies for files that were refused: the file is looked at once more, which costs nothing where all is well."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from batchdrop.errors import BadFile, ConfigurationError, GoneMissing
from batchdrop.ports import Place, Takes
from batchdrop.problems import Problem, problem
from batchdrop.records.columns import map_columns
from batchdrop.records.delimiters import told
from batchdrop.records.dialect import HEAD
from batchdrop.records.encodings import UTF_8, is_kept, known, marked, recoded
from batchdrop.records.header_advice import look_at
from batchdrop.records.headerless import EXAMPLE
from batchdrop.records.kinds import is_objects_name
from batchdrop.records.mixed_encodings import find_mixed
from batchdrop.records.source import Source
from batchdrop.records.unzipping import is_gzip, unzip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchdrop.jobs import Input
    from batchdrop.ports import Store
    from batchdrop.records.source import Readable
    from batchdrop.routes import Route

_OF_HEADERS = frozenset({"NO_HEADER", "WRONG_COLUMNS", "DELIMITER", "BAD_HEADER", "DUPLICATE_COLUMN", "EMPTY_COLUMN_NAME", "UNCLOSED_QUOTE", "NO_VALID_ROWS"})  # fmt: skip
_EXAMPLES = {
    Takes.PLACE: EXAMPLE,
    Takes.POINT: "lat,lon",
    Takes.ID: "id",
    Takes.WAYPOINTS: "from_lat,from_lon,to_lat,to_lon",
    Takes.INPUT: "param:<name> for each parameter",
    Takes.DEVICE: "name,externalId",
    Takes.DEVICE_DELETE: "trackingId",
}


def explain_refusal(bad: BadFile, store: Store, dropped: Input, route: Route, takes: Takes) -> BadFile:
    """Return the refusal of a file, with a remedy that fits what is really there as far as that can be told."""
    code = bad.problems[0].code
    try:
        if code == "ENCODING":
            return _of_encoding(bad, store, dropped)
        if code in _OF_HEADERS and not is_objects_name(dropped.key):
            return _of_header(bad, store, dropped, route, takes)
    except (BadFile, ConfigurationError, GoneMissing):
        return bad
    return bad


def _text(stream: Readable) -> Source:
    source = Source(stream)
    return Source(unzip(source)) if is_gzip(source.peek(2)) else source


def _of_encoding(bad: BadFile, store: Store, dropped: Input) -> BadFile:
    [why] = bad.problems
    if not why.message.startswith(f"The file is not {UTF_8} "):
        return bad
    with store.open(Place.of(dropped)) as stream:
        mixed = find_mixed(_text(stream))
    if mixed is None:
        return bad
    better = problem("ENCODING", variant="mixed", encoding="", offset=0, way="", **mixed._asdict())
    return BadFile([replace(why, remedy=better.remedy)])


def _of_header(bad: BadFile, store: Store, dropped: Input, route: Route, takes: Takes) -> BadFile:
    with store.open(Place.of(dropped)) as stream:
        source = _text(stream)
        encoding = marked(source.peek(4)) or (known(route.encoding) if route.encoding else UTF_8)
        if not is_kept(encoding):
            source, encoding = Source(recoded(source, encoding)), UTF_8
        head = source.peek(HEAD)
    expected = ", ".join(route.columns.values()) or _EXAMPLES[takes]
    usable = partial(_is_usable, route=route, takes=takes)
    found = look_at(head, encoding, told(route.delimiter) if route.delimiter else "", usable)
    better = _better(bad.problems[0], found.what, found.header, expected)
    return bad if better is None else BadFile([replace(better, line=found.line)])


def _better(why: Problem, what: str, header: int, expected: str) -> Problem | None:
    """Return the problem of a file without a header in its first line; None where that is not what is wrong."""
    if header and what:
        return problem("NO_HEADER", variant="below", what=what, header=header, expected=expected)
    if why.code not in ("NO_HEADER", "WRONG_COLUMNS", "DELIMITER"):
        return None
    if what == "a comment":
        return problem("NO_HEADER", variant="instead", what=what, expected=expected)
    return problem("NO_HEADER", what="data", expected=expected) if what or why.code == "NO_HEADER" else None


def _is_usable(names: Sequence[str], route: Route, takes: Takes) -> bool:
    """Return True if a file with these columns could be read by the route."""
    try:
        map_columns([name for name in names if name], takes, route.columns)
    except BadFile:
        return False
    return True
