"""What the name of a column says: which part of an address it holds, and of which address where a record has several.

The words stand in address_names.toml, with their sources. A name is read in four ways, the surest first: as one of the words;
below a word that tells addresses apart (`billing_city`, `City (billing)`); without an ending that changes nothing
(`res_city_desc`); as several words (`PLZ Ort`).
"""

from __future__ import annotations

import difflib
import re
import tomllib
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAIN = ""
"""The group of columns whose names tell no address apart: `street`, `address_city`."""

STREET_PARTS = frozenset({"line", "street"})
LOCALITY_PARTS = frozenset({"city", "city_line", "postcode", "suburb", "county", "state", "state_code"})
LINE_PARTS = frozenset(
    {"housenumber", "housenumber_to", "housenumber_suffix", "street_predirection", "street_pretype", "street_type"}
    | {"street_postdirection", "unit", "unit_type"} | STREET_PARTS
)  # fmt: skip
"""Parts that make a street line together."""

_SPECIAL = frozenset({"weak", "qualifiers", "suffixes", "excluded", "labels"})
_CONNECTORS = frozenset(
    [
        "and",
        "und",
        "u",
        "y",
        "e",
        "et",
        "i",
        "og",
        "och",
        "ja",
        "en",
        "of",
        "or",
        "oder",
        "ou",
        "o",
        "the",
        "de",
        "du",
        "des",
        "del",
        "di",
        "la",
        "le",
        "dei",
        "with",
        "und",
        "inkl",
        "incl",
    ]
)
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
"""Letters that no normal form takes apart."""
_BREAK = re.compile(r"[\W_]+")
_BOTH = re.compile(r"[/&+,;|]")
"""Between words that one cell holds both of."""
_TRAILING_NUMBER = re.compile(r"(.*?[^\d])0?(\d)")
_SIMILAR = 0.89  # how much of a misspelt word must agree
_SHORTEST = 3  # letters of a word that is found inside another one
_LONG = 6  # letters of a word that makes any longer name look like an address
_LONGEST_NAME = 200  # characters
_MOST_LETTERS = 80  # a longer name is not taken apart


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a column's name says."""

    part: str
    """Which part of an address: a table of address_names.toml."""
    group: str = MAIN
    """Which address of the record, e.g. "billing"; MAIN where the name does not tell."""
    rank: int = 0
    """How well known the name is among those of its part, 0 the best."""
    weak: bool = False
    """The name has other meanings too: the values must agree."""


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    words: Mapping[str, Meaning]
    weak: Mapping[str, Meaning]
    groups: Mapping[str, str]
    """Qualifier → name of its group, MAIN for neutral ones."""
    kinds: Mapping[str, str]
    """Name of a group → neutral, physical, postal or other."""
    suffixes: frozenset[str]
    excluded: frozenset[str]
    excluded_prefixes: tuple[str, ...]
    unguessed: frozenset[str]
    """Words beside which a known word says nothing: `Address Company`."""
    long_words: tuple[str, ...]
    labels: Mapping[str, str]


def fold(name: str) -> str:
    """Return a column name without case, accents, spaces and punctuation: `Straße / Nr.` is `strassenr`."""
    if len(name) > _LONGEST_NAME:  # nobody's name; and a normal form may take the square of its length
        return name.casefold()
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    return "".join(letter for letter in plain if letter.isalnum()).casefold()


def split_words(name: str) -> list[str]:
    """Return the folded words of a name, cut at punctuation, digits and capital letters: `addressLine1` is address, line, 1."""
    spaced, before = [], " "
    for letter in name:
        breaks = (letter.isupper() and before.islower()) or letter.isdigit() != before.isdigit()
        spaced.append(f" {letter}" if breaks else letter)
        before = letter
    return [word for found in _BREAK.split("".join(spaced)) if (word := fold(found))]


@lru_cache(maxsize=1)
def _vocabulary() -> _Vocabulary:
    tables: dict[str, Any] = tomllib.loads(
        (files("batchdrop.records.queries") / "address_names.toml").read_text("utf-8")
    )
    words: dict[str, Meaning] = {}
    for part, sources in tables.items():
        if part not in _SPECIAL:
            names = [fold(name) for text in sources.values() for name in text.split()]
            for rank, name in enumerate(names):
                words.setdefault(name, Meaning(part, rank=rank))
    weak = {
        fold(name) or name: Meaning(part, rank=1000 + rank, weak=True)
        for part, text in tables["weak"].items()
        for rank, name in enumerate(text.split())
    }
    kinds, groups = _groups(tables["qualifiers"])
    strong = (word for word in words if len(word) >= _LONG)
    return _Vocabulary(
        words=words,
        weak=weak,
        groups=groups,
        kinds=kinds,
        suffixes=frozenset(map(fold, tables["suffixes"]["neutral"].split())),
        excluded=frozenset(map(fold, tables["excluded"]["words"].split())),
        excluded_prefixes=tuple(map(fold, tables["excluded"]["prefixes"].split())),
        unguessed=frozenset(map(fold, tables["excluded"]["unguessed"].split())),
        long_words=tuple(word for word in strong if words[word].part in _TELLING),
        labels=tables["labels"],
    )


_TELLING = STREET_PARTS | {"city", "postcode", "housenumber", "country", "city_line"}
_SYNONYMS = {
    "bill": "billing", "billto": "billing", "invoice": "billing", "rechnung": "billing", "rechnungs": "billing",
    "ship": "shipping", "shipto": "shipping", "delivery": "shipping", "deliver": "shipping", "deliverto": "shipping",
    "liefer": "shipping", "lieferung": "shipping", "livraison": "shipping", "envio": "shipping", "mail": "mailing", "ml": "mailing",
    "res": "residence", "residential": "residence", "resi": "residence", "cust": "customer", "kunde": "customer", "kunden": "customer",
    "client": "customer", "prop": "property", "phys": "physical", "corr": "correspondence", "ownr": "owner", "comp": "company",
    "bus": "business", "org": "organization", "organisation": "organization", "alt": "alternate", "acct": "account", "reg": "registered",
}  # fmt: skip
_TAILS = ("address", "addr", "adresse", "anschrift")


def _groups(qualifiers: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Kind of each group, and group of each qualifier. `billingaddress` is the group of `billing`."""
    kinds: dict[str, str] = {}
    groups: dict[str, str] = {}
    for kind, text in qualifiers.items():
        for word in map(fold, text.split()):
            if kind == "neutral":
                groups[word] = MAIN
                continue
            root = next((word.removesuffix(tail) for tail in _TAILS if word.endswith(tail)), word) or word
            group = _SYNONYMS.get(root, root)
            kinds.setdefault(group, kind)
            groups[word] = group
            for tail in _TAILS:
                groups.setdefault(root + tail, group)
    return kinds, groups


def get_kind(group: str) -> str:
    """Return what kind of address the word of a group names: physical, postal, other; "" for the main one and unknown words."""
    return _vocabulary().kinds.get(group, "")


def get_label(name: str) -> str:
    """Return what stands before a bare number of a column with this name, such as `Apt`; "" for nothing."""
    folded = fold(name)
    labels = _vocabulary().labels
    return (
        labels[min(found, key=folded.index)] if (found := [word for word in labels if word in folded]) else ""
    )


def is_word(name: str) -> bool:
    """Return True if the name as a whole is a well-known one of three letters or more, with one meaning."""
    folded = fold(name)
    found = _vocabulary().words.get(folded)
    return found is not None and len(folded) >= _SHORTEST and folded not in _vocabulary().weak


@lru_cache(maxsize=4096)
def read_name(name: str) -> Meaning | None:
    """Return what a name says by known words alone; None for a name that is none of an address, as far as words tell."""
    folded = fold(name) if len(name) <= _LONGEST_NAME else ""
    if not folded or len(folded) > _MOST_LETTERS:
        return None if name.strip() != "#" else _vocabulary().weak.get("#")
    known = _vocabulary()
    both = _read_list(name)
    found = known.weak.get(folded) or known.words.get(folded)
    if found and both and (found.part, both.part) == ("housenumber", "line"):
        return both  # `Street / No.` is no number, `Street No.` is
    if found or both:
        return found or both
    if found := _read_qualified(name, folded) or _read_composite(name, folded):
        return found
    before, bracket, _ = name.partition("(")
    found = read_name(before) if bracket and before.strip() else None  # `Country (if outside the US)`
    return found if found and found.part != "name" else None


def _read_list(name: str) -> Meaning | None:
    """`Street / No.`, `City & ZIP`: names with a sign between them, each of them known."""
    known = _vocabulary()
    names = [fold(each) for each in _BOTH.split(name)]
    found = [known.words.get(each) or known.weak.get(each) for each in names]
    parts = [each.part for each in found if each]
    return _combine(parts) if 1 < len(parts) == len(names) else None


_CODE_WORDS = frozenset({"codice", "codigo", "kod", "code", "cod", "codi", "kode", "kood"})
_POSTAL_WORDS = frozenset({"postal", "postale", "postel", "postala", "pos", "post", "zip", "pocztowy", "plz"})


def is_excluded(name: str, word: str = "") -> bool:
    """Return True if a word of the name says that it is no part of an address: an e-mail, an id, a date, a latitude.

    word: a known name within it, whose own words count for nothing.
    """
    known, folded, spoken = _vocabulary(), fold(name), split_words(name)
    for prefix in known.excluded_prefixes:
        if folded.startswith(prefix) and (prefix in spoken[:1] or folded[len(prefix) :] in known.words):
            return folded not in known.words
    found = {each for each in spoken if each in known.excluded and each not in word}
    if found <= _CODE_WORDS and any(each in _POSTAL_WORDS for each in spoken):
        return False  # `Codi Postal`, `zip code`, of any language
    return bool(found)


def _get_cuts(name: str, folded: str) -> list[int]:
    """Where a name may be cut in two: first between its words, then anywhere."""
    ends, at = [], 0
    for word in split_words(name):
        at += len(word)
        ends.append(at)
    return [
        *(end for end in ends if end < len(folded)),
        *(cut for cut in range(1, len(folded)) if cut not in ends),
    ]


def _read_qualified(name: str, folded: str) -> Meaning | None:
    """`billing_city`, `address2_city_desc`, `city billing`: a qualifier before or behind a known name."""
    known = _vocabulary()
    cuts = _get_cuts(name, folded)
    for cut in cuts:
        group, rest = known.groups.get(folded[:cut]), folded[cut:]
        if (
            group is not None
            and (found := _read_plain(rest))
            and not is_excluded(name, f"{folded[:cut]} {rest}")
        ):
            return _below(found, group)
    if (found := _read_plain(folded)) and not is_excluded(name, folded):
        return found
    for cut in cuts:
        group, rest = known.groups.get(folded[cut:]), folded[:cut]
        if (
            folded[cut:] not in known.unguessed
            and group is not None
            and (found := _read_plain(rest))
            and not is_excluded(name, f"{rest} {folded[cut:]}")
        ):
            return _below(found, group)
    return None


def _below(found: Meaning, group: str) -> Meaning:
    return replace(found, group="".join(filter(None, (group, found.group))), rank=found.rank + 500)


def _read_plain(folded: str) -> Meaning | None:
    """A known name, a further qualifier before it, or an ending behind it that changes nothing."""
    known = _vocabulary()
    if (found := known.words.get(folded) or known.weak.get(folded)) and found.part != "name":
        return found
    for suffix in known.suffixes:
        if (
            folded.endswith(suffix)
            and (found := known.words.get(folded.removesuffix(suffix)))
            and found.part != "name"
        ):
            return replace(found, rank=found.rank + 100)
    for cut in range(_SHORTEST, len(folded) - 1):
        group = known.groups.get(folded[:cut])
        if group is not None and (found := known.words.get(folded[cut:])) and found.part != "name":
            return _below(found, group)
    numbered = _TRAILING_NUMBER.fullmatch(folded)
    if numbered and (found := known.words.get(numbered[1])) and found.part != "name":
        group = MAIN if numbered[2] in "01" else numbered[2]
        return replace(found, group=group, rank=found.rank + 100)
    return None


def _read_composite(name: str, folded: str) -> Meaning | None:
    """`PLZ Ort`, `Street / House no.`, `citystatezip`: the parts that one cell holds together."""
    words = split_words(name)
    # `Kod i miejscowość`: both words count, whatever one of them means alone
    joined = bool(_CONNECTORS & set(words))
    parts = _segment(words) if joined or not is_excluded(name) else []
    if not parts and not is_excluded(name):
        parts = _segment_letters(folded)
    if not parts:
        return None
    return _combine(parts)


def _segment(words: list[str]) -> list[str]:
    """Parts of the words, up to four of which may be one name; [] where a word is left over."""
    known = _vocabulary()
    words = [word for word in words if word not in _CONNECTORS]

    def walk(at: int) -> list[str] | None:
        if at == len(words):
            return []
        for end in range(min(len(words), at + 4), at, -1):
            found = known.words.get(text := "".join(words[at:end])) or known.weak.get(text)
            if found is not None and (rest := walk(end)) is not None:
                return [found.part, *rest]
        return None

    return (walk(0) or []) if words else []


def _segment_letters(folded: str) -> list[str]:
    """The same for a name without anything between its words; each has three letters or more."""
    known = _vocabulary()
    failed: set[int] = set()

    def walk(at: int) -> list[str] | None:
        if at == len(folded):
            return []
        if at in failed:
            return None
        for end in range(len(folded), at + _SHORTEST - 1, -1):
            found = known.words.get(folded[at:end])
            if found is not None and (rest := walk(end)) is not None:
                return [found.part, *rest]
        failed.add(at)
        return None

    return walk(0) or []


_COUNTRY = frozenset({"country", "country_code"})
_AREA = LOCALITY_PARTS | _COUNTRY | {"postcode_suffix"}
_COMBINED: tuple[tuple[str, frozenset[str], frozenset[str]], ...] = (
    # part that a cell is, the parts that it may hold, and of which it holds one at least
    ("country", _COUNTRY, _COUNTRY),
    ("state", frozenset({"state", "state_code"}), frozenset({"state", "state_code"})),
    ("state", frozenset({"state", "county", "suburb", "country"}), frozenset({"state"})),
    ("unit", frozenset({"unit", "unit_type", "floor", "building"}), frozenset({"unit", "floor", "building"})),
    ("address2", _AREA - {"city", "postcode"} | {"address2", "unit", "unit_type", "floor", "building"}, frozenset({"address2"})),
    ("housenumber", frozenset({"housenumber", "housenumber_to", "housenumber_suffix", "unit", "building"}), frozenset({"housenumber"})),
    ("line", LINE_PARTS | {"building", "floor", "address2"}, STREET_PARTS),
    ("postcode", frozenset({"postcode", "postcode_suffix"}), frozenset({"postcode"})),
    ("city_line", _AREA, _AREA),
    ("text", LINE_PARTS | _AREA | {"text"}, STREET_PARTS),
)  # fmt: skip


def _combine(parts: list[str]) -> Meaning | None:
    """Which part a cell with all these is. The name of a street is no name."""
    found = set(parts) - {"name"} or set(parts)
    if len(found) == 1:
        return Meaning(found.pop(), rank=300)
    fitting = (part for part, allowed, needed in _COMBINED if found <= allowed and found & needed)
    part = next(fitting, "")
    return Meaning(part, rank=300) if part else None


def is_person(name: str) -> bool:
    """Return True if a word of the name is about a person or company: `Contact name`, `Firma`."""
    known = _vocabulary()
    return bool(known.unguessed & {*split_words(name), fold(name)})


def find_below(name: str) -> Iterator[tuple[str, Meaning]]:
    """Find the words before a known name, whatever they are: (folded beginning, meaning of the rest), the shortest first."""
    folded = fold(name)
    if len(folded) > _MOST_LETTERS or is_excluded(name):
        return
    for cut in range(1, len(folded) - _SHORTEST + 1):
        found = _read_plain(folded[cut:])
        if (
            found
            and not found.weak
            and not found.group
            and (found.part != "text" or len(folded) - cut > _LONG)
        ):
            yield folded[:cut], found


@lru_cache(maxsize=4096)
def guess_part(name: str) -> str:
    """Return the part that a name looks like by one of its words, "" for none: `Full customer address`, `Kundenanschrift`."""
    known, folded = _vocabulary(), fold(name)
    if len(name) > _LONGEST_NAME or is_excluded(name) or is_person(name):
        return ""
    if _POSTAL_WORDS & set(split_words(name)) and _CODE_WORDS & set(split_words(name)):
        return "postcode"
    for word in reversed(split_words(name)):
        found = known.words.get(word)
        if found is not None and found.part in _TELLING and len(word) >= _SHORTEST:
            return found.part
    if len(folded) > _MOST_LETTERS:
        return ""
    ends = (word for word in known.long_words if folded.endswith(word) or folded.startswith(word))
    best = max(ends, key=len, default="") or _find_typo(folded)
    return known.words[best].part if best else ""


def _find_typo(folded: str) -> str:
    """The known word that a name misspells, such as `contry`; "" for none."""
    if not len("state") < len(folded) < len("straßenundhausnummer"):
        return ""
    near = [
        word for word in _vocabulary().words if word[0] == folded[0] and abs(len(word) - len(folded)) <= 1
    ]
    return next(iter(difflib.get_close_matches(folded, near, 1, _SIMILAR)), "")
