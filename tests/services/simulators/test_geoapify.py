"""Geoapify Batch in-process: jobs, states, refusals, credits."""

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.services.simulators.scene import Scene

ORIGIN = "http://127.0.0.1:1234"
DAY = 24 * 3600


def body(**more: Any) -> bytes:
    return json.dumps(
        {"api": "/v1/geocode/search", "inputs": [{"params": {"text": "Berlin"}}], **more}
    ).encode()


def test_a_submit_is_answered_202_with_id_status_and_an_address_that_ends_with_the_key(
    scene: "Scene",
) -> None:
    reply = scene.geoapify.submit("my key", body(), origin=ORIGIN)
    made = reply.json()
    assert (reply.status, set(made), made["status"]) == (202, {"id", "status", "url"}, "pending")
    assert len(made["id"]) == 32
    assert made["url"] == f"{ORIGIN}/v1/batch?id={made['id']}&apiKey=my+key"


def test_a_job_is_pending_until_its_time_then_there_then_gone_after_a_day(scene: "Scene") -> None:
    job = scene.geoapify.submit("k", body()).json()["id"]
    assert scene.geoapify.look("k", job).json() == {"id": job, "status": "pending"}
    scene.clock.advance(20.1)
    first, again = scene.geoapify.look("k", job), scene.geoapify.look("k", job)
    assert (first.status, first.body) == (200, again.body)
    assert "status" not in first.json()
    scene.clock.advance(DAY)
    gone = scene.geoapify.look("k", job)
    assert (gone.status, gone.json()["statusCode"]) == (404, 404)


def test_the_number_of_pending_looks_can_be_set(scene: "Scene") -> None:
    scene.geoapify.configure({"pending_polls": 2, "pending_status": "processing"})
    job = scene.geoapify.submit("k", body()).json()["id"]
    scene.clock.advance(100)
    looks = [scene.geoapify.look("k", job) for _ in range(3)]
    assert [look.status for look in looks] == [202, 202, 200]
    assert looks[0].json()["status"] == "processing"


def test_ids_and_own_params_are_echoed_only_as_they_were_given(scene: "Scene") -> None:
    results = scene.ask_geoapify(
        "/v1/geocode/search",
        {"id": "0001", "params": {"text": "Berlin"}},
        {"params": {"text": "Paris, France", "limit": "1"}},
        params={"format": "json"},
    )
    assert (results[0]["id"], results[0]["params"]) == ("0001", {"text": "Berlin"})
    assert "id" not in results[1]
    assert results[1]["params"] == {"text": "Paris, France", "limit": "1"}


def test_the_answer_names_api_request_params_and_job(scene: "Scene") -> None:
    job = scene.geoapify.submit("k", body(params={"lang": "de"})).json()["id"]
    scene.clock.advance(60)
    shown = scene.geoapify.look("k", job).json()
    assert (shown["api"], shown["params"], shown["id"]) == ("/v1/geocode/search", {"lang": "de"}, job)


def test_the_keys_of_an_input_win_over_those_of_the_request(scene: "Scene") -> None:
    one, two = scene.ask_geoapify(
        "/v1/geocode/search",
        {"params": {"text": "Springfield"}},
        {"params": {"text": "Springfield", "limit": 3}},
        params={"limit": 1, "format": "json"},
    )
    assert (len(one["result"]["results"]), len(two["result"]["results"])) == (1, 3)


@pytest.mark.parametrize(
    "wrong",
    [
        b"not json",
        b'"text"',
        body(inputs=[]),
        body(inputs=[{"params": {"text": "x"}}] * 1001),
        body(inputs=["x"]),
        body(inputs=[{"id": "1"}]),
        body(inputs=[{"params": "x"}]),
        body(api="/v9/none"),
        body(priority=0.4),
        body(priority=True),
    ],
)
def test_what_is_no_job_is_refused_in_the_house_style_and_not_billed(scene: "Scene", wrong: bytes) -> None:
    reply = scene.geoapify.submit("k", wrong)
    assert (reply.status, set(reply.json())) == (400, {"statusCode", "error", "message"})
    assert scene.account("geoapify")["records"] == 0


def test_a_thousand_inputs_are_accepted(scene: "Scene") -> None:
    assert scene.geoapify.submit("k", body(inputs=[{"params": {"text": "x"}}] * 1000)).status == 202


def test_wrong_keys_are_refused_and_lists_can_be_changed(scene: "Scene") -> None:
    assert scene.geoapify.submit("", body()).json()["message"] == "Invalid apiKey"
    assert scene.geoapify.submit("refused-key", body()).status == 401
    assert scene.geoapify.look("forbidden-key", "x").status == 403
    scene.geoapify.configure({"allowed_keys": ["only"], "refused_keys": []})
    assert [scene.geoapify.submit(key, body()).status for key in ("only", "other")] == [202, 401]


def test_a_setting_that_does_not_exist_is_refused(scene: "Scene") -> None:
    with pytest.raises(ValueError, match="no settings patience"):
        scene.geoapify.configure({"patience": 1})


def test_the_plan_s_rate_is_kept_on_the_clock(scene: "Scene") -> None:
    scene.geoapify.configure({"requests_per_second": 2})
    assert [scene.geoapify.look("k", "x").status for _ in range(3)] == [404, 404, 429]
    scene.clock.advance(1)
    assert scene.geoapify.look("k", "x").status == 404


def test_credits_are_inputs_and_submit_and_each_look_times_priority(scene: "Scene") -> None:
    job = scene.geoapify.submit("k", body(priority=0.5, inputs=[{"params": {"text": "x"}}] * 10)).json()["id"]
    scene.geoapify.look("k", job)
    page = scene.account("geoapify")
    assert (page["credits"], page["records"], page["distinct_records"]) == ((10 + 1 + 1) * 0.5, 10, 1)


def test_a_record_is_the_same_content_whatever_its_id(scene: "Scene") -> None:
    for ident in ("1", "2"):
        scene.geoapify.submit("k", body(inputs=[{"id": ident, "params": {"text": "Berlin"}}]))
    assert scene.account("geoapify")["most_times_one_record_was_billed"] == 2


def test_no_match_is_an_empty_list_and_an_error_is_an_object_without_one(scene: "Scene") -> None:
    scene.geoapify.configure({"error_inputs": [2]})
    nothing, refused, broken = scene.ask_geoapify(
        "/v1/geocode/search",
        {"params": {"text": "Nowhere 1, Atlantis"}},
        {"params": {"text": ""}},
        {"params": {"text": "Berlin"}},
    )
    assert nothing["result"]["features"] == []
    assert (refused["result"]["statusCode"], broken["result"]["statusCode"]) == (400, 500)
    assert "features" not in refused["result"]


def test_results_can_be_lost_and_jobs_can_fail(scene: "Scene") -> None:
    scene.geoapify.configure({"lost_results": 1, "failing_jobs": 1})
    failing, short = (scene.geoapify.submit("k", body()).json()["id"] for _ in range(2))
    scene.clock.advance(60)
    assert scene.geoapify.look("k", failing).json() == {"id": failing, "status": "failed"}
    assert scene.geoapify.look("k", short).json()["results"] == []


def test_the_older_family_answers_a_bare_array_of_flat_addresses(scene: "Scene") -> None:
    made = scene.geoapify.submit_geocoding(
        "search", "k", b'["Berlin, Germany", "Xyzzyville"]', origin=ORIGIN
    ).json()
    assert made["url"].startswith(f"{ORIGIN}/v1/batch/geocode/search?id=")
    scene.clock.advance(60)
    assert scene.geoapify.look("k", made["id"]).status == 404
    found, nothing = scene.geoapify.look_geocoding("search", "k", made["id"]).json()
    assert (found["city"], found["query"]["text"]) == ("Berlin", "Berlin, Germany")
    assert list(nothing) == ["query"]


def test_the_older_family_takes_coordinates_as_pairs_and_objects_with_lon_first(scene: "Scene") -> None:
    raw = b'[[13.40, 52.52], {"lon": -105.079419, "lat": 39.577761}]'
    job = scene.geoapify.submit_geocoding("reverse", "k", raw, {"lang": "de", "other": "x"}).json()["id"]
    scene.clock.advance(60)
    city, address = scene.geoapify.look_geocoding("reverse", "k", job).json()
    assert (city["country_code"], address["housenumber"]) == ("de", "7374")


@pytest.mark.parametrize(("family", "raw"), [("search", b"[1]"), ("reverse", b'["x"]'), ("search", b"[]")])
def test_the_older_family_refuses_other_rows(scene: "Scene", family: str, raw: bytes) -> None:
    assert scene.geoapify.submit_geocoding(family, "k", raw).status == 400


def test_the_older_family_writes_csv_with_dotted_columns_and_every_cell_quoted(scene: "Scene") -> None:
    job = scene.geoapify.submit_geocoding("search", "k", b'["Berlin, Germany", "Xyzzyville"]').json()["id"]
    scene.clock.advance(60)
    text = scene.geoapify.look_geocoding("search", "k", job, "csv").body.decode()
    assert text.startswith('"query.text","query.parsed.city"')
    found, nothing = csv.DictReader(text.splitlines())
    assert (found["rank.confidence"], found["datasource.sourcename"]) == ("1.0", "geonames")
    assert (nothing["query.text"], nothing["lat"]) == ("Xyzzyville", "")


def test_a_reset_forgets_jobs_and_settings(scene: "Scene") -> None:
    job = scene.geoapify.submit("k", body()).json()["id"]
    scene.geoapify.configure({"processing_seconds": 1})
    scene.geoapify.reset()
    assert scene.geoapify.look("k", job).status == 404
    assert scene.geoapify.settings.processing_seconds == 20
