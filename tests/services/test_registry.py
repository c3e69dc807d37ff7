"""A service is whole: class, host, simulator, page, suite. A missing piece fails here."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import pytest

from batchdrop.errors import ConfigurationError
from batchdrop.routes import BUILT_IN, Route
from batchdrop.services import DEFAULT_BASES, SERVICES, build
from batchdrop.steps.plan.options import spoken
from batchdrop.transport.hosts import checked_base
from batchdrop_sandbox.simulators.registry import SIMULATORS
from tests.services.conformance import ServiceConformance

ROOT = Path(__file__).parents[2]


def test_there_are_services() -> None:
    assert len(SERVICES) == len(list(SERVICES)) >= 2


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_all_its_pieces(name: str) -> None:
    service = SERVICES[name]
    assert service.name == name
    assert checked_base(DEFAULT_BASES[name], allow_simulator=False).loopback is False
    assert name in SIMULATORS
    page = (ROOT / "docs" / "services" / f"{name}.md").read_text(encoding="utf-8")
    for api in service.apis.values():
        assert f"`{api.name}`" in page
        assert all(column.startswith("bd_") and column in page for column in api.columns)
    suite = importlib.import_module(f"tests.services.test_{name}")
    assert [
        kind
        for _, kind in inspect.getmembers(suite, inspect.isclass)
        if issubclass(kind, ServiceConformance) and getattr(kind, "name", "") == name
    ]


@pytest.mark.parametrize("route", BUILT_IN.values(), ids=BUILT_IN)
def test_every_built_in_route_names_an_api_and_gives_what_it_needs(route: object) -> None:
    from_route = BUILT_IN[getattr(route, "name", "")]
    api = SERVICES[from_route.service].apis[from_route.api]
    assert set(api.required_params) <= set(from_route.params)


def test_an_unknown_service_is_a_setting_to_correct() -> None:
    with pytest.raises(ConfigurationError, match="known: geoapify"):
        build("nothing", credentials=lambda _: {}, clock=lambda: 0.0)


def test_a_simulated_service_is_never_asked_at_its_real_host() -> None:
    with pytest.raises(ConfigurationError, match="HOST_REFUSED"):
        build("geoapify", credentials=lambda _: {}, clock=lambda: 0.0, simulated=True)


def test_a_service_is_built_for_its_own_host_unless_another_is_named() -> None:
    for base in ("", "https://api-eu.geoapify.com"):
        assert (
            build("geoapify", base_url=base, credentials=lambda _: {}, clock=lambda: 0.0).name == "geoapify"
        )


@pytest.mark.parametrize("name", SERVICES)
def test_the_language_parameter_of_an_api_is_one_that_the_service_takes(name: str) -> None:
    service = SERVICES[name]
    for api in service.apis.values():
        if api.language:
            params = {**dict.fromkeys(api.required_params, ""), api.language: "de"}
            assert set(api.columns) <= set(service.columns_for(api.name, params))
        else:
            with pytest.raises(ConfigurationError, match=f"`language`: {name} {api.name}"):
                spoken(Route("r", name, api.name, language="de"), service)
