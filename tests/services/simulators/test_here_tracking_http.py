"""HERE Tracking over real HTTP: paths, Bearer tokens, users and their projects."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from batchdrop_sandbox.simulators.clock import Clock
from batchdrop_sandbox.simulators.server import SimulatorServer

PROJECT = "hrn:here:authorization::myrealm:project/myproject"
USER = {"email": "a@example.org", "password": "right", "realm": "r"}
BEARER = {"Authorization": "Bearer some-token"}


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer.start(services=["here_tracking_v4"], clock=Clock(speed=0)) as running:
        yield running


@pytest.fixture
def base(server: SimulatorServer) -> str:
    return server.urls["here_tracking_v4"]


RULES = ["74a6fe54-2077-4629-b924-3340bc88b864", "c096874c-0d5f-41c8-9cd8-56c25f9df23b"]


def upload(web: requests.Session, base: str, rows: Any, **options: Any) -> str:
    made = web.post(f"{base}/bulkjobs/v4/deviceUploads", json=rows, **{"headers": BEARER, **options})
    assert made.status_code == 202, made.text
    job: str = made.json()["jobId"]
    return job


def test_a_job_from_upload_to_acknowledged(server: SimulatorServer, web: requests.Session, base: str) -> None:
    jobs = f"{base}/bulkjobs/v4/deviceUploads"
    query = {"projectId": "p", "fileName": "file.csv"}
    body = b"name,tag:food\nfirst,1\nsecond,\n"
    made = web.post(jobs, params=query, data=body, headers={**BEARER, "Content-Type": "text/csv"})
    one = f"{jobs}/{made.json()['jobId']}"
    project = {"projectId": "p"}
    assert web.get(f"{one}/status", params=project, headers=BEARER).json()["fileName"] == "file.csv"
    server.clock.advance(60)
    page = web.get(f"{one}/results", params={**project, "limit": "1"}, headers=BEARER).json()
    assert (page["count"], page["items"][0]["name"]) == (1, "first")
    more = {**project, "limit": "1", "pageToken": page["nextPageToken"]}
    assert web.get(f"{one}/results", params=more, headers=BEARER).json()["items"][0]["name"] == "second"
    asked = [*project.items(), ("status", "completed"), ("status", "failed")]
    assert web.get(jobs, params=asked, headers=BEARER).json()["count"] == 1
    for action, status in (("cancel", 412), ("acknowledged", 400), ("acknowledge", 200)):
        patched = web.patch(one, params=project, json={"action": action}, headers=BEARER)
        assert patched.status_code == status
    assert web.patch(one, params=project, data=b"no JSON", headers=BEARER).status_code == 400


def test_cancel_over_http(server: SimulatorServer, web: requests.Session, base: str) -> None:
    job = upload(web, base, [{"name": "a"}])
    url = f"{base}/bulkjobs/v4/deviceUploads/{job}"
    assert web.patch(url, json={"action": "cancel"}, headers=BEARER).json() == {"status": "cancelled"}
    server.clock.advance(60)
    assert server.ledger.snapshot()["here_tracking_v4"]["records"] == 0


def test_health_and_version_are_open_and_other_calls_want_a_bearer_token(
    web: requests.Session, base: str
) -> None:
    assert web.get(f"{base}/bulkjobs/v4/health").json() == {"message": "healthy"}
    assert web.get(f"{base}/bulkjobs/v4/version").json() == {"bulkjobs": "1.0.0"}
    jobs = f"{base}/bulkjobs/v4/deviceUploads"
    for query, headers in (("", {}), ("?apiKey=k", {}), ("", {"Authorization": "Basic k"})):
        assert web.get(jobs + query, headers=headers).status_code == 401
    assert web.get(f"{base}/bulkjobs/v4/nothing", headers=BEARER).status_code == 404


def test_a_user_logs_in_and_the_token_expires(
    server: SimulatorServer, web: requests.Session, base: str
) -> None:
    server.behaviours["here_tracking_v4"].configure(
        {"users": {"a@example.org": "right"}, "allowed_keys": [], "user_token_seconds": 60}
    )
    assert web.post(f"{base}/users/v2/login", json={**USER, "password": "wrong"}).status_code == 401
    assert web.post(f"{base}/users/v2/login", json={"email": "a@example.org"}).status_code == 400
    assert web.post(f"{base}/users/v2/login", data=b"{").status_code == 400
    token = web.post(f"{base}/users/v2/login", json=USER).json()["accessToken"]
    bearer = {"Authorization": f"Bearer {token}"}
    jobs = f"{base}/bulkjobs/v4/deviceUploads"
    assert web.get(jobs, headers=bearer).status_code == 200
    assert web.get(jobs, headers=BEARER).status_code == 401
    server.clock.advance(60)
    assert web.get(jobs, headers=bearer).status_code == 401


def test_a_token_is_exchanged_for_one_of_a_project_whose_jobs_it_sees(
    server: SimulatorServer, web: requests.Session, base: str
) -> None:
    token = web.post(f"{base}/users/v2/login", json=USER).json()["accessToken"]
    swap = {"accessToken": token, "scope": PROJECT}
    scoped = web.post(f"{base}/users/v2/tokenExchange", json=swap).json()["accessToken"]
    bearer = {"Authorization": f"Bearer {scoped}"}
    job = upload(web, base, [{"name": "a"}], headers=bearer)
    status = f"{base}/bulkjobs/v4/deviceUploads/{job}/status"
    assert web.get(status, headers=bearer).status_code == 200
    assert web.get(status, headers={"Authorization": f"Bearer {token}"}).status_code == 404
    assert web.get(status, params={"projectId": "myproject"}, headers=BEARER).status_code == 200
    server.clock.advance(3600)
    assert web.post(f"{base}/users/v2/tokenExchange", json=swap).status_code == 401
    assert web.post(f"{base}/users/v2/tokenExchange", json={"accessToken": token}).status_code == 400


@pytest.mark.parametrize("refused", [403, 401])
def test_each_of_the_two_hosts_takes_its_own_kind_of_token(
    server: SimulatorServer, web: requests.Session, base: str, refused: int
) -> None:
    token = web.post(f"{base}/users/v2/login", json=USER).json()["accessToken"]
    swap = {"accessToken": token, "scope": PROJECT}
    scoped = web.post(f"{base}/users/v2/tokenExchange", json=swap).json()["accessToken"]
    jobs = f"{base}/bulkjobs/v4/deviceUploads"
    for host, plain, of_project in (
        ("any", 200, 200),
        ("tracking.api.here.com", 200, refused),
        ("tracking.hereapi.com", refused, 200),
    ):
        server.behaviours["here_tracking_v4"].configure({"host": host, "wrong_host_status": refused})
        for bearer, status in ((token, plain), (scoped, of_project)):
            reply = web.get(jobs, headers={"Authorization": f"Bearer {bearer}"})
            assert reply.status_code == status, host
    assert web.post(f"{base}/users/v2/tokenExchange", json=swap).status_code == 200


def test_the_tutorial_s_own_csv_is_taken_and_its_curl_without_line_breaks_is_not(
    server: SimulatorServer, web: requests.Session, base: str
) -> None:
    lists = [f"rule:{uuid}" for uuid in RULES] + [f"geofence:{uuid}" for uuid in RULES]
    head = [
        "name",
        "deviceId",
        "externalDeviceId",
        "connectorId",
        "sendMs",
        "areaBased",
        "type",
        "tag:food",
        *lists,
    ]
    rows = [
        [
            "a tracker",
            "a19b2648-60c1-49fc-896c-ea450a07e98d",
            "",
            "",
            "600000",
            "",
            "Phone",
            "1",
            "1",
            "",
            "1",
            "1",
        ],
        ["another", "13316aa5-3b80-414c-bf6d-86fa3ca6a31f", "", "", "", "1", "Generic", "", "", "1", "", "1"],
    ]
    csv = "\n".join(",".join(row) for row in (head, *rows))
    jobs = f"{base}/bulkjobs/v4/deviceUploads"
    headers = {**BEARER, "Content-Type": "text/csv"}
    assert web.post(jobs, data=csv.encode(), headers=headers).status_code == 202
    assert web.post(jobs, data=csv.replace("\n", "").encode(), headers=headers).status_code == 400
    server.clock.advance(60)
    tracking: Any = server.behaviours["here_tracking_v4"]
    first, second = (device.rest for device in tracking.devices())
    assert (first["tags"], first["rules"], first["geofences"]) == (["food"], RULES[:1], RULES)
    assert (second["areaBased"], second["rules"], second["geofences"]) == (True, RULES[1:], RULES[1:])
