"""Credentials that change while a job is at work: a rotated key, a token that ends."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop_sandbox.simulators.here_account.settings import ACCESS_KEY_ID, ACCESS_KEY_SECRET
from tests.e2e.listening import until
from tests.e2e.test_orders import Person, person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchdrop_sandbox.simulators.server import SimulatorServer
    from batchdrop_sandbox.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.long]
__all__ = ["person"]


class Keyring:
    """Changes a service's secret on the stack; puts it back at the end."""

    def __init__(self, stack: Stack, client: Any, service: str) -> None:
        self._client = client
        pages = client.list_secrets()["SecretList"]
        [self._arn] = [entry["ARN"] for entry in pages if f"{stack.name}/{service}" in entry["Name"]]
        self._before = client.get_secret_value(SecretId=self._arn)["SecretString"]

    def put(self, secret: dict[str, str]) -> None:
        self._client.put_secret_value(SecretId=self._arn, SecretString=json.dumps(secret))

    def put_back(self) -> None:
        self._client.put_secret_value(SecretId=self._arn, SecretString=self._before)


@pytest.fixture
def keyring(stack: Stack, request: pytest.FixtureRequest) -> Iterator[Keyring]:
    with closing(stack.client("secretsmanager")) as client:
        ring = Keyring(stack, client, request.param)
        yield ring
        ring.put_back()


@pytest.mark.parametrize("keyring", ["geoapify"], indirect=True)
def test_a_key_rotated_in_the_middle_of_a_job_does_not_stop_it(
    person: Person, simulators: SimulatorServer, keyring: Keyring
) -> None:
    simulators.ledger.reset()
    geoapify = simulators.behaviours["geoapify"]
    geoapify.configure({"allowed_keys": ["old-key"]})
    keyring.put({"apiKey": "old-key"})
    try:
        geoapify.configure({"processing_seconds": 120.0})
        job = person.drops("geoapify-geocode", 1500)
        until(lambda: person.says("show", job).get("status") == "inProgress")
        geoapify.configure({"allowed_keys": ["new-key"]})
        keyring.put({"apiKey": "new-key"})
        ended = person.sees(job, "completed")
    finally:
        geoapify.reset()
    assert ended["records"]["matched"] == 1500
    assert simulators.ledger.snapshot()["geoapify"]["most_times_one_record_was_billed"] == 1


@pytest.mark.parametrize("keyring", ["here_batch_v7"], indirect=True)
def test_a_token_that_ends_in_the_middle_of_a_job_is_got_anew(
    person: Person, simulators: SimulatorServer, keyring: Keyring
) -> None:
    simulators.ledger.reset()
    keyring.put({"accessKeyId": ACCESS_KEY_ID, "accessKeySecret": ACCESS_KEY_SECRET})
    here, account = (simulators.behaviours[name] for name in ("here_batch_v7", "here_account"))
    here.configure({"records_per_second": 20, "allowed_keys": []})
    account.configure({"token_seconds": 60})
    try:
        job = person.drops("here-geocode", 2000)
        ended = person.sees(job, "completed")
    finally:
        here.reset()
        account.reset()
    assert ended["records"]["matched"] == 2000
    calls = simulators.ledger.snapshot()["here_account"]["calls"]
    assert calls["token"] >= 2
