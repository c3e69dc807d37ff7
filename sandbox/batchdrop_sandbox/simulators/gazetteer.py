"""Answers from real geography: known addresses exactly, cities by name, and an honest nothing otherwise."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from batchdrop_sandbox.simulators.geography import Grid
from batchdrop_sandbox.simulators.places import Place, addresses, cities, countries

ADDRESS_REACH = 1_000.0  # metres: how far a reverse look-up goes for an address
CITY_REACH = 50_000.0  # metres: and for a city when there is no address

_SPACES_AND_COMMAS = {ord(character): None for character in " ,\t\n\r\v\f\xa0"}
_UNITED_STATES = ("unitedstatesofamerica", "unitedstates", "usa", "us")
_OTHER_NAMES = {
    "uk": "GB",
    "greatbritain": "GB",
    "unitedstatesofamerica": "US",
    "czechrepublic": "CZ",
    "holland": "NL",
}


@dataclass(frozen=True, slots=True)
class Hit:
    """A place that answers a question: how sure (0…1), and how far away in metres for a reverse question."""

    place: Place
    confidence: float
    distance: float = 0.0


class Gazetteer:
    """Forward, reverse and by id. The same question always has the same answer."""

    def search(self, text: str, *, countries: frozenset[str] | None = None, limit: int = 1) -> list[Hit]:
        """Up to `limit` places for a text, the best first; `countries` (alpha-2) leaves out all others.

        An address is found without regard to case, spaces and commas, with or without its country, postcode or unit,
        or its state where there is a postcode.
        A city is found alone or followed by its state, its country, or both.
        """
        found = list(_address_hits(text)) or list(_city_hits(text))
        return [hit for hit in found if countries is None or hit.place.country_code in countries][:limit]

    def reverse(self, lat: float, lon: float, *, limit: int = 1) -> list[Hit]:
        """The nearest known addresses within about 1 km, else the nearest cities within 50 km, else nothing."""
        near = _address_grid().near(lat, lon, ADDRESS_REACH) or _city_grid().near(lat, lon, CITY_REACH)
        return [Hit(place, 1.0, metres) for metres, place in near[:limit]]

    def around(self, lat: float, lon: float, metres: float) -> list[Hit]:
        """Every known address and city within so many metres, the nearest first."""
        near = [*_address_grid().near(lat, lon, metres), *_city_grid().near(lat, lon, metres)]
        return [Hit(place, 1.0, away) for away, place in sorted(near, key=lambda hit: hit[0])]

    def by_id(self, place_id: str) -> Place | None:
        """The place with this id."""
        return _by_id().get(place_id)


def _address_hits(text: str) -> Iterator[Hit]:
    index = _address_index()
    plain = _squeeze(text)
    hit = index.get(plain)
    for country in _UNITED_STATES:
        if hit is None and plain.endswith(country):
            hit = index.get(plain.removesuffix(country))
    if hit is not None:
        yield hit


def _city_hits(text: str) -> Iterator[Hit]:
    named = [part for part in (part.strip() for part in text.split(",")) if part]
    if not named:
        return
    if len(named) > 1:
        yield from _ranked(named[0], named[1:], 1.0)
        return
    alone = list(_ranked(named[0], [], 0.8))
    if alone:
        yield from alone
        return
    words = named[0].split()
    for cut in range(len(words) - 1, 0, -1):
        found = list(_ranked(" ".join(words[:cut]), [" ".join(words[cut:])], 1.0))
        if found:
            yield from found
            return


def _ranked(name: str, areas: list[str], confidence: float) -> Iterator[Hit]:
    """Cities of that name in all those areas: each further one is a less likely answer."""
    places = [
        place for place in _city_index().get(_plain(name), ()) if all(_lies_in(place, area) for area in areas)
    ]
    for rank, place in enumerate(places):
        yield Hit(place, round(max(0.1, confidence - rank / 10), 2))


def _lies_in(place: Place, area: str) -> bool:
    plain = _plain(area)
    if place.country_code in _country_names().get(plain, ()):
        return True
    return place.country_code == "US" and plain in (_plain(place.state), place.state_code.casefold())


def _squeeze(text: str) -> str:
    return text.casefold().translate(_SPACES_AND_COMMAS)


def _plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in apart if character.isalnum())


@lru_cache(maxsize=1)
def _address_index() -> dict[str, Hit]:
    """Every way to write a known address → the address; a way that fits two addresses is left out."""
    index: dict[str, Hit] = {}
    doubtful: set[str] = set()
    for place in addresses():
        for text, confidence in _ways_to_write(place):
            key = _squeeze(text)
            known = index.setdefault(key, Hit(place, confidence))
            if known.place is not place:
                doubtful.add(key)
    for key in doubtful:
        del index[key]
    return index


def _ways_to_write(place: Place) -> Iterator[tuple[str, float]]:
    for unit, unit_doubt in ((place.unit, 0.0), ("", 0.1 if place.unit else 0.0)):
        for postcode, postcode_doubt in ((place.postcode, 0.0), ("", 0.05)):
            # Structured requests often have no state: a postcode says as much.
            for state in (place.state_code, place.state, *(("",) if postcode else ())):
                text = f"{place.line}{unit}{place.city}{state}{postcode}"
                yield text, round(1.0 - unit_doubt - postcode_doubt, 2)


@lru_cache(maxsize=1)
def _city_index() -> dict[str, tuple[Place, ...]]:
    """Name → cities, those that carry it as their first name before those that are also called so."""
    first: dict[str, list[Place]] = {}
    also: dict[str, list[Place]] = {}
    for place in cities():
        own = _plain(place.city)
        first.setdefault(own, []).append(place)
        for other in {_plain(name) for name in place.names} - {own, ""}:
            also.setdefault(other, []).append(place)
    return {name: (*first.get(name, ()), *also.get(name, ())) for name in first | also}


@lru_cache(maxsize=1)
def _country_names() -> dict[str, frozenset[str]]:
    """Every way to write a country → its alpha-2 code."""
    names = {name: {code} for name, code in _OTHER_NAMES.items()}
    for country in countries().values():
        for name in (country.name, country.code, country.code3):
            names.setdefault(_plain(name), set()).add(country.code)
    return {name: frozenset(codes) for name, codes in names.items()}


@lru_cache(maxsize=1)
def _address_grid() -> Grid[Place]:
    return _grid(addresses(), 0.02)


@lru_cache(maxsize=1)
def _city_grid() -> Grid[Place]:
    return _grid(cities(), 0.5)


def _grid(places: tuple[Place, ...], cell: float) -> Grid[Place]:
    grid: Grid[Place] = Grid(cell)
    for place in places:
        grid.add(place.lat, place.lon, place)
    return grid


@lru_cache(maxsize=1)
def _by_id() -> dict[str, Place]:
    return {place.id: place for place in (*addresses(), *cities())}


def country_of(alpha3_or_2: str) -> str | None:
    """alpha-2 code of a country given by either of its codes, in any case."""
    wanted = alpha3_or_2.strip().upper()
    if wanted in countries():
        return wanted
    return next((country.code for country in countries().values() if country.code3 == wanted), None)
