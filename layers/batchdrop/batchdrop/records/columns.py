"""Which column is what: the route says it, else well-known names do, folded for case, spaces, punctuation and accents.

Of several columns for one field the better-known name wins, then the first column.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from batchdrop.errors import BadFile, ConfigurationError
from batchdrop.ports import Takes
from batchdrop.problems import problem
from batchdrop.records import devices
from batchdrop.records.headerless import check_repeatable
from batchdrop.records.known_names import (
    ENOUGH,
    KNOWN,
    WANTED,
    WORDS,
    fold,
    is_well_known,
    numbered,
    points,
)  # fmt: skip
from batchdrop.records.own_params import input_columns, own_params

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["KNOWN", "check_fields", "fold", "is_well_known", "map_columns", "points"]

_NOTHING: Mapping[str, str] = MappingProxyType({})


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


def map_columns(
    names: Sequence[str], takes: Takes, chosen: Mapping[str, str] = _NOTHING, *, all_there: bool = True
) -> Mapping[str, str]:
    """Field → column name. Raises BadFile WRONG_COLUMNS, naming what was found and what is expected.

    chosen: the route's own mapping, which wins; a field with an empty name gets no column at all. all_there: whether each
    column that the route names must be among `names`. A bare `id` is never an address (it is the customer's), nor is `name` where
    there is an address (a person's). For devices to add, columns like `tag:food` map themselves; so does `param:lang`
    everywhere, see own_params. Columns of one address that all begin alike (`Billing Street`, `Billing City`) are known
    without that word when nothing else is.
    """
    told = _told(names, chosen, all_there=all_there)
    free = [name for name in names if name not in told.values()]
    if takes is Takes.INPUT and (found := own_params(free) if told else input_columns(free)):
        return MappingProxyType({**found, **told})
    extra = own_params(free) | (_lists(free) if takes is Takes.DEVICE else {})
    free = [name for name in free if name not in extra.values()]
    known = _known(free, takes)
    if takes is Takes.PLACE and not (known | told).keys() & {"text", "address1"}:
        known |= _below_one_word(free, anything=not (known | told).keys() & {"city", "postcode"})
    fields = {field: name for field, name in {**known, **extra}.items() if field not in chosen} | told
    if (
        takes is Takes.PLACE
        and fields.keys() & {"text", "address1"}
        and "name" not in chosen
        and fold(fields.get("name", "")) == "name"
    ):
        del fields["name"]
    if not _is_enough(fields, takes):
        check_repeatable(names)
        api, expected = WANTED[takes]
        raise BadFile([problem("WRONG_COLUMNS", line=1, api=api, found=_listed(names), expected=expected)])
    return MappingProxyType(_in_order(fields, takes))


def _told(names: Sequence[str], chosen: Mapping[str, str], *, all_there: bool) -> dict[str, str]:
    """The route's mapping with the columns as the file writes them."""
    folded = {fold(name): name for name in reversed(names)}
    told: dict[str, str] = {}
    absent = []
    for field, column in chosen.items():
        found = column if column in names else folded.get(fold(column), "")
        if found:
            told[field] = found
        elif column and all_there:
            absent.append(
                problem(
                    "WRONG_COLUMNS", line=1, column=column, api=f"{field} ({column!r}, as the route says)",
                    found=_listed(names), expected=f"{column}; or correct `columns` in the route",
                )
            )  # fmt: skip
    if absent:
        check_repeatable(names)
        raise BadFile(absent)
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


def _below_one_word(names: Sequence[str], *, anything: bool) -> dict[str, str]:
    """The same for columns that begin with one word: `Shipping Street`, `addr:street`. Raises BadFile when two such words fit.

    anything: whether a city without a street is worth taking.
    """
    wanted = {"text", "address1", "city", "postcode"} if anything else {"text", "address1"}
    groups: dict[str, dict[str, str]] = {}
    for word in sorted(WORDS, key=len):
        below = {
            fold(name).removeprefix(word): name for name in reversed(names) if fold(name).startswith(word)
        }
        found = {field: below[folded] for field, folded in _known(list(below), Takes.PLACE).items()}
        if found:
            root = next((other for other in groups if word.startswith(other)), word)
            groups[root] = {**found, **groups.get(root, {})}
    best = [word for word, found in groups.items() if found.keys() & wanted]
    if len(best) > 1:
        api = f"one address: there are several, beginning with {', '.join(best)}"
        expected = "one address in a record; or say in `columns` of the route which it is"
        raise BadFile([problem("WRONG_COLUMNS", line=1, api=api, found=_listed(names), expected=expected)])
    return groups[best[0]] if best else {}


def _is_enough(fields: Mapping[str, str], takes: Takes) -> bool:
    if any(enough <= fields.keys() for enough in ENOUGH[takes]):
        return True
    return takes is Takes.WAYPOINTS and len(points(fields)) > 1


def _in_order(fields: Mapping[str, str], takes: Takes) -> dict[str, str]:
    """Fields in the order of the table, then the others as they came."""
    order = [*KNOWN[takes], *(field for point in points(fields) for field in point)]
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
