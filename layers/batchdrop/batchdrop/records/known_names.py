"""Well-known names of columns of everything but addresses (see queries/names.py), and the fields of each kind of record.

Sources: the column names of the services' own pages [seed], their public clients, and everyday exports of map data.
"""

from __future__ import annotations

import re
from itertools import combinations
from types import MappingProxyType
from typing import TYPE_CHECKING

from batchdrop.ports import Takes
from batchdrop.records import devices
from batchdrop.records.queries.address_columns import FIELDS
from batchdrop.records.queries.names import fold, is_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_POINT = {
    "lat": "lat latitude latitud latitudine breite breitengrad geobreite latitudewgs84 latdeg geolat gpslat широта y "
    "latitudedd declat decimallatitude latitudedecimal ycoord ycoordinate coordy 緯度 纬度 bdlat",
    "lon": "lon lng long longitude longitud longitudine laenge lange laengengrad langengrad geolaenge geolange "
    "longitudewgs84 londeg geolon geolng gpslon gpslng долгота x longitudedd declon declng decimallongitude "
    "longitudedecimal xcoord xcoordinate coordx 経度 经度 bdlon",
    "at": "at latlng latlon latlong latitudelongitude coordinates coordinate coords position location geopoint "
    "koordinaten coordonnees coordenadas gps latitudeandlongitude gpscoordinates geo geolocation point",
}
_WAYPOINTS = {
    "waypoints": "waypoints waypoint route stops wegpunkte",
    "from": "from origin start startpoint source",
    "to": "to destination end endpoint target",
}
_ENDS = {
    "from": ("from", "origin", "start", "source", "pickup"),
    "to": ("to", "destination", "dest", "end", "dropoff"),
}
_WAYPOINTS |= {
    f"{end}_{axis}": " ".join(before + name for before in befores for name in _POINT[axis].split()[:4])
    for end, befores in _ENDS.items()
    for axis in ("lat", "lon")
}

KNOWN: Mapping[Takes, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        Takes.PLACE: dict.fromkeys(FIELDS, ()),
        Takes.POINT: {field: tuple(names.split()) for field, names in _POINT.items()},
        Takes.INPUT: {},
        Takes.ID: {"id": ("placeid", "hereid", "locationid", "lookupid", "id", "bdplaceid")},
        Takes.WAYPOINTS: {field: tuple(names.split()) for field, names in _WAYPOINTS.items()},
        **{takes: {field: (field.lower(),) for field in fields} for takes, fields in devices.FIELDS.items()},
    }
)
"""Field → folded column names, the best-known first, for each kind of record."""

_NUMBERED = re.compile(
    r"(?P<word>waypoint|wp|stop|via|point|wegpunkt|halt|p|)(?:(?P<number>\d{1,3})(?P<axis>latitude|lat|longitude|long|lon|lng|)"
    r"|(?P<first>latitude|lat|longitude|long|lon|lng)(?P<last>\d{1,3}))"
)
_ALL = frozenset(name for fields in KNOWN.values() for names in fields.values() for name in names)

WANTED = {
    Takes.PLACE: ("addresses", "address; or address1, city, state, postal_code, country"),
    Takes.POINT: ("coordinates", "lat, lon; or at with lat,lon in one column"),
    Takes.ID: ("place ids", "id"),
    Takes.WAYPOINTS: (
        "waypoints",
        "waypoints with lat,lon|lat,lon; or from_lat, from_lon, to_lat, to_lon; or wp1, wp2",
    ),
    Takes.INPUT: ("inputs", "param:<name> for each parameter; or body with a JSON object"),
    Takes.DEVICE: (
        "devices to add",
        "name; beside it deviceId, externalId, or externalDeviceId and connectorId",
    ),
    Takes.DEVICE_DELETE: (
        "devices to delete",
        "trackingId; or externalId; or externalDeviceId and connectorId",
    ),
}

# Each set is enough to make a record of.
ENOUGH: Mapping[Takes, tuple[frozenset[str], ...]] = MappingProxyType(
    {
        Takes.PLACE: (
            *(
                frozenset({field})
                for field in ("text", "address1", "city", "city_line", "suburb", "pobox", "name")
            ),
            *map(frozenset, combinations(("state", "postcode", "country"), 2)),
        ),
        Takes.POINT: (frozenset({"lat", "lon"}), frozenset({"at"})),
        Takes.ID: (frozenset({"id"}),),
        Takes.WAYPOINTS: (
            frozenset({"waypoints"}),
            frozenset({"from_lat", "from_lon", "to_lat", "to_lon"}),
            frozenset({"from", "to"}),
        ),
        Takes.INPUT: (),
        Takes.DEVICE: (frozenset({"name"}),),
        Takes.DEVICE_DELETE: (
            frozenset({"trackingId"}),
            frozenset({"externalId"}),
            frozenset({"externalDeviceId", "connectorId"}),
        ),
    }
)


def is_well_known(name: str) -> bool:
    """Return True if this is a well-known name of a column, for whatever kind of record."""
    return fold(name) in _ALL or is_word(name) or numbered(name) is not None


def numbered(name: str) -> str | None:
    """The field of a column like `wp1`, `Stop 2` (a pair), `waypoint_3_lat` or `lon3`: waypoint1, …, waypoint3_lat."""
    found = _NUMBERED.fullmatch(fold(name))
    if found is None:
        return None
    number, axis = found["number"] or found["last"], found["axis"] or found["first"] or ""
    if not axis and not found["word"]:
        return None
    return f"waypoint{int(number)}" + (f"_{'lat' if axis.startswith('lat') else 'lon'}" if axis else "")


def points(fields: Iterable[str]) -> list[tuple[str, ...]]:
    """The fields that make the points of a route, in its order: one field with a pair, or two, each."""
    there = set(fields)
    numbers = sorted({int(found[1]) for field in there if (found := re.match(r"waypoint(\d+)", field))})
    made: list[tuple[str, ...]] = []
    for point in ("from", *(f"waypoint{number}" for number in numbers), "to"):
        pair = (f"{point}_lat", f"{point}_lon")
        if point in there:
            made.append((point,))
        elif there.issuperset(pair):
            made.append(pair)
    return made
