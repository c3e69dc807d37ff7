"""Routes: built in, or defined in the inbox bucket."""

from __future__ import annotations

from batchdrop.routes import BUILT_IN, Route


def test_every_built_in_route_survives_the_job_row() -> None:
    for route in BUILT_IN.values():
        assert Route.from_dict(route.to_dict()) == route
