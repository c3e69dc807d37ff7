"""A dropped file that is the service's own request: it says itself what is asked, and comes back as lines of JSON."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from batchdrop.errors import ConfigurationError
from batchdrop.ports import Api, Batch, Capabilities, Price, Query, Requests, Takes, Ticket
from tests.steps.memory_service import ONE_PHASE, MemoryService
from tests.steps.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def route_of(members: Mapping[str, Any], params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    if members.get("api") not in ("/geocode", "/shape"):
        raise ConfigurationError("there is no such api")
    return str(members["api"])[1:], {**params, **members.get("params", {})}


class Requested(MemoryService):
    """Takes requests; an input's text stands in its params. `shape` needs a mode, which an input may bring."""

    can: ClassVar[Capabilities] = replace(ONE_PHASE, batch_records=2, requests=Requests("inputs", route_of))
    _price = Price("credits", 1)
    apis: ClassVar[Mapping[str, Api]] = {
        "geocode": Api("geocode", Takes.PLACE, ("bd_lat", "bd_label"), _price, own_columns=("lang",)),
        "shape": Api("shape", Takes.POINT, ("bd_lat", "bd_geometry"), _price, required_params=("mode",)),
    }

    def create(self, batch: Batch) -> Ticket:
        self.shop.calls[f"api {batch.api} {json.dumps(dict(batch.params), sort_keys=True)}"] += 1

        def queries() -> Iterator[Query]:
            for query in batch.queries():
                asked = json.loads(query.fields.get("input", "{}"))
                lang = query.fields.get("param:lang", "")
                yield Query(query.ordinal, {"text": asked.get("params", query.fields)["text"] + lang})

        return super().create(replace(batch, queries=queries))


REQUEST = {
    "api": "/geocode",
    "params": {"lang": "de"},
    "inputs": [
        {"id": "first", "params": {"text": "Straße 1"}},
        {"id": 2, "params": {"text": "nowhere"}},
        {"params": {"text": "Straße 1"}},
        {"id": "odd"},
    ],
    "priority": 1,
}


def lines(world: World, job: str, name: str) -> list[dict[str, Any]]:
    body = world.output(job, name)
    text = gzip.decompress(body) if name.endswith(".gz") else body
    return [json.loads(line) for line in text.decode().splitlines()]


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_a_request_comes_back_with_every_input_and_what_became_of_it(zipped: bool, bom: bytes) -> None:
    world = World(Requested)
    world.shop.answer = lambda text: None if text == "nowhere" else {"lat": "1", "label": text}
    body = bom + json.dumps(REQUEST, ensure_ascii=False, indent=1).encode()
    end = ".gz" if zipped else ""
    job = world.drop(gzip.compress(body) if zipped else body, name=f"request.json{end}")
    assert world.drive(job) == "Done"
    assert lines(world, job, f"results.ndjson{end}") == [
        {"id": "first", "params": {"text": "Straße 1"}, "bd": {"recId": 1, "seqNumber": 1, "seqLength": 1, "lat": 1, "label": "Straße 1"}},
        {"params": {"text": "Straße 1"}, "bd": {"recId": 3, "seqNumber": 1, "seqLength": 1, "lat": 1, "label": "Straße 1"}},
    ]  # fmt: skip
    assert [(line["id"], line["bd"]["code"]) for line in lines(world, job, f"errors.ndjson{end}")] == [
        (2, "NO_MATCH"),
        ("odd", "WRONG_TYPE"),
    ]
    document = world.document(job)
    assert document["records"]["distinct"] == 2
    # its object begins one line above its id
    assert body.decode().splitlines()[document["problems"][0]["line"]].strip() == '"id": "odd"'
    assert world.shop.calls['api geocode {"lang": "de"}'] == 1


def test_more_inputs_than_one_batch_takes_are_split() -> None:
    world = World(Requested)
    inputs = [{"params": {"text": f"Street {number}"}} for number in range(5)]
    job = world.drop(json.dumps({"inputs": inputs, "api": "/geocode"}).encode(), name="x.json")
    assert world.drive(job) == "Done"
    assert world.shop.calls["create"] == 3
    assert [line["bd"]["label"] for line in lines(world, job, "results.ndjson")] == [
        f"STREET {number}" for number in range(5)
    ]


def test_the_files_own_api_wins_over_the_routes_and_what_it_needs_may_stand_in_each_input() -> None:
    world = World(Requested)
    world.route("fast", service="memory", api="geocode", params={"speed": 2})
    world.shop.answer = lambda text: {"lat": "1", "label": f"POINT (1 {len(text)})"}
    request = {"api": "/shape", "inputs": [{"params": {"text": "abc", "mode": "walk"}}]}
    job = world.drop(json.dumps(request).encode(), route="fast", name="x.json")
    assert world.drive(job) == "Done"
    document = world.document(job)
    assert document["api"] == "shape"
    assert world.shop.calls['api shape {"speed": 2}'] == 1
    [feature] = json.loads(world.output(job, "results.geojson"))["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [1, 3]}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"api":"/other","inputs":[{"params":{}}]}', "REQUEST_INVALID"),
        (b'{"api":"/geocode","params":{"wrong":1},"inputs":[{"params":{}}]}', "REQUEST_INVALID"),
        (b'{"api":"/geocode"}', "NOT_A_LIST"),
        (b'{"api":"/geocode","inputs":[', "BROKEN_JSON"),
        (b'{"api":"/geocode","inputs":[]}', "NO_ROWS"),
        (b'{"api":"/geocode","inputs":[5]}', "NO_VALID_ROWS"),
        (b"", "EMPTY_FILE"),
        (b"[true]", "NO_VALID_ROWS"),
        (b"[" + json.dumps(REQUEST).encode() + b"]", "MIXED_SERVICES"),
    ],
)
def test_a_request_that_is_none_is_refused_and_nothing_is_sent(body: bytes, code: str) -> None:
    world = World(Requested)
    job = world.drop(body, name="x.json")
    assert world.drive(job) == "Done"
    assert world.document(job)["problems"][0]["code"] == code
    assert not world.shop.calls


def test_a_service_without_requests_of_its_own_finds_no_columns_in_such_a_file() -> None:
    world = World()
    job = world.drop(json.dumps(REQUEST).encode(), name="x.json")
    assert world.drive(job) == "Done"
    assert world.document(job)["problems"][0]["code"] == "WRONG_COLUMNS"


def test_in_pieces_it_is_the_same() -> None:
    inputs = [{"id": number, "params": {"text": f"Street {number % 300}"}} for number in range(45_000)]
    data = json.dumps({"api": "/geocode", "inputs": inputs, "priority": 1}).encode()
    whole, pieces = World(Requested), World(Requested)
    jobs = [world.drop(data, name="n.json") for world in (whole, pieces)]
    assert whole.drive(jobs[0]) == "Done"
    payload = {"job": jobs[1], "run": 0}
    for lane in pieces.plan(payload)["lanes"]:
        pieces.lane(payload, lane)
    outcomes = pieces.collect_in_pieces(payload)
    assert outcomes == ["more", "more", "done"]
    for name in ("results.ndjson", "errors.ndjson"):
        assert pieces.output(jobs[1], name) == whole.output(jobs[0], name)


def test_a_table_with_the_services_own_header_brings_its_parameters_without_a_prefix() -> None:
    world = World(Requested)
    job = world.drop(b"recId|q|lang\n001|Main Street 1|fr\n002|Side Street 2|\n", name="x.txt")
    assert world.drive(job) == "Done"
    rows = world.output(job, "results.csv").decode().splitlines()
    assert rows[1:] == [
        "001|Main Street 1|fr|1|1|1|15|MAIN STREET 1FR",
        "002|Side Street 2||2|1|1|13|SIDE STREET 2",
    ]


class Shaping(Requested):
    """Answers with a shape."""

    apis: ClassVar[Mapping[str, Api]] = {
        "geocode": Api("geocode", Takes.PLACE, ("bd_lat", "bd_geometry"), Price("credits", 1)),
    }

    def read(self, batch: Any, raw: Any, notes: Any = None) -> Iterator[Any]:
        for outcome in super().read(batch, raw, notes):
            rows = tuple((lat, f"POINT ({lat} 2)") for lat, _ in outcome.answers)
            yield replace(outcome, answers=rows)


OWN_IDS = ["r1", 7, 1.5, 'Straße "2"', "", None, True, {"a": 1}, [1]]


def test_the_user_s_own_ids_come_back_in_results_errors_and_as_ids_of_features() -> None:
    inputs = [{"id": own, "params": {"text": f"Street {number}"}} for number, own in enumerate(OWN_IDS)]
    inputs += [{"params": {"text": "without"}}, {"id": "lost", "params": {"text": "nowhere"}}]
    world = World(Shaping)
    world.shop.answer = lambda text: None if text == "nowhere" else {"lat": "1", "label": text}
    job = world.drop(
        json.dumps({"api": "/geocode", "inputs": inputs}, indent=2).encode(), name="request.json"
    )
    assert world.drive(job) == "Done"
    assert [line.get("id", "none") for line in lines(world, job, "results.ndjson")] == [*OWN_IDS, "none"]
    assert [line["id"] for line in lines(world, job, "errors.ndjson")] == ["lost"]
    features = json.loads(world.output(job, "results.geojson"))["features"]
    found = [(feature["properties"]["bd_recId"], feature.get("id", "none")) for feature in features]
    plain = [own if isinstance(own, str | float | int) and own is not True else "none" for own in OWN_IDS]
    assert found == list(enumerate([*plain, "none"], 1))


def test_a_list_of_objects_that_is_no_request_has_no_ids_of_features() -> None:
    world = World(Shaping)
    job = world.drop(b'[{"id": "mine", "text": "Street 1"}]', name="people.json")
    assert world.drive(job) == "Done"
    (feature,) = json.loads(world.output(job, "results.geojson"))["features"]
    assert "id" not in feature


def test_a_recid_that_a_file_with_the_services_own_header_brings_comes_back_and_is_never_sent() -> None:
    world = World(Requested)
    job = world.drop(b"recId|q\nA-1|Main Street 1\nA-1|Side Street 2\n|Third Street 3\n", name="x.txt")
    assert world.drive(job) == "Done"
    rows = world.output(job, "results.csv").decode().splitlines()
    assert [row.split("|")[0] for row in rows[1:]] == ["A-1", "A-1", ""]
    assert {ordinal for sent in world.shop.jobs.values() for ordinal, _ in sent.inputs} == {1, 2, 3}
