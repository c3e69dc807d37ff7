"""/v1/geocode/search and /v1/geocode/reverse."""

from typing import Any

from batchdrop_sandbox.simulators.gazetteer import Gazetteer, Hit
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
from batchdrop_sandbox.simulators.geoapify.filters import biased, kept

_STRUCTURED = (
    "name",
    "housenumber",
    "street",
    "city",
    "state",
    "postcode",
    "country",
)  # [spec], in reading order
_TYPES = ("country", "state", "city", "postcode", "street", "amenity", "locality")  # [spec]
_FORMATS = ("geojson", "json")  # [spec] also xml, which is not JSON and is not simulated
_CITY_TYPES = ("city", "locality")
_MOST = 100


def search(question: Question, gazetteer: Gazetteer) -> dict[str, Any]:
    """Free text, or the structured fields; no match is an empty list, not an error [client]."""
    params = question.params
    query = _query(params)
    shape = choice(params, "format", _FORMATS, "geojson")
    hits = _of_type(params, gazetteer.search(_words(query), limit=_MOST))
    hits = biased(params, [hit for hit in hits if kept(params, hit.place)])
    # [spec] the default limit is 5
    found = hits[: limit_of(params, 5)]
    echoed = {**query, "parsed": _parsed(found)} if "text" in query else query
    return shapes.in_format(
        shape, [shapes.forward(hit) for hit in found], [hit.place for hit in found], echoed
    )


def reverse(question: Question, gazetteer: Gazetteer) -> dict[str, Any]:
    """The nearest place; one unless `limit` asks for more [assumed]."""
    params = question.params
    lat, lon = number(params, "lat", -90, 90), number(params, "lon", -180, 180)
    shape = choice(params, "format", _FORMATS, "geojson")
    hits = _of_type(params, gazetteer.reverse(lat, lon, limit=limit_of(params, 1)))
    found = [shapes.backward(hit) for hit in hits]
    return shapes.in_format(shape, found, [hit.place for hit in hits], {"lat": lat, "lon": lon})


def price(_: Question) -> float:
    """[doc] one credit."""
    return 1.0


def _query(params: Params) -> dict[str, str]:
    """What was asked, field by field as it is echoed [spec]."""
    if free := text(params, "text"):
        return {"text": free}
    fields = {name: value for name in _STRUCTURED if (value := text(params, name))}
    if not fields:
        raise Refused(400, '"text" or structured address fields are required')
    return fields


def _words(query: dict[str, str]) -> str:
    return query["text"] if "text" in query else ", ".join(query.values())


def _of_type(params: Params, hits: list[Hit]) -> list[Hit]:
    wanted = choice(params, "type", _TYPES, "")
    if not wanted:
        return hits
    return [hit for hit in hits if wanted in _CITY_TYPES and hit.place.kind == "city"]


def _parsed(hits: list[Hit]) -> dict[str, str]:
    """How the service read the text; ours knows only what it found."""
    if not hits:
        return {"expected_type": "unknown"}
    place = hits[0].place
    known = {
        "housenumber": place.house_number,
        "street": place.street,
        "postcode": place.postcode,
        "city": place.city,
        "state": place.state_code,
        "country": place.country,
    }
    level = "building" if place.kind == "address" else "city"
    return {**{name: value.lower() for name, value in known.items() if value}, "expected_type": level}


SEARCH = InnerApi("/v1/geocode/search", search, price)
REVERSE = InnerApi("/v1/geocode/reverse", reverse, price)
