"""Routes: built in, or defined in the inbox bucket."""

from __future__ import annotations

from typing import Any

import pytest

from batchdrop.routes import BUILT_IN, Route, parse


def test_every_built_in_route_survives_the_job_row() -> None:
    for route in BUILT_IN.values():
        assert Route.from_dict(route.to_dict()) == route


def test_a_route_may_extend_a_built_in_one() -> None:
    route = parse("mine", {"extends": "geoapify-geocode", "params": {"lang": "de"}, "dedupe": False})
    assert (route.name, route.service, route.api, route.dedupe) == ("mine", "geoapify", "geocode", False)
    assert route.params == {"format": "json", "limit": 1, "lang": "de"}


def test_a_route_may_stand_alone() -> None:
    route = parse("mine", {"service": "here_batch_v7", "api": "lookup", "batch_records": 10})
    assert (route.service, route.api, route.batch_records) == ("here_batch_v7", "lookup", 10)


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ([], "not a JSON object"),
        ({}, "needs `service` and `api`"),
        ({"extends": "nothing"}, "needs `service` and `api`"),
        ({"extends": "here-geocode", "dedup": True}, "unknown options dedup"),
        ({"extends": "here-geocode", "dedupe": "no"}, "`dedupe` is not of the kind bool"),
        ({"extends": "here-geocode", "params": []}, "`params` is not of the kind dict"),
    ],
)
def test_a_wrong_route_says_what_to_correct(entry: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse("mine", entry)


@pytest.mark.parametrize(
    "entry",
    [
        {"batch_records": -5},
        {"batch_records": True},
        {"pace": {"min_wait": "soon"}},
        {"pace": {"min_wait": 0}},
        {"pace": {"first_look": float("nan")}},
        {"pace": {"min_wait": True}},
        {"pace": {"often": 5}},
        {"extends": ["here-geocode"]},
    ],
)
def test_numbers_that_would_send_or_look_wrongly_are_refused_before_anything_is_sent(
    entry: dict[str, object],
) -> None:
    with pytest.raises(ValueError, match=r"batch_records|pace|extends"):
        parse("r", {"extends": "here-geocode", **entry})
