"""One sandbox for all end-to-end tests: simulators with a fast clock, the local AWS with the unmodified template."""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop import wiring
from batchdrop.aws.clients import client
from batchdrop.settings import WEBHOOK
from batchdrop_sandbox import deploy
from batchdrop_sandbox.deploy import SANDBOX_SIGNING_SECRET
from batchdrop_sandbox.simulators.clock import Clock
from batchdrop_sandbox.simulators.server import SimulatorServer
from batchdrop_sandbox.stack import Stack
from tests.permissions.recording import environment
from tests.receiving import Receiver
from tests.template.loading import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

SPEED = 50.0
"""Waits of the state machine last a fiftieth, and the simulators' clock runs fifty times faster, so both agree."""


@pytest.fixture(autouse=True)
def _environment_as_found() -> Iterator[None]:
    """A command puts its stack into its process's environment, where functions find theirs; here the process goes on."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
    wiring.forget()
    client.cache_clear()


@pytest.fixture(scope="session")
def simulators() -> Iterator[SimulatorServer]:
    """The simulated services, with their ledger."""
    with SimulatorServer.start(clock=Clock(speed=SPEED)) as server:
        yield server


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    """A user's own server, which the stack's events are delivered to."""
    with Receiver(SANDBOX_SIGNING_SECRET) as up:
        yield up


@pytest.fixture(scope="session")
def stack(simulators: SimulatorServer, receiver: Receiver) -> Iterator[Stack]:
    """The deployed stack; `stack.client("s3")` and the like talk to it, `stack.outputs` name its things."""
    stand_ins = {**simulators.urls, WEBHOOK: receiver.url}
    with Stack.up(ROOT, wait_scale=1 / SPEED, simulators=stand_ins, environment=environment()) as up:
        yield up


BUCKET = "team-uploads"


@pytest.fixture(scope="session")
def team(
    stack: Stack, simulators: SimulatorServer, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """A second stack in the same account, `team`, whose inbox is a bucket that was there before: its outputs."""
    with closing(stack.client("s3")) as client:
        s3: Any = client
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        on: dict[str, Any] = {"EventBridgeConfiguration": {}}
        s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration=on)
    folder = tmp_path_factory.mktemp("team")
    return deploy.deploy(
        ROOT, folder, stack.emulator.endpoint, "team", dict(simulators.urls), ExistingInboxBucket=BUCKET
    )
