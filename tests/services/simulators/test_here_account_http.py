"""Token calls over real HTTP, and the stories that parts of the product must live through."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from batchdrop_sandbox.simulators.clock import Clock
from batchdrop_sandbox.simulators.server import SimulatorServer
from tests.services.simulators.signing import authorization

GRANT = {"grant_type": "client_credentials"}
HRN = "hrn:here:service::olp-here:search-geocode-7"


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer.start(
        services=["here_account", "here_batch_v7", "here_tracking_v4"], clock=Clock(speed=0)
    ) as running:
        yield running


def fetch(server: SimulatorServer, web: requests.Session, query: str = "", **how: Any) -> requests.Response:
    url = f"{server.urls['here_account']}/oauth2/token"
    header = authorization(server.clock.now(), url=url, fields=[*GRANT.items(), *parse_qsl(query)], **how)
    return web.post(f"{url}?{query}", data=GRANT, headers={"Authorization": header, "X-Request-ID": "mine"})


def control(server: SimulatorServer, web: requests.Session, name: str, body: Any) -> None:
    base = urlsplit(server.urls["here_account"])
    assert web.post(f"http://{base.netloc}/_sandbox/{name}", json=body).status_code == 200


def test_a_token_is_fetched_and_used(server: SimulatorServer, web: requests.Session) -> None:
    reply = fetch(server, web)
    assert (reply.status_code, reply.headers["X-Request-ID"]) == (200, "mine")
    assert reply.headers["X-Correlation-ID"]
    bearer = {"Authorization": f"Bearer {reply.json()['access_token']}"}
    assert web.get(f"{server.urls['here_batch_v7']}/batch/jobs", headers=bearer).status_code == 200
    jobs = f"{server.urls['here_tracking_v4']}/bulkjobs/v4/deviceUploads"
    assert web.get(jobs, headers=bearer).status_code == 200


def test_a_repeated_query_parameter_is_signed_as_often_as_it_is_there(
    server: SimulatorServer, web: requests.Session
) -> None:
    assert fetch(server, web, "a=1&a=2").status_code == 200
    url = f"{server.urls['here_account']}/oauth2/token"
    header = authorization(server.clock.now(), url=url, fields=[*GRANT.items(), ("a", "1")])
    reply = web.post(f"{url}?a=1&a=2", data=GRANT, headers={"Authorization": header})
    assert reply.json()["errorCode"] == 401300


def test_the_timestamp_is_open_and_other_paths_are_not_there(
    server: SimulatorServer, web: requests.Session
) -> None:
    base = server.urls["here_account"]
    assert web.get(f"{base}/timestamp").json() == {"timestamp": int(server.clock.now())}
    assert web.get(f"{base}/oauth2/token").status_code == 404


def test_a_token_expires_in_the_middle_of_a_job(server: SimulatorServer, web: requests.Session) -> None:
    jobs = f"{server.urls['here_batch_v7']}/batch/jobs"
    control(server, web, "behaviour", {"token_seconds": 60})
    old = {"Authorization": f"Bearer {fetch(server, web).json()['access_token']}"}
    job = web.post(jobs, params={"serviceHrn": HRN}, data=b"q\nBerlin\n", headers=old).json()["id"]
    server.clock.advance(60)
    assert web.get(f"{jobs}/{job}", headers=old).status_code == 401
    new = {"Authorization": f"Bearer {fetch(server, web).json()['access_token']}"}
    assert web.get(f"{jobs}/{job}", headers=new).json()["status"] == "completed"


def test_a_key_is_rotated_in_the_middle_of_a_job(server: SimulatorServer, web: requests.Session) -> None:
    jobs = f"{server.urls['here_batch_v7']}/batch/jobs"
    control(server, web, "behaviour", {"tokens_end_with_their_key": True})
    old = {"Authorization": f"Bearer {fetch(server, web).json()['access_token']}"}
    job = web.post(jobs, params={"serviceHrn": HRN}, data=b"q\nBerlin\n", headers=old).json()["id"]
    control(server, web, "behaviour", {"key_pairs": {"next": "secret"}})
    assert web.get(f"{jobs}/{job}", headers=old).status_code == 401
    assert fetch(server, web).json()["errorCode"] == 401300
    token = fetch(server, web, key="next", secret="secret").json()["access_token"]
    shown = web.get(f"{jobs}/{job}", headers={"Authorization": f"Bearer {token}"})
    assert shown.json()["id"] == job
