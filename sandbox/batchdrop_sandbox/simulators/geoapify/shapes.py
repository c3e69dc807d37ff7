"""One place in Geoapify's words: flat properties, and the two formats that hold them."""

from typing import Any

from batchdrop_sandbox.simulators.gazetteer import Hit
from batchdrop_sandbox.simulators.places import Place

Json = dict[str, Any]
_SOURCES = {
    "address": {
        "sourcename": "openaddresses",
        "attribution": "© OpenAddresses contributors",
        "license": "Public Domain",
        "url": "https://openaddresses.io",
    },
    "city": {
        "sourcename": "geonames",
        "attribution": "© GeoNames",
        "license": "CC BY 4.0",
        "url": "https://www.geonames.org",
    },
}


def place_id(place: Place) -> str:
    """Geoapify's ids are long hexadecimal texts [client]; ours can be read back."""
    return "51" + place.id.encode().hex()


def place_of(identifier: str) -> str:
    """The place that `place_id` stands for; an unknown text gives a name that no place has."""
    try:
        return bytes.fromhex(identifier.removeprefix("51")).decode()
    except ValueError:
        return ""


def forward(hit: Hit) -> Json:
    """Properties of a forward hit: with confidence, without distance [spec]."""
    level = "building" if hit.place.kind == "address" else "city"
    rank: Json = {
        "popularity": _popularity(hit.place),
        "confidence": hit.confidence,
        "confidence_city_level": 1,
        "match_type": "full_match" if hit.confidence > 0.5 else "inner_part",
    }
    if level == "building":  # [client, recorded] level confidences are left out where they do not apply
        rank |= {"confidence_street_level": 1, "confidence_building_level": hit.confidence}
    return {**_properties(hit.place, level), "rank": rank, "place_id": place_id(hit.place)}


def backward(hit: Hit) -> Json:
    """Properties of a reverse hit: with distance, without confidence [spec]."""
    level = "building" if hit.place.kind == "address" else "city"
    return {
        **_properties(hit.place, level),
        "distance": hit.distance,
        "rank": {"popularity": _popularity(hit.place)},
        "place_id": place_id(hit.place),
    }


def in_format(shape: str, found: list[Json], places: list[Place], query: Json) -> Json:
    """geojson or json; the bounding box is an array in one and an object in the other [spec] [client, recorded]."""
    if shape == "json":
        results = [
            {**one, "bbox": dict(zip(("lon1", "lat1", "lon2", "lat2"), _box(place), strict=True))}
            for one, place in zip(found, places, strict=True)
        ]
        return {"results": results, "query": query}
    features = [
        {
            "type": "Feature",
            "properties": one,
            "geometry": {"type": "Point", "coordinates": [place.lon, place.lat]},
            "bbox": list(_box(place)),
        }
        for one, place in zip(found, places, strict=True)
    ]
    return {"type": "FeatureCollection", "features": features, "query": query}


def _properties(place: Place, level: str) -> Json:
    area = f"{place.city}, {place.state_code} {place.postcode}".strip(", ")
    lines = (place.line, ", ".join(part for part in (area, place.country) if part))
    first, second = (
        lines if place.line else (place.city, ", ".join(filter(None, (place.state, place.country))))
    )
    known = {
        "name": place.city if place.kind == "city" else "",
        "country": place.country,
        "country_code": place.country_code.lower(),
        "state": place.state,
        "state_code": place.state_code,
        "county": place.county,
        "city": place.city,
        "postcode": place.postcode,
        "district": place.district,
        "street": place.street,
        "housenumber": place.house_number,
        "iso3166_2": f"{place.country_code}-{place.state_code}" if place.state_code else "",
    }
    return {
        "datasource": _SOURCES[place.kind],
        **{name: value for name, value in known.items() if value},
        "lon": place.lon,
        "lat": place.lat,
        "result_type": level,
        "formatted": place.label,
        "address_line1": first,
        "address_line2": second,
        **({"timezone": {"name": place.timezone}} if place.timezone else {}),
    }


def _popularity(place: Place) -> float:
    return round(min(9.9, 1 + place.population / 1_000_000), 3)


def _box(place: Place) -> tuple[float, float, float, float]:
    """lon1, lat1, lon2, lat2 around the place [assumed size]."""
    half = 0.0005 if place.kind == "address" else 0.05
    edges = (place.lon - half, place.lat - half, place.lon + half, place.lat + half)
    lon1, lat1, lon2, lat2 = (round(edge, 7) for edge in edges)
    return lon1, lat1, lon2, lat2
