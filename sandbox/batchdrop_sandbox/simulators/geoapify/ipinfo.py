"""/v1/ipinfo: where an address of the internet is. No such data is shipped: the answer is one of the large cities."""

import ipaddress
from typing import Any

from batchdrop_sandbox.simulators.gazetteer import Gazetteer
from batchdrop_sandbox.simulators.geoapify.api import InnerApi, Question, Refused, text
from batchdrop_sandbox.simulators.places import cities

_LARGE = 200  # the answer is one of so many cities, always the same for the same address [assumed]


def locate(question: Question, _: Gazetteer) -> dict[str, Any]:
    """City, country, location and state of an address [spec]; in a batch there is no caller's own one [assumed]."""
    raw = text(question.params, "ip")
    try:
        address = ipaddress.ip_address(raw)
    except ValueError:
        raise Refused(400, '"ip" must be a valid ip address') from None
    if not address.is_global:
        raise Refused(400, '"ip" must be a public ip address')
    place = cities()[int(address) % _LARGE]
    named = {"names": {"en": place.state}}
    return {
        "city": {"names": {"en": place.city}, "name": place.city},
        "country": {
            "iso_code": place.country_code,
            "names": {"en": place.country},
            "name": place.country,
        },
        "location": {"latitude": place.lat, "longitude": place.lon},
        **({"subdivisions": [named], "state": {"name": place.state}} if place.state else {}),
        "datasource": [{"name": "GeoNames", "attribution": "© GeoNames", "license": "CC BY 4.0"}],
        "ip": raw,
    }


def price(_: Question) -> float:
    """One credit [assumed]."""
    return 1.0


IP_INFO = InnerApi("/v1/ipinfo", locate, price)
