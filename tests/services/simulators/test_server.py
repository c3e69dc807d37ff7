"""The simulators over real HTTP."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from batchdrop_sandbox.simulators.clock import Clock
from batchdrop_sandbox.simulators.keys import Keys
from batchdrop_sandbox.simulators.registry import SIMULATORS
from batchdrop_sandbox.simulators.server import SimulatorServer

HRN = "hrn:here:service::olp-here:search-geocode-7"
ONE = {
    "api": "/v1/geocode/search",
    "params": {"format": "json"},
    "inputs": [{"id": "1", "params": {"text": "Berlin"}}],
}


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer.start(clock=Clock(speed=0)) as running:
        yield running


def control(web: requests.Session, base: str, name: str, body: Any = None) -> Any:
    parts = urlsplit(base)
    url = f"http://{parts.netloc}/_sandbox/{name}"
    reply = web.get(url) if body is None else web.post(url, json=body)
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_a_geoapify_job_from_submit_to_results(server: SimulatorServer, web: requests.Session) -> None:
    made = web.post(f"{server.urls['geoapify']}/v1/batch?apiKey=K", json=ONE)
    url = made.json()["url"]
    assert (made.status_code, url[-9:]) == (202, "&apiKey=K")
    assert url.startswith(server.urls["geoapify"])
    assert web.get(url).status_code == 202
    server.clock.advance(60)
    done = web.get(url)
    assert (done.status_code, done.json()["results"][0]["result"]["results"][0]["city"]) == (200, "Berlin")
    assert "Content-Length" in done.headers


def test_a_here_job_from_submit_to_download(server: SimulatorServer, web: requests.Session) -> None:
    base = server.urls["here_batch_v7"]
    token = {"Authorization": "Bearer some-token", "X-Request-ID": "mine"}
    query = {"serviceHrn": HRN, "startJob": "false", "tag": "t ü", "billingTags": "abcd+efgh"}
    made = web.post(f"{base}/batch/jobs", params=query, data=b"q\nBerlin\nAtlantis 9, X\n", headers=token)
    assert (made.status_code, made.headers["X-Request-ID"]) == (201, "mine")
    assert made.headers["X-Correlation-ID"]
    job = made.json()["href"]
    assert job == f"{base}/batch/jobs/{made.json()['id']}"
    assert web.get(f"{base}/batch/jobs", params={"tag": "t ü", "apiKey": "k"}).json()["count"] == 1
    assert web.put(f"{job}/start", headers=token).status_code == 200
    server.clock.advance(60)
    shown = web.get(job, params={"apiKey": "k"}).json()
    results = web.get(shown["resultsHref"], headers={**token, "Accept-Encoding": "identity"})
    assert results.headers["Transfer-Encoding"] == "chunked"
    assert results.headers["Content-Disposition"] == f'attachment; filename="{shown["id"]}-results.txt"'
    assert results.content.decode().splitlines()[1].startswith("InputLine_1|1|1|(52.52437,13.41053)")
    assert web.get(shown["resultsHref"], headers=token).headers["Content-Encoding"] == "gzip"
    assert web.get(shown["errorsHref"], headers=token).content.startswith(b"recId|errorCode|errorMessage\n")
    assert web.put(f"{job}/stop", headers=token).status_code == 200
    assert web.delete(job, headers=token).json()["status"] == "deleted"
    assert web.delete(f"{base}/batch/jobs?status=any", headers=token).json() == {"total": 0, "jobIds": []}


def test_open_and_unknown_paths(server: SimulatorServer, web: requests.Session) -> None:
    here, geoapify = server.urls["here_batch_v7"], server.urls["geoapify"]
    assert web.get(f"{here}/health").json() == {"status": "ok"}
    assert "/batch/jobs/{id}/start" in web.get(f"{here}/openapi").json()["paths"]
    assert web.get(f"{here}/version?apiKey=k").status_code == 200
    assert web.get(f"{here}/nothing?apiKey=k").status_code == 404
    assert web.get(f"{geoapify}/v1/nothing").json()["statusCode"] == 404
    assert web.put(f"{geoapify}/v1/batch").status_code == 404


def test_webhooks_over_http(server: SimulatorServer, web: requests.Session) -> None:
    base, key = server.urls["here_batch_v7"], {"apiKey": "k"}
    with socket.create_server(("127.0.0.1", 0)) as bell:
        bell.settimeout(10)
        hook = {
            "type": "webHook",
            "config": {"url": f"http://127.0.0.1:{bell.getsockname()[1]}/${{JOB_STATUS}}"},
        }
        ident = web.post(f"{base}/batch/notifications", params=key, json=hook).json()["id"]
        query = {"serviceHrn": HRN, "notificationIds": ident, **key}
        web.post(f"{base}/batch/jobs", params=query, data=b"q\nBerlin\n")
        server.clock.advance(60)  # nobody asks for the job: the server rings by itself
        caller, _ = bell.accept()
        with caller:
            assert caller.recv(1000).startswith(b"GET /completed HTTP/1.1")
            caller.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert len(web.get(f"{base}/batch/notifications", params=key).json()) == 1
    one = f"{base}/batch/notifications/{ident}"
    assert web.put(one, params=key, json=hook).status_code == 200
    assert web.get(one, params=key).json()["id"] == ident
    assert web.get(f"{one}/test", params=key).status_code == 204
    assert web.delete(one, params=key).status_code == 204


def test_the_older_geoapify_family_over_http(server: SimulatorServer, web: requests.Session) -> None:
    base = f"{server.urls['geoapify']}/v1/batch/geocode/search"
    url = web.post(f"{base}?apiKey=K&lang=de", json=["Berlin, Germany"]).json()["url"]
    server.clock.advance(60)
    assert web.get(url).json()[0]["city"] == "Berlin"
    assert web.get(f"{url}&format=csv").text.startswith('"query.text"')


def test_the_control_paths_read_the_books_and_steer(server: SimulatorServer, web: requests.Session) -> None:
    base = server.urls["geoapify"]
    control(web, base, "behaviour", {"processing_seconds": 5, "seconds_per_input": 0})
    assert control(web, base, "faults", [{"call": "submit", "kind": "status", "status": 503}]) == {"left": 1}
    post = f"{base}/v1/batch?apiKey=K"
    assert web.post(post, json=ONE).status_code == 503
    url = web.post(post, json=ONE).json()["url"]
    before = control(web, base, "clock")["now"]
    assert control(web, base, "clock", {"advance": 5})["now"] == before + 5
    assert web.get(url).status_code == 200
    page = control(web, server.urls["here_batch_v7"], "ledger")["geoapify"]
    assert (page["jobs"], page["submits"], page["looks"], page["credits"]) == (1, 2, 1, 3)
    control(web, base, "reset", {})
    assert web.get(url).status_code == 404
    assert control(web, base, "clock", {"speed": 3})["speed"] == 3


@pytest.mark.parametrize(
    ("name", "body"),
    [("behaviour", {"none": 1}), ("faults", [{"kind": "x", "call": "*"}]), ("clock", {"advance": -1})],
)
def test_a_control_call_that_makes_no_sense_is_told_why(
    server: SimulatorServer, web: requests.Session, name: str, body: Any
) -> None:
    reply = web.post(f"{server.urls['geoapify']}/_sandbox/{name}", json=body)
    assert reply.status_code == 400
    assert reply.json()["error"]


def test_faults_break_real_connections(server: SimulatorServer, web: requests.Session) -> None:
    post = f"{server.urls['geoapify']}/v1/batch?apiKey=K"
    for jobs, kind in enumerate(("drop_before", "drop_after")):
        server.faults.add({"service": "geoapify", "call": "submit", "kind": kind})
        with pytest.raises(requests.ConnectionError):
            web.post(post, json=ONE)
        assert server.ledger.snapshot()["geoapify"]["jobs"] == jobs
    server.faults.add(
        {"service": "geoapify", "call": "submit", "kind": "redirect", "location": "http://127.0.0.1:9/"}
    )
    assert web.post(post, json=ONE, allow_redirects=False).headers["Location"] == "http://127.0.0.1:9/"
    server.faults.add({"service": "geoapify", "call": "submit", "kind": "delay", "seconds": 5})
    with pytest.raises(requests.Timeout):
        web.post(post, json=ONE, timeout=0.2)


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_cut_download_breaks_off_or_is_silently_short(
    server: SimulatorServer, web: requests.Session, encoding: str
) -> None:
    base, key = server.urls["here_batch_v7"], {"apiKey": "k"}
    query = {"serviceHrn": HRN, **key}
    job = web.post(f"{base}/batch/jobs", params=query, data=b"q\n" + b"Berlin\n" * 500).json()["href"]
    server.clock.advance(60)
    parts = urlsplit(base)

    def download() -> bytes:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
        try:
            path = urlsplit(job).path + "/results?apiKey=k"
            connection.request("GET", path, headers={"Accept-Encoding": encoding})
            return connection.getresponse().read()
        finally:
            connection.close()

    whole = download()
    server.faults.add({"service": "here_batch_v7", "call": "results", "kind": "truncate"})
    with pytest.raises(http.client.IncompleteRead):
        download()
    server.faults.add({"service": "here_batch_v7", "call": "results", "kind": "truncate", "broken": False})
    assert download() == whole[: len(whole) // 2]


def test_a_cut_body_with_a_length_breaks_off_too(server: SimulatorServer, web: requests.Session) -> None:
    server.faults.add({"service": "geoapify", "call": "submit", "kind": "truncate", "keep": 5})
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        web.post(f"{server.urls['geoapify']}/v1/batch?apiKey=K", json=ONE)


def test_two_hundred_requests_at_once_are_all_answered(server: SimulatorServer) -> None:
    parts = urlsplit(server.urls["geoapify"])
    together = threading.Barrier(200)

    def submit(_: int) -> int:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        try:
            together.wait(30)
            connection.request("POST", "/v1/batch?apiKey=K", json.dumps(ONE))
            reply = connection.getresponse()
            reply.read()
            return reply.status
        finally:
            connection.close()

    with ThreadPoolExecutor(200) as pool:
        assert set(pool.map(submit, range(200))) == {202}
    assert server.ledger.snapshot()["geoapify"]["jobs"] == 200


def test_a_body_may_come_in_chunks_or_wait_for_a_continue(
    server: SimulatorServer, web: requests.Session
) -> None:
    base = f"{server.urls['here_batch_v7']}/batch/jobs?serviceHrn={HRN}&apiKey=k"
    assert web.post(base, data=iter([b"q\nBer", b"lin\n"])).status_code == 201
    parts = urlsplit(base)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as raw:
        head = f"POST {parts.path}?{parts.query} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
        raw.sendall(head.encode())
        assert raw.recv(1000).startswith(b"HTTP/1.1 100")
        raw.sendall(b"q\nBerlin\n")
        assert raw.recv(1000).startswith(b"HTTP/1.1 201")


def test_a_body_larger_than_any_service_takes_is_refused_unread(server: SimulatorServer) -> None:
    parts = urlsplit(server.urls["geoapify"])
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as raw:
        raw.sendall(b"POST /v1/batch?apiKey=K HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000000\r\n\r\n")
        assert raw.recv(1000).startswith(b"HTTP/1.1 413")


def test_only_the_named_services_are_served_with_the_given_keys(web: requests.Session) -> None:
    with SimulatorServer.start(["geoapify"], keys=Keys.of(allowed=["good"])) as server:
        assert set(server.urls) == {"geoapify"}
        statuses = [
            web.post(f"{server.urls['geoapify']}/v1/batch?apiKey={key}", json=ONE).status_code
            for key in ("good", "bad")
        ]
    assert statuses == [202, 401]
    with pytest.raises(KeyError):
        SimulatorServer.start(["nobody"])


def test_a_stopped_server_leaves_no_thread_and_no_open_port(web: requests.Session) -> None:
    before = set(threading.enumerate())
    with SimulatorServer.start() as server:
        web.get(f"{server.urls['geoapify']}/v1/batch?apiKey=K")
    assert set(threading.enumerate()) <= before
    with pytest.raises(requests.ConnectionError):
        web.get(server.urls["geoapify"])


def test_the_command_prints_its_urls_on_the_first_line_and_ends_on_a_signal(
    tmp_path: Path, web: requests.Session
) -> None:
    note = tmp_path / "ports.json"
    command = [
        sys.executable,
        "-m",
        "batchdrop_sandbox.simulators",
        "--port-file",
        str(note),
        "--speed",
        "100",
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as process:
        assert process.stdout is not None
        try:
            urls = json.loads(process.stdout.readline())
            assert set(urls) == set(SIMULATORS)
            assert json.loads(note.read_text()) == urls
            assert web.get(f"{urls['here_batch_v7']}/health").status_code == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()
