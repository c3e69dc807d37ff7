"""Clients that nobody here wrote, unpatched but for the host, in environments of their own, against the simulators."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop_sandbox.simulators.clock import Clock
from batchdrop_sandbox.simulators.server import SimulatorServer
from tests.template.loading import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.e2e, pytest.mark.long]

PYTHON = ROOT / ".envs/client/bin/python"
MODULES = ROOT / ".envs/npm-clients/node_modules"
CLIENTS = Path(__file__).with_name("clients")
DATA = files("batchdrop_sandbox") / "data"
INPUTS = 2500
NOWHERE = "Zzqx vblort 1, Qwrtz"

with_npm = pytest.mark.skipif(
    not MODULES.exists() and shutil.which("npm") is None, reason="npm is missing: see `make install`"
)


@pytest.fixture
def simulator() -> Iterator[SimulatorServer]:
    """A simulator of its own, whose clock outruns the client's long first sleep."""
    with SimulatorServer.start(services=["geoapify"], clock=Clock(speed=10)) as server:
        yield server


@pytest.fixture
def geocoder() -> Iterator[SimulatorServer]:
    """The Batch Geocoder; node-geocoder looks 500 times without a pause and then gives up."""
    with SimulatorServer.start(services=["here_geocoder_v6"], clock=Clock(speed=60)) as server:
        yield server


def test_geobatchpy_submits_and_receives_two_and_a_half_thousand_inputs(
    simulator: SimulatorServer, tmp_path: Path
) -> None:
    rows = list(csv.DictReader(io.StringIO((DATA / "us_addresses.csv").read_text())))[:INPUTS]
    truth = {
        row["customer_id"]: row
        for row in csv.DictReader(io.StringIO((DATA / "us_addresses_truth.csv").read_text()))
    }
    inputs = [{"id": row["customer_id"], "params": {"text": _address(row)}} for row in rows]
    asked, jobs, answered = (tmp_path / name for name in ("asked.json", "jobs.json", "answered.json"))
    asked.write_text(json.dumps({"api": "/v1/geocode/search", "inputs": inputs}))
    _geobatch(simulator, "submit", asked, jobs)
    assert len(json.loads(jobs.read_text())["result_urls"]) == 3
    _geobatch(simulator, "receive", jobs, answered)

    results: list[dict[str, Any]] = json.loads(answered.read_text())["results"]
    assert [result["id"] for result in results] == [row["customer_id"] for row in rows]
    for result in results:
        [place] = result["result"]["results"][:1]
        true = truth[result["id"]]
        assert (place["lat"], place["lon"]) == (float(true["lat"]), float(true["lng"]))
    billed = simulator.ledger.snapshot()["geoapify"]
    assert (billed["jobs"], billed["records"]) == (3, INPUTS)


def test_every_function_of_geobatchpy_is_answered(simulator: SimulatorServer) -> None:
    found = _call_all(simulator)
    alone, batch = found["alone"], found["batch"]
    for name in (
        "geocode",
        "reverse_geocode",
        "place_details",
        "place_details_at",
        "places",
        "part_of",
        "isoline",
    ):
        assert alone[name]["features"], name
    assert alone["consists_of"]["type"] == "FeatureCollection"
    assert alone["isoline_topojson"]["type"] == "Topology"
    assert len(alone["route_matrix"]["sources_to_targets"][1]) == 2
    first, second = batch["geocode"]
    assert (first["result"]["results"][0]["city"], second["result"]["results"]) == ("Berlin", [])
    assert batch["geocode_geojson"][0]["result"]["features"]
    assert [one.get("city") for one in batch["geocode_simplified"]] == ["Berlin", None]
    assert batch["geocode_structured"][0]["result"]["results"][0]["city"] == "Berlin"
    assert [one["result"]["results"][0]["country_code"] for one in batch["reverse_geocode"]] == ["de", "de"]
    assert all(one["result"]["features"] for one in batch["places"])
    assert batch["place_details"][0][0]["properties"]["city"] == "Berlin"
    assert all(one["result"]["features"] for one in batch["isoline_geojson"])


@with_npm
def test_topojson_and_geobuf_isolines_are_read_by_the_libraries_of_these_formats(
    simulator: SimulatorServer,
) -> None:
    batch = _call_all(simulator)["batch"]
    for place in (0, 1):
        plain, topology, packed = (
            batch[f"isoline_{kind}"][place]["result"] for kind in ("geojson", "topojson", "geobuf")
        )
        read = _node("decode_isolines.mjs", {"topojson": topology, "geobuf": packed})
        for form in ("topojson", "geobuf"):
            assert _shapes(read[form]) == _shapes(plain), form


@with_npm
@pytest.mark.parametrize("settings", [{}, {"final_newline": False}, {"no_match_counts_as": "success"}])
@pytest.mark.parametrize(
    ("options", "addresses"),
    [
        ({}, ["Berlin, Germany", NOWHERE, "Hamburg, Germany"]),
        ({"country": "DEU", "language": "de", "limit": 1}, ["Berlin", "Hamburg"]),
    ],
)
def test_node_geocoder_geocodes_a_batch(
    geocoder: SimulatorServer, options: dict[str, Any], addresses: list[str], settings: dict[str, Any]
) -> None:
    geocoder.behaviours["here_geocoder_v6"].configure(settings)
    base = geocoder.urls["here_geocoder_v6"].removesuffix("/6.2")
    asked = {"addresses": addresses, "options": {"apiKey": "client-key", **options}}
    found = _node("node_geocoder.mjs", asked, base)
    assert len(found) == len(addresses)
    for address, one in zip(addresses, found, strict=True):
        assert one["error"] is None
        (place,) = one["value"][:1]
        if address == NOWHERE:
            assert (place["city"], place["latitude"]) == ("", 0)
            continue
        city = address.partition(",")[0]
        assert (place["city"], place["country"], place["countryCode"]) == (city, "Germany", "DEU")
        assert (place["formattedAddress"], place["provider"]) == (f"{city}, Germany", "here")
    billed = geocoder.ledger.snapshot()["here_geocoder_v6"]
    assert (billed["jobs"], billed["records"]) == (1, len(addresses))


@with_npm
def test_node_geocoder_tells_which_record_is_an_error_line(geocoder: SimulatorServer) -> None:
    # The client's own check takes a line only if something stands before "Line Number".
    geocoder.behaviours["here_geocoder_v6"].configure({"error_line_prefix": "ERROR "})
    base = geocoder.urls["here_geocoder_v6"].removesuffix("/6.2")
    asked = {"addresses": ["Berlin", 'He said "x" | twice', "Hamburg"], "options": {"apiKey": "k"}}
    given = _node("node_geocoder.mjs", {**asked, "addresses": ["Berlin", "Hamburg"]}, base)
    found = _node("node_geocoder.mjs", asked, base)
    assert [one["error"] for one in found] == [None, '2|"He said "x" | twice" ', None]
    assert [found[0], found[2]] == given


def _address(row: dict[str, str]) -> str:
    return f"{row['address1']}, {row['city']}, {row['state']} {row['postal_code']}, {row['country']}"


def _geobatch(simulator: SimulatorServer, *arguments: object) -> None:
    script = CLIENTS / "geobatchpy_here.py"
    _run(PYTHON, script, simulator.urls["geoapify"], *arguments, "-k", "client-key")


def _call_all(simulator: SimulatorServer) -> dict[str, Any]:
    """The answers to every function of geobatchpy; jobs are done at once, for it sleeps three seconds where they are not."""
    simulator.behaviours["geoapify"].configure({"processing_seconds": 0, "seconds_per_input": 0})
    script = CLIENTS / "geobatchpy_here.py"
    answers: dict[str, Any] = json.loads(_run(PYTHON, script, simulator.urls["geoapify"], "all"))
    return answers


def _node(script: str, given: object, *arguments: str) -> Any:
    assert MODULES.exists(), "run `make install`"
    return json.loads(_run("node", CLIENTS / script, MODULES, *arguments, given=json.dumps(given)))


def _run(*command: object, given: str = "") -> str:
    done = subprocess.run(
        [str(part) for part in command], check=False, capture_output=True, text=True, timeout=120, input=given
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def _shapes(collection: dict[str, Any]) -> list[Any]:
    return [(one["properties"], one["geometry"]) for one in collection["features"]]
