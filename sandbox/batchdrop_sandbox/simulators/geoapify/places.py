"""/v2/places and /v2/place-details: what there is near a point, and all about one place.

The known addresses stand for buildings, the cities for populated places: other categories find nothing, honestly.
"""

import re
from typing import Any

from batchdrop_sandbox.simulators.gazetteer import Gazetteer, Hit
from batchdrop_sandbox.simulators.geoapify import shapes
from batchdrop_sandbox.simulators.geoapify.api import InnerApi, Params, Question, Refused, number, text
from batchdrop_sandbox.simulators.geoapify.filters import areas_of, biased, kept
from batchdrop_sandbox.simulators.places import Place

_CATEGORIES = {
    "address": ("building", "building.residential"),
    "city": ("populated_place", "populated_place.city"),
}
_MOST = 500
_FARTHEST = 200_000.0  # metres [assumed]
_FEATURES = (
    "details",
    "building",
)  # [spec] of more, joined by | (or commas [client]); radius_… and isolines are left out here


def nearby(question: Question, gazetteer: Gazetteer) -> dict[str, Any]:
    """Places of the asked categories inside `filter`, or near `bias` [spec]; the nearest first [assumed]."""
    params = question.params
    wanted = [one.strip() for one in text(params, "categories").split(",") if one.strip()]
    if not wanted:
        raise Refused(400, '"categories" is required')
    name = text(params, "name").casefold()
    hits = [
        hit
        for area in areas_of(params)
        for hit in gazetteer.around(area.lat, area.lon, min(area.metres, _FARTHEST))
        if _is_any(hit.place, wanted) and kept(params, hit.place) and name in hit.place.label.casefold()
    ]
    unique = list({hit.place.id: hit for hit in biased(params, hits)}.values())
    start = int(number(params, "offset", 0, 10_000)) if text(params, "offset") else 0
    most = int(number(params, "limit", 1, _MOST)) if text(params, "limit") else 20
    return _collection([_feature(hit) for hit in unique[start : start + most]])


def details(question: Question, gazetteer: Gazetteer) -> dict[str, Any]:
    """One place by `id`, or the one at `lat` and `lon` [client]; nothing there is an empty list."""
    params = question.params
    place = _by_id(params, gazetteer) if text(params, "id") else _at(params, gazetteer)
    asked = [one for one in re.split("[|,]", text(params, "features")) if one] or ["details"]
    kinds = [
        one for one in asked if one in _FEATURES and (one == "details" or (place and place.kind == "address"))
    ]
    if place is None:
        return _collection([])
    feature = _feature(Hit(place, 1.0))
    properties = feature["properties"]
    return _collection([{**feature, "properties": {"feature_type": kind, **properties}} for kind in kinds])


def places_price(question: Question) -> float:
    """One credit for each 20 places that may come back [assumed]."""
    try:
        most = int(number(question.params, "limit", 1, _MOST)) if text(question.params, "limit") else 20
    except Refused:
        return 1.0
    return float(-(-most // 20))


def one_credit(_: Question) -> float:
    """[assumed]"""
    return 1.0


def _is_any(place: Place, wanted: list[str]) -> bool:
    """A category stands for all below it [doc]."""
    return any(one in _CATEGORIES[place.kind] for one in wanted)


def _by_id(params: Params, gazetteer: Gazetteer) -> Place | None:
    return gazetteer.by_id(shapes.place_of(text(params, "id")))


def _at(params: Params, gazetteer: Gazetteer) -> Place | None:
    hits = gazetteer.reverse(number(params, "lat", -90, 90), number(params, "lon", -180, 180))
    return hits[0].place if hits else None


def _feature(hit: Hit) -> dict[str, Any]:
    properties = {
        **{name: value for name, value in shapes.backward(hit).items() if name != "rank"},
        "categories": list(_CATEGORIES[hit.place.kind]),
        "details": [],
        "distance": round(hit.distance),
    }
    point = {"type": "Point", "coordinates": [hit.place.lon, hit.place.lat]}
    return {"type": "Feature", "properties": properties, "geometry": point}


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}


PLACES = InnerApi("/v2/places", nearby, places_price)
PLACE_DETAILS = InnerApi("/v2/place-details", details, one_credit)
