"""What is sent, made of the values of a JSON file: of an array's elements, or of its lines.

queries = ObjectQueries(source, dialect, header, maker)      # see elements.py
for rec_id, query in queries: ...
queries.columns                                                # which member became what
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from batchdrop.errors import BadFile
from batchdrop.problems import Problem, problem
from batchdrop.records.arrays import raw_elements, raw_lines, text_of
from batchdrop.records.dialect import HEAD, NDJSON
from batchdrop.records.encodings import UTF_8, lines_before, not_in
from batchdrop.records.native import LONGEST, MEMBERS, WithinArray
from batchdrop.records.notes import Notes
from batchdrop.records.owncells import NO_MARK, Mark, member_mark, own_members
from batchdrop.records.source import nul_bytes
from batchdrop.records.values import Numeral, broken_json, check_surrogates, is_cut_off, value_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from batchdrop.records.cutting import RawRecord
    from batchdrop.records.dialect import Dialect
    from batchdrop.records.elements import ElementMaker, Made
    from batchdrop.records.reading import Header
    from batchdrop.records.source import Source


class ObjectQueries:
    """recId and query, or what is wrong with it, of each value: an iterator to be read once. blank_lines: how many were skipped.
    told: hears whose record each was, where errors were dropped back.

    Raises BadFile BROKEN_JSON, NOT_A_LIST, TOO_DEEP, LINE_TOO_LONG, ENCODING, TOO_MANY_COLUMNS, MIXED_SERVICES, WRONG_COLUMNS.
    """

    def __init__(
        self,
        source: Source,
        dialect: Dialect,
        header: Header,
        maker: ElementMaker,
        told: Callable[[Mark], object] = lambda _mark: None,
        notes: Notes | None = None,
    ) -> None:
        self._told = told
        self._notes = Notes() if notes is None else notes
        self.blank_lines = self.extra_cells = 0
        self._source = source
        self._lines = dialect.format == NDJSON
        self._member = dialect.member
        self._header = header
        self._maker = maker

    @property
    def columns(self) -> Mapping[str, str]:
        """Field → member, of all that were seen so far."""
        return self._maker.columns

    @property
    def names(self) -> Sequence[str]:
        """Members that were seen so far."""
        return tuple(self._maker.names)

    @property
    def unsent(self) -> Mapping[str, str]:
        """Member that looks like a part of an address, had a value and was not sent → the field it looks like."""
        return self._maker.unsent

    def __iter__(self) -> Iterator[tuple[int, Made]]:
        rec_id, offset = 0, self._header.size
        self._maker.head = self._source.peek(HEAD)
        for line, raw in self._raws():
            offset += len(raw)
            if raw.isspace():
                self.blank_lines += 1
                continue
            rec_id += 1
            if not raw.isascii() or b"\\u" in raw:
                self._notes.check_letters(raw, line + self._header.end_line, escapes=True)
            made = self._made(raw, line + self._header.end_line, offset - len(raw))
            yield (
                rec_id,
                replace(made, line=line + self._header.end_line, rec_id=rec_id)
                if isinstance(made, Problem)
                else made,
            )
        if rec_id:
            self._maker.finish()

    def _raws(self) -> Iterator[RawRecord]:
        if self._lines:
            yield from raw_lines(self._source)
        elif self._member:
            array = WithinArray(self._source)
            yield from raw_elements(array)
            self._check_rest(array.rest + self._source.read(LONGEST))
        else:
            yield from raw_elements(self._source)

    def _check_rest(self, behind: bytes) -> None:
        """What stands around the list is JSON, small, and has no second list that might be meant."""
        if self._source.read(1):
            raise BadFile([problem("TOO_LARGE", what="at most 1 MB beside the list of records")])
        line = self._header.end_line + 1
        text = (self._header.raw + b"[]" + behind).decode("utf-8", "replace")
        around = value_of(text, line=line)
        if not isinstance(around, dict):
            raise broken_json(line, cut=is_cut_off(text))
        if any(isinstance(around.get(name), list) and around[name] for name in MEMBERS):
            raise BadFile([problem("NOT_A_LIST", keys=", ".join(MEMBERS))])

    def _made(self, raw: bytes, line: int, offset: int) -> Made:
        text = self._text(raw, line, offset)
        exact = self._maker.exact
        found = value_of(text, line=line, exact=exact)
        self._told((member_mark(found) if isinstance(found, dict) else None) or NO_MARK)
        if isinstance(found, Problem):
            return self._unreadable(found, raw, text, line)
        users = users_value(found, line=line, exact=exact)
        if isinstance(users, Problem):
            return users
        self._maker.line = line
        return check_surrogates(text, users) or self._maker.make(users)

    def _text(self, raw: bytes, line: int, offset: int) -> str:
        element = raw.strip() if self._lines else _element(raw, line)
        try:
            return element.decode()
        except UnicodeDecodeError as error:
            text = element.decode("utf-8", "ignore")
            is_last = self._lines and not raw.endswith(_LINE_ENDS)
            if is_last and error.reason == "unexpected end of data" and is_cut_off(text):
                return text  # cut within a letter
            raise _misread(raw, line, offset) from None

    def _unreadable(self, found: Problem, raw: bytes, text: str, line: int) -> Problem:
        """Return the problem of a line that is no JSON; a note says so of the last one if it is cut off."""
        if found.code != "NOT_JSON":
            return found
        if not self._lines:
            raise broken_json(line)
        if not raw.strip(b"\0 \t\r\n"):
            raise nul_bytes(line)
        if raw.endswith(_LINE_ENDS) or not is_cut_off(text):
            return found
        self._notes.add("TRUNCATED", line)
        return problem("NOT_JSON", variant="cut", hint=": it is the last one, and cut off")


_LINE_ENDS = (b"\n", b"\r")


def _element(raw: bytes, line: int) -> bytes:
    try:
        return text_of(raw)
    except ValueError:
        raise broken_json(line) from None


def _misread(raw: bytes, line: int, offset: int) -> BadFile:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        line += lines_before(raw[: error.start].lstrip(b"[, \t\r\n"))
        return BadFile([not_in(UTF_8, raw[error.start :], offset=offset + error.start, line=line)])
    raise ValueError("this is UTF-8")


_UNREADABLE = frozenset({"NOT_JSON", "DUPLICATE_FIELD", "NOT_A_NUMBER"})
"""Codes of records whose text stands in errors.ndjson as a text, in `value`."""


def users_value(found: Any, *, line: int, exact: bool) -> Any:
    """Return the value as the user dropped it first, without what outputs of ours have added.

    A record that could not be read stands in errors.ndjson as a text: it is read again, so that it counts once it is mended, and is
    no text to look for before. Then the problem is returned.
    """
    ours = own_members(found) if isinstance(found, dict) else []
    if not ours:
        return found
    users = {name: value for name, value in found.items() if name not in ours}
    if users.keys() != {"value"}:
        return users
    text, code = users["value"], found[ours[-1]].get("code")
    if not isinstance(text, str) or isinstance(text, Numeral) or code not in _UNREADABLE:
        return text
    again = value_of(text, line=line, exact=exact)
    was_a_text = (
        code == "NOT_A_NUMBER"
        and not isinstance(again, dict | list)
        and (not isinstance(again, Problem) or again.code != code)
    )
    return text if was_a_text else again  # such as an address that was to be a coordinate
