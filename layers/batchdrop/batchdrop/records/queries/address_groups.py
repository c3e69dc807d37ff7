"""The columns of a record by address and part: a record may have several addresses, told apart by a word that names have in common."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from batchdrop.records.queries import names as words
from batchdrop.records.queries import samples
from batchdrop.records.queries.names import LOCALITY_PARTS, MAIN, STREET_PARTS, Meaning, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from batchdrop.records.queries.samples import Sample

CODES = frozenset({"state_code", "country_code"})
_AREAS = frozenset({"state", "county", "suburb", "city", "country"}) | CODES
ANYWHERE = "anywhere"
"""The part of `location` and the like: an address, a town, or a shelf."""


class Column(NamedTuple):
    """One column of a file: its index, its name, and what the name says."""

    at: int
    name: str
    meaning: Meaning


Group = dict[str, list[Column]]
"""Part → columns, the best known first."""


def find_groups(free: Iterable[tuple[int, str]], sample: Sample) -> tuple[dict[str, Group], list[Column]]:
    """Return the columns by group and part; and those whose names have an unknown word before a known one."""
    found: list[Column] = []
    unknown: list[tuple[int, str]] = []
    for at, name in free:
        meaning = words.read_name(name)
        if meaning is None:
            unknown.append((at, name))
        elif not meaning.weak or is_confirmed(name, meaning, sample):
            found.append(Column(at, name, _judge(name, meaning, sample)))
    below, loose = _find_unknown_groups(unknown)
    groups: dict[str, Group] = defaultdict(lambda: defaultdict(list))
    for column in sorted([*found, *below], key=lambda each: (each.meaning.weak, each.meaning.rank, each.at)):
        if column.meaning.part:
            groups[column.meaning.group][column.meaning.part].append(column)
    return {name: dict(parts) for name, parts in groups.items()}, loose


def _find_unknown_groups(unknown: Sequence[tuple[int, str]]) -> tuple[list[Column], list[Column]]:
    """Names that begin alike before known ones, such as LSTREET, LCITY and LZIP; and single ones."""
    splits: dict[str, dict[int, Column]] = defaultdict(dict)
    for at, name in unknown:
        for beginning, meaning in words.find_below(name):
            splits[beginning].setdefault(
                at, Column(at, name, Meaning(meaning.part, beginning, meaning.rank + 700))
            )
    groups: list[Column] = []
    taken: set[int] = set()
    for _, columns in sorted(splits.items(), key=lambda item: (-len(item[1]), len(item[0]))):
        left = {at: column for at, column in columns.items() if at not in taken}
        parts = {column.meaning.part for column in left.values()}
        if parts & (STREET_PARTS | {"housenumber", "text"}) and parts & LOCALITY_PARTS:
            taken |= left.keys()
            groups += left.values()
    single = {
        at: column
        for columns in sorted(splits.items(), key=lambda item: -len(item[0]))
        for at, column in columns[1].items()
        if at not in taken and _is_cut_well(column)
    }
    return groups, list(single.values())


def _is_cut_well(column: Column) -> bool:
    """Return True if a word begins where the known name does, or that name is long enough to be no chance."""
    rest = fold(column.name)[len(column.meaning.group) :]
    spoken = words.split_words(column.name)
    ends = {"".join(spoken[at:]) for at in range(1, len(spoken))}
    return rest in ends or (len(rest) > len("street") and len(column.meaning.group) > 1)


_ADDRESS_LINES = frozenset({"line", "text", "street", "housenumber"})


def has_street(group: Group) -> bool:
    """Return True if a column of the group is a street line or holds one."""
    return bool(group.keys() & (STREET_PARTS | {"text"}))


def _find_whole_line(groups: Mapping[str, Group], sample: Sample) -> str:
    """The group with a street line, where the main columns have no more than the name of its street; "" otherwise."""
    main = groups.get(MAIN, {})
    lined = [word for word, group in groups.items() if word != MAIN and group.keys() & {"line", "text"}]
    if len(lined) != 1 or words.get_kind(lined[0]) == "postal" or main.keys() & _ADDRESS_LINES != {"street"}:
        return ""
    street = main["street"][0].name
    return lined[0] if sample.lacks_numbers(street) else ""


def choose_group(
    groups: Mapping[str, Group], sample: Sample, *, street_is_known: bool
) -> tuple[str, list[str]]:
    """Return the group to take; or MAIN and the words of those among which nothing decides."""
    if not street_is_known and (better := _find_whole_line(groups, sample)):
        return better, []
    with_street = [word for word, group in groups.items() if has_street(group)]
    if street_is_known or MAIN in with_street:
        return MAIN, []
    if with_street:
        return _prefer(with_street)
    located = [word for word, group in groups.items() if group.keys() & _PLACES]
    return (MAIN, []) if MAIN in located or not located else _prefer(located)


_PLACES = frozenset({"city", "city_line", "postcode"})


def _prefer(found: list[str]) -> tuple[str, list[str]]:
    """The only one; or the one where something stands, beside others where letters go."""
    kinds = {word: words.get_kind(word) for word in found}
    physical = [word for word in found if kinds[word] == "physical"]
    if len(physical) == 1 and set(kinds.values()) <= {"physical", "postal"}:
        return physical[0], []
    return (found[0], []) if len(found) == 1 else (MAIN, sorted(found))


_RULES = {
    "housenumber": samples.HOUSE_NUMBER,
    "postcode": samples.POSTCODE,
    "state_code": re.compile(r"[A-Za-z]{2,3}"),
    "street_type": samples.STREET_SUFFIX,
}
_MOSTLY = 0.6  # of the values of an ambiguous name must be of the kind


def is_confirmed(name: str, meaning: Meaning, sample: Sample) -> bool:
    """Return True if the values agree with a name that has several meanings."""
    if meaning.part == ANYWHERE:
        no_text = sample.agrees(name, samples.COORDINATES) or sample.agrees(name, samples.CODE)
        return bool(sample.get_values(name)) and not no_text
    rule = _RULES.get(meaning.part)
    return rule is None or sample.agrees(name, rule, _MOSTLY)


_STATUS_NAMES = frozenset({"state", "stato", "estado", "etat", "statut", "stan", "stav"})
"""Names of regions or countries that are names of states of orders too."""
_NOTHING = Meaning("")


def _judge(name: str, meaning: Meaning, sample: Sample) -> Meaning:
    """The meaning, where the values do not contradict it; a ZIP+4 that is whole is a postcode, a line of bare numbers is a number."""
    values = sample.get_values(name)
    if values and _is_contradicted(name, meaning.part, sample):
        return _NOTHING
    if meaning.part == "postcode_suffix" and any(len(value) > len("1234") for value in values):
        return replace(meaning, part="postcode", rank=meaning.rank + 50)
    if meaning.part in ("postcode", "city") and values and sample.agrees(name, samples.TOWN_WITH_CODE, 1.0):
        return replace(meaning, part="city_line", rank=meaning.rank + 50)
    if meaning.part == "line" and values and sample.agrees(name, samples.HOUSE_NUMBER, 0.9):
        return replace(meaning, part="housenumber", rank=meaning.rank + 50)
    return meaning


def _is_contradicted(name: str, part: str, sample: Sample) -> bool:
    """Return True if the values cannot be what the name says: areas that are numbers or codes, the state of an order, a kind of building."""
    values = {value.casefold() for value in sample.get_values(name)}
    if sample.agrees(name, samples.ELECTRONIC):
        return True
    if part in _AREAS:
        is_code = sample.is_numeric(name) or sample.agrees(name, samples.AREA_CODE, 1.0)
        is_market = all(value.split()[0] in samples.MARKETS for value in values)
        no_place = fold(name) in _STATUS_NAMES and sample.is_lower(name)
        is_size = sample.agrees(name, samples.MEASURE, 1.0)
        return is_code or is_market or no_place or is_size or values <= samples.STATUSES
    if part == "building":
        return values <= samples.KINDS_OF_BUILDINGS
    if part in ("unit", "floor"):
        bare = not sample.has_digit(name) and all(len(value) > len("th") for value in values)
        return bare or len(values & samples.UNITS_OF_MEASURE) * 2 > len(values)
    if part == "housenumber":
        return sample.agrees(name, samples.LONG_NUMBER, 1.0)
    return part in ("text", "line", "street") and sample.agrees(name, samples.DECIMAL, 1.0)
