"""Where the simulators' webhooks find what they ring: API Gateway's host names are at the local AWS, and nobody else is far away."""

from __future__ import annotations

import http.client
import json
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from batchdrop_sandbox.simulators.ringing import Ringer
from batchdrop_sandbox.simulators.server import SimulatorServer

if TYPE_CHECKING:
    from collections.abc import Iterator

GATEWAY = (
    "https://a1b2c3d4.execute-api.us-east-1.amazonaws.com/v1/callback/secret/here_batch_v7/JOB-1?status=x"
)


@pytest.fixture
def ringer() -> Iterator[Ringer]:
    one = Ringer()
    yield one
    one.stop()


def test_the_gateway_is_at_the_local_aws(ringer: Ringer) -> None:
    ringer.reach("http://127.0.0.1:4566")
    assert ringer.place(GATEWAY) == (
        "http://127.0.0.1:4566/_aws/execute-api/a1b2c3d4/v1/callback/secret/here_batch_v7/JOB-1?status=x"
    )


def test_without_a_local_aws_the_gateway_is_nowhere(ringer: Ringer) -> None:
    assert ringer.place(GATEWAY) == ""


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://127.0.0.1:8000/x", "http://127.0.0.1:8000/x"),
        ("https://a.execute-api.us-east-1.amazonaws.com.example.com/v1", None),
        ("file:///etc/hosts", ""),
        ("ftp://127.0.0.1/x", ""),
    ],
)
def test_other_addresses_are_what_they_are(ringer: Ringer, url: str, place: str | None) -> None:
    ringer.reach("http://127.0.0.1:4566")
    assert ringer.place(url) == (url if place is None else place)


@pytest.mark.parametrize(
    "endpoint", ["http://10.0.0.1:80", "https://127.0.0.1:80", "http://127.0.0.1:80/x", ""]
)
def test_the_local_aws_is_on_this_machine(ringer: Ringer, endpoint: str) -> None:
    with pytest.raises(ValueError, match="local AWS"):
        ringer.reach(endpoint)


def test_a_running_server_is_told_over_http_and_then_rings_there() -> None:
    with (
        SimulatorServer.start(services=["here_batch_v7"]) as server,
        socket.create_server(("127.0.0.1", 0)) as aws,
    ):
        aws.settimeout(10)
        endpoint = f"http://127.0.0.1:{aws.getsockname()[1]}"
        connection = http.client.HTTPConnection(urlsplit(server.urls["here_batch_v7"]).netloc, timeout=10)
        for body, status in (
            (json.dumps({"endpoint": endpoint}), 200),
            ("{}", 400),
            ('{"endpoint": "x"}', 400),
        ):
            connection.request("POST", "/_sandbox/aws", body)
            reply = connection.getresponse()
            reply.read()
            assert reply.status == status
        connection.close()
        server.world.ring(GATEWAY)
        caller, _ = aws.accept()
        with caller:
            assert caller.recv(1000).startswith(b"GET /_aws/execute-api/a1b2c3d4/v1/callback/secret/")
            caller.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")  # nobody minds
