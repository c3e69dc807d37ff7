"""What a job is said to cost before anything is sent is what the service bills, to the credit, for every API of every service.

Where nothing unforeseen happens: each batch is sent once, and the first look, at its estimated finish, finds it done.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.services import SERVICES
from batchdrop_cli import stacks, tour
from batchdrop_cli.simulated import Running
from batchdrop_cli.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

    from batchdrop_sandbox.simulators.server import SimulatorServer
    from batchdrop_sandbox.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.long]


def unchanged(stop: tour.Stop) -> int:
    """Devices that Tracking was asked to delete and does not know: sent, and billed by nobody."""
    return 1 if (stop.service, stop.api) == ("here_tracking_v4", "delete") else 0


def test_the_estimate_is_what_the_service_bills_for_every_api(
    stack: Stack, simulators: SimulatorServer, tmp_path: Path
) -> None:
    reached = stacks.from_environment(stacks.Sandboxed(stack.environment, stack.outputs))

    def define(route: str, entry: dict[str, Any]) -> None:
        reached.s3.put_object(
            Bucket=reached.inbox, Key=f"routes/{route}.json", Body=json.dumps(entry).encode()
        )

    made = tour.travel(Terminal.open(json=True), Running(reached, simulators.urls), tmp_path, define)
    assert {(stop.service, stop.api) for stop in made} == {
        (name, api) for name in SERVICES for api in SERVICES[name].apis
    }
    differ = [stop for stop in made if not stop.estimated == stop.spent == stop.billed + unchanged(stop) > 0]
    assert not differ, "\n".join(map(str, differ))
