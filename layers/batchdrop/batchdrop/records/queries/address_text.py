"""An address as one text, the way a person writes it, or in the parts that a service takes. Pure.

The order is one for all countries: name, street line, building, unit, further lines, place, region with postcode, country. The
house number stands before or behind the street as in the file.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import chain
from typing import TYPE_CHECKING

from batchdrop.problems import Problem, problem
from batchdrop.records.queries.address_columns import FIELDS
from batchdrop.records.queries.names import get_label
from batchdrop.records.queries.samples import has_words, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Cells = Sequence[str]
    Maker = Callable[[Cells], "dict[str, str] | Problem"]

_EMPTY = problem("EMPTY_QUERY")
_INCOMPLETE = problem("INCOMPLETE_ADDRESS")

_STREET = (
    "street_predirection",
    "street_pretype",
    "street_name",
    "address1",
    "street_type",
    "street_postdirection",
)
_SINGLE = (
    "building", "floor", "unit", "unit2", "address2", "address3", "address4", "pobox", "suburb", "suburb2", "city3", "city2", "city", "city_line",
    "county3", "county2", "county", "state2",
)  # fmt: skip
"""Parts behind the street line, each between commas."""
_STRONG = frozenset(
    {"text", "name", "address1", "street_name", "city", "city2", "city_line", "suburb", "pobox"}
)
"""Parts of which one is enough for a query."""
_TWINS = frozenset({"suburb", "suburb2", "county", "county2", "county3", "city2", "city3"})
"""Parts that are left out where they repeat another one: the town that is its own district."""
_LABELLED = frozenset({"unit", "unit2", "floor", "building", "pobox"})
_BARE = re.compile(r"#?\s?\d{1,5}[A-Za-z]?|[A-Za-z]\d{0,4}|\d+-\d+", re.ASCII)
_SIMPLE = frozenset(
    {"name", "housenumber", "address1", "address2", "city", "state", "postcode", "country", "county", "suburb", "address3"}
)  # fmt: skip
"""Fields that need nothing but to be joined."""
_LINES = ("text", "address1", "street_name", "address2", "address3", "address4", "city_line")


def clean(text: str) -> str:
    """Return the text with runs of white space and control characters as one space; nothing else changes."""
    text = " ".join(text.split())
    if not text.isprintable():
        spaced = (" " if unicodedata.category(letter) == "Cc" else letter for letter in text)
        text = " ".join("".join(spaced).split())
    return text


def make_text(
    at: Mapping[str, int], columns: Mapping[str, str], *, repeated: bool = False, checked: bool = True
) -> Maker:
    """Return a maker of {"text": …}, or of the problem EMPTY_QUERY or INCOMPLETE_ADDRESS, from the cells of a record.

    at: field → index of its cell. columns: field → name of its column. repeated: parts may also stand in the full text or the
    street line. checked: a country, a postcode, a unit alone is no query.
    """
    at = {field: place for field, place in at.items() if field in FIELDS}
    if at.keys() == {"text"}:
        return _take_text(at["text"])
    enough = _make_check(at) if checked else None
    if not repeated and at.keys() <= _SIMPLE:
        return _join_simple(at, enough)
    return _join_any(at, columns, enough, repeated=repeated)


def _take_text(place: int) -> Maker:
    def make(cells: Cells) -> dict[str, str] | Problem:
        text = clean(cells[place])
        return {"text": text} if text else _EMPTY

    return make


def _make_check(at: Mapping[str, int]) -> Callable[[Cells], bool]:
    """Whether the filled parts of a record are enough: a street, a place, a name; or two of region, postcode and country."""
    strong = [place for field, place in at.items() if field in _STRONG]
    state = [at[field] for field in ("state", "state2", "state_code", "county") if field in at]
    country = [at[field] for field in ("country", "country_code") if field in at]
    postcode = [at[field] for field in ("postcode",) if field in at]
    areas = (state, country, postcode)

    def is_enough(cells: Cells) -> bool:
        if any(cells[place].strip() for place in strong):
            return True
        return sum(any(cells[place].strip() for place in area) for area in areas) > 1

    return is_enough


def _join_simple(at: Mapping[str, int], enough: Callable[[Cells], bool] | None) -> Maker:
    """The common columns, each cell joined as it is."""
    street = sorted(at[field] for field in ("housenumber", "address1") if field in at)
    region = [at[field] for field in ("state", "postcode") if field in at]
    single = ("name", street, "address2", "address3", "suburb", "city", "county", region, "country")
    parts = [part if isinstance(part, list) else [at[part]] if part in at else [] for part in single]
    pairs = [(part[0], part[-1] if len(part) > 1 else -1) for part in parts if part]
    few = 3  # with as many parts filled, one of them is a street, a place or a name, or two are areas

    def make(cells: Cells) -> dict[str, str] | Problem:
        found = []
        for place, beside in pairs:
            part = cells[place]
            if beside >= 0 and (other := cells[beside]):
                part = f"{part} {other}" if part else other
            if part:
                found.append(part)
        text = ", ".join(found)
        # Nearly every address is clean as it is; finding that out is cheaper than cleaning.
        if not text.isprintable() or "  " in text or " ," in text or text[:1] == " " or text[-1:] == " ":
            text = ", ".join(filter(None, map(clean, found)))
        if len(found) < few and enough and text and not enough(cells):
            return _INCOMPLETE
        return {"text": text} if text else _EMPTY

    return make


def _join_any(
    at: Mapping[str, int],
    columns: Mapping[str, str],
    enough: Callable[[Cells], bool] | None,
    *,
    repeated: bool,
) -> Maker:
    """Any fields: split streets, labelled units, codes beside names, parts that stand in a full text too."""
    labels = {field: get_label(columns.get(field, "")) for field in _LABELLED & at.keys()}
    ahead = _is_number_ahead(at)

    def make(cells: Cells) -> dict[str, str] | Problem:
        values = {field: text for field, place in at.items() if (text := clean(cells[place]))}
        if not values:
            return _EMPTY
        if "text" in values and not repeated:
            return {"text": values["text"]}
        if enough and not enough(cells):
            return _INCOMPLETE
        parts = _list_parts(_labelled(values, labels), number_ahead=ahead, repeated=repeated)
        return {"text": ", ".join(parts)} if parts else _EMPTY

    return make


def _is_number_ahead(at: Mapping[str, int]) -> bool:
    """Whether the house number's column stands before the street's."""
    street = [at[field] for field in _STREET if field in at]
    return not street or at.get("housenumber", -1) < min(street)


def _labelled(values: dict[str, str], labels: Mapping[str, str]) -> dict[str, str]:
    """The values, where a bare `4` of a unit, floor or box has become `Unit 4`."""
    kind = values.pop("unit_type", "")
    if kind and not has_words(values.get("unit", ""), kind, whole=True):
        values["unit"] = f"{kind} {values.get('unit', '')}".strip()
    for field, label in labels.items():
        value = values.get(field, "")
        if label and _BARE.fullmatch(value):
            values[field] = f"{label} {value.lstrip('# ')}"
    return values


def _list_parts(values: Mapping[str, str], *, number_ahead: bool, repeated: bool) -> list[str]:
    """The parts of the text in their order, each once."""
    parts = [values["text"]] if "text" in values else []
    parts += [values[field] for field in ("name",) if field in values]
    whole = parts[0] if "text" in values else ""
    parts += filter(
        None,
        [_make_street(values, _make_number(values), whole, number_ahead=number_ahead, repeated=repeated)],
    )
    singles = [(field, values[field]) for field in _SINGLE if field in values]
    region = _make_region(values)
    lines = [values[field] for field in _LINES if field in values]
    for field, value in singles:
        if not (repeated and _is_there(field, value, values, lines, parts)):
            parts.append(value)
    wanted = [value for value in region if not (repeated and _is_within(value, values))]
    parts += [" ".join(wanted)] if wanted else []
    country = values.get("country") or values.get("country_code", "")
    names = [values[field] for field in ("country", "country_code") if field in values]
    if country and not (repeated and any(_is_within(name, values) for name in names)):
        parts.append(country)
    return parts


def _make_region(values: Mapping[str, str]) -> list[str]:
    """State and postcode. A ZIP+4 in two columns is one; the code of a state stands for it where there is no name."""
    state = values.get("state") or values.get("state_code", "")
    postcode, more = values.get("postcode", ""), values.get("postcode_suffix", "")
    if more and postcode and not more.startswith(postcode):
        postcode = (
            postcode if postcode.endswith(more) and len(postcode) > len(more) + 3 else f"{postcode}-{more}"
        )
    elif more:
        postcode = more
    return [part for part in (state, postcode) if part]


def _is_there(
    field: str, value: str, values: Mapping[str, str], lines: Sequence[str], parts: Sequence[str]
) -> bool:
    """Whether a part is said already: in a line of several parts, or as an equal part of a smaller kind."""
    others = [line for line in lines if line is not value]
    longer = (other for other in others if len(other) >= len(value))
    is_line = field.startswith("address") and value != values.get("address1")
    if is_line and any(spread(value) in spread(other) for other in longer):
        return True
    if _is_within(value, values):
        return True
    return field in _TWINS and _equals_any(
        value, (values.get("city", ""), *(part for part in parts if part is not value))
    )


def _equals_any(value: str, others: Sequence[str]) -> bool:
    return any(_plain(value) == _plain(other) for other in others if other)


def _plain(text: str) -> str:
    """Without case and accents."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    # letter by letter: the normal form of a whole text sorts its marks, which takes the square of their number
    letters = chain.from_iterable(unicodedata.normalize("NFKD", letter) for letter in folded)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _is_within(value: str, values: Mapping[str, str]) -> bool:
    """Whether the words of a place stand in a town's own line; or behind the first comma of another: before it they may be a street's."""
    if has_words(values.get("city_line", ""), value, whole=True) and value != values["city_line"]:
        return True
    return any(
        has_words(values[field], value) for field in _LINES if field in values and values[field] is not value
    )


def _make_number(values: Mapping[str, str]) -> str:
    number, last = values.get("housenumber", ""), values.get("housenumber_to", "")
    if last and last not in (number, "0"):
        number = f"{number}-{last}" if number else last
    if second := values.get("housenumber2", ""):
        number = f"{number}/{second}" if number else second
    for field in ("housenumber_suffix", "housenumber_suffix2"):
        number = _join_number(number, values.get(field, ""))
    return number


def _make_street(
    values: Mapping[str, str], number: str, whole: str, *, number_ahead: bool, repeated: bool
) -> str:
    """The street line: number, direction, type, name. What stands in the full text or the line already is left out."""
    line, name = values.get("address1", ""), values.get("street_name", "")
    ahead = [values.get("street_predirection", ""), values.get("street_pretype", "")]
    behind = [values.get("street_type", ""), values.get("street_postdirection", "")]
    if line and name and spread(line) in spread(name):
        line, name = name, ""
    if line and name:  # a whole line and its parts
        pieces = [part for part in (*ahead, name, *behind) if part]
        missing = [part for part in pieces if spread(part) not in spread(line)]
        line = " ".join([line, *missing])
        ahead, behind = [], []
    elif name:
        line = name
    street = " ".join(part for part in (*ahead, line, *behind) if part)
    street = _add_number(street, number, number_ahead=number_ahead, repeated=repeated)
    return (
        ""
        if whole and street and spread(street) in spread(whole)
        else _without_number(street, number, whole, values)
    )


def _without_number(street: str, number: str, whole: str, values: Mapping[str, str]) -> str:
    """What the full text lacks of a street line: all of it, or nothing where number and street stand there one by one."""
    if not whole or not street:
        return street
    bare = [values[field] for field in ("address1", "street_name") if field in values]
    head = spread(whole.partition(",")[0]) if "," in whole else spread(whole)
    said = all(spread(part) in spread(whole) for part in bare) and (not number or spread(number) in head)
    return "" if said else street


def _add_number(street: str, number: str, *, number_ahead: bool, repeated: bool) -> str:
    if not number or not street:
        return street or number
    known = spread(street)
    if repeated and (known.startswith(spread(number)) or known.endswith(spread(number))):
        return street
    return f"{number} {street}" if number_ahead else f"{street} {number}"


def _join_number(number: str, suffix: str) -> str:
    """`12` and `B` are 12B, `12` and `bis` 12 bis, `12` and `-14` 12-14."""
    if not suffix or not number:
        return number or suffix
    tight = (len(suffix) == 1 and suffix.isalpha()) or suffix[0] in "-/"
    return f"{number}{suffix}" if tight else f"{number} {suffix}"


_PARTS: Mapping[str, tuple[str, ...]] = {
    "name": ("name",), "housenumber": ("housenumber", "housenumber2", "housenumber_to", "housenumber_suffix", "housenumber_suffix2"), "postcode": ("postcode",), "city": ("city",),
    "state": ("state", "state_code"), "country": ("country", "country_code"),
}  # fmt: skip
"""Field of a structured address → the fields that it is made from, but for the street."""
STRUCTURED = frozenset(field for fields in _PARTS.values() for field in fields) | {
    *_STREET,
    "text",
    "postcode_suffix",
}
"""The fields that an address in parts can hold."""


def make_parts(at: Mapping[str, int], *, checked: bool = True) -> Maker:
    """Return a maker of the parts of an address, each by itself; the full text where a record has no parts."""
    at = {field: place for field, place in at.items() if field in STRUCTURED}
    enough = _make_check(at) if checked else None

    def make(cells: Cells) -> dict[str, str] | Problem:
        values = {field: text for field, place in at.items() if (text := clean(cells[place]))}
        found = {"name": values["name"]} if "name" in values else {}
        number = _make_number(values)
        street = _make_street(values, "", "", number_ahead=True, repeated=False)
        region = _make_region({**values, "state": "", "state_code": ""})
        made = {
            "housenumber": number,
            "street": street,
            "postcode": region[-1] if region else "",
            "city": values.get("city", ""),
            "state": values.get("state") or values.get("state_code", ""),
            "country": values.get("country") or values.get("country_code", ""),
        }
        found |= {field: text for field, text in made.items() if text}
        if not found and "text" in values:
            return {"text": values["text"]}
        if found and enough and not enough(cells):
            return _INCOMPLETE
        return found or _EMPTY

    return make
