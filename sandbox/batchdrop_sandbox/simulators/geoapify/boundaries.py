"""/v1/boundaries/part-of and consists-of, /v1/postcode/list and search: areas, here as points."""

from collections.abc import Iterable
from typing import Any

from batchdrop_sandbox.simulators.gazetteer import Gazetteer
from batchdrop_sandbox.simulators.geoapify import shapes
from batchdrop_sandbox.simulators.geoapify.api import (
    InnerApi,
    Params,
    Question,
    Refused,
    choice,
    limit_of,
    number,
    text,
)
from batchdrop_sandbox.simulators.geoapify.filters import areas_of, kept
from batchdrop_sandbox.simulators.places import Place, addresses, cities

_REACH = 50_000.0  # metres around a point in which its boundaries are looked for [assumed]


def part_of(question: Question, gazetteer: Gazetteer) -> dict[str, Any]:
    """City, state and country around a place [spec]; only points: polygons are not known here [assumed]."""
    place = _place(question.params, gazetteer)
    _geometry(question.params)
    if place is None:
        return _collection(())
    levels = (("city", place.city), ("state", place.state), ("country", place.country))
    return _collection(_boundary(place, level, name) for level, name in levels if name)


def consists_of(question: Question, gazetteer: Gazetteer) -> dict[str, Any]:
    """The cities of the place's state or country, the largest first; at most 100 [assumed]."""
    place = _place(question.params, gazetteer)
    _geometry(question.params)
    if place is None:
        return _collection(())
    inside = [
        one
        for one in cities()
        if one.country_code == place.country_code
        and one.state_code == place.state_code
        and one.id != place.id
    ]
    return _collection(_boundary(one, "city", one.city) for one in inside[:100])


def postcodes(question: Question, _: Gazetteer) -> dict[str, Any]:
    """The postcodes of the known addresses inside `filter` or of `countrycode`, each once, in order [assumed]."""
    params = question.params
    areas_of(params)
    country = text(params, "countrycode").lower()
    found = {
        place.postcode: place
        for place in addresses()
        if place.postcode and country in ("", place.country_code.lower()) and kept(params, place)
    }
    most = limit_of(params, 20)
    return _shaped(params, [found[code] for code in sorted(found)][:most])


def postcode(question: Question, gazetteer: Gazetteer) -> dict[str, Any]:
    """One postcode by its text, or the one at `lat` and `lon`, never both [spec]."""
    params = question.params
    wanted = text(params, "postcode")
    if wanted and (text(params, "lat") or text(params, "lon")):
        raise Refused(400, '"postcode" must not be combined with "lat" and "lon"')
    if not wanted:
        hits = gazetteer.reverse(number(params, "lat", -90, 90), number(params, "lon", -180, 180))
        wanted = hits[0].place.postcode if hits else ""
    country = text(params, "countrycode").lower()
    found = (
        one for one in addresses() if one.postcode == wanted and country in ("", one.country_code.lower())
    )
    return _shaped(params, [one for one in (next(found, None),) if one and wanted])


def price(_: Question) -> float:
    """One credit [assumed]."""
    return 1.0


def _place(params: Params, gazetteer: Gazetteer) -> Place | None:
    """By `id`, or near `lat` and `lon` [spec]."""
    if identifier := text(params, "id"):
        return gazetteer.by_id(shapes.place_of(identifier))
    lat, lon = number(params, "lat", -90, 90), number(params, "lon", -180, 180)
    return next((hit.place for hit in gazetteer.around(lat, lon, _REACH)), None)


def _geometry(params: Params) -> None:
    choice(params, "geometry", ("point", "geometry_1000", "geometry_5000", "geometry_10000"), "point")


def _boundary(place: Place, level: str, name: str) -> dict[str, Any]:
    properties = {
        "name": name,
        "country": place.country,
        "country_code": place.country_code.lower(),
        **({"state": place.state} if place.state and level != "country" else {}),
        "lon": place.lon,
        "lat": place.lat,
        "formatted": ", ".join(dict.fromkeys(part for part in (name, place.country) if part)),
        "categories": ["administrative", f"administrative.{level}_level"],
        "place_id": shapes.place_id(place) if level == "city" else f"51{name.encode().hex()}",
    }
    return _feature(properties, place)


def _shaped(params: Params, places: list[Place]) -> dict[str, Any]:
    rows = [
        {
            "postcode": place.postcode,
            "country": place.country,
            "country_code": place.country_code.lower(),
            "city": place.city,
            "state": place.state,
            "state_code": place.state_code,
            "lon": place.lon,
            "lat": place.lat,
            "formatted": f"{place.city}, {place.state_code} {place.postcode}, {place.country}",
            "place_id": f"51{place.postcode.encode().hex()}",
        }
        for place in places
    ]
    if choice(params, "format", ("geojson", "json"), "geojson") == "json":
        return {"results": rows}
    return _collection(_feature(row, place) for row, place in zip(rows, places, strict=True))


def _feature(properties: dict[str, Any], place: Place) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [place.lon, place.lat]}
    return {"type": "Feature", "properties": properties, "geometry": point}


def _collection(features: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


PART_OF = InnerApi("/v1/boundaries/part-of", part_of, price)
CONSISTS_OF = InnerApi("/v1/boundaries/consists-of", consists_of, price)
POSTCODE_LIST = InnerApi("/v1/postcode/list", postcodes, price)
POSTCODE_SEARCH = InnerApi("/v1/postcode/search", postcode, price)
