"""The callback as API Gateway calls it, with AWS mocked: events/callback."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop import wiring
from batchdrop.batches.states import lane_key
from tests.functions.conftest import load_event, ring_of_a_running_batch

if TYPE_CHECKING:
    import io

    from batchdrop_sandbox.simulators.server import SimulatorServer
    from tests.functions.conftest import Functions

JOB = "people-0123456789abcdef"
EMPTY_AND_NOT_KEPT = {"headers": {"Cache-Control": "no-store"}, "body": ""}


@pytest.fixture
def ring(functions: Functions) -> dict[str, Any]:  # noqa: ARG001 - needs the account, not its value
    """The event of a ring about a batch that runs, whose lane does not listen."""
    return ring_of_a_running_batch(JOB)


def rings() -> int:
    """How often the lane was rung."""
    row = wiring.table().get(lane_key(JOB, 1))
    assert row is not None
    return int(row["rings"])


def test_a_ring_is_counted_and_answered_with_nothing(functions: Functions, ring: dict[str, Any]) -> None:
    """The token is one that nobody waits with any more: that is no error."""
    assert functions("callback", ring) == {"statusCode": 200, **EMPTY_AND_NOT_KEPT}
    assert rings() == 5


@pytest.mark.parametrize(("case", "status"), [("test-call", 200), ("head", 200), ("forged", 404)])
def test_what_is_no_ring_counts_nothing(
    functions: Functions, ring: dict[str, Any], case: str, status: int
) -> None:
    del ring
    assert functions("callback", load_event("callback", case)) == {"statusCode": status, **EMPTY_AND_NOT_KEPT}
    assert rings() == 4


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"])
def test_other_ways_of_calling_are_refused(functions: Functions, ring: dict[str, Any], method: str) -> None:
    answer = functions("callback", {**ring, "httpMethod": method, "body": "x" * 1_000_000})
    assert (answer["statusCode"], answer["headers"]["Allow"]) == (405, "GET, HEAD")
    assert rings() == 4


@pytest.mark.parametrize("body", ["{" * 100_000, "\x00", "not base64", None])
def test_the_body_is_never_read(functions: Functions, ring: dict[str, Any], body: str | None) -> None:
    assert functions("callback", {**ring, "body": body, "isBase64Encoded": True})["statusCode"] == 200


@pytest.mark.parametrize("path", [None, {}, {"secret": None}, {"secret": "x", "service": "here_batch_v7"}])
def test_a_path_with_holes_opens_nothing(functions: Functions, ring: dict[str, Any], path: Any) -> None:
    assert functions("callback", {**ring, "pathParameters": path})["statusCode"] == 404


def test_a_rotated_secret_leaves_the_one_before_it_valid(functions: Functions, ring: dict[str, Any]) -> None:
    manager = functions.client("secretsmanager")
    for number, status in ((1, 200), (2, 404)):
        manager.put_secret_value(
            SecretId="callback", SecretString=f"another-secret-of-many-characters-{number}"
        )
        wiring.forget()
        assert functions("callback", ring)["statusCode"] == status


def test_the_log_says_what_came_of_it_and_no_secret(
    functions: Functions, ring: dict[str, Any], said: io.StringIO
) -> None:
    functions("callback", ring)
    forged = load_event("callback", "forged")
    forged["pathParameters"]["ticket"] = "canary-ticket"
    functions("callback", forged)
    log = said.getvalue()
    assert '"answer":"rung"' in log
    assert ring["pathParameters"]["ticket"] in log
    for hidden in (ring["pathParameters"]["secret"], forged["pathParameters"]["secret"], "canary-ticket"):
        assert hidden not in log


def test_the_first_batch_registers_the_stack_at_here(
    functions: Functions, simulators: SimulatorServer, said: io.StringIO
) -> None:
    from tests.functions.test_road import ADDRESSES, drive, started  # noqa: PLC0415 - the road is driven there

    assert functions("submit", functions.drop("incoming/here-geocode/people.csv", ADDRESSES))
    assert drive(functions, started(functions)[0]) == "done"
    calls = simulators.ledger.snapshot()["here_batch_v7"]["calls"]
    assert (calls["notification_create"], calls["ring"]) == (1, 1)
    secret = load_event("callback", "ring")["pathParameters"]["secret"]
    log = said.getvalue()
    assert "told the service where to ring" in log
    assert secret not in log
    rows = functions.client("dynamodb").scan(TableName="batchdrop")["Items"]
    assert secret not in json.dumps(rows)
