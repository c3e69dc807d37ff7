"""One suite for both state machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from batchdrop.aws.machine import MOST_INPUT_BYTES, StepMachine
from tests.ports.conftest import REGION
from tests.ports.faults import refuse
from tests.ports.memory import MemoryMachine

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchdrop.ports import Machine

NAME = "places-0123456789abcdef-r0"
PAYLOAD = {"job": "places-0123456789abcdef", "run": 0}


@pytest.fixture
def sfn(aws: None) -> Any:  # noqa: ARG001  # needs AWS, not its value
    return boto3.client("stepfunctions", region_name=REGION)


@pytest.fixture
def arn(sfn: Any) -> str:
    definition = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
    made = sfn.create_state_machine(
        name="stack-batch_job",
        definition=json.dumps(definition),
        roleArn="arn:aws:iam::123456789012:role/machine",
    )
    found: str = made["stateMachineArn"]
    return found


@pytest.fixture(params=["memory", "aws"])
def both(request: pytest.FixtureRequest) -> tuple[Machine, Callable[[str], object]]:
    """The machine port, and a way to end an execution."""
    if request.param == "memory":
        machine = MemoryMachine()
        return machine, machine.finish
    sfn, arn = request.getfixturevalue("sfn"), request.getfixturevalue("arn")

    def finish(name: str) -> object:
        return sfn.stop_execution(executionArn=arn.replace(":stateMachine:", ":execution:") + ":" + name)

    return StepMachine(sfn, arn), finish


Both = tuple["Machine", "Callable[[str], object]"]


def test_what_was_started_runs_until_it_ends(both: Both) -> None:
    machine, finish = both
    assert machine.is_running(NAME) is None
    assert machine.start(NAME, PAYLOAD)
    assert machine.is_running(NAME) is True
    finish(NAME)
    assert machine.is_running(NAME) is False


def test_a_name_is_used_up(both: Both) -> None:
    machine, finish = both
    machine.start(NAME, PAYLOAD)
    assert not machine.start(NAME, {**PAYLOAD, "run": 1})
    finish(NAME)
    assert not machine.start(NAME, PAYLOAD)


def test_starting_again_while_it_runs_is_harmless(both: Both) -> None:
    machine, _ = both
    machine.start(NAME, PAYLOAD)
    machine.start(NAME, PAYLOAD)
    assert machine.is_running(NAME)


@pytest.mark.parametrize("name", ["", "a" * 81, "a b", "ä", "a:b"])
def test_a_name_step_functions_refuses_is_refused(both: Both, name: str) -> None:
    with pytest.raises(ValueError, match="80 letters"):
        both[0].start(name, PAYLOAD)


def test_the_input_stays_below_the_limit_in_bytes(both: Both) -> None:
    machine, _ = both
    room = MOST_INPUT_BYTES - len('{"a":""}')
    with pytest.raises(ValueError, match="262144 bytes"):
        machine.start(NAME, {"a": "ä" * (room // 2)})
    assert machine.start("a" * 80, {"a": "x" * (room - 1)})


def test_the_execution_gets_the_payload(sfn: Any, arn: str) -> None:
    StepMachine(sfn, arn).start(NAME, {"job": "ä", "run": 0})
    (execution,) = sfn.list_executions(stateMachineArn=arn)["executions"]
    found = sfn.describe_execution(executionArn=execution["executionArn"])
    assert json.loads(found["input"]) == {"job": "ä", "run": 0}


def test_the_machine_in_memory_shows_what_was_started() -> None:
    machine = MemoryMachine()
    machine.start(NAME, PAYLOAD)
    assert machine.started == {NAME: PAYLOAD}


def test_other_trouble_goes_up(sfn: Any, arn: str) -> None:
    machine = StepMachine(sfn, arn)
    refuse(sfn, "StartExecution", "StateMachineDeleting")
    with pytest.raises(ClientError, match="StateMachineDeleting"):
        machine.start(NAME, PAYLOAD)
    refuse(sfn, "DescribeExecution", "InvalidArn")
    with pytest.raises(ClientError, match="InvalidArn"):
        machine.is_running(NAME)


@pytest.mark.parametrize(
    "code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken", "AccessDeniedException"]
)
def test_a_sleeper_that_cannot_be_woken_is_no_error(sfn: Any, arn: str, code: str) -> None:
    refuse(sfn, "SendTaskSuccess", code)
    StepMachine(sfn, arn).ring("token")


def test_a_refusal_to_wake_a_sleeper_is_logged(sfn: Any, arn: str, caplog: pytest.LogCaptureFixture) -> None:
    refuse(sfn, "SendTaskSuccess", "AccessDeniedException")
    with caplog.at_level("INFO", logger="batchdrop"):
        StepMachine(sfn, arn).ring("token")
    assert "not allowed to wake" in caplog.text


def test_any_other_error_of_waking_goes_up(sfn: Any, arn: str) -> None:
    refuse(sfn, "SendTaskSuccess", "InvalidOutput")
    with pytest.raises(ClientError, match="InvalidOutput"):
        StepMachine(sfn, arn).ring("token")
