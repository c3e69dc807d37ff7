"""Geoapify: the suite of all services, and its own dialect."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchdrop.errors import ConfigurationError, ServiceBusy, ServiceSpokeUnknown
from batchdrop.ports import AnswerNotes, OutcomeKind, SavedPart, State, Ticket
from batchdrop.services.geoapify import Geoapify, asking
from batchdrop.services.geoapify.prices import units_of
from batchdrop.services.json_items import OddItem, items, loads, written
from batchdrop.transport import Transport
from tests.services.bench import KEY, Bench, batch_of, by_ordinal, fresh_server, saved, through_json
from tests.services.conformance import ServiceConformance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)

FACTS_REVERSE: dict[str, Any] = {
    "country_code": "us", "housenumber": 656, "street": "Cedar Street", "lon": -122.26396400, "lat": 37.502693,
    "distance": 14.421782254517026, "result_type": "building", "formatted": "656 Cedar Street", "rank": {"popularity": 4.38},
    "place_id": "51d2",
}  # fmt: skip


class TestGeoapify(ServiceConformance):
    """The suite."""

    name = "geoapify"
    unknown = Ticket("0" * 32)
    one_result = "answer.json"
    lost_setting = "lost_results"
    statuses: ClassVar[Mapping[str, State]] = {
        "pending": State.RUNNING,
        "processing": State.RUNNING,
        "failed": State.FAILED,
    }

    def look_answer(self, word: str) -> tuple[int, dict[str, Any]]:
        return 202, {"id": "0" * 32, "status": word}

    def fail_second(self, bench: Bench) -> Mapping[str, str]:
        bench.configure(error_inputs=[1])
        return {"text": "anything"}

    def row_of(self, ordinal: int) -> bytes:
        place = {"lat": 52.5 + ordinal / 10_000, "lon": 13.3846903, "formatted": f"canary street {ordinal}"}
        return json.dumps({"id": str(ordinal), "result": {"results": [place]}}).encode()

    def answer_of(self, rows: Sequence[bytes]) -> bytes:
        return b'{"api":"x","results":[' + b", ".join(rows) + b'],"id":"1"}'

    def odd_rows(self, row: bytes) -> Mapping[str, bytes]:
        return {
            "not UTF-8": row.replace(b"canary", b"can\xe4ry"),
            "not JSON": row.replace(b'"canary', b"canary"),
            "a quote too many": row.replace(b"canary", b'can"ary'),
            "a bracket too many": row.replace(b"]", b"]]"),
            "a bracket too few": row.replace(b"]", b""),
            "a control character": row.replace(b"canary", b"can\nary"),
            "no object": b'"canary"',
            "a bare word": b"canary",
            "null": b"null",
            "of nobody": row.replace(b'"500"', b'"77500"'),
            "no id": row.replace(b'"id": "500", ', b""),
            "id null": row.replace(b'"500"', b"null"),
            "a text for a result": b'{"id": "500", "result": "canary"}',
            "results that are none": row.replace(b"[", b'["canary", ', 1),
            "a latitude out of range": row.replace(b"52.55", b"152.55"),
            "a longitude out of range": row.replace(b"13.38", b"-1813.38"),
            "NaN": row.replace(b"52.55", b"NaN"),
            "no position but NaN": row.replace(b"52.55", b"NaN").replace(b"13.3846903", b"-Infinity"),
            "half a position": row.replace(b"13.3846903", b"null"),
        }

    def further_rows(self, row: bytes) -> Mapping[str, bytes]:
        return {"foreign": row.replace(b'"500"', b'"77500"'), "no id": b'{"result": {}}', "null": b"null"}

    def large_answer(self, batch_size: int) -> Iterator[bytes]:
        place = {"lat": 1.5, "lon": 2.5, "formatted": "x" * 6000}
        yield b'{"api":"x","results":['
        for number in range(1, batch_size + 1):
            item = {"id": str(number), "result": {"results": [place]}}
            yield (b"," if number > 1 else b"") + json.dumps(item).encode()
        yield b'],"id":"1"}'


@pytest.fixture
def bench() -> Iterator[Bench]:
    with fresh_server("geoapify") as server:
        yield Bench("geoapify", server)


def read(batch: Any, answer: Any) -> dict[int, Any]:
    """What the adapter reads out of an answer, without any network."""
    text = answer if isinstance(answer, str) else json.dumps(answer)
    service = Geoapify(None, lambda _: {})  # type: ignore[arg-type]  # reading needs no transport
    return by_ordinal(service.read(batch, [saved("answer.json", text.encode())]))


def test_the_request_names_api_format_ids_and_priority_only_when_set(bench: Bench) -> None:
    asked: list[dict[str, Any]] = []
    behaviour: Any = bench.server.behaviours["geoapify"]
    submit = behaviour.submit

    def listen(api_key: str, body: bytes, **more: Any) -> Any:
        asked.append(json.loads(body))
        return submit(api_key, body, **more)

    behaviour.submit = listen
    bench.service.create(batch_of([{"text": "ä"}], params={"limit": 1}, first=7))
    bench.service.create(batch_of([{"text": "ä"}], params={"priority": 0.5, "format": "geojson"}))
    assert asked[0] == {
        "api": "/v1/geocode/search",
        "params": {"format": "json", "limit": 1},
        "inputs": [{"id": "7", "params": {"text": "ä"}}],
    }
    assert asked[1]["priority"] == 0.5
    assert asked[1]["params"] == {"format": "geojson"}


def asked_of(batch: Any) -> dict[str, Any]:
    """The request, as JSON."""
    found: dict[str, Any] = json.loads(asking.request(batch))
    return found


def test_a_records_own_parameters_go_with_its_input_and_win_over_the_routes(bench: Bench) -> None:
    records = [{"text": "a", "param:lang": "fr", "param:limit": "2"}, {"text": "b"}]
    asked = asked_of(batch_of(records, params={"lang": "de", "filter": "countrycode:de"}))
    assert asked["params"] == {"format": "json", "lang": "de", "filter": "countrycode:de"}
    assert [one["params"] for one in asked["inputs"]] == [
        {"text": "a", "lang": "fr", "limit": "2"},
        {"text": "b"},
    ]
    outcomes = bench.run(
        batch_of([{"text": "Springfield", "param:limit": "3"}, {"text": "Springfield"}], params={"limit": 1})
    )
    assert [len(outcomes[ordinal].answers) for ordinal in (1, 2)] == [3, 1]


@pytest.mark.parametrize(
    ("api", "params", "said"),
    [
        ("routing", {}, "mode"),
        ("isoline", {"mode": "drive"}, "type, range"),
        ("places", {}, "categories"),
        ("any", {}, "path"),
        ("any", {"path": "v1/x"}, "such as"),
        ("any", {"path": "/v1/x?apiKey=1"}, "such as"),
        ("any", {"path": "/v1/x", "body": []}, "JSON object"),
        ("geocode", {"priority": 0.4}, "0.5 to 1"),
        ("geocode", {"priority": "1"}, "0.5 to 1"),
        ("geocode", {"priority": True}, "0.5 to 1"),
        ("geocode", {"host": "moon"}, "world, eu"),
        ("geocode", {"format": "xml"}, "json or geojson"),
        ("places", {"categories": "x", "radius": 0}, "metres"),
        ("geocode", {"limit": "abc"}, "whole number"),
        ("geocode", {"limit": 0}, "whole number"),
        ("geocode", {"limit": True}, "whole number"),
        ("routing", {"mode": "fly"}, "mode is one of .*drive"),
        ("routing", {"mode": ["drive"]}, "mode is one of"),
    ],
)
def test_a_route_that_geoapify_would_refuse_is_a_setting_to_correct(
    api: str, params: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Geoapify.columns_for(api, params)


@pytest.mark.parametrize("params", [{"limit": "5"}, {"limit": 5}, {"limit": ""}, {"odd": "x"}])
def test_a_number_may_be_a_text_and_a_records_own_is_not_known_yet(params: dict[str, Any]) -> None:
    assert Geoapify.columns_for("geocode", params)


def test_places_are_looked_for_around_each_point_longitude_first(
    bench: Bench, addresses: Sequence[Mapping[str, str]]
) -> None:
    point = {"lat": addresses[0]["lat"], "lon": addresses[0]["lon"]}
    near = f"{point['lon']},{point['lat']}"
    params = {"categories": "building", "limit": 5}
    asked = asked_of(batch_of([point], api="places", params={**params, "radius": 250}))
    assert asked["api"] == "/v2/places"
    assert asked["params"] == params
    assert asked["inputs"][0]["params"] == {"filter": f"circle:{near},250", "bias": f"proximity:{near}"}
    own = asked_of(
        batch_of([point], api="places", params={**params, "filter": "place:1", "bias": "countrycode:de"})
    )
    assert own["inputs"] == [{"id": "1", "params": {}}]
    nowhere = {"lat": "0", "lon": "-140"}
    outcomes = bench.run(batch_of([point, nowhere], api="places", params=params))
    cells = dict(zip(Geoapify.apis["places"].columns, outcomes[1].answers[0], strict=True))
    assert (cells["bd_lat"], cells["bd_lon"], cells["bd_distance"]) == (point["lat"], point["lon"], "0")
    assert cells["bd_categories"].startswith("building")
    assert outcomes[2].kind is OutcomeKind.NO_MATCH


def test_place_details_and_boundaries_bring_a_geometry(
    bench: Bench, addresses: Sequence[Mapping[str, str]]
) -> None:
    point = {"lat": addresses[0]["lat"], "lon": addresses[0]["lon"]}
    (reverse,) = bench.run(batch_of([point], api="reverse")).values()
    place = reverse.answers[0][Geoapify.apis["reverse"].columns.index("bd_placeId")]
    outcomes = bench.run(
        batch_of(
            [{"id": place}, {"id": "51ff"}], api="place-details", params={"features": "details,building"}
        )
    )
    rows = [
        dict(zip(Geoapify.apis["place-details"].columns, row, strict=True)) for row in outcomes[1].answers
    ]
    assert [row["bd_featureType"] for row in rows] == ["details", "building"]
    assert rows[0]["bd_geometry"] == f"POINT ({point['lon']} {point['lat']})"
    assert outcomes[2].kind is OutcomeKind.NO_MATCH
    for api, record in (("part-of", point), ("consists-of", {"id": place})):
        (outcome,) = bench.run(batch_of([record], api=api)).values()
        cells = dict(zip(Geoapify.apis[api].columns, outcome.answers[0], strict=True))
        assert cells["bd_name"]
        assert cells["bd_geometry"].startswith("POINT (")


@pytest.mark.parametrize("shape", ["json", "geojson"])
def test_the_postcode_at_a_point_comes_in_both_formats(
    bench: Bench, addresses: Sequence[Mapping[str, str]], shape: str
) -> None:
    point = {"lat": addresses[0]["lat"], "lon": addresses[0]["lon"]}
    (outcome,) = bench.run(batch_of([point], api="postcode", params={"format": shape})).values()
    cells = dict(zip(Geoapify.apis["postcode"].columns, outcome.answers[0], strict=True))
    assert cells["bd_postalCode"] in addresses[0]["text"]


def test_map_matching_goes_in_the_body_with_longitude_first(bench: Bench) -> None:
    trace = {"waypoints": "48.38,10.88|48.39,10.89|48.4,10.9"}
    batch = batch_of([trace, {**trace, "param:mode": "walk"}], api="mapmatching", params={"mode": "drive"})
    asked = asked_of(batch)
    assert asked["api"] == "/v1/mapmatching"
    assert "params" not in asked
    assert "body" not in asked, "a body goes out on one level only"
    points = [{"location": pair} for pair in ([10.88, 48.38], [10.89, 48.39], [10.9, 48.4])]
    assert [one["body"] for one in asked["inputs"]] == [
        {"mode": "drive", "waypoints": points},
        {"mode": "walk", "waypoints": points},
    ]
    outcomes = bench.run(batch)
    (distance, time, geometry), (_, longer, _) = outcomes[1].answers[0], outcomes[2].answers[0]
    assert 2000 < float(distance) < 4000
    assert float(longer) > float(time) > 0
    assert geometry.startswith("MULTILINESTRING ((10.88")


def test_any_api_can_be_asked_and_its_result_comes_as_it_is(bench: Bench) -> None:
    targets = [{"location": [10.9, 48.4]}, {"location": [10.91, 48.41]}]
    params = {"path": "/v1/routematrix", "body": {"mode": "drive", "targets": targets, "units": "metric"}}
    inputs = [
        {"input": json.dumps({"body": {"sources": [{"location": [10.88, 48.38]}]}})},
        {"input": json.dumps({"body": {"sources": [{"location": [10.88, 48.38]}], "units": "imperial"}})},
        {"input": json.dumps({"body": {"sources": []}})},
    ]
    asked = asked_of(batch_of(inputs, api="any", params=params))
    assert asked["api"] == "/v1/routematrix"
    assert "body" not in asked
    assert [one["body"].get("units") for one in asked["inputs"]] == ["metric", "imperial", "metric"]
    outcomes = bench.run(batch_of(inputs, api="any", params=params))
    matrix = [json.loads(outcomes[ordinal].answers[0][0]) for ordinal in (1, 2)]
    assert [found["distance_units"] for found in matrix] == ["meters", "miles"]
    assert len(matrix[0]["sources_to_targets"][0]) == 2
    assert (outcomes[3].kind, outcomes[3].code) == (OutcomeKind.FAILED, "400")


def test_any_api_takes_parameters_of_the_records_and_empty_lists_are_no_match(bench: Bench) -> None:
    records = [
        {"input": "{}", "param:postcode": "zz-99"},
        {"input": '{"params":{"lat":48.4,"lon":10.9}}', "param:lat": "38.99"},
    ]
    params = {"path": "/v1/postcode/search", "format": "json"}
    asked = asked_of(batch_of(records, api="any", params=params))
    assert asked["params"] == {"format": "json"}
    assert [one["params"] for one in asked["inputs"]] == [
        {"postcode": "zz-99"},
        {"lat": "38.99", "lon": 10.9},
    ]
    outcomes = bench.run(batch_of(records, api="any", params=params))
    assert outcomes[1].kind is OutcomeKind.NO_MATCH


@pytest.mark.parametrize(
    ("result", "kind", "text"),
    [
        ({"ip": "1.2.3.4", "n": 1.50, "deep": [True, None, "ü"]}, "matched", '{"ip":"1.2.3.4","n":1.50,"deep":[true,null,"ü"]}'),
        ([1, 2], "matched", "[1,2]"),
        ("text", "matched", '"text"'),
        ({"features": [], "type": "FeatureCollection"}, "noMatch", ""),
        ({"results": []}, "noMatch", ""),
        ({"results": [], "features": [1]}, "matched", '{"results":[],"features":[1]}'),
        ({"statusCode": 400, "error": "Bad Request", "message": "no"}, "failed", ""),
        ({"statusCode": 200}, "matched", '{"statusCode":200}'),
    ],
)  # fmt: skip
def test_a_result_of_any_api_is_kept_with_the_services_digits(result: Any, kind: str, text: str) -> None:
    body = json.dumps({"results": [{"id": "1", "result": result}]}).replace("1.5", "1.50")
    (outcome,) = read(batch_of([{"input": "{}"}], api="any"), body).values()
    assert outcome.kind == kind
    assert outcome.answers == (((text,),) if kind == "matched" else ())


@given(json_values)
def test_what_is_read_is_written_again_as_the_same_json(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert json.loads(written(loads(text))) == value


def test_digits_survive_being_written_again() -> None:
    text = '{"a":1.50,"b":-1e-05,"c":12345678901234567890,"d":"1.50"}'
    assert written(loads(text)) == text


def test_the_eu_host_is_asked_where_a_route_says_so_and_the_ticket_remembers_it(bench: Bench) -> None:
    batch = batch_of([{"text": "x"}], params={"host": "eu", "limit": 1})
    assert asked_of(batch)["params"] == {"format": "json", "limit": 1}
    ticket = bench.service.create(batch)
    assert ticket.notes == {"host": "eu"}
    assert Geoapify.adoptable(ticket.id, "geocode", {"host": "eu", "limit": 1}) == ticket
    assert Geoapify.adoptable(ticket.id, "geocode", {"limit": 1}) == Ticket(ticket.id)
    assert bench.finish(through_json(ticket)).state is State.COMPLETED, "a simulator stands for both hosts"
    transport = Transport("https://api.geoapify.com", service="geoapify", clock=lambda: 0.0)
    other = transport.at("https://api-eu.geoapify.com")
    assert (other.base.place, other.service) == ("api-eu.geoapify.com", "geoapify")
    with pytest.raises(ConfigurationError, match="HOST_REFUSED"):
        transport.at("http://127.0.0.1:9")


def test_a_submit_that_is_answered_with_everything_gives_its_ticket(bench: Bench) -> None:
    bench.configure(answers_at_once=True)
    batch = batch_of([{"text": "Springfield"}] * 1000, params={"limit": 20})
    ticket = bench.service.create(batch)
    assert bench.finish(ticket).state is State.COMPLETED


@pytest.mark.parametrize(
    ("api", "fields", "params", "price"),
    [
        ("geocode", {"text": "x"}, {}, 1),
        ("reverse", {"lat": "1", "lon": "2"}, {}, 1),
        ("routing", {"waypoints": "1,2|3,4"}, {"mode": "drive"}, 1),
        ("routing", {"waypoints": "1,2|3,4|5,6|7,8"}, {"mode": "drive"}, 3 + 2),
        ("routing", {"waypoints": "48.1,11.6|52.5,13.4"}, {}, 2),  # 506 km as the crow flies
        ("routing", {"waypoints": "48.1,11.6|53.6,10.0"}, {}, 2),
        ("routing", {"waypoints": "48.1,11.6|48.4,10.9"}, {}, 1),
        ("routing", {"waypoints": "48.1,11.6|53.6,10.0|nonsense"}, {}, 2),
        ("isoline", {"lat": "1", "lon": "2"}, {"range": "300,900, 1200"}, 3),
        ("isoline", {"lat": "1", "lon": "2"}, {"range": 900}, 1),
        ("isoline", {"lat": "1", "lon": "2", "param:range": "1,2"}, {"range": 900}, 2),
        ("mapmatching", {"waypoints": "|".join(["1,2"] * 101)}, {}, 2),
        ("places", {"lat": "1", "lon": "2"}, {"limit": 50}, 3),
        ("places", {"lat": "1", "lon": "2"}, {"limit": "many"}, 1),
        ("place-details", {"id": "x"}, {}, 1),
        ("any", {"input": '{"body":{"sources":[1,2],"targets":[1,2,3]}}'}, {"path": "/v1/routematrix"}, 6),
        ("any", {"input": '{"body":{"sources":[1]}}'}, {"path": "/v1/routematrix", "body": {"targets": [1] * 30}}, 30),
        ("any", {"input": '{"params":{"waypoints":"1,2|3,4|5,6"}}'}, {"path": "/v1/routing"}, 3),
        ("any", {"input": '{"params":{"text":"x"}}'}, {"path": "/v1/geocode/autocomplete"}, 1),
    ],
)  # fmt: skip
def test_what_an_input_costs(api: str, fields: dict[str, str], params: dict[str, Any], price: int) -> None:
    assert credits_of(api, fields, params) == price


def planner(agents: int, jobs: int = 0, shipments: int = 0, *, ends: bool = False) -> dict[str, str]:
    """An input of the route planner."""
    place = [8.5, 50.1]
    agent = {"start_location": place, **({"end_location": place} if ends else {})}
    body = {
        "agents": [agent] * agents,
        "jobs": [{"location": place}] * jobs,
        "shipments": [{"pickup": {"location": place}, "delivery": {"location_index": 0}}] * shipments,
    }
    return {"input": json.dumps({"body": body})}


@pytest.mark.parametrize(
    ("fields", "price"),
    [
        (planner(2, jobs=7), 81),  # the three examples of the price page [doc: route planner pricing]
        (planner(10, jobs=50, ends=True), 700),
        (planner(10, shipments=30, ends=True), 800),  # the page writes 5 agents and counts 10 x 2
        (planner(1, jobs=1), 4),
        (planner(1, jobs=9), 100),
        (planner(1, jobs=10), 110),
        ({"input": '{"body":{"jobs":[{"location_index":0},{"location_index":0},{"location_index":1}]}}'}, 9),
        ({"input": '{"body":{"jobs":["odd",null,{"duration":5}],"agents":{"a":1}}}'}, 1),
        ({"input": "{}"}, 1),
    ],
)
def test_the_route_planner_costs_what_its_price_page_says(fields: dict[str, str], price: int) -> None:
    assert credits_of("any", fields, {"path": "/v1/routeplanner"}) == price


def test_locations_common_to_all_inputs_of_the_route_planner_count_too() -> None:
    common = {"path": "/v1/routeplanner", "body": {"agents": [{"start_location": [1, 2]}]}}
    assert credits_of("any", planner(0, jobs=3), common) == 9  # the input's own agents are none, and win
    jobs = {"input": '{"body":{"jobs":[{"location":[1,2]},{"location":[1,2]}]}}'}
    assert credits_of("any", jobs, common) == 9


@pytest.mark.parametrize(
    ("api", "path", "known"),
    [
        *((api, "", True) for api in Geoapify.apis if api != "any"),
        *(
            ("any", path, True)
            for path in ("/v1/routing", "/v1/routematrix", "/v1/routeplanner", "/v2/places")
        ),
        *(("any", path, True) for path in ("/v1/geocode/search", "/v1/geocode/autocomplete", "/v1/isoline")),
        *(
            ("any", path, False)
            for path in ("/v1/ipinfo", "/v1/postcode/list", "/v2/routing", "/v1/geometry", "/v9/x")
        ),
    ],
)
def test_the_price_of_a_path_that_nobody_here_has_read_of_is_not_known(
    api: str, path: str, known: bool
) -> None:
    assert Geoapify.is_price_known(api, {"path": path}) is known


def credits_of(api: str, fields: dict[str, str], params: dict[str, Any]) -> int:
    """Credits of one input."""
    price = units_of(api, params)
    return price(fields) if price else 1


def test_the_simulator_bills_what_we_say_it_costs(bench: Bench) -> None:
    ways = [{"waypoints": "48.38,10.88|48.39,10.89|48.4,10.9"}, {"waypoints": "48.38,10.88|48.39,10.89"}]
    params = {"mode": "drive", "priority": 0.5}
    bench.service.create(batch_of(ways, api="routing", params=params))
    ours = sum(credits_of("routing", way, params) for way in ways)
    assert ours == 3
    assert bench.account["credits"] == 0.5 * (ours + 1)


def test_the_url_with_the_key_is_dropped_from_the_ticket(bench: Bench) -> None:
    ticket = bench.service.create(batch_of([{"text": "x"}]))
    assert ticket.to_dict() == {"id": ticket.id, "notes": {}}
    assert len(ticket.id) == 32


def test_each_look_costs_a_credit_and_the_look_that_finds_it_done_brings_the_results(bench: Bench) -> None:
    batch = batch_of([{"text": "x"}, {"text": "y"}])
    ticket = bench.service.create(batch)
    assert bench.service.check(ticket).parts is None
    bench.server.clock.advance(3600)
    done = bench.service.check(ticket)
    assert done.state is State.COMPLETED
    assert done.parts is not None
    body = b"".join(done.parts[0].chunks)
    assert len(json.loads(body)["results"]) == 2
    assert bench.account["credits"] == 2 + 1 + 2


def test_a_job_that_failed_has_no_parts_and_no_outcomes(bench: Bench) -> None:
    bench.configure(failing_jobs=1)
    batch = batch_of([{"text": "x"}])
    ticket = bench.service.create(batch)
    progress = bench.finish(ticket)
    assert (progress.state, progress.status, progress.parts) == (State.FAILED, "failed", None)
    assert list(bench.service.fetch(ticket)) == []
    assert list(bench.service.read(batch, [])) == []


def test_a_done_answer_that_breaks_off_is_asked_for_again(bench: Bench) -> None:
    ticket = bench.service.create(batch_of([{"text": "x" * 2000}] * 1000))
    bench.server.clock.advance(3600)
    bench.fault("look", "truncate", keep=0.9)
    progress = bench.service.check(ticket)
    assert progress.parts is not None
    with pytest.raises(ServiceBusy):
        b"".join(progress.parts[0].chunks)


@pytest.mark.parametrize("shape", ["json", "geojson"])
def test_reverse_gives_place_and_distance_in_both_formats(
    bench: Bench, addresses: Sequence[Mapping[str, str]], shape: str
) -> None:
    row = addresses[0]
    batch = batch_of(
        [{"lat": row["lat"], "lon": row["lon"]}], api="reverse", params={"format": shape, "limit": 1}
    )
    (outcome,) = bench.run(batch).values()
    cells = dict(zip(Geoapify.apis["reverse"].columns, outcome.answers[0], strict=True))
    assert (cells["bd_lat"], cells["bd_lon"]) == (row["lat"], row["lon"])
    assert float(cells["bd_distance"]) == 0.0
    assert cells["bd_label"]


@pytest.mark.parametrize("shape", ["json", "geojson"])
def test_routing_gives_distance_time_and_lines(bench: Bench, shape: str) -> None:
    ways = [{"waypoints": "48.3821666,10.8839706|48.3562084,10.9051509"}, {"waypoints": "nonsense"}]
    outcomes = bench.run(batch_of(ways, api="routing", params={"mode": "drive", "format": shape}))
    ((distance, time, geometry),) = outcomes[1].answers
    assert float(distance) > 3000
    assert float(time) > 0
    assert geometry.startswith("MULTILINESTRING ((10.88")
    assert " 48.3" in geometry
    assert outcomes[2].kind is OutcomeKind.FAILED
    assert outcomes[2].code == "400"


def test_isolines_give_one_answer_for_each_range_and_not_computed_is_a_failure(bench: Bench) -> None:
    bench.configure(not_computed_inputs=[1])
    points = [{"lat": "48.38", "lon": "10.88"}, {"lat": "48.39", "lon": "10.88"}]
    params = {"mode": "drive", "type": "time", "range": "300,900"}
    outcomes = bench.run(batch_of(points, api="isoline", params=params))
    ranges = [answer[0] for answer in outcomes[1].answers]
    assert ranges == ["300", "900"]
    assert all(answer[1] == "drive" for answer in outcomes[1].answers)
    assert all(answer[2].startswith(("POLYGON ((", "MULTIPOLYGON (((")) for answer in outcomes[1].answers)
    assert (outcomes[2].kind, outcomes[2].code) == (OutcomeKind.FAILED, "NOT_COMPUTED")


def test_digits_and_house_numbers_stay_as_the_service_wrote_them() -> None:
    text = (
        '{"results":[{"id":"1","result":{"results":[{"lat":37.50269300,"lon":-1.2e-05,"housenumber":103,'
        '"rank":{"confidence":1},"postcode":"01234","street":null}]}}]}'
    )
    (outcome,) = read(batch_of([{"text": "x"}]), text).values()
    cells = dict(zip(Geoapify.apis["geocode"].columns, outcome.answers[0], strict=True))
    assert cells["bd_lat"] == "37.50269300"
    assert cells["bd_lon"] == "-1.2e-05"
    assert cells["bd_houseNumber"] == "103"
    assert cells["bd_confidence"] == "1"
    assert cells["bd_postalCode"] == "01234"
    assert cells["bd_street"] == cells["bd_state"] == ""


def test_results_in_another_order_are_joined_by_id_and_several_places_are_several_answers() -> None:
    answer = {"results": [
        {"id": "2", "result": {"results": [FACTS_REVERSE, {**FACTS_REVERSE, "street": "Second"}]}},
        {"id": "1", "result": {"features": []}},
    ]}  # fmt: skip
    outcomes = read(batch_of([{"lat": "1", "lon": "2"}] * 2, api="reverse"), answer)
    assert outcomes[1].kind is OutcomeKind.NO_MATCH
    street = Geoapify.apis["reverse"].columns.index("bd_street")
    assert [row[street] for row in outcomes[2].answers] == ["Cedar Street", "Second"]


def test_an_error_inside_one_result_keeps_code_and_message_without_a_key() -> None:
    answer = {"results": [
        {"id": "1", "result": {"statusCode": 400, "error": "Bad Request", "message": f"no ?apiKey={KEY}&x=1"}},
        {"id": "2", "result": {"message": "odd"}},
        {"id": "3", "result": {}},
        {"id": "4", "params": {}},
        {"id": "5", "result": {"results": [{"query": {"text": "echo only"}}]}},
    ]}  # fmt: skip
    outcomes = read(batch_of([{"text": "x"}] * 5), answer)
    assert (outcomes[1].kind, outcomes[1].code) == (OutcomeKind.FAILED, "400")
    assert KEY not in outcomes[1].message
    assert (outcomes[2].code, outcomes[2].message) == ("SERVICE_ERROR", "odd")
    assert outcomes[3].code == "SERVICE_ERROR"
    assert 4 not in outcomes
    assert outcomes[5].kind is OutcomeKind.NO_MATCH


@pytest.mark.parametrize(
    "results",
    [
        [{"id": "2", "result": {}}],
        [{"id": "0", "result": {}}],
        [{"id": "x", "result": {}}],
        [{"result": {}}],
        ["1"],
        [{"id": "1", "result": "text"}],
        [{"id": "1", "result": {"results": {}}}],
        [{"id": "1", "result": {"results": ["x"]}}],
        {"id": "1"},
    ],
)
def test_results_of_another_form_are_not_believed(results: Any) -> None:
    with pytest.raises(ServiceSpokeUnknown):
        read(batch_of([{"text": "x"}]), {"results": results})


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [1]},
        {"type": "Polygon", "coordinates": [1]},
        "x",
        [[["1", 2], [3]]],
        5,
    ],
)
def test_geometry_of_another_form_is_not_believed(geometry: Any) -> None:
    feature = {"type": "Feature", "properties": {"range": 1}, "geometry": geometry}
    with pytest.raises(ServiceSpokeUnknown):
        read(
            batch_of([{"lat": "1", "lon": "2"}], api="isoline"),
            {"results": [{"id": "1", "result": {"features": [feature]}}]},
        )


def test_geometry_comes_with_longitude_first_and_every_ring() -> None:
    rings = [
        [[10.5, 48.25], [11, 48.25], [10.5, 48.25]],
        [[10.6, 48.3, 500], [10.7, 48.3, 500], [10.6, 48.3, 500]],
    ]
    features = [
        {"type": "Feature", "properties": {"range": 1}, "geometry": {"type": kind, "coordinates": shape}}
        for kind, shape in (("Polygon", rings), ("MultiPolygon", [rings]), ("Polygon", []))
    ] + [{"type": "Feature", "properties": {"range": 1}, "geometry": None}]
    (outcome,) = read(
        batch_of([{"lat": "1", "lon": "2"}], api="isoline"),
        {"results": [{"id": "1", "result": {"features": features}}]},
    ).values()
    polygon = "((10.5 48.25, 11 48.25, 10.5 48.25), (10.6 48.3, 10.7 48.3, 10.6 48.3))"
    assert [row[2] for row in outcome.answers] == [f"POLYGON {polygon}", f"MULTIPOLYGON ({polygon})", "", ""]


def test_a_route_may_have_positions_as_objects() -> None:
    route = {"distance": 5, "time": 2.5, "geometry": [[{"lon": 1.5, "lat": 2}, {"lon": 1.6, "lat": 2}]]}
    (outcome,) = read(
        batch_of([{"waypoints": "1,2|3,4"}], api="routing"),
        {"results": [{"id": "1", "result": {"results": [route]}}]},
    ).values()
    assert outcome.answers == (("5", "2.5", "MULTILINESTRING ((1.5 2, 1.6 2))"),)


class Dribble(io.BytesIO):
    """A stream that gives a few bytes at a time, whatever is asked for."""

    def __init__(self, body: bytes, size: int) -> None:
        super().__init__(body)
        self._size = size

    def read(self, size: int | None = -1) -> bytes:
        """At most `size` of the constructor."""
        del size
        return super().read(self._size)


@given(
    st.lists(json_values, max_size=5),
    st.dictionaries(st.text(), json_values, max_size=3),
    st.integers(1, 40),
    st.booleans(),
)
def test_items_are_found_however_the_bytes_arrive(
    found: list[Any], rest: dict[str, Any], size: int, pretty: bool
) -> None:
    rest.pop("results", None)
    whole = {**rest, "results": found, "end": 1}
    text = json.dumps(whole, ensure_ascii=False, indent=2 if pretty else None)
    expected = json.loads(text, parse_int=str, parse_float=str)["results"]
    assert list(items(Dribble(text.encode(), size), "results", service="x")) == expected


@given(st.lists(st.integers(), max_size=5), st.data())
def test_a_json_text_that_is_cut_anywhere_is_noticed(found: list[int], data: st.DataObject) -> None:
    body = json.dumps({"a": [1], "results": found, "z": "ü"}, ensure_ascii=False).encode()
    at = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(ServiceSpokeUnknown):
        list(items(Dribble(body[:at], 7), "results", service="x"))


@pytest.mark.parametrize(
    "body",
    [
        b'{"results":[]} x',
        b'{"results":[]}{}',
        b'{"results":[],}',
        b'{"results":[1,]}',
        b'{"a":nan,"results":[]}',
    ],
)
def test_a_json_text_that_goes_on_or_is_none_is_noticed(body: bytes) -> None:
    with pytest.raises(ServiceSpokeUnknown):
        list(items(io.BytesIO(body), "results", service="x"))


def test_the_saved_answer_is_closed_after_reading() -> None:
    opened: list[io.BytesIO] = []

    def open_part() -> io.BytesIO:
        opened.append(io.BytesIO(b'{"results":[]}'))
        return opened[-1]

    service = Geoapify(None, lambda _: {})  # type: ignore[arg-type]  # reading needs no transport
    assert list(service.read(batch_of([{"text": "x"}]), [SavedPart("answer.json", open_part)])) == []
    assert opened[0].closed


@pytest.mark.parametrize(
    ("members", "api", "params"),
    [
        ({"api": "/v1/routing", "params": {"mode": "drive"}}, "routing", {"mode": "drive", "host": "eu"}),
        (
            {"api": "/v1/mapmatching", "body": {"mode": "walk"}, "priority": 0.5},
            "mapmatching",
            {"body": {"mode": "walk"}, "priority": 0.5, "host": "eu"},
        ),
        ({"api": "/v1/ipinfo"}, "any", {"path": "/v1/ipinfo", "host": "eu"}),
    ],
)
def test_a_file_that_is_a_request_names_its_own_api_and_parameters(
    members: dict[str, Any], api: str, params: dict[str, Any]
) -> None:
    requests = Geoapify.can.requests
    assert requests is not None
    assert requests.route_of({**members, "inputs": []}, {"limit": 1, "host": "eu"}) == (api, params)


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"api": 5},
        {"api": "v1/x"},
        {"api": "/v1/x", "params": []},
        {"api": "/v1/x", "body": 1},
        {"api": "/v1/x", "params": {"path": "/v1/y"}},
    ],
)
def test_a_request_that_is_none_is_to_be_corrected(members: dict[str, Any]) -> None:
    requests = Geoapify.can.requests
    assert requests is not None
    with pytest.raises(ConfigurationError):
        requests.route_of(members, {})


def test_inputs_of_a_request_go_out_as_they_are_with_our_ids(bench: Bench) -> None:
    inputs = [
        {"input": '{"params":{"waypoints":"48.38,10.88|48.39,10.89","mode":"walk"}}'},
        {"input": '{"params":{"waypoints":"48.38,10.88|48.39,10.89"}}'},
    ]
    batch = batch_of(inputs, api="routing", params={"mode": "drive"}, first=5)
    assert asked_of(batch) == {
        "api": "/v1/routing",
        "params": {"format": "json", "mode": "drive"},
        "inputs": [
            {"id": "5", "params": {"waypoints": "48.38,10.88|48.39,10.89", "mode": "walk"}},
            {"id": "6", "params": {"waypoints": "48.38,10.88|48.39,10.89"}},
        ],
    }
    outcomes = bench.run(batch)
    assert float(outcomes[5].answers[0][1]) > float(outcomes[6].answers[0][1])
    assert credits_of("routing", inputs[0], {"mode": "drive"}) == 1


# what else an answer may be like


def odd_of(results: Any, count: int = 3) -> tuple[dict[int, Any], AnswerNotes]:
    """What is read of these items, and what is odd about them."""
    notes = AnswerNotes()
    text = results if isinstance(results, str) else json.dumps({"results": results})
    service = Geoapify(None, lambda _: {})  # type: ignore[arg-type]  # reading needs no transport
    batch = batch_of([{"text": "x"}] * count)
    return by_ordinal(service.read(batch, [saved("answer.json", text.encode())], notes)), notes


GOOD = {"id": "1", "result": {"results": [{"lat": 1.5, "lon": 2.5}]}}


@pytest.mark.parametrize(
    ("item", "code", "message"),
    [
        ({"id": "2", "error": {"statusCode": 400, "message": "Bad"}}, "400", "Bad"),
        ({"id": "2", "error": "Bad"}, "SERVICE_ERROR", "Bad"),
        ({"id": "2", "error": {"code": "E1", "message": "Bad"}}, "E1", "Bad"),
        ({"id": "2", "statusCode": 400, "error": "Bad Request", "message": "Bad"}, "400", "Bad"),
        ({"id": "2", "status": 404}, "404", "The service could not process this record."),
        ({"id": "2", "status": "failed"}, "SERVICE_ERROR", "The service could not process this record."),
        ({"id": "2", "status": "error", "message": "Bad"}, "SERVICE_ERROR", "Bad"),
        ({"id": "2", "statusCode": 500, "result": None}, "500", "The service could not process this record."),
        ({"id": "2", "statusCode": 500, "result": {}}, "500", "The service could not process this record."),
        ({"id": "2", "result": {"statusCode": 400, "message": "Bad"}}, "400", "Bad"),
    ],
)
def test_an_error_of_an_input_is_read_wherever_it_stands(item: Any, code: str, message: str) -> None:
    outcomes, notes = odd_of([GOOD, item])
    assert outcomes[1].kind is OutcomeKind.MATCHED
    assert (outcomes[2].kind, outcomes[2].code, outcomes[2].message) == (OutcomeKind.FAILED, code, message)
    assert notes.odd == 0


@pytest.mark.parametrize(
    "item",
    [
        {"id": "2"},
        {"id": "2", "result": None},
        {"id": "2", "status": "completed"},
        {"id": "2", "statusCode": 200},
    ],
)
def test_an_input_without_result_and_error_has_no_answer(item: Any) -> None:
    outcomes, notes = odd_of([GOOD, item])
    assert sorted(outcomes) == [1]
    assert notes.odd == 0


def test_a_status_beside_a_result_does_not_matter() -> None:
    outcomes, _ = odd_of([{**GOOD, "status": "ok", "statusCode": 200}])
    assert outcomes[1].kind is OutcomeKind.MATCHED


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_a_constant_that_is_no_json_is_an_empty_cell_and_no_position(constant: str) -> None:
    item = '{"id":"ID","result":{"results":[{"lat":LAT,"lon":2.5,"rank":{"confidence":SURE}}]}}'
    one = item.replace("ID", "1").replace("LAT", "1.5").replace("SURE", constant)
    other = item.replace("ID", "2").replace("LAT", constant).replace("SURE", "1")
    text = f'{{"took":{constant},"results":[{one},{other}]}}'
    outcomes, notes = odd_of(text)
    cells = dict(zip(Geoapify.apis["geocode"].columns, outcomes[1].answers[0], strict=True))
    assert (cells["bd_lat"], cells["bd_confidence"]) == ("1.5", "")
    assert [odd.text() for odd in notes.named] == [
        "answer.json line 2: its result does not have the agreed form"
    ]


def test_a_constant_is_null_where_a_result_is_kept_as_it_came() -> None:
    assert written(loads('{"a":[NaN,-Infinity,1.50]}')) == '{"a":[null,null,1.50]}'


@pytest.mark.parametrize(
    "wrap", [lambda body: b"\xef\xbb\xbf" + body, gzip.compress, lambda body: b"\n " + body + b"\n"]
)
def test_a_byte_order_mark_a_gzipped_body_and_space_around_are_read(wrap: Any) -> None:
    service = Geoapify(None, lambda _: {})  # type: ignore[arg-type]  # reading needs no transport
    body = wrap(json.dumps({"results": [GOOD]}).encode())
    assert list(by_ordinal(service.read(batch_of([{"text": "x"}]), [saved("answer.json", body)]))) == [1]


def test_more_fewer_and_shuffled_results_are_joined_by_their_id() -> None:
    items = [{**GOOD, "id": number} for number in ("3", "9", "1", "3")]
    outcomes, notes = odd_of(items[:3])
    assert sorted(outcomes) == [1, 3]
    assert (notes.odd, notes.named[0].line) == (1, 2)


@given(st.data())
def test_one_broken_item_never_takes_more_than_itself_and_is_never_believed(data: st.DataObject) -> None:
    """One byte of one item is replaced; the items in front of it are read in any case, those behind it unless no end of it shows."""
    texts = [
        json.dumps({"id": str(n), "result": {"results": [{"lat": n, "lon": 2, "name": "ab"}]}})
        for n in range(1, 8)
    ]
    broken = data.draw(st.integers(0, 6))
    at = data.draw(st.integers(1, len(texts[broken]) - 2))
    sign = data.draw(st.sampled_from('x"{}[],:\\ 7\x00'))
    size = data.draw(st.sampled_from([3, 50, 1 << 16]))
    changed = texts[broken][:at] + sign + texts[broken][at + 1 :]
    body = ('{"results":[' + ",".join([*texts[:broken], changed, *texts[broken + 1 :]]) + "]}").encode()
    found: list[Any] = []
    with contextlib.suppress(ServiceSpokeUnknown):
        found.extend(items(Dribble(body, size), "results", service="x"))
    expected = [json.loads(text, parse_int=str, parse_float=str) for text in texts]
    assert found[:broken] == expected[:broken]
    assert [item for item in found[broken + 1 :] if item in expected] == [
        item for item in expected[broken + 1 :] if item in found[broken + 1 :]
    ]


@pytest.mark.parametrize("size", [1, 7, 1 << 16])
def test_after_an_item_whose_brackets_do_not_match_the_next_one_is_found(size: int) -> None:
    good = json.dumps(GOOD)
    for bad in (
        good.replace("]", ""),
        good.replace("]", "]]"),
        good.replace('"lat"', 'lat"'),
        good.replace("}", ")"),
    ):
        found = list(
            items(
                Dribble(f'{{"results":[{good},{bad},{good}],"n":1}}'.encode(), size), "results", service="x"
            )
        )
        assert [isinstance(item, OddItem) for item in found] == [False, True, False], bad
        found = list(
            items(Dribble(f'{{"results":[{good},{bad}],"n":1}}'.encode(), size), "results", service="x")
        )
        assert [isinstance(item, OddItem) for item in found] == [False, True], bad
