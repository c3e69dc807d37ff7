"""The sandbox itself: it deploys the real template, keeps to this machine, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from batchdrop_sandbox.emulator import is_running
from batchdrop_sandbox.stack import SandboxError, Stack
from tests.e2e.listening import until
from tests.template.loading import ROOT, load_template

pytestmark = pytest.mark.e2e

PATIENCE = 30.0
UP_FOR_EVER = """
import sys, time
from pathlib import Path
from batchdrop_sandbox.emulator import boot
run = Path(sys.argv[2])
run.mkdir(parents=True)
emulator = boot(Path(sys.argv[1]), run, wait_scale=1, live_on=False)
print(emulator.pid, flush=True)
time.sleep(600)
"""


def test_the_outputs_are_those_of_the_template(stack: Stack) -> None:
    outputs = load_template()["Outputs"].items()
    made = {name for name, each in outputs if each.get("Condition") != "HasExistingInbox"}
    assert set(stack.outputs) == made
    assert stack.is_up()
    assert stack.name in Stack.names(ROOT)


def test_another_process_finds_the_stack_by_its_name(stack: Stack) -> None:
    found = Stack.find(ROOT, stack.name)
    assert found.outputs == stack.outputs
    assert found.environment == stack.environment


def test_a_name_that_is_up_is_not_taken_again(stack: Stack) -> None:
    with pytest.raises(SandboxError, match="already"):
        Stack.up(ROOT, name=stack.name)
    assert stack.is_up()


def test_it_listens_on_one_address_only(stack: Stack) -> None:
    """A server on 0.0.0.0 would answer on every address of the machine, 127.0.0.2 among them."""
    with socket.socket() as probe:
        probe.settimeout(1)
        assert probe.connect_ex(("127.0.0.2", stack.emulator.port)) != 0


def test_handlers_see_the_layer_and_boto3_and_nothing_of_the_project(stack: Stack) -> None:
    functions = stack.client("lambda")
    try:
        everywhere = [
            each.get("Environment", {}).get("Variables", {})
            for each in functions.list_functions()["Functions"]
        ]  # those of other stacks in the account too
        configured = [found for found in everywhere if found.get("BATCHDROP_STACK") == stack.name]
        assert not any("PYTHONPATH" in name for variables in configured for name in variables)
        assert len(configured) == len(list(ROOT.glob("functions/*/app.py")))
    finally:
        functions.close()


def test_a_run_that_breaks_down_wakes_sweep(stack: Stack) -> None:
    """EventBridge → sweep on a failed execution: the only witness when a run can announce nothing itself."""
    machine, table = stack.client("stepfunctions"), stack.client("dynamodb")
    try:
        # A row without anything that plan, and even the announcement of a failure, would need.
        row = {"pk": {"S": "job#broken"}, "sk": {"S": "job"}, "run": {"N": "0"}, "status": {"S": "submitted"}}
        table.put_item(TableName=stack.outputs["TableName"], Item=row)
        given = {"stateMachineArn": stack.outputs["StateMachineArn"], "input": '{"job": "broken", "run": 0}'}
        arn = machine.start_execution(**given)["executionArn"]
        ended = until(lambda: _ended(machine, arn))
    finally:
        machine.close()
        table.close()
    assert ended["status"] == "FAILED"
    until(lambda: [line for line in stack.log_lines("sweep") if "looked into a failed execution" in line])


def _ended(machine: Any, arn: str) -> Any:
    execution = machine.describe_execution(executionArn=arn)
    return execution if execution["status"] != "RUNNING" else None


def test_an_emulator_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    run = tmp_path / "killed"
    command = [sys.executable, "-c", UP_FOR_EVER, str(ROOT), str(run)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert is_running(pid, run)
        os.kill(parent.pid, signal.SIGKILL)
        until(lambda: not is_running(pid, run))


def test_a_stack_that_cannot_be_deployed_leaves_nothing(tmp_path: Path) -> None:
    root = tmp_path / "broken"
    root.mkdir()
    (root / ".envs").symlink_to(ROOT / ".envs")
    (root / "template.yaml").write_text("Resources: {It: {Type: AWS::Nothing::AtAll}}\n")
    with pytest.raises(SandboxError, match="sam"):
        Stack.up(root, name="broken")
    assert Stack.names(root) == []
    assert not (root / "build/sandbox").exists()
    assert not _command_lines_with(str(root))


def _command_lines_with(text: str) -> list[str]:
    """The command lines of all processes of this machine that name `text`."""
    if Path("/proc/self").exists():
        lines = [_read(each) for each in Path("/proc").glob("[0-9]*/cmdline")]
    else:
        everybody = ["ps", "-axww", "-o", "command="]
        lines = subprocess.run(everybody, capture_output=True, text=True, check=True).stdout.splitlines()
    return [line for line in lines if text in line]


def _read(process: Path) -> str:
    try:
        return process.read_text(errors="replace")
    except OSError:  # it ended meanwhile
        return ""
