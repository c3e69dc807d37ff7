"""The machine port on Step Functions."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from batchdrop.observe import tell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_stepfunctions import SFNClient

MOST_INPUT_BYTES = 262_144
"""UTF-8 bytes of an execution's input [doc: Step Functions quotas]. Emulators take more, so it is checked here."""

_NOBODY_WAITS = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})
_FORBIDDEN = "AccessDeniedException"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")


def execution_input(name: str, payload: Mapping[str, Any]) -> str:
    """The payload as the text to start with. Raises ValueError for a name or an input that Step Functions refuses."""
    if not _NAME.fullmatch(name):
        raise ValueError("an execution's name has 1 to 80 letters, digits, - or _")
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    if len(text.encode()) >= MOST_INPUT_BYTES:
        raise ValueError(f"an execution's input is below {MOST_INPUT_BYTES} bytes")
    return text


class StepMachine:
    """The state machine with this ARN."""

    def __init__(self, client: SFNClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    def start(self, name: str, payload: Mapping[str, Any]) -> bool:
        """See Machine.start. AWS also answers as to a first start when the same name with the same input still runs.

        So True means "it runs", and False does not: names stay used for 90 days after the end [doc: Step Functions, StartExecution].
        """
        text = execution_input(name, payload)
        try:
            self._client.start_execution(stateMachineArn=self._arn, name=name, input=text)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ExecutionAlreadyExists":
                return False
            raise
        return True

    def ring(self, token: str) -> None:
        """See Machine.ring. Three errors mean the same: that wait is over ([doc] Step Functions; emulators differ).

        A policy that refuses the call is logged and nothing more: the sleeper wakes by itself later.
        """
        try:
            self._client.send_task_success(taskToken=token, output="{}")
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == _FORBIDDEN:
                tell("not allowed to wake a sleeper", code=code)
            elif code not in _NOBODY_WAITS:
                raise

    def is_running(self, name: str) -> bool | None:
        """See Machine.is_running. Eventually consistent: an execution just started may not be seen yet."""
        arn = f"{self._arn.replace(':stateMachine:', ':execution:')}:{name}"
        try:
            answer = self._client.describe_execution(executionArn=arn)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
                return None
            raise
        return answer["status"] == "RUNNING"
