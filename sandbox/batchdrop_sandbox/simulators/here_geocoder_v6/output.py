"""How rows are written: the columns, quoting, and the fixed first three."""

from collections.abc import Callable, Mapping, Sequence

from batchdrop_sandbox.simulators.gazetteer import Hit
from batchdrop_sandbox.simulators.geography import destination

FIXED = ("recId", "SeqNumber", "seqLength")  # [client] real files write SeqNumber, pages seqNumber


def _level(hit: Hit) -> str:
    return "houseNumber" if hit.place.kind == "address" else "city"


def _exact(value: Callable[[Hit], str]) -> Callable[[Hit], str]:
    """The quality of a part of the address: 1 where it is known, else empty."""
    return lambda hit: "1.0" if value(hit) else ""


def _corner(direction: float, axis: int) -> Callable[[Hit], str]:
    """A corner of the map view around a place; its size is [assumed]."""

    def cell(hit: Hit) -> str:
        metres = 160.0 if hit.place.kind == "address" else 8_000.0
        return f"{destination(hit.place.lat, hit.place.lon, direction, metres)[axis]:.7f}"

    return cell


# [doc] the names; their values [assumed] where the place itself does not say them
_CELLS: Mapping[str, Callable[[Hit], str]] = {
    "displayLatitude": lambda hit: repr(hit.place.lat),
    "displayLongitude": lambda hit: repr(hit.place.lon),
    "latitude": lambda hit: repr(hit.place.lat),
    "longitude": lambda hit: repr(hit.place.lon),
    "navigationLatitude": lambda hit: repr(hit.place.lat),  # [doc] the same as latitude
    "navigationLongitude": lambda hit: repr(hit.place.lon),  # [doc] the same as longitude
    "mapViewTopLeftLatitude": _corner(315, 0),
    "mapViewTopLeftLongitude": _corner(315, 1),
    "mapViewBottomRightLatitude": _corner(135, 0),
    "mapViewBottomRightLongitude": _corner(135, 1),
    "locationLabel": lambda hit: hit.place.label,
    "addressLines": lambda hit: hit.place.line,
    "street": lambda hit: hit.place.street,
    "houseNumber": lambda hit: hit.place.house_number,
    "building": lambda _: "",
    "subdistrict": lambda _: "",
    "district": lambda hit: hit.place.district,
    "city": lambda hit: hit.place.city,
    "postalCode": lambda hit: hit.place.postcode,
    "county": lambda hit: hit.place.county,
    "state": lambda hit: hit.place.state_code or hit.place.state,
    "country": lambda hit: hit.place.country_code3,
    "addressDetailsCountry": lambda hit: hit.place.country,  # [client] node-geocoder reads the country's name
    "relevance": lambda hit: f"{hit.confidence:g}",
    "matchType": lambda hit: "pointAddress" if hit.place.kind == "address" else "",
    "matchCode": lambda hit: "exact" if hit.confidence == 1 else "ambiguous",
    "matchLevel": _level,
    "matchQualityStreet": _exact(lambda hit: hit.place.street),
    "matchQualityHouseNumber": _exact(lambda hit: hit.place.house_number),
    "matchQualityDistrict": _exact(lambda hit: hit.place.district),
    "matchQualityCity": _exact(lambda hit: hit.place.city),
    "matchQualityPostalCode": _exact(lambda hit: hit.place.postcode),
    "matchQualityCounty": _exact(lambda hit: hit.place.county),
    "matchQualityState": _exact(lambda hit: hit.place.state),
    "matchQualityCountry": _exact(lambda hit: hit.place.country),
    "locationId": lambda hit: f"NT_{hit.place.id}",
    "distance": lambda hit: f"{hit.distance:.1f}",  # [assumed] of a reverse answer
}
_BY_KEY = {name.lower(): cell for name, cell in _CELLS.items()}
_COUNTED = ("recid", "seqnumber", "seqlength")
_LEVEL = "matchlevel"


def known_column(name: str) -> bool:
    """Whether this may be asked for; names are without case [doc], asking for seqNumber gives it twice [client]."""
    return name.lower() in _BY_KEY or name.lower() in _COUNTED


class Writer:
    """Writes the rows of one run.

    `inputs` are the names of the input's columns that are to be repeated; `trailing`: the header ends in the delimiter.
    """

    def __init__(
        self, columns: Sequence[str], inputs: Sequence[str], delimiter: str, *, trailing: bool = False
    ) -> None:
        self._columns = tuple(columns)
        taken = {name.lower() for name in (*FIXED, *columns)}
        # [doc] clashing names get the prefix; where the input's columns stand is [assumed]
        self._inputs = tuple(f"in:{name}" if name.lower() in taken else name for name in inputs)
        self._delimiter = delimiter
        self._trailing = trailing

    def header(self) -> bytes:
        """The names of the columns."""
        return self._line([*FIXED, *self._columns, *self._inputs, *([""] if self._trailing else [])])

    def found(self, rec_id: str, place: tuple[int, int], hit: Hit, inputs: Sequence[str]) -> bytes:
        """One of the places found; `place` is (number, how many)."""
        counts = (rec_id, str(place[0]), str(place[1]))
        return self._row(counts, lambda key: _BY_KEY[key](hit), inputs)

    def nothing(self, rec_id: str, level: str, number: str, inputs: Sequence[str]) -> bytes:
        """A record without a place: only matchLevel says NOMATCH or FAILED [client]."""
        return self._row((rec_id, number, "0"), lambda key: level if key == _LEVEL else "", inputs)

    def _row(self, counts: tuple[str, str, str], cell: Callable[[str], str], inputs: Sequence[str]) -> bytes:
        asked = [
            counts[_COUNTED.index(key)] if key in _COUNTED else cell(key)
            for key in map(str.lower, self._columns)
        ]
        return self._line([*counts, *asked, *(inputs if self._inputs else ())])

    def _line(self, cells: Sequence[str]) -> bytes:
        return (self._delimiter.join(self._quoted(cell) for cell in cells) + "\n").encode()

    def _quoted(self, cell: str) -> str:
        """In double quotes where the value holds the delimiter; a quote in it is doubled [assumed]."""
        if self._delimiter not in cell and not cell.startswith('"'):
            return cell
        return '"' + cell.replace('"', '""') + '"'
