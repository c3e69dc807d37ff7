"""Which column is what: the route says it, else well-known names do, folded for case, spaces, punctuation and accents.

Of several columns for one field the better-known name wins, then the first column. Addresses have rules of their own, see
queries/address_columns.py.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from batchdrop.errors import BadFile, ConfigurationError
from batchdrop.ports import Takes
from batchdrop.problems import problem
from batchdrop.records import devices
from batchdrop.records.headerless import check_repeatable
from batchdrop.records.known_names import ENOUGH, KNOWN, WANTED, is_well_known, numbered, points
from batchdrop.records.own_params import input_columns, own_params
from batchdrop.records.queries.address_columns import FIELDS, map_address
from batchdrop.records.queries.address_text import STRUCTURED
from batchdrop.records.queries.names import fold, guess_part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from batchdrop.records.queries.address_columns import AddressColumns

__all__ = ["KNOWN", "ColumnMap", "check_fields", "fold", "is_well_known", "map_columns", "points"]

_WEAK_AXES = frozenset(
    {"x", "y", "xcoord", "ycoord", "xcoordinate", "ycoordinate", "coordx", "coordy", "bdlat", "bdlon"}
)
"""Names of coordinates that give way to better ones: projected ones, and those of an earlier job."""
_LINES = {"line": "address1", "street": "address1"}  # part of an address → the field for it


class ColumnMap(dict[str, str]):
    """Field → column of a file, and what is worth knowing about the other columns."""

    unsent: Mapping[str, str]
    """Column that looks like a part of an address and is not sent → the field it looks like."""
    repeated: bool
    """Parts of an address may stand in its full text too, see AddressColumns."""
    named: bool
    """The route names the columns of the address: what it leaves out is left out on purpose."""

    def __init__(
        self,
        fields: Mapping[str, str],
        *,
        unsent: Mapping[str, str] | None = None,
        repeated: bool = False,
        named: bool = False,
    ) -> None:
        super().__init__(fields)
        self.unsent = unsent or {}
        self.repeated = repeated
        self.named = named


def fields_of(takes: Takes) -> tuple[str, ...]:
    """The fields a route may give a column to, beside `param:<name>`. A waypoint's are numbered from 1 on."""
    more = {
        Takes.WAYPOINTS: ("waypoint1", "waypoint1_lat", "waypoint1_lon"),
        Takes.DEVICE: ("tag:<name>", "rule:<id>", "geofence:<id>"),
        Takes.INPUT: ("body",),
    }
    return (*KNOWN[takes], *more.get(takes, ()))


def check_fields(chosen: Mapping[str, str], takes: Takes) -> None:
    """Raises ConfigurationError, with the list, for a field of a route's `columns` that such records do not have."""
    known = set(KNOWN[takes]) | ({"body"} if takes is Takes.INPUT else set())
    for field, column in chosen.items():
        own = bool(own_params([field])) or (takes is Takes.DEVICE and devices.listed(field) is not None)
        waypoint = takes is Takes.WAYPOINTS and numbered(field) == field
        if not (field in known or own or waypoint):
            raise ConfigurationError(
                f"`columns` has no field {field[:40]!r}; the fields are {', '.join(fields_of(takes))} and param:<name>"
            )
        if not isinstance(column, str):
            raise ConfigurationError(f"`columns` gives {field} something that is no column name")


def format_definition(columns: Mapping[str, str]) -> str:
    """Return the option `columns` of a route's definition as JSON."""
    return json.dumps({"columns": dict(columns)}, ensure_ascii=False)


def map_columns(  # the file, what is wanted of it, and how to tell what is wrong
    names: Sequence[str],
    takes: Takes,
    chosen: Mapping[str, str] | None = None,
    *,
    all_there: bool = True,
    rows: Sequence[Sequence[str]] = (),
    structured: bool = False,
    define: Callable[[Mapping[str, str]], str] = format_definition,
) -> ColumnMap:
    """Return field → column. Raises BadFile WRONG_COLUMNS or AMBIGUOUS_COLUMNS, with what was found and a definition to paste.

    chosen: the route's own mapping, which wins; a field with an empty name gets no column at all. all_there: whether each
    column that the route names must be among `names`. rows: cells of the first records, which decide where a name is ambiguous.
    structured: an address is sent in parts. define: writes a route's definition with these columns.

    A bare `id` is never an address (it is the customer's), nor is `name` where there is an address (a person's). For devices to
    add, columns like `tag:food` map themselves; so does `param:lang` everywhere, see own_params.
    """
    chosen = chosen or {}
    refusal = _Refusal(names, takes, define)
    told = _resolve(names, chosen, refusal if all_there else None)
    free = [name for name in names if name not in told.values()]
    if takes is Takes.INPUT and (found := own_params(free) if told else input_columns(free)):
        return ColumnMap({**found, **told})
    extra = own_params(free) | (_lists(free) if takes is Takes.DEVICE else {})
    if takes is Takes.PLACE:
        return _map_place(names, chosen, told, extra, rows, refusal, structured=structured)
    free = [name for name in free if name not in extra.values()]
    _check_axes(free, takes, chosen, refusal)
    known = _known(free, takes)
    fields = {field: name for field, name in {**known, **extra}.items() if field not in chosen} | told
    if not _is_enough(fields, takes):
        raise refusal.make()
    return ColumnMap(_in_order(fields, takes))


class _Refusal:
    """Makes the refusals of a header: what was found, what is expected, and a definition to paste."""

    def __init__(
        self, names: Sequence[str], takes: Takes, define: Callable[[Mapping[str, str]], str]
    ) -> None:
        self._names = names
        self._takes = takes
        self._define = define

    def make(self, columns: Mapping[str, str] | None = None) -> BadFile:
        """Nothing to make a record from. columns: what might be meant."""
        api, expected = WANTED[self._takes]
        check_repeatable(self._names, expected=expected)
        return self._wrong(api, expected, self._define(columns or self._guess()))

    def make_absent(self, absent: Sequence[tuple[str, str]]) -> BadFile:
        """The route names columns that the file lacks: (field, column) each."""
        check_repeatable(self._names, expected=WANTED[self._takes][1])
        problems = [
            self._wrong(
                f"{field} ({column!r}, as the route says)",
                f"{column}; or correct `columns` in the route",
                "",
                column,
            ).problems[0]
            for field, column in absent
        ]
        return BadFile(problems)

    def make_ambiguous(
        self, columns: Sequence[str], what: str, meant: Sequence[Mapping[str, str]]
    ) -> BadFile:
        """Several columns (or addresses) for one thing. meant: what each choice comes to, for definitions to paste."""
        listed = ", ".join(repr(column[:40]) for column in columns)
        definitions = " or ".join(map(self._define, meant))
        return BadFile(
            [problem("AMBIGUOUS_COLUMNS", line=1, what=what, columns=listed, definition=definitions)]
        )

    def _wrong(self, api: str, expected: str, definition: str, column: str | None = None) -> BadFile:
        wanted = f"{expected}{f'. Or say in a definition which they are: {definition}' if definition else ''}"
        return BadFile(
            [
                problem(
                    "WRONG_COLUMNS",
                    line=1,
                    column=column,
                    api=api,
                    found=_listed(self._names),
                    expected=wanted,
                )
            ]
        )

    def _guess(self) -> dict[str, str]:
        """Field → column, by words in the names, and for what nothing looks like it a name to replace."""
        if self._takes is not Takes.PLACE:
            first = next(iter(ENOUGH[self._takes]), frozenset())
            return dict.fromkeys(sorted(first), "NAME OF YOUR COLUMN")
        guessed: dict[str, str] = {}
        for name in self._names:
            if part := guess_part(name):
                guessed.setdefault(_LINES.get(part, part), name)
        if guessed.keys() == {"address1"}:  # one column with everything in it
            return {"text": guessed["address1"]}
        return guessed or {"text": "NAME OF YOUR COLUMN"}


def _map_place(  # the pieces that map_columns has made
    names: Sequence[str],
    chosen: Mapping[str, str],
    told: Mapping[str, str],
    extra: Mapping[str, str],
    rows: Sequence[Sequence[str]],
    refusal: _Refusal,
    *,
    structured: bool,
) -> ColumnMap:
    """Columns of addresses."""
    named = {field: told.get(field, "") for field in chosen if field in FIELDS}
    others = {
        field: name for field, name in {**extra, **told}.items() if field not in FIELDS and field not in named
    }
    taken = set(others.values())
    at = [index for index, name in enumerate(names) if name not in taken]
    cells = [[row[index] for index in at] for row in rows if len(row) == len(names)]
    free = [names[index] for index in at]
    _check_folded(free, named, refusal)
    found = map_address(free, cells, named)
    if found.several:
        raise _make_several(found, refusal)
    unsent = dict(found.unsent)
    if structured and not named:
        unsent |= {column: field for field, column in found.fields.items() if field not in STRUCTURED}
    if not (named or _is_enough(found.fields, Takes.PLACE)) or not found.fields:
        raise refusal.make(
            {**found.fields, **{field: column for column, field in unsent.items()}} if unsent else None
        )
    return ColumnMap({**found.fields, **others}, unsent=unsent, repeated=found.repeated, named=bool(named))


def _make_several(found: AddressColumns, refusal: _Refusal) -> BadFile:
    what = f"a record has several addresses, beginning with {', '.join(found.several)}"
    return refusal.make_ambiguous(
        [column for fields in found.choices.values() for column in islice(fields.values(), 2)],
        what,
        [fields for fields in found.choices.values() if fields],
    )


def _check_folded(names: Sequence[str], chosen: Mapping[str, str], refusal: _Refusal) -> None:
    """Raises BadFile AMBIGUOUS_COLUMNS for parts of an address whose names differ in case, spaces or accents only."""
    first: dict[str, str] = {}
    for name in names:
        other = first.setdefault(fold(name), name)
        if other is not name and fold(name) and map_address([name]).fields and name not in chosen.values():
            field = next(iter(map_address([name]).fields))
            choices = [{field: other}, {field: name}]
            raise refusal.make_ambiguous([other, name], f"two columns are the field {field}", choices)


def _check_axes(names: Sequence[str], takes: Takes, chosen: Mapping[str, str], refusal: _Refusal) -> None:
    """Raises BadFile AMBIGUOUS_COLUMNS for two columns of the same axis, such as `lat` and `latitude`."""
    if takes is not Takes.POINT or "at" in chosen:
        return
    pairs: dict[str, list[str]] = {}
    for axis in ("lat", "lon"):
        known = [name for name in KNOWN[takes][axis] if name not in _WEAK_AXES]
        pairs[axis] = [name for name in names if fold(name) in known]
    twice = [axis for axis, columns in pairs.items() if len(columns) > 1 and axis not in chosen]
    if twice:
        choices = [
            {axis: columns[min(at, len(columns) - 1)] for axis, columns in pairs.items() if columns}
            for at in range(max(map(len, pairs.values())))
        ]
        columns = [name for axis in twice for name in pairs[axis]]
        what = f"several columns are the {' and the '.join({'lat': 'latitude', 'lon': 'longitude'}[axis] for axis in twice)}"
        raise refusal.make_ambiguous(columns, what, choices)


def _resolve(names: Sequence[str], chosen: Mapping[str, str], refusal: _Refusal | None) -> dict[str, str]:
    """The route's mapping with the columns as the file writes them. refusal: makes the error for one that the file lacks."""
    folded = {fold(name): name for name in reversed(names)}
    told: dict[str, str] = {}
    absent = []
    for field, column in chosen.items():
        found = column if column in names else folded.get(fold(column), "")
        if found:
            told[field] = found
        elif column and refusal:
            absent.append((field, column))
    if absent and refusal:
        raise refusal.make_absent(absent)
    return told


def _known(names: Sequence[str], takes: Takes) -> dict[str, str]:
    """Field → column, by well-known names alone."""
    folded = {fold(name): name for name in reversed(names)}
    found = {
        field: folded[best]
        for field, known in KNOWN[takes].items()
        if (best := next((name for name in known if name in folded), None)) is not None
    }
    if takes is Takes.WAYPOINTS:
        for name in reversed(names):
            if field := numbered(name):
                found[field] = name
    return found


def _is_enough(fields: Mapping[str, str], takes: Takes) -> bool:
    known = set(fields)
    if takes is Takes.PLACE and fold(fields.get("name", "")) == "name":  # a person's, as far as anyone knows
        known.discard("name")
    if any(enough <= known for enough in ENOUGH[takes]):
        return True
    return takes is Takes.WAYPOINTS and len(points(fields)) > 1


def _in_order(fields: Mapping[str, str], takes: Takes) -> dict[str, str]:
    """Fields in the order of the table, then the others as they came."""
    order: Iterable[Any] = [*KNOWN[takes], *(field for point in points(fields) for field in point)]
    return {**{field: fields[field] for field in order if field in fields}, **fields}


def _lists(names: Sequence[str]) -> dict[str, str]:
    """`tag:food` → the column of that name, for every column that is an entry of a list, in the order of the file."""
    found: dict[str, str] = {}
    for name in names:
        if entry := devices.listed(name):
            found.setdefault(f"{entry[0]}:{entry[1]}", name)
    return found


def _listed(names: Sequence[str], most: int = 20) -> str:
    shown = ", ".join(name[:40] for name in names[:most])
    return f"{shown}, … ({len(names)} columns)" if len(names) > most else shown
