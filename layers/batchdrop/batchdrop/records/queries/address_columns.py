"""Which column is which part of an address: by the names, by the values of the first records where a name is ambiguous.

A record may have several addresses (`billing_…`, `shipping_…`), told apart by what their names have in common: a group. One
group is taken; what it lacks comes from columns without such a word. Whatever looks like a part of an address and is not taken
is listed as `unsent`, so that nobody pays for half an address without having been asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batchdrop.records.queries import names as words
from batchdrop.records.queries.address_groups import ANYWHERE, CODES, choose_group, find_groups, has_street
from batchdrop.records.queries.names import MAIN, STREET_PARTS, fold
from batchdrop.records.queries.samples import (
    HOUSE_NUMBER,
    MOST,
    NO_PART,
    POSTCODE,
    STREET_SUFFIX,
    Sample,
    has_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from batchdrop.records.queries.address_groups import Column, Group

FIELDS = (
    "text", "name", "housenumber", "housenumber2", "housenumber_to", "housenumber_suffix", "housenumber_suffix2",
    "street_predirection", "street_pretype", "address1", "street_name", "street_type", "street_postdirection", "unit_type", "unit",
    "unit2", "building", "floor", "address2", "address3", "address4", "pobox", "suburb", "suburb2", "city3", "city2", "city", "city_line",
    "county3", "county2", "county", "state", "state2", "state_code", "postcode", "postcode_suffix", "country", "country_code",
)  # fmt: skip
"""All fields of an address, in the order in which they are sent, but for the house number: it stands as in the file."""

_FURTHER = {
    "suburb": ("suburb2",), "city": ("city2", "city3"), "county": ("county2", "county3"), "state": ("state2",),
    "housenumber": ("housenumber2",), "housenumber_suffix": ("housenumber_suffix2",), "unit": ("unit2",),
    "street_type": ("street_postdirection",),
}  # fmt: skip
"""Part → the fields of a second and third column of it."""
_LINES = ("address1", "address2", "address3", "address4")
_FIRST = ("text", "line", "street", "address2", "address3", "address4")
"""Parts that are given their fields before the others, because they share them."""
_SHARING = frozenset({"text", "line", "street"})
"""Parts of which the route's own street line leaves nothing to find."""
_WITH_A_STREET = frozenset(
    {"housenumber", "housenumber_to", "housenumber_suffix", "street_predirection", "street_pretype", "street_type", "street_postdirection"}
    | {"housenumber2", "housenumber_suffix2", "unit", "unit2", "unit_type", "building", "floor"}
)  # fmt: skip
"""Parts that mean nothing without a street."""
_SILENT_ALONE = frozenset(field for field in _WITH_A_STREET if not field.startswith("housenumber"))
"""Of these, those that are everyday names of other things: no street, no part of an address."""

_TWINS = frozenset({"city", "city2", "city3", "suburb", "suburb2", "county", "county2", "county3"})
_AREA_FIELDS = frozenset({"state", "county", "suburb", "country"})
_NEAR = 2  # columns
_MOSTLY = 0.6  # of the values
_PLACED = frozenset({"text", "address1", "city", "city_line", "suburb", "postcode"})


@dataclass(frozen=True, slots=True)
class AddressColumns:
    """Which columns an address is made from."""

    fields: Mapping[str, str]
    """Field, one of FIELDS, → column."""
    unsent: Mapping[str, str] = field(default_factory=dict)
    """Column that looks like a part of an address and is not sent → the field it looks like."""
    several: tuple[str, ...] = ()
    """Words of the addresses among which nothing tells which one is meant; then `fields` is empty."""
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Word of an address → its fields, for a definition to paste."""
    repeated: bool = False
    """A part may also stand in the full text or the street line: it is sent once."""


def map_address(
    names: Sequence[str], rows: Sequence[Sequence[str]] = (), chosen: Mapping[str, str] | None = None
) -> AddressColumns:
    """Return which of the columns `names` an address is made from.

    rows: cells of the first records. chosen: field → column, as a route says; its columns are not looked at, and no other
    column counts as unsent: who names columns says what is meant.
    """
    chosen = chosen or {}
    sample = Sample(names, rows)
    free = [(at, name) for at, name in enumerate(names) if name not in chosen.values()]
    groups, loose = find_groups(free, sample)
    group, several = choose_group(groups, sample, street_is_known=bool(chosen.keys() & {"address1", "text"}))
    if several and not chosen:
        choices = {word: _assign(groups, word, sample, {})[0] for word in several}
        return AddressColumns({}, {}, tuple(several), choices)
    fields, used = _assign(groups, group, sample, chosen)
    _add_loose(fields, used, loose)
    _drop_useless(fields, used, groups, chosen)
    for name, code in (("state", "state_code"), ("country", "country_code")):
        if code in fields and name not in fields:
            fields[name] = fields.pop(code)
    unsent = {} if chosen else _find_unsent(names, groups, loose, fields, used, sample)
    if not chosen:
        unsent |= _find_suspects(names, fields, used | unsent.keys(), sample)
    return AddressColumns(_in_order(fields), unsent, repeated=not chosen and _is_repeated(fields, sample))


def _assign(
    groups: Mapping[str, Group], group: str, sample: Sample, chosen: Mapping[str, str]
) -> tuple[dict[str, str], set[str]]:
    """Field → column, and the columns that need not be sent or are. What the group lacks comes from columns without its word."""
    fields = dict(chosen)
    used: set[str] = set()
    order = [group]
    if group != MAIN:
        order.append(MAIN)
    else:
        others = [word for word in groups if word != MAIN]
        # columns of one more word without a street of their own belong to the address at hand
        order += [word for word in others if len(others) == 1 and not has_street(groups[word])]
    skipped = {ANYWHERE, *(_SHARING if chosen.get("address1") or chosen.get("text") else ())}
    for word in order:
        before = set(fields)
        parts = {part: columns for part, columns in groups.get(word, {}).items() if part not in skipped}
        present = fields if word == group else before
        for part in sorted(parts, key=lambda each: _FIRST.index(each) if each in _FIRST else len(_FIRST)):
            # further street lines take what the numbered ones leave
            columns = parts[part][:1] if part in STREET_PARTS else parts[part]
            _assign_part(fields, used, part, columns, present)
        for part in STREET_PARTS & parts.keys():
            _assign_part(fields, used, part, parts[part][1:], present)
    anywhere = [column for each in groups.values() for column in each.get(ANYWHERE, [])]
    if anywhere and not fields.keys() & _PLACED:
        fields["text"] = anywhere[0].name
    if fields.keys() & {"text", "city", "city_line", "suburb"}:
        used.update(column.name for column in anywhere)
    _check_numbers(fields, used, groups, sample)
    return {name: column for name, column in fields.items() if name in chosen or column}, used


def _assign_part(
    fields: dict[str, str], used: set[str], part: str, columns: Sequence[Column], present: Iterable[str]
) -> None:
    """Give the columns of one part their fields. present: fields that are not to be filled up any more."""
    room = _get_room(part)
    if room and room[0] in present and part not in STREET_PARTS:
        return
    for column in columns:
        open_fields = [name for name in room if name not in fields]
        if column.meaning.weak and room[0] in fields:
            used.add(column.name)  # with a better known column beside it the name has its other meaning
        elif open_fields:
            fields[open_fields[0]] = column.name
            used.add(column.name)
        elif part in CODES:
            used.add(column.name)  # the same place once more, in another code
        elif part == "country" and "state" not in fields:
            fields["state"] = column.name  # German `Staat` beside `Land`
            used.add(column.name)


def _get_room(part: str) -> tuple[str, ...]:
    """The fields that columns of a part may have, the best first."""
    if part == "line":
        return _LINES
    if part == "street":
        return ("address1", "street_name", *_LINES[1:])
    if part == "text":
        return ("text", *_LINES[1:])
    if part in ("address2", "address3", "address4"):
        return _LINES[_LINES.index(part) :]
    return (part, *_FURTHER.get(part, ()))


def _check_numbers(
    fields: dict[str, str], used: set[str], groups: Mapping[str, Group], sample: Sample
) -> None:
    """A `number` beside streets that have theirs already is none of a house."""
    street = fields.get("address1", "")
    building = fields.get("building", "")
    if (
        building
        and street
        and "housenumber" not in fields
        and sample.lacks_numbers(street)
        and _has_numbers(building, sample)
    ):
        fields["housenumber"] = fields.pop("building")
        return
    column = fields.get("housenumber", "")
    weak = any(
        each.name == column and each.meaning.weak
        for group in groups.values()
        for each in group.get("housenumber", ())
    )
    if not column or not weak:
        return
    share = sample.get_share_with_number(street) if street else 1.0
    if share > 1 - MOST:
        del fields["housenumber"]
        if share > 1 - MOST / 5:
            used.add(column)
        else:
            used.discard(column)


def _has_numbers(building: str, sample: Sample) -> bool:
    """Return True if a column of buildings holds the numbers of houses."""
    return bool(sample.get_values(building)) and sample.agrees(building, HOUSE_NUMBER, 0.8)


def _add_loose(fields: dict[str, str], used: set[str], loose: Sequence[Column]) -> None:
    """Take columns with an unknown word before a known name where nothing else has their part: `Objektanschrift`."""
    wanted = (
        ("address1", STREET_PARTS),
        ("city", {"city"}),
        ("city_line", {"city_line"}),
        ("postcode", {"postcode"}),
    )
    for name, parts in wanted:
        found = [column for column in loose if column.meaning.part in parts and column.name not in used]
        lacks = name not in fields and (name in {"city", "postcode"} or "text" not in fields)
        if lacks and len(found) == 1 and (fields or name == "address1"):
            fields[name] = found[0].name
            used.add(found[0].name)


def _drop_useless(
    fields: dict[str, str], used: set[str], groups: Mapping[str, Group], chosen: Mapping[str, str]
) -> None:
    """Parts of a street line without a street; a person's name beside an address; a code beside nothing."""
    if not fields.keys() & {"address1", "street_name", "text"}:
        for part in _WITH_A_STREET & fields.keys():
            column = fields.pop(part)
            if part in _SILENT_ALONE:
                used.add(column)
            else:
                used.discard(column)
    for group in groups.values():
        for part in _SILENT_ALONE & group.keys():
            used.update(column.name for column in group[part] if not has_street(group))
    has_address = fields.keys() & {"text", "address1"}
    if has_address and "name" not in chosen and fold(fields.get("name", "")) == "name":
        fields.pop("name")


def _find_unsent(
    names: Sequence[str],
    groups: Mapping[str, Group],
    loose: Sequence[Column],
    sent: Mapping[str, str],
    used: set[str],
    sample: Sample,
) -> dict[str, str]:
    """Columns that look like parts of an address and are neither sent nor known to be something else."""
    looks = {
        column.name: part
        for group in groups.values()
        for part, columns in group.items()
        for column in columns
    }
    looks |= {
        column.name: column.meaning.part
        for column in loose
        if column.meaning.part not in _WITH_A_STREET
        and not (column.meaning.part in _AREA_FIELDS and column.meaning.part in sent)
    }
    for name in names:
        unknown = name not in looks and words.read_name(name) is None
        unknown = unknown and not sample.is_numeric(name) and not sample.is_electronic(name)
        if unknown and (part := words.guess_part(name)):
            looks[name] = part
    fields = {"line": "address1", "street": "address1", ANYWHERE: "city"}
    return {
        name: fields.get(looks[name], looks[name])
        for name in names
        if name in looks and name not in used and looks[name] != "name"
    }


def _find_suspects(
    names: Sequence[str], fields: Mapping[str, str], known: Iterable[str], sample: Sample
) -> dict[str, str]:
    """Columns of unknown names that stand where parts of an address stand, and hold what may be one: → the field that they may be.

    Between two columns of the address; beside them, what looks like a postcode or a house number that the address lacks.
    """
    places = {names.index(column) for column in fields.values() if column in names}
    streets = {
        names.index(fields[field]) for field in ("address1", "street_name") if fields.get(field) in names
    }
    wanted = _get_missing(fields, sample)
    found: dict[str, str] = {}
    for at, name in enumerate(names):
        if at in places or name in known:
            continue
        if (
            "street_type" in wanted
            and sample.get_values(name)
            and sample.agrees(name, STREET_SUFFIX, _MOSTLY)
        ):
            found[name] = "street_type"
        if not _may_be_part(name, sample):
            continue
        if (
            "housenumber" in wanted
            and sample.agrees(name, HOUSE_NUMBER, _MOSTLY)
            and (words.read_name(name) or _is_beside(at, streets))
        ):
            found[name] = "housenumber"
        elif "postcode" in wanted and sample.agrees(name, POSTCODE, _MOSTLY) and _is_beside(at, places):
            found[name] = "postcode"
        elif _is_between(at, places) and words.read_name(name) is None:
            found[name] = "address2"
    return found


def _is_beside(at: int, places: Iterable[int]) -> bool:
    return any(abs(at - place) == 1 for place in places)


def _is_between(at: int, places: Iterable[int]) -> bool:
    """Return True if a column of the address stands before and behind, both not far away."""
    return any(0 < at - place <= _NEAR for place in places) and any(
        0 < place - at <= _NEAR for place in places
    )


def _get_missing(fields: Mapping[str, str], sample: Sample) -> set[str]:
    """Which of postcode, house number and type of the street an address lacks."""
    missing = set()
    if not fields.keys() & {"postcode", "city_line", "text"} and fields.keys() & _PLACED:
        missing.add("postcode")
    if "address1" in fields and "street_type" not in fields:
        missing.add("street_type")
    if "housenumber" not in fields and sample.lacks_numbers(fields.get("address1", "")):
        missing.add("housenumber")
    return missing


def _may_be_part(name: str, sample: Sample) -> bool:
    """Return True if neither name nor values say that a column is something else."""
    meaning = words.read_name(name)
    if meaning is not None and (not meaning.weak or meaning.group != MAIN):
        return False
    values = sample.get_values(name)
    return (
        bool(values)
        and not words.is_excluded(name)
        and not words.is_person(name)
        and not sample.agrees(name, NO_PART, MOST)
    )


def _is_repeated(fields: Mapping[str, str], sample: Sample) -> bool:
    """Return True if a full text, or a street line beside its parts, may hold what other columns hold."""
    if "text" in fields and len(fields) > 1:
        return True
    if {"address1", "street_name"} <= fields.keys() or {"city", "city_line"} <= fields.keys():
        return True
    line = fields.get("address1", "")
    holders = [fields[name] for name in _LINES if name in fields]
    for name in ("housenumber", "city", "city2", "suburb", "county", "postcode"):
        if (column := fields.get(name)) is not None:
            for holder in [line] if name == "housenumber" else holders:
                pairs = sample.get_pairs(holder, column)
                within = sum(
                    1 for long, short in pairs if has_words(long, short, whole=name == "housenumber")
                )
                if pairs and within * 3 >= len(pairs):
                    return True
    return len(_TWINS & fields.keys()) > 1


def _in_order(fields: Mapping[str, str]) -> dict[str, str]:
    known = {name: fields[name] for name in FIELDS if fields.get(name)}
    return {**known, **{name: column for name, column in fields.items() if name not in FIELDS and column}}
