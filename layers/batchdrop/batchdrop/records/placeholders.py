"""Words that stand for a missing value, such as NA, NULL and #N/A: cells that hold one are left out of what is sent.

Some of these words are also names of places: NA is the province of Naples and the country code of Namibia. They stay where the other
cells of the record say so (`_is_name`).
"""

from __future__ import annotations

import re
from operator import itemgetter
from typing import TYPE_CHECKING

from batchdrop.ports import OWN_PARAM, Takes
from batchdrop.records.queries.names import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from batchdrop.records.notes import Notes

SPELLED = (
    # pandas, read_csv: na_values [doc]
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "NaT",
    # R: naniar, common_na_strings [doc]
    "N A", "N /A", "N/ A", "N / A", "missing",
    # Excel, error values [doc]
    "#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#GETTING_DATA", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!",
    "#CONNECT!", "#UNKNOWN!", "#BUSY!", "#PYTHON!", "#ERROR!",
    # dumps and viewers of databases: MySQL and PostgreSQL, DBeaver, DataGrip, SQL*Plus [doc]
    "\\N", "[NULL]", "<null>", "(null)",
    # other languages of programs, and people [assumed]
    "nil", "<nil>", "undefined", "N.A.", "N.A", "N. A.", "unknown", "not available", "not applicable", "(blank)", "(empty)", "(none)",
    "k.A.", "k. A.", "keine Angabe", "unbekannt", "N/D", "n.d.", "n.v.t.",
)  # fmt: skip
SIGNS = "-\N{EN DASH}\N{EM DASH}._?*/"
WORDS = frozenset(
    [form for word in SPELLED for form in (word, word.lower(), word.upper(), word.capitalize())]
    + [sign * length for sign in SIGNS for length in range(1, 6)]
)
"""Cells of nothing else have no value."""

KINDS = frozenset({Takes.PLACE, Takes.POINT, Takes.ID, Takes.WAYPOINTS})
"""Records in which such words count; a device may be called NA."""

_ITALY = frozenset({"it", "ita", "italy", "italia", "italien", "italie", "wlochy"})
_THAILAND = frozenset({"th", "thailand", "thailande", "tailandia", "ไทย", "ประเทศไทย"})
_NAPLES = re.compile(r"(?:I-?|IT-?)?80[0-9]{3}")  # CAP 80010 to 80147 [doc, Poste Italiane]
_NONE_IN_PIEDMONT = re.compile(r"(?:I-?|IT-?)?10060")
_NAN_IN_THAILAND = re.compile(r"55[0-9]{3}")
_CODE = re.compile(r"[A-Z]{2}")
_SAMPLE = 200  # countries that are looked at


def are_codes(countries: Iterable[str]) -> bool:
    """Return True if the countries of the first records do not speak against NA as a code: all are two capital letters, or missing."""
    found = [text for text in map(str.strip, countries) if text and text not in WORDS][:_SAMPLE]
    return all(map(_CODE.fullmatch, found))


class Placeholders:
    """Empties the cells of records that hold such a word, and counts the records in notes.

    at: field → place of its cell. countries: the countries of the first records of the file; asked for only when one is NA.
    """

    def __init__(
        self, at: Mapping[str, int], notes: Notes, countries: Callable[[], Iterable[str]] = tuple
    ) -> None:
        self._fields = [
            (field, place)
            for field, place in at.items()
            if not field.startswith(OWN_PARAM) and field != "body"
        ]
        self._at = dict(self._fields)
        self._notes = notes
        self._countries = countries
        self._has_codes: bool | None = None
        places = sorted({place for _, place in self._fields})
        # Two places at least: itemgetter gives a tuple then.
        self._get = itemgetter(*places, *places[:1]) if places else None

    def clear(self, cells: Sequence[str], line: int) -> Sequence[str]:
        """Return the cells as they are; or, where one holds such a word, copies with empty ones in place of these."""
        # This runs for every record.
        if self._get is None or WORDS.isdisjoint(map(str.strip, self._get(cells))):
            return cells
        return self._cleared(cells, line)

    def _cleared(self, cells: Sequence[str], line: int) -> Sequence[str]:
        found = {field: word for field, place in self._fields if (word := cells[place].strip()) in WORDS}
        kept = {field: word for field, word in found.items() if self._is_name(field, word, found, cells)}
        if kept:
            self._notes.add("AMBIGUOUS_WORDS", line, words=tuple(kept.values()))
        left_out = {field: word for field, word in found.items() if field not in kept}
        if not left_out:
            return cells
        self._notes.add("PLACEHOLDERS", line, words=tuple(dict.fromkeys(left_out.values())))
        made = list(cells)
        for field in left_out:
            made[self._at[field]] = ""
        return made

    def _is_name(self, field: str, word: str, found: Mapping[str, str], cells: Sequence[str]) -> bool:
        """Return True if the word is the name of a place, as far as the other cells of the record tell."""
        others = {name: cells[place].strip() for name, place in self._fields if name not in found}
        country, postcode, state = (others.get(name, "") for name in ("country", "postcode", "state"))
        country = fold(country)
        if (field, word) == ("city", "None"):
            return country in _ITALY or bool(_NONE_IN_PIEDMONT.fullmatch(postcode)) or fold(state) in ("to", "torino", "turin")  # fmt: skip
        if word == "Nan" and field in ("city", "state"):
            return country in _THAILAND or bool(_NAN_IN_THAILAND.fullmatch(postcode))
        if word != "NA" or len(found) > 1 or not any(others.values()):
            return False  # where two cells say so, both are missing
        if field == "state":
            return self._is_naples(country, postcode)
        return field == "country" and self._countries_are_codes()

    @staticmethod
    def _is_naples(country: str, postcode: str) -> bool:
        if postcode:
            return bool(_NAPLES.fullmatch(postcode))
        return not country or country in _ITALY

    def _countries_are_codes(self) -> bool:
        if self._has_codes is None:
            self._has_codes = are_codes(self._countries())
        return self._has_codes
