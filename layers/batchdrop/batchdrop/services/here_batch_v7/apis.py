"""HERE Batch v7's services (here: APIs), the columns we ask for by name, and ours that they become."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from batchdrop.ports import Api, Price, Takes

if TYPE_CHECKING:
    from collections.abc import Mapping

_PRICE = Price(unit="transactions", per_record=1.0, dated="2026")  # one line = one backend call [doc]

_PLACE: Mapping[str, str] = MappingProxyType(
    {
        "bd_lat": "positionLat",
        "bd_lon": "positionLng",
        "bd_label": "addressLabel",
        "bd_matchLevel": "resultType",
        "bd_confidence": "queryScore",
        "bd_houseNumber": "addressHouseNumber",
        "bd_street": "addressStreet",
        "bd_district": "addressDistrict",
        "bd_city": "addressCity",
        "bd_state": "addressState",
        "bd_postalCode": "addressPostalCode",
        "bd_country": "addressCountryName",
        "bd_countryCode": "addressCountryCode",
        "bd_placeId": "id",
    }
)
# flattened names: [doc] Get job results; queryScore, resultType [client]; addressCountryName [assumed]. Names that the
# service does not know are ignored [spec] and give empty cells here.

FIELDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "geocode": _PLACE,
        "reverse": MappingProxyType({**_PLACE, "bd_distance": "distance"}),
        "lookup": _PLACE,
    }
)
"""API → our column → HERE's output column."""

_SPELLINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "positionlat": ("positionlatitude", "latitude", "lat"),
        "positionlng": ("positionlongitude", "longitude", "lng"),
        **{
            f"address{name}": (name,)
            for name in ("label", "housenumber", "street", "district", "city", "state", "postalcode")
        },
        "addresscountryname": ("countryname",),
        "addresscountrycode": ("countrycode",),
    }
)
# A column is named by the path of its value, flattened ([doc] Output data): scoring.queryScore → scoringQueryScore. Names of the last
# member alone (queryScore, accessLatitude) are asked for by a public client [client: Mapotempo], so HERE had them too. Such
# alternative keys are being taken away, the second time in October 2026 ([doc] deprecation and change notice; which keys these are
# was not read): whichever comes is read.


_SCORING = "scoring"
"""The member of an answer under which its scores stand: what begins with it is also read without it, and the other way round."""


def spellings(name: str) -> tuple[str, ...]:
    """The names in lower case under which a column of HERE's may come, the one that is asked for first."""
    folded = name.lower()
    without = folded.removeprefix(_SCORING)
    return (folded, *_SPELLINGS.get(folded, ()), _SCORING + folded if without == folded else without)


TWIN_COLUMNS = ("scoringQueryScore",)
"""Asked for beside `queryScore`: which of the two HERE knows is not sure, and unknown names are ignored [spec]."""

HRNS: Mapping[str, str] = MappingProxyType(
    {
        "geocode": "hrn:here:service::olp-here:search-geocode-7",
        "reverse": "hrn:here:service::olp-here:search-revgeocode-7",
        "lookup": "hrn:here:service::olp-here:search-lookup-7",
    }
)
"""API → `serviceHrn` [spec]."""

INPUTS: Mapping[str, str] = MappingProxyType({"geocode": "q", "reverse": "at", "lookup": "id"})
"""API → the input column of the record itself [spec]."""

EXTRAS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"geocode": ("in", "lang", "limit"), "reverse": ("lang", "limit"), "lookup": ("lang",)}
)
"""API → further input columns [spec]: a route's parameter of that name, or the record's own field, which wins."""

APIS: Mapping[str, Api] = MappingProxyType(
    {
        name: Api(name, takes, tuple(FIELDS[name]), _PRICE, own_columns=EXTRAS[name], language="lang")
        for name, takes in (("geocode", Takes.PLACE), ("reverse", Takes.POINT), ("lookup", Takes.ID))
    }
)
