"""Which column is what: well-known names in several languages, folded for case, spaces, punctuation and accents.

Names are matched whole and never by parts, and of several columns for one field the better-known name wins, then the
first column. Sources: the column names of the services' own pages [seed], their public clients, and everyday exports.
"""

from __future__ import annotations

import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING

from batchdrop.errors import BadFile
from batchdrop.ports.service import Takes
from batchdrop.problems import problem
from batchdrop.records import devices
from batchdrop.records.own_params import input_columns, own_params

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PLACE = {
    "text": "q query text searchtext freetext freeform fulladdress addresstext completeaddress onelineaddress "
    "singleline singlelineaddress addressfull formattedaddress fulladresse volladresse gesamtadresse",
    "address1": "address1 addressline1 address1line addr1 streetaddress street1 street streetname addressline "
    "address address0 addr strasse strassenname str strassehausnummer strasseundhausnummer strassenr strassehnr "
    "anschrift adresse adresse1 adresseligne1 rue voie nomvoie calle direccion direccion1 domicilio via indirizzo "
    "indirizzo1 rua endereco logradouro morada straat straatnaam adres ulica gata gatuadress vej vejnavn gade "
    "katu osoite улица адрес 住所 地址",
    "address2": "address2 addressline2 address2line addr2 street2 adresszusatz zusatz adresse2 complement "
    "complementadresse adresseligne2 direccion2 indirizzo2 complemento",
    "housenumber": "housenumber houseno housenr streetnumber streetno hausnummer hausnr hnr numero numerorue "
    "numerovoie civico huisnummer husnummer nrdomu дом",
    "city": "city town cityname locality placename municipality stadt ort ortsname wohnort gemeinde ville commune "
    "localite ciudad localidad municipio poblacion citta comune cidade plaats woonplaats gemeente miasto "
    "miejscowosc stad postort kaupunki sehir город 市区町村 城市",
    "state": "state stateprovince province region statename statecode provincestate county bundesland kanton "
    "departement provincia estado regione provincie wojewodztwo lan область 都道府県 省",
    "postcode": "postalcode postcode zip zipcode zippostalcode zippostcode postal plz postleitzahl codepostal cp "
    "codigopostal cap codiceavviamentopostale cep codigopostale kodpocztowy postnummer postnr psc pin pincode "
    "eircode postinumero индекс 郵便番号 邮编",
    "country": "country countrycode countryname countryiso iso2 iso3 land staat laendercode landercode pays pais "
    "paese nazione kraj ulke maa страна 国",
    "name": "poi poiname venue venuename amenity placetitle name",
}
_POINT = {
    "lat": "lat latitude latitud latitudine breite breitengrad geobreite latitudewgs84 latdeg geolat gpslat широта y",
    "lon": "lon lng long longitude longitud longitudine laenge lange laengengrad langengrad geolaenge geolange "
    "longitudewgs84 londeg geolon geolng gpslon gpslng долгота x",
    "at": "at latlng latlon latlong latitudelongitude coordinates coordinate coords position location geopoint "
    "koordinaten coordonnees coordenadas gps",
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
        Takes.PLACE: {field: tuple(names.split()) for field, names in _PLACE.items()},
        Takes.POINT: {field: tuple(names.split()) for field, names in _POINT.items()},
        Takes.INPUT: {},
        Takes.ID: {"id": ("placeid", "hereid", "locationid", "lookupid", "id")},
        Takes.WAYPOINTS: {field: tuple(names.split()) for field, names in _WAYPOINTS.items()},
        **{takes: {field: (field.lower(),) for field in fields} for takes, fields in devices.FIELDS.items()},
    }
)
"""Field → folded column names, the best-known first, for each kind of record."""

_ALL = frozenset(name for fields in KNOWN.values() for names in fields.values() for name in names)

_WANTED = {
    Takes.PLACE: ("addresses", "address; or address1, city, state, postal_code, country"),
    Takes.POINT: ("coordinates", "lat, lon; or at with lat,lon in one column"),
    Takes.ID: ("place ids", "id"),
    Takes.WAYPOINTS: ("waypoints", "waypoints with lat,lon|lat,lon; or from_lat, from_lon, to_lat, to_lon"),
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
_ENOUGH: Mapping[Takes, tuple[frozenset[str], ...]] = MappingProxyType(
    {
        Takes.PLACE: tuple(
            frozenset({field})
            for field in ("text", "address1", "city", "state", "postcode", "country", "name")
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


def fold(name: str) -> str:
    """A column name without case, accents, spaces and punctuation: `Straße / Nr.` → `strassenr`."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in plain if letter.isalnum())


def is_well_known(name: str) -> bool:
    """Whether this is a column name this module knows, for whatever kind of record."""
    return fold(name) in _ALL


def map_columns(names: Sequence[str], takes: Takes) -> Mapping[str, str]:
    """Field → column name. Raises BadFile WRONG_COLUMNS, naming what was found and what is expected.

    A bare `id` is never an address (it is the customer's), nor is `name` where there is an address (a person's). For
    devices to add, columns like `tag:food` map themselves; so does `param:lang` everywhere, see own_params.
    """
    if takes is Takes.INPUT and (found := input_columns(names)):
        return found
    extra = own_params(names) | (_lists(names) if takes is Takes.DEVICE else {})
    folded = {fold(name): name for name in reversed(names) if name not in extra.values()}
    mapping = {
        field: folded[chosen]
        for field, known in KNOWN[takes].items()
        if (chosen := next((name for name in known if name in folded), None)) is not None
    }
    if (
        takes is Takes.PLACE
        and mapping.keys() & {"text", "address1"}
        and fold(mapping.get("name", "")) == "name"
    ):
        del mapping["name"]
    mapping |= extra
    if not any(enough <= mapping.keys() for enough in _ENOUGH[takes]):
        api, expected = _WANTED[takes]
        raise BadFile([problem("WRONG_COLUMNS", line=1, api=api, found=_listed(names), expected=expected)])
    return MappingProxyType(mapping)


def _lists(names: Sequence[str]) -> dict[str, str]:
    """`tag:food` → the column of that name, for every column that is an entry of a list, in the order of the file."""
    found: dict[str, str] = {}
    for name in names:
        if entry := devices.listed(name):
            found.setdefault(f"{entry[0]}:{entry[1]}", name)
    return found


def _listed(names: Sequence[str], most: int = 20) -> str:
    shown = ", ".join(name[:40] for name in names[:most])
    return f"{shown}, … ({len(names)} columns)" if len(names) > most else shown
