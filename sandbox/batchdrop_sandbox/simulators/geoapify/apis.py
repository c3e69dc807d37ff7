"""Which APIs a batch may call. A further API is one more file and one more line here."""

from collections.abc import Mapping

from batchdrop_sandbox.simulators.geoapify.api import InnerApi
from batchdrop_sandbox.simulators.geoapify.boundaries import (
    CONSISTS_OF,
    PART_OF,
    POSTCODE_LIST,
    POSTCODE_SEARCH,
)
from batchdrop_sandbox.simulators.geoapify.geocoding import REVERSE, SEARCH
from batchdrop_sandbox.simulators.geoapify.ipinfo import IP_INFO
from batchdrop_sandbox.simulators.geoapify.isoline import ISOLINE
from batchdrop_sandbox.simulators.geoapify.mapmatching import MAP_MATCHING
from batchdrop_sandbox.simulators.geoapify.places import PLACE_DETAILS, PLACES
from batchdrop_sandbox.simulators.geoapify.routematrix import ROUTE_MATRIX
from batchdrop_sandbox.simulators.geoapify.routeplanner import ROUTE_PLANNER
from batchdrop_sandbox.simulators.geoapify.routing import ROUTING

_SEED = (SEARCH, REVERSE, ROUTING, ISOLINE)  # [seed] the four that the batch page names
_BODY = (MAP_MATCHING, ROUTE_MATRIX)  # [spec] of the batch service's examples; called by POST with a body
_MORE = (
    ROUTE_PLANNER,
    PLACES,
    PLACE_DETAILS,
    PART_OF,
    CONSISTS_OF,
    POSTCODE_LIST,
    POSTCODE_SEARCH,
    IP_INFO,
)  # [doc] product page

APIS: Mapping[str, InnerApi] = {api.path: api for api in (*_SEED, *_BODY, *_MORE)}
