"""Starts geobatchpy with its one fixed host replaced.

`python geobatchpy_here.py BASE submit …` is the client's own command, `… BASE all` calls every function of its Client once
and prints the answers as JSON. The client has no setting for its host; the function that names it is wrapped in every
module that took it by name.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from geobatchpy import Client, batch, boundaries, client, utils
from geobatchpy.batch import simplify_batch_place_details_results
from geobatchpy.cli import main

POINT = (13.41053, 52.52437)  # lon, lat
POINTS = [POINT, (9.99302, 53.55073)]
TEXTS = ["Berlin, Germany", "Zzqx vblort"]
KINDS = ("geojson", "topojson", "geobuf")


def call_alone(one: Client) -> dict[str, Any]:
    """The calls outside a batch."""
    lon, lat = POINT
    place = one.geocode(TEXTS[0], {"format": "json"})["results"][0]["place_id"]
    return {
        "geocode": one.geocode(TEXTS[0]),
        "reverse_geocode": one.reverse_geocode(lon, lat),
        "place_details": one.place_details(place_id=place, features=["details"]),
        "place_details_at": one.place_details(longitude=lon, latitude=lat, language="de"),
        "places": one.places(
            ["populated_place"], filter_by_region=f"circle:{lon},{lat},5000", proximity_by=POINT, limit=3
        ),
        "isoline": one.isoline(lon, lat, 600),
        "isoline_topojson": one.isoline(lon, lat, 600, output_format="topojson"),
        "route_matrix": one.route_matrix(POINTS, travel_mode="walk"),
        "part_of": one.boundaries.part_of(longitude=lon, latitude=lat),
        "consists_of": one.boundaries.consists_of(place),
    }


def call_batches(one: Client) -> dict[str, Any]:
    """The calls of batches."""
    jobs = one.batch
    found = jobs.geocode(TEXTS, parameters={})
    place = found[0]["result"]["results"][0]["place_id"]
    near = {"categories": "populated_place", "filter": "circle:13.41,52.52,5000"}
    return {
        "geocode": found,
        "geocode_geojson": jobs.geocode(TEXTS, parameters={"format": "geojson"}),
        "geocode_simplified": jobs.geocode(TEXTS, parameters={}, simplify_output=True),
        "geocode_structured": jobs.geocode([{"city": "Berlin", "country": "Germany"}], parameters={}),
        "reverse_geocode": jobs.reverse_geocode(POINTS, parameters={}),
        "places": jobs.places([near, near], parameters={}),
        "place_details": simplify_batch_place_details_results(jobs.place_details(place_ids=[place])),
        **{f"isoline_{kind}": jobs.isoline(POINTS, 600, output_format=kind) for kind in KINDS},
    }


def use_host(base: str) -> None:
    """Send every request to `base` in place of https://api.geoapify.com."""
    real = utils.get_api_url

    def build_url(*arguments: Any, **options: Any) -> str:
        url: str = real(*arguments, **options)
        return url.replace("https://api.geoapify.com", base)

    for module in (utils, batch, client, boundaries):
        module.get_api_url = build_url


if __name__ == "__main__":
    use_host(sys.argv.pop(1))
    if sys.argv[1:] == ["all"]:
        whole = Client(api_key="client-key")
        json.dump({"alone": call_alone(whole), "batch": call_batches(whole)}, sys.stdout)
    else:
        main()
