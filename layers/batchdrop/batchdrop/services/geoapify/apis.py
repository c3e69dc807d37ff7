"""Which Geoapify APIs a batch may call, and which columns their answers have."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from batchdrop.ports import Api, Price, Takes

if TYPE_CHECKING:
    from collections.abc import Mapping

# each input 1 call, the submit 1, every look 1 [seed]; routing bills waypoints - 1 [doc: pricing details]
_CREDITS = Price(unit="credits", per_record=1.0, per_submit=1.0, per_look=1.0, dated="2026")

PLACE_FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
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

REVERSE_FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {**PLACE_FIELDS, "bd_distance": ("distance",)}
)
ROUTE_COLUMNS = ("bd_distance", "bd_time", "bd_geometry")
AREA_COLUMNS = ("bd_range", "bd_mode", "bd_geometry")

PATHS: Mapping[str, str] = MappingProxyType(
    {
        "geocode": "/v1/geocode/search",
        "reverse": "/v1/geocode/reverse",
        "routing": "/v1/routing",
        "isoline": "/v1/isoline",
    }
)
"""The `api` of a request [seed]."""

FORMATS: Mapping[str, str] = MappingProxyType(
    {"geocode": "json", "reverse": "json", "routing": "json", "isoline": "geojson"}
)
"""The inner API's format where the route names none. The default would be geojson [spec]."""

APIS: Mapping[str, Api] = MappingProxyType(
    {
        api.name: api
        for api in (
            Api("geocode", Takes.PLACE, tuple(PLACE_FIELDS), _CREDITS),
            Api("reverse", Takes.POINT, tuple(REVERSE_FIELDS), _CREDITS),
            Api("routing", Takes.WAYPOINTS, ROUTE_COLUMNS, _CREDITS, required_params=("mode",)),
            Api("isoline", Takes.POINT, AREA_COLUMNS, _CREDITS, required_params=("mode", "type", "range")),
        )
    }
)
