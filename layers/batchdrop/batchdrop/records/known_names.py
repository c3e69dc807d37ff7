"""Well-known names of columns, and of fields: tables, and how names are compared.

Names are matched whole and never by parts. Sources: the column names of the services' own pages [seed], their public clients,
and everyday exports of shops, CRMs, address books and map data.
"""

from __future__ import annotations

import re
import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING

from batchdrop.ports import Takes
from batchdrop.records import devices

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PLACE = {
    "text": "q query text searchtext freetext freeform fulladdress addresstext completeaddress onelineaddress "
    "singleline singlelineaddress addressfull formattedaddress fulladresse volladresse gesamtadresse wholeaddress "
    "addressstring addressquery addresscombined adressecomplete adressetexte "
    "direccioncompleta indirizzocompleto enderecocompleto адресполностью полныиадрес",
    "address1": "address1 addressline1 address1line addr1 streetaddress street1 street streetname addressline "
    "address address0 addr strasse strassenname str strassehausnummer strasseundhausnummer strassenr strassehnr "
    "anschrift adresse adresse1 adresseligne1 rue voie nomvoie calle direccion direccion1 domicilio via indirizzo "
    "indirizzo1 rua endereco logradouro morada straat straatnaam adres ulica gata gatuadress vej vejnavn gade "
    "katu osoite улица адрес 住所 地址 road roadname thoroughfare streetline1 streetaddress1 "
    "streetadress adress postadress gatunamn jalan cadde sokak lieudit libellevoie "
    "mailingaddress postaladdress inputaddress",
    "address2": "address2 addressline2 address2line addr2 street2 adresszusatz zusatz adresse2 complement "
    "complementadresse adresseligne2 direccion2 indirizzo2 complemento streetline2 streetaddress2 unit apartment apt "
    "suite addressline3",
    "housenumber": "housenumber houseno housenr streetnumber streetno hausnummer hausnr hnr numero numerorue "
    "numerovoie civico huisnummer husnummer nrdomu дом housenum addressnumber addrnumber buildingnumber premise "
    "numerocivico numeroexterior",
    "city": "city town cityname locality placename municipality stadt ort ortsname wohnort gemeinde ville commune "
    "localite ciudad localidad municipio poblacion citta comune cidade plaats woonplaats gemeente miasto "
    "miejscowosc stad postort kaupunki sehir город 市区町村 城市 posttown suburb towncity citytown stadtort nomcommune "
    "nomdelacommune concelho kommune ilce",
    "state": "state stateprovince province region statename statecode provincestate county bundesland kanton "
    "departement provincia estado regione provincie wojewodztwo lan область 都道府県 省 stateregion regionstate "
    "stateorprovince statecounty countystate adminarea prefecture canton uf",
    "postcode": "postalcode postcode zip zipcode zippostalcode zippostcode postal plz postleitzahl codepostal cp "
    "codigopostal cap codiceavviamentopostale cep codigopostale kodpocztowy postnummer postnr psc pin pincode "
    "eircode postinumero индекс 郵便番号 邮编 zip5 zipplus4 zippostal postalzip postalzipcode codpostal postkod codepost "
    "cpostal",
    "country": "country countrycode countryname countryiso iso2 iso3 land staat laendercode landercode pays pais "
    "paese nazione kraj ulke maa страна 国 countryregion countryorregion nation countryiso2 countryiso3 isocountry "
    "landkod lande",
    "name": "poi poiname venue venuename amenity placetitle name",
}
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
        Takes.PLACE: {field: tuple(names.split()) for field, names in _PLACE.items()},
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
WORDS = (
    "billing", "billto", "mailing", "shipping", "shipto", "shiptoaddress", "shipaddress", "ship", "delivery", "deliveryaddress", "customer",
    "customeraddress", "business", "businessaddress", "home", "homeaddress", "work", "other", "address", "addr", "contact", "contactaddress",
    "property", "propertyaddress", "site", "siteaddress", "company", "location", "primary", "primaryaddress", "address1",
    "billingaddress", "shippingaddress", "mailingaddress", "physical", "physicaladdress", "office", "store", "rechnung",
    "rechnungsadresse", "liefer", "lieferadresse", "lieferung",
)  # fmt: skip
"""What columns of one address of several begin with, in exports of shops, CRMs, address books and OpenStreetMap."""

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
    return fold(name) in _ALL or numbered(name) is not None


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
