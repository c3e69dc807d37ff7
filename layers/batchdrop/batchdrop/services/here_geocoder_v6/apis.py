"""The two APIs of the Batch Geocoder 6.2, the columns we ask for by name, and ours that they become.

Legacy: nothing here has been tried against the live service.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from batchdrop.ports import Api, Price, Takes

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "here_geocoder_v6"
_PRICE = Price(unit="transactions", per_record=1.0, dated="2026")  # one line = one geocoder call [assumed]

FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "bd_lat": "displayLatitude",
        "bd_lon": "displayLongitude",
        "bd_label": "locationLabel",
        "bd_matchLevel": "matchLevel",
        "bd_confidence": "relevance",
        "bd_houseNumber": "houseNumber",
        "bd_street": "street",
        "bd_district": "district",
        "bd_city": "city",
        "bd_state": "state",
        "bd_postalCode": "postalCode",
        "bd_country": "country",
    }
)
"""Our column → HERE's output column [doc: read batch request output]."""

MORE_COLUMNS = (
    *(
        "latitude",
        "longitude",
        "mapViewTopLeftLatitude",
        "mapViewTopLeftLongitude",
        "mapViewBottomRightLatitude",
    ),
    *(
        "mapViewBottomRightLongitude",
        "addressLines",
        "building",
        "subdistrict",
        "county",
        "matchType",
        "matchCode",
    ),
    *("matchQualityStreet", "matchQualityHouseNumber", "matchQualityBuilding", "matchQualityDistrict"),
    *("matchQualityCity", "matchQualityPostalCode", "matchQualityCounty", "matchQualityState"),
    *("matchQualityCountry", "locationId"),
    *("addressDetailsCountry", "navigationLatitude", "navigationLongitude"),
)
"""What a route may ask for beside [doc: read batch request output] [client]; addressDetailsCountry [client: node-geocoder asks for it]."""

INPUTS: Mapping[str, str] = MappingProxyType({"geocode": "searchText", "reverse": "prox"})
"""API → the input column of the record itself [doc: data input]."""

APIS: Mapping[str, Api] = MappingProxyType(
    {
        name: Api(name, takes, tuple(FIELDS), _PRICE, language="language")
        for name, takes in (("geocode", Takes.PLACE), ("reverse", Takes.POINT))
    }
)
