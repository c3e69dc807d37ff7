"""Results with a geometry are also given as a map: results.geojson, written along with the results, and as resumable."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from batchdrop.ports import Api, Price, Takes
from tests.steps.memory_service import MemoryService
from tests.steps.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PEOPLE = "id,address\n7,Main Street 1\n8,nowhere\n9,Main Street 1\n10,Straße 2\n".encode()


class Shaping(MemoryService):
    """Answers with a place and a shape."""

    apis: ClassVar[Mapping[str, Api]] = {
        "geocode": Api(
            "geocode", Takes.PLACE, ("bd_lat", "bd_geometry", "bd_label", "bd_code"), Price("credits", 1)
        )
    }

    def read(self, batch: Any, raw: Any, notes: Any = None) -> Iterator[Any]:
        for outcome in super().read(batch, raw, notes):
            rows = [(lat, f"POINT ({lat} 2.50)", f'"{label}"', "007") for lat, label in outcome.answers]
            yield type(outcome)(outcome.ordinal, outcome.kind, outcome.code, outcome.message, tuple(rows * 2))


def collection(world: World, job: str, name: str = "results.geojson") -> dict[str, Any]:
    body = world.output(job, name)
    found: dict[str, Any] = json.loads(gzip.decompress(body) if name.endswith(".gz") else body)
    return found


def test_each_answer_with_a_geometry_is_a_feature_with_our_columns_and_none_of_the_users() -> None:
    world = World(Shaping)
    world.shop.answer = lambda text: None if text == "nowhere" else {"lat": "1.50", "label": text}
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    found = collection(world, job)
    assert found["type"] == "FeatureCollection"
    assert [
        (feature["properties"]["bd_recId"], feature["properties"]["bd_seqNumber"])
        for feature in found["features"]
    ] == [(1, 1), (1, 2), (3, 1), (3, 2), (4, 1), (4, 2)]
    assert found["features"][-1] == {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [1.5, 2.5]},
        "properties": {
            "bd_recId": 4, "bd_seqNumber": 2, "bd_seqLength": 2, "bd_lat": 1.5, "bd_label": '"Straße 2"', "bd_code": "007",
        },
    }  # fmt: skip
    assert b"[1.50,2.50]" in world.output(job, "results.geojson"), "digits are the service's own"
    document = world.document(job)
    assert document["geojsonHref"].endswith(f"jobs/{job}/results.geojson")
    assert document["resultsHref"].endswith("/results.csv")
    [event] = world.publisher.on_topic
    assert event.detail["output"]["geojson"].endswith("results.geojson")
    assert event.detail["output"]["results"].endswith("results.csv")


def test_a_job_without_any_match_has_an_empty_map_and_one_without_geometry_has_none() -> None:
    world = World(Shaping)
    world.shop.answer = lambda _: None
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    assert collection(world, job) == {"type": "FeatureCollection", "features": []}
    plain = World()
    job = plain.drop(PEOPLE)
    assert plain.drive(job) == "Done"
    assert "geojsonHref" not in plain.document(job)


def test_a_geometry_that_is_empty_or_odd_is_no_feature_and_stays_in_the_results() -> None:
    world = World(Shaping)
    world.shop.answer = lambda text: {"lat": "x" if text == "nowhere" else "1", "label": text}
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    assert {feature["properties"]["bd_recId"] for feature in collection(world, job)["features"]} == {1, 3, 4}
    assert world.rows(job, "results.csv")[2]["bd_geometry"] == "POINT (x 2.50)"


@pytest.mark.parametrize("zipped", [False, True])
def test_in_pieces_it_is_the_same_map(zipped: bool) -> None:
    data = b"n,address\n" + b"".join(b"%d,Street %d\n" % (number, number % 300) for number in range(45_000))
    name = "n.csv.gz" if zipped else "n.csv"
    whole, pieces = World(Shaping), World(Shaping)
    jobs = []
    for world in (whole, pieces):
        world.shop.answer = lambda text: {"lat": str(len(text)), "label": text}
        jobs.append(world.drop(gzip.compress(data) if zipped else data, name=name))
    assert whole.drive(jobs[0]) == "Done"
    payload = {"job": jobs[1], "run": 0}
    for lane in pieces.plan(payload)["lanes"]:
        pieces.lane(payload, lane)
    outcomes = pieces.collect_in_pieces(payload)
    assert outcomes == ["more", "more", "done"]
    output = "results.geojson.gz" if zipped else "results.geojson"
    expected = collection(whole, jobs[0], output)
    assert len(expected["features"]) == 90_000
    assert collection(pieces, jobs[1], output) == expected
    assert pieces.document(jobs[1])["geojsonHref"].endswith(output)
