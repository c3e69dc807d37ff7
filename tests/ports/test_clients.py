"""The AWS clients, and the guard that keeps tests on this machine."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from batchdrop.aws.clients import ATTEMPTS, client

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _forget_clients() -> Iterator[None]:
    client.cache_clear()
    yield
    client.cache_clear()


@pytest.mark.parametrize(("service", "seconds"), [("s3", 60), ("dynamodb", 10)])
def test_a_client_is_made_once_with_retries_and_time_outs(service: str, seconds: int) -> None:
    made = client(service)
    config = made.meta.config
    assert client(service) is made
    assert config.retries == {"mode": "standard", "total_max_attempts": ATTEMPTS}
    assert (config.connect_timeout, config.read_timeout) == (5, seconds)


def test_the_endpoint_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4610")
    assert client("sns").meta.endpoint_url == "http://127.0.0.1:4610"


def test_importing_the_adapters_does_not_import_boto3() -> None:
    modules = ("clients", "table", "store", "events", "machine", "secrets")
    code = "; ".join(["import sys", *(f"import batchdrop.aws.{name}" for name in modules)])
    found = subprocess.run(
        [sys.executable, "-c", f"{code}; print('boto3' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "False"


def test_no_test_reaches_another_machine() -> None:
    with socket.socket() as probe:
        for connect in (probe.connect, probe.connect_ex):
            with pytest.raises(RuntimeError, match="another machine"):
                connect(("192.0.2.1", 80))
    with pytest.raises(RuntimeError, match="another machine"):
        socket.getaddrinfo("dynamodb.eu-central-1.amazonaws.com", 443)
    assert socket.getaddrinfo("127.0.0.1", 80)
