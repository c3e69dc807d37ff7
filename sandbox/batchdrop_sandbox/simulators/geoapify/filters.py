"""`filter` and `bias`: where to look, what is left out, what comes first [spec]."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

from batchdrop_sandbox.simulators.gazetteer import Hit
from batchdrop_sandbox.simulators.geoapify import shapes
from batchdrop_sandbox.simulators.geoapify.api import Params, Refused, text
from batchdrop_sandbox.simulators.geography import distance
from batchdrop_sandbox.simulators.places import Place

_PROXIMITY = 50_000.0  # metres: how far a bias looks [spec]


@dataclass(frozen=True)
class Area:
    """A circle to look in, in degrees and metres."""

    lat: float
    lon: float
    metres: float


def areas_of(params: Params) -> list[Area]:
    """Where `filter`, or else `bias`, says to look. Raises Refused for one that is not well formed."""
    for name in ("filter", "bias"):
        parts = [part.partition(":") for part in text(params, name).split("|") if part]
        areas = [_AREAS[kind](value) for kind, _, value in parts if kind in _AREAS]
        if areas:
            return areas
    return []


def _numbers(value: str, count: int) -> list[float]:
    try:
        found = [float(one) for one in value.split(",")]
    except ValueError:
        found = []
    if len(found) != count or not all(map(isfinite, found)):
        raise Refused(400, '"filter" or "bias" is not well formed')
    return found


def _circle(value: str) -> Area:
    lon, lat, metres = _numbers(value, 3)
    return Area(lat, lon, metres)


def _rectangle(value: str) -> Area:
    lon1, lat1, lon2, lat2 = _numbers(value, 4)
    lat, lon = (lat1 + lat2) / 2, (lon1 + lon2) / 2
    return Area(lat, lon, distance(lat, lon, lat1, lon1) + 1)


def _proximity(value: str) -> Area:
    lon, lat = _numbers(value, 2)
    return Area(lat, lon, _PROXIMITY)


_AREAS: dict[str, Callable[[str], Area]] = {
    "circle": _circle,
    "rect": _rectangle,
    "proximity": _proximity,
}


def kept(params: Params, place: Place) -> bool:
    """[spec] `filter`: all of its parts, joined by `|`, must hold."""
    return all(_fits(part, place) for part in text(params, "filter").split("|") if part)


def biased(params: Params, hits: list[Hit]) -> list[Hit]:
    """[spec] `bias` moves what fits to the front."""
    parts = [part for part in text(params, "bias").split("|") if part]

    def first(hit: Hit) -> tuple[bool, float]:
        near = [part for part in parts if part.startswith("proximity:")]
        away = _away(near[0], hit.place) if near else 0.0
        return not all(_fits(part, hit.place) for part in parts if part not in near), away

    return sorted(hits, key=first) if parts else hits


def _fits(part: str, place: Place) -> bool:
    kind, _, value = part.partition(":")
    if kind not in _RULES:
        raise Refused(400, f'"filter" or "bias" of an unknown kind "{kind}"')
    try:
        return _RULES[kind](value, place)
    except ValueError:
        raise Refused(400, f'"{kind}" is not well formed') from None


def _away(part: str, place: Place) -> float:
    try:
        lon, lat = (float(value) for value in part.removeprefix("proximity:").split(","))
    except ValueError:
        raise Refused(400, '"proximity" is not well formed') from None
    return distance(lat, lon, place.lat, place.lon)


def _in_circle(value: str, place: Place) -> bool:
    lon, lat, metres = (float(one) for one in value.split(","))
    return distance(lat, lon, place.lat, place.lon) <= metres


def _in_rect(value: str, place: Place) -> bool:
    lon1, lat1, lon2, lat2 = (float(one) for one in value.split(","))
    return min(lon1, lon2) <= place.lon <= max(lon1, lon2) and min(lat1, lat2) <= place.lat <= max(lat1, lat2)


def _in_country(value: str, place: Place) -> bool:
    return place.country_code.lower() in value.lower().split(",")


_RULES: dict[str, Callable[[str, Place], bool]] = {
    "circle": _in_circle,
    "rect": _in_rect,
    "countrycode": _in_country,
    "place": lambda value, place: shapes.place_of(value) == place.id,
}
