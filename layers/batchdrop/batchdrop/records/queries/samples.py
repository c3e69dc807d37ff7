"""The first records of a file, by column: where a name is ambiguous their values decide. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HOUSE_NUMBER = re.compile(
    r"s/?n|(?:no\.?\s*)?\d{1,5}(?:\s?[a-zA-Z])?(?:\s?[-/–]\s?\d{0,5}\s?[a-zA-Z]?)?(?:\s\d/\d)?", re.IGNORECASE
)
_OWN_NUMBER = re.compile(
    r"\d+\w{0,2}(?:[-/]\d+\w?)?,?\s+\S.*|.*\S[\s,]\s*\d+\s?\w{0,2}(?:\s?[-/]\s?\d*\w?)?", re.DOTALL
)
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th|º|ª|°|\.)\b.*|\d+(?:er|e|ème|eme)\s.*", re.IGNORECASE | re.DOTALL)
POSTCODE = re.compile(
    r"(?:[A-Z]{1,2}[ -]?)?\d{3,9}(?:[ -]\w{2,5})?|\d{2,5}-\d{2,5}|\d{4}\s?[A-Z]{2}"  # and GB, IE, CA, MT, SZ:
    r"|[A-Z]{1,2}\d[A-Z\d]?(?:\s?\d[A-Z]{2})?|[A-Z]\d[\dW](?:\s?\w{4})?|[A-Z]\d[A-Z](?:\s?\d[A-Z]\d)?|[A-Z]{3}\s?\d{4}|[A-Z]\d{3}",
    re.IGNORECASE,
)
COORDINATES = re.compile(
    r"\W*(?:POINT\s*\()?\s*[-+]?\d+(?:\.\d+)?[ ,;]+[-+]?\d+(?:\.\d+)?.*", re.IGNORECASE | re.DOTALL
)
AREA_CODE = re.compile(r"[A-Z]{1,3}[ -]?\d{3,}")
"""Of an area in a register, such as E06000043."""
TOWN_WITH_CODE = re.compile(r"[A-Z]{0,2}-?\d{3,6}(?:[ -]\w{2,4})?\s+[^\W\d].{2,}", re.IGNORECASE)
"""A town with its postcode before it."""
STREET_SUFFIX = re.compile(
    r"(?:aly|ave?|blvd|bnd|brg|byp|cir|ct|cv|dr|drive|expy|fwy|hl|hwy|ln|lane|lp|loop|pkwy|pl|place|plz|pt|rd|road|row|sq|st|street|ter|trl|way|xing|av|cl|cres)\.?",
    re.IGNORECASE,
)
MEASURE = re.compile(r"[\d.,\s]+(?:m2|m²|sqm|sq\.?\s?(?:ft|m)|ft2|ha|acres?|km2|km²)", re.IGNORECASE)
"""The size of an area."""
ELECTRONIC = re.compile(r"\S+@\S+|https?:.*|www\..*|(?:\d{1,3}\.){3}\d{1,3}", re.IGNORECASE)
LONG_NUMBER = re.compile(r"\d{7,}")
NO_PART = re.compile(
    r".*@.*|https?:.*|www\..*|\d{4}-\d\d-\d\d.*|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}.*|\+?[\d\s()/-]{7,}|\d+[.,]\d+|[yn01]|true|false|yes|no|-+"
    r"|[0-9a-f]{8}-[0-9a-f-]{27}|.{80,}|\d{6,}|[A-Z]{1,4}-?\d{4,}",
    re.IGNORECASE | re.DOTALL,
)
"""What no part of an address looks like: e-mail, URL, date, telephone, amount, flag, id, prose."""
CODE = re.compile(r"[A-Z0-9._/-]{1,12}")
"""Capital letters and digits without a space: a place of a list, such as ADG or BNE01, and no text."""
DECIMAL = re.compile(r"[-+]?\d*[.,]\d+")
_NUMERIC = re.compile(r"[\d.,\s-]+")
STATUSES = frozenset(
    {"active", "inactive", "pending", "open", "closed", "paid", "unpaid", "new", "done", "cancelled", "canceled", "completed"}
    | {"complete", "draft", "enabled", "disabled", "ok", "error", "failed", "success", "approved", "rejected", "shipped"}
    | {"delivered", "true", "false", "yes", "no", "resolved", "assigned", "escalated", "waiting", "scheduled", "rejected"}
)  # fmt: skip
"""Values by which a column `state` is that of an order."""
KINDS_OF_BUILDINGS = frozenset(
    {"yes", "house", "residential", "apartments", "retail", "commercial", "industrial", "school", "church", "garage", "detached"}
    | {"terrace", "hotel", "office", "public", "hospital", "roof", "shed", "warehouse", "university", "single", "building"}
)  # fmt: skip
"""Values of a column `building` that say what it is, as OpenStreetMap has them."""
UNITS_OF_MEASURE = frozenset(
    {"pcs", "pc", "pce", "ea", "each", "box", "kg", "g", "lb", "lbs", "oz", "l", "ltr", "m", "cm", "km", "kwh", "stk", "st", "szt", "pz", "ud", "un", "h", "hr"}
    | {"std", "set", "pack", "pkg", "ctn", "pallet"}
)  # fmt: skip
"""Values of a column `unit` that measure."""
MARKETS = frozenset(
    {"emea", "apac", "latam", "amer", "amer.", "americas", "dach", "nordics", "benelux", "anz", "mena"}
)
"""First words of regions that are markets."""
MOST = 0.5  # share of the first records that must agree

_LONGEST = 200  # characters of a value that are looked at: rules may take the square of it
_NO_WORD = re.compile(r"[\W_]+")


def spread(text: str) -> str:
    """Return the words of a text in small letters, with a space around each."""
    return f" {_NO_WORD.sub(' ', text.casefold()).strip()} "


def has_words(text: str, part: str, *, whole: bool = False) -> bool:
    """Return True if the words of `part` stand in `text`: behind its first comma, or anywhere with `whole`."""
    where = text if whole else text.partition(",")[2]
    return bool(where) and spread(part) in spread(where)


class Sample:
    """The first records, by column. Without any nothing contradicts a name."""

    def __init__(self, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        whole = [row for row in rows if len(row) == len(names)]
        self._cells = {name: [row[at][:_LONGEST].strip() for row in whole] for at, name in enumerate(names)}

    def get_values(self, column: str) -> list[str]:
        """Return the values of a column that are not empty."""
        return [cell for cell in self._cells.get(column, ()) if cell]

    def get_pairs(self, first: str, second: str) -> list[tuple[str, str]]:
        """Return the values of two columns in the records where both are filled."""
        both = zip(self._cells.get(first, ()), self._cells.get(second, ()), strict=False)
        return [(one, other) for one, other in both if one and other]

    def agrees(self, column: str, rule: re.Pattern[str], share: float = MOST) -> bool:
        """Return True if at least this share of the values match, or there are none."""
        values = self.get_values(column)
        return sum(1 for value in values if rule.fullmatch(value)) >= share * len(values)

    def is_numeric(self, column: str) -> bool:
        """Return True if there are values, and all are numbers."""
        values = self.get_values(column)
        return bool(values) and all(_NUMERIC.fullmatch(value) for value in values)

    def get_share_with_number(self, street: str) -> float:
        """Return how many of the values of a street column hold a house number, from 0 to 1."""
        values = self.get_values(street)
        having = sum(1 for value in values if _OWN_NUMBER.fullmatch(value) and not _ORDINAL.fullmatch(value))
        return having / len(values) if values else 0.0

    def lacks_numbers(self, street: str) -> bool:
        """Return True if there are streets, and most of them have no house number of their own."""
        return bool(self.get_values(street)) and self.get_share_with_number(street) < MOST

    def is_lower(self, column: str) -> bool:
        """Return True if all values begin with a small letter, and those of other columns do not: these are no names of places."""
        values = self.get_values(column)
        if not values or not all(value[0].islower() for value in values):
            return False
        others = [cell for name, cells in self._cells.items() if name != column for cell in cells if cell]
        return any(cell[0].isupper() for cell in others)

    def has_digit(self, column: str) -> bool:
        """Return True if a value has a digit, or there are no values."""
        values = self.get_values(column)
        return not values or any(letter.isdigit() for value in values for letter in value)

    def is_electronic(self, column: str) -> bool:
        """Return True if there are values, and most are e-mail or web addresses."""
        return bool(self.get_values(column)) and self.agrees(column, ELECTRONIC)
