"""Our own last cells in a record of errors.csv that was dropped back: taken off, and read for whose record it was.

The block is bd_recId, bd_outcome, bd_code, bd_message, bd_job; files written before there was bd_job lack it. In a job whose
input is an output of another one, all its columns begin with bd2_, so that none has the name of an earlier one; and so on.
A person may have edited, moved, deleted or added rows: what does not look like ours is the user's.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from batchdrop.records.cutting import RULES
from batchdrop.records.quoting import cell_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

OWN_COLUMNS = ("bd_recId", "bd_outcome", "bd_code", "bd_message", "bd_job")
"""The last columns of errors.csv; a file that ends in exactly these, or in the first four, is one of ours, dropped back."""

OWN_MEMBER = "bd"
"""The member of an object that holds ours, in errors.ndjson: job, recId, outcome, code, message. bd2 beside an earlier job's."""

_PREFIX = f"{OWN_MEMBER}_"  # of our columns; those of the APIs have it too [design 3]

_NEEDED = ("_recId", "_outcome")  # which of our columns make a file one of errors
_JOB = re.compile(r"[A-Za-z0-9_-]{1,40}-[0-9a-f]{16}")  # as jobs.job_id makes them
_NUMBER = re.compile(r"[1-9][0-9]{0,9}")
_OURS = re.compile(r"bd[1-9]?[0-9]?")
_LAST_MEMBER = re.compile(
    rb'"bd[1-9]?[0-9]?"\s*+:\s*+\{(?:[^{}"]++|"(?:[^"\\]++|\\.)*+")*+\}\s*+(?=\}\s*+\Z)', re.DOTALL
)
_TRIES = 4  # places from the end at which the last member may begin; texts in it may look like its name
_BLANKS = b" \t\r\n"

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{},]', re.DOTALL)


class Mark(NamedTuple):
    """Whose record this was: the job that wrote it into its errors, "" where nothing says so, and its number there, or 0."""

    job: str
    number: int


NO_MARK = Mark("", 0)


def beside(ours: Iterable[str], taken: Collection[str]) -> str:
    """How our columns begin in the outputs of an input with the columns `taken`, of which none may be written over: bd_, or bd2_."""
    names = [name.removeprefix(_PREFIX) for name in ours]
    prefixes = (f"{word}_" for word in _words())
    return next(each for each in prefixes if not any(each + name in taken for name in names))


def renamed(ours: Iterable[str], prefix: str) -> tuple[str, ...]:
    """Our columns with this beginning."""
    return tuple(prefix + name.removeprefix(_PREFIX) for name in ours)


def named(names: tuple[str, ...], ours: tuple[str, ...]) -> bool:
    """Whether these are our columns, whatever they begin with."""
    word, _, rest = (names[0] if names else "").partition("_")
    return bool(_OURS.fullmatch(word)) and bool(rest) and names == renamed(ours, f"{word}_")


def _words() -> Iterator[str]:
    """bd, bd2, bd3, …"""
    yield OWN_MEMBER
    yield from (f"{OWN_MEMBER}{number}" for number in count(2))


def own_columns(names: tuple[str, ...]) -> int:
    """How many columns at the end of a header are ours: 5, 4 or 0."""
    for size in (len(OWN_COLUMNS), len(OWN_COLUMNS) - 1):
        if named(names[-size:], OWN_COLUMNS[:size]):
            return size
    return 0


def own_places(names: tuple[str, ...], rules: int = RULES) -> tuple[int, ...]:
    """Return the places of our columns in a header: the last ones, or wherever a person has moved them.

    Of columns that several jobs have added those of the last one count: bd2_ before bd_. A column bd_recId and a column bd_outcome are
    enough; results have no such pair. rules: see cutting.RULES; under the first ones only the last columns counted.
    """
    last = own_columns(names)
    if last or rules < 2:
        return tuple(range(len(names) - last, len(names)))
    words = {name.partition("_")[0] for name in names if name.endswith(_NEEDED)}
    for word in sorted(filter(_OURS.fullmatch, words), key=lambda word: (len(word), word), reverse=True):
        ours = renamed(OWN_COLUMNS, f"{word}_")
        if all(word + needed in names for needed in _NEEDED):
            return tuple(place for place, name in enumerate(names) if name in ours)
    return ()


@lru_cache(maxsize=8)
def _patterns(delimiter: bytes, width: int, own: int) -> tuple[re.Pattern[bytes], ...]:
    """A record of `width` cells and ours; one of `width` cells; and anything that ends in cells like ours."""
    mark, cell = re.escape(delimiter), cell_of(delimiter)
    user = rb"%b(?:%b%b){%d}+" % (cell, mark, cell, width - 1)
    both = rb"(?:%b)(?P<own>(?:%b%b){%d}+)(?=[\r\n]*+\Z)" % (user, mark, cell, own)
    job = rb'%b"?[A-Za-z0-9_-]*+"?' % mark if own == len(OWN_COLUMNS) else b""
    like_ours = rb'(?P<own>%b"?\d*+"?%b"?[A-Za-z]*+"?(?:%b%b){2}%b)(?=[\r\n]*+\Z)' % (
        mark,
        mark,
        mark,
        cell,
        job,
    )
    return re.compile(both), re.compile(user + rb"[\r\n]*+\Z"), re.compile(like_ours)


def own_block(raw: bytes, delimiter: str, width: int, own: int) -> re.Match[bytes] | None:
    """Our cells in a record, with the delimiter before them: group `own`; None where the record is all the user's.

    width: how many columns are the user's. own: how many are ours. A record of `width` cells is a new one and has none; one
    with more cells than the header has them at its end.
    """
    both, whole, like_ours = _patterns(delimiter.encode(), width, own)
    return both.match(raw) or (None if whole.match(raw) else like_ours.search(raw))


def user_part(raw: bytes, delimiter: str, width: int, own: int) -> bytes:
    """A record of errors.csv dropped back, without our own last cells; the line end stays."""
    found = own_block(raw, delimiter, width, own)
    return raw[: found.start("own")] + raw[found.end("own") :] if found else raw


def mark_in(raw: bytes, delimiter: str, width: int, own: int) -> Mark:
    """What our cells say of the record."""
    found = own_block(raw, delimiter, width, own)
    if found is None:
        return NO_MARK
    between = delimiter.encode()
    number, job = found["own"].split(between, 2)[1], found["own"].rsplit(between, 1)[1]
    return mark(_text(job) if own == len(OWN_COLUMNS) else "", _text(number))


class OwnCells:
    """Takes our cells off records in which they are the last ones. width: how many columns are the user's."""

    def __init__(self, delimiter: str, width: int, own: int) -> None:
        self._layout = (delimiter, width, own)

    def user_part(self, raw: bytes) -> bytes:
        """Return the record without our cells, with its line end."""
        return user_part(raw, *self._layout)

    def mark(self, raw: bytes) -> Mark:
        """Return what our cells say of the record."""
        return mark_in(raw, *self._layout)

    def user_header(self, body: bytes) -> bytes:
        """Return a header line without our names."""
        delimiter, _, own = self._layout
        return body.rsplit(delimiter.encode(), own)[0]  # our names hold no delimiter


class OwnPlaces:
    """The same for records in which a person has moved our columns, or added others behind them.

    total: how many columns there are. at: name of each of ours, without its beginning → place.
    """

    def __init__(self, delimiter: str, total: int, at: Mapping[str, int]) -> None:
        self._mark = delimiter.encode()
        self._total = total
        self._at = at
        self._places = frozenset(at.values())
        self._cell = re.compile(
            rb"(?:\A|%b)(%b)(?=%b|\Z)" % (re.escape(self._mark), cell_of(self._mark), re.escape(self._mark))
        )

    def _cells(self, raw: bytes) -> list[bytes]:
        """Return the cells as they are written; none for a record that has not as many as the header, or bad quotes."""
        body = raw.rstrip(b"\r\n")
        cells = self._cell.findall(body)
        return cells if len(cells) == self._total and self._mark.join(cells) == body else []

    def user_part(self, raw: bytes) -> bytes:
        """Return the record without our cells, with its line end; a record with another number of cells as it is."""
        cells = self._cells(raw)
        users = [cell for place, cell in enumerate(cells) if place not in self._places]
        return self._mark.join(users) + raw[len(raw.rstrip(b"\r\n")) :] if cells else raw

    user_header = user_part

    def mark(self, raw: bytes) -> Mark:
        """Return what our cells say of the record."""
        cells = self._cells(raw)
        if not cells:
            return NO_MARK
        job = cells[self._at["job"]] if "job" in self._at else b""
        return mark(_text(job), _text(cells[self._at["recId"]]))


def _text(cell: bytes) -> str:
    return cell.strip(b' "').decode("ascii", "replace")


def mark(job: object, number: object) -> Mark:
    """A mark of what stands in two cells or members; what cannot be one of ours is left out."""
    return Mark(
        job if isinstance(job, str) and _JOB.fullmatch(job) else "",
        int(str(number)) if _NUMBER.fullmatch(str(number)) else 0,
    )


def own_members(found: Mapping[str, object]) -> list[str]:
    """The members of an object that outputs of ours have added, the newest last."""
    ours = [
        name
        for name, value in found.items()
        if _OURS.fullmatch(name) and isinstance(value, dict) and "recId" in value
    ]
    return sorted(ours, key=lambda name: (len(name), name))


def free_member(body: bytes) -> str:
    """What our member is called in an object: bd, or bd2 where it holds what an earlier job has added."""
    if b'"bd' not in body:
        return OWN_MEMBER
    taken = json.loads(body).keys()
    return next(word for word in _words() if word not in taken)


def member_mark(found: Mapping[str, object]) -> Mark | None:
    """What an object of errors.ndjson says of itself; None when it has no such member, or a user's of that name."""
    names = own_members(found)
    ours = found[names[-1]] if names else None
    if not isinstance(ours, dict) or "outcome" not in ours:
        return None
    return mark(ours.get("job"), ours.get("recId"))


def without_member(body: bytes) -> bytes:
    """An object's bytes without our own member, wherever a person has moved it; all others stay as they are."""
    if b'"outcome"' not in body:
        return body
    found = _find_last_member(body)
    if found is not None:
        before = body[: found.start()].rstrip(_BLANKS).removesuffix(b",")
        ours = member_mark(json.loads(b"{" + found[0] + b"}"))
        return body if ours is None else before + body[found.end() :]
    whole = json.loads(body)
    if member_mark(whole) is None:
        return body
    start, end = _member_span(body, own_members(whole)[-1])
    if body[:start].rstrip(_BLANKS).endswith(b","):
        start = body.rindex(b",", 0, start)
    elif body[end : end + 1] == b",":
        end += 1
    return body[:start] + body[end:]


def _find_last_member(body: bytes) -> re.Match[bytes] | None:
    """Return our member where it is the last one and holds no object; looked for from the end, a few times only."""
    start = len(body)
    for _ in range(_TRIES):
        start = body.rfind(b'"bd', 0, start)
        if start < 0:
            return None
        if found := _LAST_MEMBER.match(body, start):
            return found
    return None


def _member_span(body: bytes, name: str) -> tuple[int, int]:
    """Return where a member of an object begins and ends, without the commas around it."""
    depth, start, key = 0, 0, b""
    for token in _TOKEN.finditer(body):
        sign = token[0]
        if depth == 1 and sign in (b",", b"}") and key == name.encode():
            return start, token.start()
        depth += (sign in (b"{", b"[")) - (sign in (b"}", b"]"))
        if depth == 1 and sign == b",":
            key = b""
        elif depth == 1 and sign.startswith(b'"') and not key:
            start, key = token.start(), sign[1:-1]
    raise ValueError("no such member")
