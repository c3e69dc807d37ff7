"""Bulk jobs of HERE Tracking: what is refused, what becomes a row error, and the devices that are there afterwards."""

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from batchdrop_sandbox.simulators.reply import Reply
    from tests.services.simulators.scene import Scene

RULE = "74a6fe54-2077-4629-b924-3340bc88b864"
AREA = "08e742fc-52d1-49aa-bea0-60a6cd17d8a2"
OTHER = "2bff17e2-af05-4843-9780-878df098d35a"
DEVICE = "a19b2648-60c1-49fc-896c-ea450a07e98d"
# The seed's CSV, header and rows as printed, with one rule and two geofences.
SEED_CSV = f"""name,deviceId,externalDeviceId,connectorId,sendMs,sampleMs,distanceM,areaBased,type,tag:priority1,tag:food,rule:{RULE},geofence:{AREA},geofence:{OTHER}
my at4h tracker in distance based mode,{DEVICE},,,600000,300000,100,,Phone,1,,1,1,1
my super tracker in area based mode,13316aa5-3b80-414c-bf6d-86fa3ca6a31f,,,600000,100000,,1,Returnable / Reusable,,1,,1,1
"""
ALL_ADDS = [
    {"name": "new"},
    {"name": "known", "deviceId": DEVICE},
    {"name": "virtual", "externalId": "MyDevice1"},
    {"name": "cloud", "externalDeviceId": "far-1", "connectorId": "connector"},
]


def upload(scene: "Scene", rows: Any, **query: str) -> "Reply":
    return scene.tracking.submit("t", json.dumps(rows).encode(), "application/json", query)


def made(scene: "Scene", rows: Any, **query: str) -> str:
    reply = upload(scene, rows, **query)
    assert reply.status == 202, reply.body
    job: str = reply.json()["jobId"]
    return job


def done(scene: "Scene", rows: Any) -> list[dict[str, Any]]:
    """The results of an upload after its end."""
    job = made(scene, rows)
    scene.clock.advance(3600)
    assert scene.tracking.look("t", job).json()["status"] == "completed"
    items: list[dict[str, Any]] = scene.tracking.results("t", job).json()["items"]
    return items


def look(scene: "Scene", job: str) -> dict[str, Any]:
    shown: dict[str, Any] = scene.tracking.look("t", job).json()
    return shown


def changes(scene: "Scene") -> int:
    records: int = scene.account("here_tracking_v4")["records"]
    return records


def names(scene: "Scene", project: str = "") -> list[str]:
    return [device.name for device in scene.tracking.devices(project)]


def test_a_job_goes_through_its_states_with_the_counters_of_the_page(scene: "Scene") -> None:
    rows = [{"name": f"device {number}"} for number in range(100)]
    job = made(scene, rows, fileName="file.csv")
    assert re.fullmatch(r"BULK-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", job)
    zero = {"succeeded": 0, "failed": 0, "partiallySucceeded": 0}
    pending = {"status": "pending", "progress": 0, "total": 0, **zero, "pending": 100, "fileName": "file.csv"}
    assert look(scene, job) == {**pending, "type": "create"}
    scene.clock.advance(4)
    half = look(scene, job)
    assert (half["status"], half["total"], half["succeeded"], half["pending"], half["progress"]) == (
        "ongoing",
        100,
        50,
        50,
        50,
    )
    scene.clock.advance(1)
    end = look(scene, job)
    assert (end["status"], end["succeeded"], end["pending"], end["progress"]) == ("completed", 100, 0, 100)
    assert changes(scene) == len(scene.tracking.devices()) == 100


def test_total_may_be_known_while_pending_and_a_name_is_left_out_when_none_was_given(scene: "Scene") -> None:
    scene.tracking.configure({"total_while_pending": True})
    shown = look(scene, made(scene, ALL_ADDS))
    assert (shown["total"], "fileName" in shown) == (4, False)


def test_all_four_variants_are_added_and_only_a_new_device_gets_a_secret(scene: "Scene") -> None:
    new, known, virtual, cloud = done(scene, ALL_ADDS)
    assert set(new) == {"name", "deviceId", "deviceSecret", "trackingId"}
    assert (set(known), known["deviceId"]) == ({"name", "deviceId", "trackingId"}, DEVICE)
    assert set(virtual) == {"name", "externalId", "trackingId"}
    assert set(cloud) == {"name", "externalDeviceId", "connectorId", "trackingId"}
    assert new["trackingId"].startswith("HERE-")
    assert (names(scene), changes(scene)) == (["new", "known", "virtual", "cloud"], 4)


def test_all_three_variants_are_deleted_and_the_results_name_what_was_sent(scene: "Scene") -> None:
    new, *_ = done(scene, ALL_ADDS)
    rows: list[dict[str, Any]] = [
        {"trackingId": new["trackingId"]},
        {"externalId": "MyDevice1", "unclaimOnly": "true"},
        {"connectorId": "connector", "externalDeviceId": "far-1", "removeFromConnectorOnly": False},
    ]
    items = done(scene, rows)
    assert items[0] == {"trackingId": new["trackingId"]}
    assert items[1] == {"externalId": "MyDevice1"}
    assert (names(scene), changes(scene)) == (["known"], 7)


def test_what_is_not_there_cannot_be_deleted_and_changes_nothing(scene: "Scene") -> None:
    (item,) = done(scene, [{"trackingId": "HERE-none"}])
    assert item["trackingId"] == "HERE-none"
    assert item["errors"] == [
        {
            "code": 404,
            "message": "Device not found.",
            "details": "There is no such device in the project",
        }
    ]
    assert changes(scene) == 0


def test_a_name_is_unique_in_its_project_also_within_one_upload(scene: "Scene") -> None:
    first, second = done(scene, [{"name": "same"}, {"name": "same"}])
    assert ("errors" in first, "trackingId" in second) == (False, False)
    (third,) = done(scene, [{"name": "same"}])
    assert third["errors"][0]["code"] == 400
    assert changes(scene) == 1
    made(scene, [{"name": "same"}], projectId="another")
    scene.clock.advance(60)
    assert names(scene, "another") == ["same"]


def test_an_id_that_is_taken_is_a_row_error(scene: "Scene") -> None:
    done(scene, ALL_ADDS)
    again = [{**row, "name": f"{row['name']} again"} for row in ALL_ADDS]
    assert ["errors" in item for item in done(scene, again)] == [False, True, True, True]


@pytest.mark.parametrize(
    ("flag", "taken"), [({"unclaimOnly": True}, False), ({}, True), ({"unclaimOnly": False}, True)]
)
def test_an_unclaimed_device_can_be_added_again_and_an_unprovisioned_one_cannot(
    scene: "Scene", flag: dict[str, bool], *, taken: bool
) -> None:
    (item,) = done(scene, [{"name": "a", "deviceId": DEVICE}])
    done(scene, [{"trackingId": item["trackingId"], **flag}])
    (again,) = done(scene, [{"name": "b", "deviceId": DEVICE}])
    assert ("errors" in again) is taken


def test_removing_from_the_connector_only_leaves_the_device(scene: "Scene") -> None:
    done(scene, ALL_ADDS)
    row = {"connectorId": "connector", "externalDeviceId": "far-1"}
    done(scene, [{**row, "removeFromConnectorOnly": True}])
    assert "cloud" in names(scene)
    (item,) = done(scene, [row])
    assert item["errors"][0]["code"] == 404


def test_a_rule_that_does_not_exist_makes_a_row_partial_with_ids_and_errors(scene: "Scene") -> None:
    scene.tracking.configure({"unknown_ids": [RULE, "gone"]})
    job = made(
        scene,
        [
            {"name": "a", "rules": [RULE], "geofences": [AREA]},
            {"name": "b"},
            {"name": "c", "connectorId": "gone", "externalDeviceId": "1"},
        ],
    )
    scene.clock.advance(60)
    partial, whole, failed = scene.tracking.results("t", job).json()["items"]
    assert (partial["errors"][0]["code"], "trackingId" in partial) == (404, True)
    assert ("errors" in whole, "trackingId" in failed) == (False, False)
    shown = look(scene, job)
    assert [shown[name] for name in ("succeeded", "partiallySucceeded", "failed")] == [1, 1, 1]
    assert (changes(scene), names(scene)) == (2, ["a", "b"])


def test_rows_can_be_made_to_fail_or_to_be_partial(scene: "Scene") -> None:
    scene.tracking.configure({"failed_rows": [0], "partial_rows": [1], "lost_rows": 1})
    failed, partial = done(scene, [{"name": "a"}, {"name": "b"}, {"name": "c"}])
    assert (failed["errors"][0]["code"], "trackingId" in failed) == (500, False)
    assert (partial["errors"][0]["code"], "trackingId" in partial) == (500, True)
    assert names(scene) == ["b", "c"]
    assert [billed.index for billed in scene.ledger.records("here_tracking_v4")] == [1, 2]


def test_csv_adds_devices_with_their_tags_rules_and_geofences(scene: "Scene") -> None:
    job = scene.tracking.submit("t", SEED_CSV.encode(), "text/csv; charset=utf-8").json()["jobId"]
    scene.clock.advance(60)
    items = scene.tracking.results("t", job).json()["items"]
    assert [item["name"] for item in items] == [
        "my at4h tracker in distance based mode",
        "my super tracker in area based mode",
    ]
    first, second = (device.rest for device in scene.tracking.devices())
    assert (first["tags"], first["rules"], first["geofences"]) == (["priority1"], [RULE], [AREA, OTHER])
    assert (first["sendMs"], first["type"], "areaBased" in first) == (600_000, "Phone", False)
    assert (second["areaBased"], second["tags"]) == (True, ["food"])


def test_csv_lists_may_stand_in_one_column(scene: "Scene") -> None:
    body = f"name,tags,rules,tag:d\na,b|c;x,{RULE}|{OTHER},1\n"
    scene.tracking.submit("t", body.encode(), "text/csv")
    scene.clock.advance(60)
    (device,) = scene.tracking.devices()
    assert (device.rest["tags"], device.rest["rules"]) == (["b", "c;x", "d"], [RULE, OTHER])


def test_csv_deletes_devices(scene: "Scene") -> None:
    new, *_ = done(scene, ALL_ADDS)
    body = (
        "trackingId,externalId,externalDeviceId,connectorId,unclaimOnly,removeFromConnectorOnly\n"
        f"{new['trackingId']},,,,1,\n,MyDevice1,,,,\n,,far-1,connector,,1\n"
    )
    job = scene.tracking.submit("t", body.encode(), "text/csv").json()["jobId"]
    scene.clock.advance(60)
    assert (look(scene, job)["type"], look(scene, job)["succeeded"]) == ("delete", 3)
    assert names(scene) == ["known", "cloud"]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        {},
        "text",
        [1],
        [{"name": "a"}] * 1001,
        [{"name": "a"}, {"trackingId": "x"}],
        [{"name": "a", "colour": "red"}],
        [{"name": "a", "unclaimOnly": True}],
        [{"name": "a", "deviceId": "d", "externalId": "e"}],
        [{"name": "a", "externalDeviceId": "e"}],
        [{"connectorId": "c"}],
        [{"trackingId": "t", "externalId": "e"}],
        [{"trackingId": "t", "removeFromConnectorOnly": True}],
        [{"deviceId": "d"}],
        [{"name": ""}],
        [{"name": "x" * 51}],
        [{"name": 5}],
        [{"name": None}],
        [{"name": "a", "type": ""}],
        [{"name": "a", "sendMs": -1}],
        [{"name": "a", "sendMs": "600"}],
        [{"name": "a", "distanceM": True}],
        [{"name": "a", "areaBased": "true"}],
        [{"name": "a", "areaBased": True, "geofences": [AREA] * 4}],
        [{"name": "a", "tags": [str(number) for number in range(11)]}],
        [{"name": "a", "tags": "food"}],
        [{"name": "a", "tags": [""]}],
        [{"name": "a", "rules": ["no-uuid"]}],
        [{"name": "a", "geofences": [AREA] * 11}],
        [{"trackingId": "t", "unclaimOnly": "yes"}],
        [{"trackingId": "t", "unclaimOnly": 1}],
    ],
)
def test_an_upload_that_breaks_the_schema_is_refused_whole(scene: "Scene", rows: Any) -> None:
    reply = upload(scene, rows)
    assert reply.status == 400
    assert reply.json()["details"] == {"hereErrorCode": 400306}
    assert scene.account("here_tracking_v4")["jobs"] == 0


@pytest.mark.parametrize(
    "row",
    [
        {"name": "x" * 50, "type": "Airport / Air Cargo"},
        {"name": "a", "areaBased": True, "geofences": [AREA] * 3},
        {"name": "a", "areaBased": False, "geofences": [AREA] * 10},
        {"name": "a", "tags": [str(number) for number in range(10)], "distanceM": 0.5},
    ],
)
def test_what_is_just_within_the_limits_is_accepted(scene: "Scene", row: dict[str, Any]) -> None:
    assert upload(scene, [row]).status == 202


def test_a_thousand_devices_are_accepted(scene: "Scene") -> None:
    assert len(done(scene, [{"name": f"{number}"} for number in range(1000)])) == 100
    assert changes(scene) == 1000


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/csv", b""),
        ("text/csv", b"name\n"),
        ("text/csv", b"name,colour\na,red\n"),
        ("text/csv", b"name,name\na,b\n"),
        ("text/csv", b"name,type\na\n"),
        ("text/csv", b"name,tag:x\na,yes\n"),
        ("text/csv", b"name,tag:\na,1\n"),
        ("text/csv", b"name,sendMs\na,often\n"),
        ("text/csv", b"name,sendMs\na,nan\n"),
        ("text/csv", b"name,areaBased\na,perhaps\n"),
        ("text/csv", b'name\n"a\n'),
        ("text/csv", b"\xff\xfe"),
        ("text/csv", b"name,trackingId\na,\n,b\n"),
        ("text/csv", b"nameab"),  # what curl -d makes of a file: no line breaks
        ("application/json", b"[{"),
        ("application/json", b"\xff"),
        ("application/xml", b"[]"),
        ("", b"[]"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(scene: "Scene", kind: str, body: bytes) -> None:
    assert scene.tracking.submit("t", body, kind).status == 400


@pytest.mark.parametrize("name", ["", "x" * 51])
def test_a_file_name_has_one_to_fifty_characters(scene: "Scene", name: str) -> None:
    assert upload(scene, ALL_ADDS, fileName=name).status == 400
    assert upload(scene, ALL_ADDS, fileName="x" * 50).status == 202


def test_a_cancelled_job_has_changed_what_was_done_before(scene: "Scene") -> None:
    job = made(scene, [{"name": f"{number}"} for number in range(100)])
    scene.clock.advance(4)
    assert scene.tracking.cancel("t", job).json() == {"status": "cancelled"}
    scene.clock.advance(60)
    shown = look(scene, job)
    assert (shown["status"], shown["succeeded"], shown["pending"]) == ("cancelled", 50, 0)
    assert scene.tracking.results("t", job).json()["count"] == changes(scene) == len(names(scene)) == 50


def test_a_pending_job_that_is_cancelled_changes_nothing(scene: "Scene") -> None:
    job = made(scene, ALL_ADDS)
    assert scene.tracking.cancel("t", job).status == 200
    scene.clock.advance(60)
    assert changes(scene) == 0


def test_cancel_and_acknowledge_are_refused_in_the_wrong_state(scene: "Scene") -> None:
    job = made(scene, ALL_ADDS)
    early = scene.tracking.acknowledge("t", job)
    assert (early.status, early.json()["details"]) == (412, {"hereErrorCode": 412306})
    scene.clock.advance(60)
    assert scene.tracking.cancel("t", job).status == 412
    assert scene.tracking.acknowledge("t", job).json() == {"status": "acknowledged"}
    assert scene.tracking.acknowledge("t", job).status == 412
    assert look(scene, job)["status"] == "acknowledged"
    assert scene.tracking.results("t", job).json()["count"] == 4


def test_a_failed_job_has_changed_nothing(scene: "Scene") -> None:
    scene.tracking.configure({"failing_jobs": 1})
    job = made(scene, ALL_ADDS)
    scene.clock.advance(60)
    assert (look(scene, job)["status"], changes(scene)) == ("failed", 0)
    assert scene.tracking.acknowledge("t", job).status == 200
    assert len(done(scene, ALL_ADDS)) == 4


def test_results_come_in_pages(scene: "Scene") -> None:
    job = made(scene, [{"name": f"{number}"} for number in range(250)])
    scene.clock.advance(60)
    found: list[str] = []
    query: dict[str, str] = {}
    for size in (100, 100, 50):
        page = scene.tracking.results("t", job, query).json()
        assert (page["limit"], page["count"], page["status"], page["type"]) == (
            100,
            size,
            "completed",
            "create",
        )
        found += [item["name"] for item in page["items"]]
        query = {"pageToken": page.get("nextPageToken", "")}
    assert query == {"pageToken": ""}
    assert found == [str(number) for number in range(250)]


def test_jobs_are_listed_by_type_and_state_in_pages(scene: "Scene") -> None:
    first = made(scene, [{"name": "a"}])
    scene.clock.advance(60)
    second, third = made(scene, [{"trackingId": "x"}]), made(scene, [{"name": "b"}])
    made(scene, [{"name": "c"}], projectId="other")
    listed = scene.tracking.list_jobs("t").json()
    assert (listed["limit"], listed["count"]) == (100, 3)
    assert listed["items"][1] == {"jobId": second, "status": "pending", "type": "delete"}

    def ids(query: dict[str, str], *statuses: str) -> list[str]:
        items = scene.tracking.list_jobs("t", query, statuses).json()["items"]
        return [item["jobId"] for item in items]

    assert ids({"type": "create"}) == [first, third]
    assert ids({}, "completed") == [first]
    assert ids({}, "completed", "pending") == [first, second, third]
    assert ids({"type": "create"}, "failed") == []
    page = scene.tracking.list_jobs("t", {"limit": "2"}).json()
    assert ids({"limit": "2", "pageToken": page["nextPageToken"]}) == [third]


@pytest.mark.parametrize(
    ("query", "statuses"),
    [
        ({"limit": "0"}, ()),
        ({"limit": "101"}, ()),
        ({"limit": "x"}, ()),
        ({"pageToken": "x"}, ()),
        ({"pageToken": "é"}, ()),
        ({"type": "update"}, ()),
        ({}, ("done",)),
        ({"projectId": ""}, ()),
        ({"projectId": "x" * 51}, ()),
    ],
)
def test_a_wrong_query_is_refused(scene: "Scene", query: dict[str, str], statuses: tuple[str, ...]) -> None:
    assert scene.tracking.list_jobs("t", query, statuses).status == 400


def test_a_user_of_several_projects_must_name_one(scene: "Scene") -> None:
    scene.tracking.configure({"needs_project": True})
    assert upload(scene, ALL_ADDS).status == 400
    assert upload(scene, ALL_ADDS, projectId="p").status == 202


@pytest.mark.parametrize(
    ("job", "status"),
    [
        ("BULK-6279286f-a09a-4521-9d3a-af7559e84836", 404),
        ("BULK-6279286f-a09a-1521-9d3a-af7559e84836", 400),
        ("JOB-6279286f-a09a-4521-9d3a-af7559e84836", 400),
    ],
)
def test_an_unknown_job_is_not_found_and_a_malformed_id_is_refused(
    scene: "Scene", job: str, status: int
) -> None:
    for call in (
        scene.tracking.look,
        scene.tracking.results,
        scene.tracking.cancel,
        scene.tracking.acknowledge,
    ):
        assert call("t", job).status == status


def test_another_project_does_not_see_the_job(scene: "Scene") -> None:
    job = made(scene, ALL_ADDS, projectId="p")
    assert scene.tracking.look("t", job).status == 404
    assert scene.tracking.look("t", job, {"projectId": "p"}).status == 200


def test_jobs_are_kept_for_a_week_and_devices_for_longer(scene: "Scene") -> None:
    job = made(scene, ALL_ADDS)
    scene.clock.advance(7 * 86_400 - 1)
    assert look(scene, job)["status"] == "completed"
    scene.clock.advance(1)
    assert scene.tracking.look("t", job).status == 404
    assert scene.tracking.list_jobs("t").json()["count"] == 0
    assert len(names(scene)) == 4


@pytest.mark.parametrize(("key", "status"), [("", 401), ("refused-key", 401), ("forbidden-key", 403)])
def test_wrong_tokens_are_refused_in_the_service_s_own_shape(scene: "Scene", key: str, status: int) -> None:
    reply = scene.tracking.list_jobs(key)
    body = reply.json()
    assert (reply.status, body["code"], body["details"]["hereErrorCode"]) == (
        status,
        status,
        status * 1000 + 306,
    )
    assert set(body) == {"error", "code", "id", "message", "details"}
    assert body["id"].endswith("-lds2")


def test_too_many_requests_are_refused_without_details(scene: "Scene") -> None:
    scene.tracking.configure({"requests_per_second": 1})
    scene.tracking.list_jobs("t")
    refused = scene.tracking.list_jobs("t")
    assert (refused.status, "details" in refused.json()) == (429, False)


def test_a_status_can_be_one_that_no_page_names(scene: "Scene") -> None:
    scene.tracking.configure({"renamed": {"pending": "waiting"}})
    assert look(scene, made(scene, ALL_ADDS))["status"] == "waiting"


def test_a_reset_forgets_jobs_devices_and_settings(scene: "Scene") -> None:
    done(scene, [{"name": "a", "deviceId": DEVICE}])
    scene.tracking.configure({"failing_jobs": 5})
    scene.tracking.reset()
    assert names(scene) == []
    assert "errors" not in done(scene, [{"name": "a", "deviceId": DEVICE}])[0]
