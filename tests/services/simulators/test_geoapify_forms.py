"""Geoapify's further forms: formats of isolines, the route planner, calls outside a batch, quotas, failed inputs."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop_sandbox.simulators.geoapify import geobuf
from batchdrop_sandbox.simulators.geoapify.apis import APIS

if TYPE_CHECKING:
    from tests.services.simulators.scene import Scene

RING = {"lat": 52.52, "lon": 13.38, "type": "time", "mode": "drive", "range": "600,1200"}
WALK = [{"params": {"text": "Berlin"}}]
AREA = [[[13.4, 52.5], [13.41, 52.5], [13.4, 52.51], [13.4, 52.5]]]
HOLE = [[[13.401, 52.501], [13.402, 52.501], [13.401, 52.502], [13.401, 52.501]]]
SHOWN = {"lat": 52.5, "mode": "drive", "range": 600, "traffic": True, "id": "abc"}
COLLECTION = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": SHOWN,
            "geometry": {"type": "Polygon", "coordinates": AREA + HOLE},
        }
    ],
    "properties": {"id": "abc"},
}
# What the npm package geobuf 3.0.2 makes of the same collection.
GEOBUF = (
    "0a036c61740a046d6f64650a0572616e67650a07747261666669630a0269640a0a70726f70657274696573180322640a4e0a1c08041202"
    "03031a14b0d101a8b40614001314b2d101aab406020001026a09110000000000404a406a070a0564726976656a0318d8046a0228016a05"
    "0a03616263720a000001010202030304046a0e320c7b226964223a22616263227d7a020500"
)


def submitted(scene: Scene, inputs: list[dict[str, Any]], **body: Any) -> str:
    """The id of a new job."""
    asked = {"api": "/v1/geocode/search", "inputs": inputs, **body}
    job: str = scene.geoapify.submit("k", json.dumps(asked).encode()).json()["id"]
    return job


def alone(scene: Scene, path: str, **params: str) -> Any:
    """The reply of an API outside a batch."""
    return scene.geoapify.call_alone("k", APIS[path], params, b"")


def test_topojson_has_the_same_rings_as_geojson(scene: Scene) -> None:
    plain, topology = (
        scene.ask_geoapify("/v1/isoline", {"params": {**RING, "format": shape}})[0]["result"]
        for shape in ("geojson", "topojson")
    )
    assert topology["type"] == "Topology"
    (name,) = topology["objects"]
    shapes = topology["objects"][name]["geometries"]
    assert [one["properties"] for one in shapes] == [one["properties"] for one in plain["features"]]
    rings = [[topology["arcs"][arc] for arc in arcs] for one in shapes for arcs in one["arcs"]]
    assert rings == [[ring] for one in plain["features"] for ring in one["geometry"]["coordinates"]]


def test_geobuf_is_what_another_encoder_makes_of_it() -> None:
    assert geobuf.encode(COLLECTION).hex() == GEOBUF


@pytest.mark.parametrize("form", ["base64", "buffer"])
def test_geobuf_stands_in_a_batch_as_text_or_as_a_buffer(scene: Scene, form: str) -> None:
    scene.geoapify.configure({"geobuf_form": form})
    asked = {"params": {**RING, "format": "geobuf"}}
    result = scene.ask_geoapify("/v1/isoline", asked)[0]["result"]
    raw = base64.b64decode(result) if form == "base64" else bytes(result["data"])
    assert raw.startswith(b"\x0a\x03lat")


def test_an_isoline_alone_reaches_half_as_far_as_one_of_a_batch(scene: Scene) -> None:
    for kind, most in (("time", 7200), ("distance", 200_000)):
        asked = {**RING, "type": kind}
        within, beyond = scene.ask_geoapify(
            *("/v1/isoline", {"params": {**asked, "range": most}}), {"params": {**asked, "range": most + 1}}
        )
        assert (len(within["result"]["features"]), beyond["result"]["statusCode"]) == (1, 400)
        texts = {name: str(value) for name, value in asked.items()}
        half = {**texts, "range": str(most // 2)}
        assert alone(scene, "/v1/isoline", **half).status == 200
        assert alone(scene, "/v1/isoline", **{**texts, "range": str(most // 2 + 1)}).status == 400


@pytest.mark.parametrize(
    ("mode", "end"),
    [
        ("walk", "53.9,13.4"),
        ("scooter", "55.5,13.4"),
        ("bicycle", "55.5,13.4"),
        ("mountain_bike", "58.5,13.4"),
        ("road_bike", "63.8,13.4"),
        ("drive", "0,100"),
    ],
)
def test_a_route_alone_is_half_as_long_as_one_of_a_batch(scene: Scene, mode: str, end: str) -> None:
    params = {"waypoints": f"52.8,13.4|{end}", "mode": mode}
    (answer,) = scene.ask_geoapify("/v1/routing", {"params": params})
    assert "features" in answer["result"]
    assert alone(scene, "/v1/routing", **params).status == 400
    (farther,) = scene.ask_geoapify(
        "/v1/routing", {"params": {**params, "waypoints": f"52.8,13.4|{end}|52.8,13.4"}}
    )
    assert farther["result"]["statusCode"] == 400


def test_an_api_alone_answers_and_costs_what_an_input_does(scene: Scene) -> None:
    reply = alone(scene, "/v1/geocode/search", text="Berlin", format="json")
    (batched,) = scene.ask_geoapify("/v1/geocode/search", {"params": {"text": "Berlin", "format": "json"}})
    assert (reply.status, reply.json()) == (200, batched["result"])
    assert scene.account("geoapify")["credits"] == 1 + 3
    assert scene.account("geoapify")["distinct_records"] == 1
    assert alone(scene, "/v1/geocode/search").json()["statusCode"] == 400
    assert scene.geoapify.call_alone("k", APIS["/v1/routematrix"], {}, b"[]").status == 400
    assert scene.geoapify.call_alone("refused-key", APIS["/v1/isoline"], {}, b"").status == 401
    binary = alone(scene, "/v1/isoline", **{**{k: str(v) for k, v in RING.items()}, "format": "geobuf"})
    assert binary.headers["Content-Type"] == "application/octet-stream"


def agents(count: int, *ends: str) -> list[dict[str, Any]]:
    """So many agents with a place at each of these ends."""
    return [{f"{end}_location": [13.4, 52.5] for end in ends} for _ in range(count)]


JOB = {"location": [13.38, 52.52], "duration": 60}
SHIPMENT = {"pickup": {"location": [13.3, 52.5]}, "delivery": {"location_index": 0, "duration": 30}}


@pytest.mark.parametrize(
    ("body", "price"),
    [
        ({"agents": agents(2, "start"), "jobs": [JOB] * 7}, 81),
        ({"agents": agents(10, "start", "end"), "jobs": [JOB] * 50}, 700),
        ({"agents": agents(10, "start", "end"), "shipments": [SHIPMENT] * 30}, 800),
        ({"agents": agents(1, "start"), "jobs": [JOB] * 9}, 100),
        ({"agents": agents(1, "start"), "jobs": [JOB] * 10}, 110),
        ({"agents": [{}], "jobs": [JOB]}, 1),
        ({"agents": 3}, 1),
    ],
)
def test_a_route_plan_costs_the_square_of_its_locations_up_to_ten(
    scene: Scene, body: dict[str, Any], price: int
) -> None:
    whole = {"mode": "drive", "locations": [{"location": [13.5, 52.4]}], **body}
    scene.ask_geoapify("/v1/routeplanner", {"body": whole})
    assert scene.account("geoapify")["credits"] == price + 2


def test_a_route_plan_has_a_feature_for_each_agent_with_work(scene: Scene) -> None:
    body = {
        "mode": "drive",
        "agents": agents(3, "start", "end"),
        "jobs": [JOB],
        "shipments": [SHIPMENT],
        "locations": [{"location": [13.5, 52.4]}],
    }
    (answer,) = scene.ask_geoapify("/v1/routeplanner", {"id": "x", "body": body})
    found = answer["result"]
    assert found["properties"]["issues"] == {
        "unassigned_agents": [2],
        "unassigned_jobs": [],
        "unassigned_shipments": [],
    }
    first, second = (one["properties"] for one in found["features"])
    assert [one["type"] for one in first["actions"]] == ["start", "job", "end"]
    assert [one["type"] for one in second["actions"]] == ["start", "pickup", "delivery", "end"]
    assert second["waypoints"][2]["location"] == [13.5, 52.4]
    assert first["end_time"] == first["time"] > 60
    assert len(first["legs"]) == 2


@pytest.mark.parametrize(
    "body",
    [
        {"mode": "drive"},
        {"mode": "fly", "agents": [{}], "jobs": [JOB]},
        {"mode": "drive", "agents": [{}]},
        {"mode": "drive", "agents": [{}], "jobs": [{}]},
        {"mode": "drive", "agents": [{}], "jobs": [{"location": [200, 0]}]},
        {"mode": "drive", "agents": [{}], "jobs": [{"location_index": 4}]},
        {"mode": "drive", "agents": ["me"], "jobs": [JOB]},
    ],
)
def test_a_route_plan_that_is_none_is_an_error_inside_the_result(scene: Scene, body: dict[str, Any]) -> None:
    (answer,) = scene.ask_geoapify("/v1/routeplanner", {"body": body})
    assert answer["result"]["statusCode"] == 400


@pytest.mark.parametrize("status", [429, 403])
def test_a_used_up_day_is_refused_in_words_until_the_next_one(scene: Scene, status: int) -> None:
    scene.geoapify.configure({"daily_credits": 3, "quota_status": status})
    job = submitted(scene, WALK)
    scene.clock.advance(60)
    assert scene.geoapify.look("k", job).status == 200
    for reply in (scene.geoapify.look("k", job), scene.geoapify.submit("k", b"{}")):
        assert (reply.status, reply.json()["message"]) == (status, "Daily quota limit exceeded")
    assert scene.account("geoapify")["credits"] == 3
    scene.clock.advance(86_400 / 2)
    assert scene.geoapify.look("k", job).status == 200


def test_results_may_stay_away_although_the_time_has_passed(scene: Scene) -> None:
    scene.geoapify.configure({"results_missing": True})
    job = submitted(scene, WALK)
    assert scene.geoapify.look("k", job).status == 202
    for _ in range(3):
        scene.clock.advance(3600)
        assert scene.geoapify.look("k", job).status == 404


@pytest.mark.parametrize(
    ("form", "result"),
    [
        ("object", {"statusCode": 400, "error": "Bad Request", "message": '"limit" must be a number'}),
        ("empty", {}),
        ("text", '"limit" must be a number'),
    ],
)
def test_a_failed_input_has_an_error_object_an_empty_one_or_a_text(
    scene: Scene, form: str, result: object
) -> None:
    scene.geoapify.configure({"error_form": form, "error_inputs": [1]})
    wrong = {"params": {"text": "Berlin", "limit": "x"}}
    first, second = scene.ask_geoapify("/v1/geocode/search", wrong, WALK[0])
    assert first["result"] == result
    assert type(second["result"]) is type(result)
