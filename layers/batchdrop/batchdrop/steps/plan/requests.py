"""A dropped file that is the service's own request says itself which API it is for, and with which parameters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from batchdrop.errors import BadFile, ConfigurationError
from batchdrop.ports import OWN_PARAM, Place
from batchdrop.problems import problem
from batchdrop.records.kinds import is_objects_name
from batchdrop.records.native import members
from batchdrop.records.own_params import given
from batchdrop.records.reading import open_table
from batchdrop.records.source import skip
from batchdrop.records.values import find_surrogate

if TYPE_CHECKING:
    from batchdrop.jobs import Input
    from batchdrop.ports import Api, Service, Store
    from batchdrop.routes import Route


def asked_for(store: Store, dropped: Input, route: Route, service: type[Service]) -> Route:
    """The route with the file's own API and parameters; the route as it is for any other file.

    Raises BadFile (REQUEST_INVALID, and as records.native does), GoneMissing.
    """
    requests = service.can.requests
    if requests is None or not is_objects_name(dropped.key):
        return route
    with store.open(Place.of(dropped)) as stream:
        source, dialect = open_table(stream, name=dropped.key, encoding=route.encoding, own=requests.member)
        if dialect.member != requests.member:
            return route
        skip(source, 3 if dialect.bom else 0)
        found, _ = members(source, requests.member)
    if find_surrogate(found):
        raise BadFile(
            [problem("REQUEST_INVALID", reason="it holds half of a surrogate pair, which is no letter")]
        )
    try:
        api, params = requests.route_of(found, route.params)
        service.columns_for(api, given(params, brought(service.apis[api])))
    except ConfigurationError as wrong:
        raise BadFile([problem("REQUEST_INVALID", reason=str(wrong))]) from None
    return replace(route, api=api, params=params)


def brought(api: Api) -> dict[str, str]:
    """Columns of such a file, as a plan has them: what the API needs may stand in each input."""
    return {OWN_PARAM + name: name for name in api.required_params}
