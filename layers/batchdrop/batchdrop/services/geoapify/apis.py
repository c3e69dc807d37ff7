"""Which Geoapify APIs a batch may call, what a record of each is, and which columns its answers have."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from batchdrop.ports import Api, Price, Takes

if TYPE_CHECKING:
    from collections.abc import Mapping

    Fields = Mapping[str, tuple[str, ...]]

# each input 1 call, the submit 1, every look 1 [seed]; some inputs cost more, see prices.py
_CREDITS = Price(unit="credits", per_record=1.0, per_submit=1.0, per_look=1.0, dated="2026")

PLACE_FIELDS: Fields = MappingProxyType(
    {
        "bd_lat": ("lat",),
        "bd_lon": ("lon",),
        "bd_label": ("formatted",),
        "bd_matchLevel": ("result_type",),
        "bd_confidence": ("rank", "confidence"),
        "bd_houseNumber": ("housenumber",),
        "bd_street": ("street",),
        "bd_city": ("city",),
        "bd_state": ("state",),
        "bd_postalCode": ("postcode",),
        "bd_country": ("country",),
        "bd_countryCode": ("country_code",),
        "bd_placeId": ("place_id",),
    }
)
"""Our column → where it stands in a place [spec: geocoding]; a place may lack any of them."""

REVERSE_FIELDS: Fields = MappingProxyType({**PLACE_FIELDS, "bd_distance": ("distance",)})

_ADDRESS: Fields = MappingProxyType(
    {
        name: path
        for name, path in PLACE_FIELDS.items()
        if name not in ("bd_matchLevel", "bd_confidence", "bd_lat", "bd_lon", "bd_label")
    }
)
_NAMED: Fields = MappingProxyType(
    {"bd_lat": ("lat",), "bd_lon": ("lon",), "bd_name": ("name",), "bd_label": ("formatted",)}
)
POI_FIELDS: Fields = MappingProxyType(
    {**_NAMED, "bd_categories": ("categories",), "bd_distance": ("distance",), **_ADDRESS}
)
DETAIL_FIELDS: Fields = MappingProxyType(
    {**_NAMED, "bd_featureType": ("feature_type",), "bd_categories": ("categories",), **_ADDRESS}
)
AREA_FIELDS: Fields = MappingProxyType(
    {
        **_NAMED,
        "bd_categories": ("categories",),
        "bd_state": ("state",),
        "bd_country": ("country",),
        "bd_countryCode": ("country_code",),
        "bd_placeId": ("place_id",),
    }
)
POSTCODE_FIELDS: Fields = MappingProxyType(
    {
        "bd_lat": ("lat",),
        "bd_lon": ("lon",),
        "bd_postalCode": ("postcode",),
        "bd_label": ("formatted",),
        "bd_city": ("city",),
        "bd_state": ("state",),
        "bd_country": ("country",),
        "bd_countryCode": ("country_code",),
    }
)
GEOMETRY = "bd_geometry"
ROUTE_COLUMNS = ("bd_distance", "bd_time", GEOMETRY)
RING_COLUMNS = ("bd_range", "bd_mode", GEOMETRY)
ANY = "any"

PATHS: Mapping[str, str] = MappingProxyType(
    {
        "geocode": "/v1/geocode/search",
        "reverse": "/v1/geocode/reverse",
        "routing": "/v1/routing",
        "isoline": "/v1/isoline",
        "places": "/v2/places",
        "place-details": "/v2/place-details",
        "mapmatching": "/v1/mapmatching",
        "part-of": "/v1/boundaries/part-of",
        "consists-of": "/v1/boundaries/consists-of",
        "postcode": "/v1/postcode/search",
    }
)
"""The `api` of a request: the first four [seed], places and place-details [client], the others [spec] [doc].

Of `any` the route's `path` says it.
"""

FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "geocode": "json",
        "reverse": "json",
        "routing": "json",
        "isoline": "geojson",
        "postcode": "geojson",
    }
)
"""The inner API's format where the route names none, of APIs that have the choice. The default would be geojson [spec]."""

IN_BODY = frozenset({"mapmatching"})
"""APIs that are called by POST: what the others take as params stands in the body [spec]."""

LANG = "lang"
"""The parameter for the language of the answers; the other APIs name none [spec]."""

APIS: Mapping[str, Api] = MappingProxyType(
    {
        api.name: api
        for api in (
            Api("geocode", Takes.PLACE, tuple(PLACE_FIELDS), _CREDITS, structured=True, language=LANG),
            Api("reverse", Takes.POINT, tuple(REVERSE_FIELDS), _CREDITS, language=LANG),
            Api(
                "routing", Takes.WAYPOINTS, ROUTE_COLUMNS, _CREDITS, required_params=("mode",), language=LANG
            ),
            Api("isoline", Takes.POINT, RING_COLUMNS, _CREDITS, required_params=("mode", "type", "range")),
            Api(
                "places",
                Takes.POINT,
                tuple(POI_FIELDS),
                _CREDITS,
                required_params=("categories",),
                language=LANG,
            ),
            Api("place-details", Takes.ID, (*DETAIL_FIELDS, GEOMETRY), _CREDITS, language=LANG),
            Api("mapmatching", Takes.WAYPOINTS, ROUTE_COLUMNS, _CREDITS, required_params=("mode",)),
            Api("part-of", Takes.POINT, (*AREA_FIELDS, GEOMETRY), _CREDITS),
            Api("consists-of", Takes.ID, (*AREA_FIELDS, GEOMETRY), _CREDITS),
            Api("postcode", Takes.POINT, tuple(POSTCODE_FIELDS), _CREDITS),
            Api(ANY, Takes.INPUT, ("bd_json",), _CREDITS, required_params=("path",)),
        )
    }
)
