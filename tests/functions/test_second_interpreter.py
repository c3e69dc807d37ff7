"""The unmodified state machine in a second interpreter, moto's, with the real handlers: what one forgives the other may refuse.

Waits are cut to nothing (a lane goes by its own time, decision 0002), or to `Steps.wait`, for lanes that are to listen.
"""

from __future__ import annotations

import importlib
import json
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from uuid import uuid4

import boto3
import pytest
from moto.core.config import default_user_config

from batchdrop import wiring
from batchdrop.batches.states import job_key, lane_key
from batchdrop.jobs import execution_name
from batchdrop.steps.ringing import ring
from tests.functions.conftest import REGION, Context
from tests.functions.test_road import ADDRESSES
from tests.permissions.recording import calling
from tests.template.loading import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batchdrop.ports import Key
    from tests.functions.conftest import Functions

MACHINE = f"arn:aws:states:{REGION}:123456789012:stateMachine:batchdrop-batch_job"
PATIENCE = 60.0


class Steps:
    """Calls of Lambda by the interpreter: the real handler answers, in the interpreter's thread and with this process's environment."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions
        self._is_over = False
        self._working = 0
        self._quiet = threading.Condition()
        self.called: list[str] = []
        self.wait = 0
        self.failing: Callable[[str], bool] = lambda _name: False

    def invoke(self, params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        """Stand in for Lambda's Invoke (botocore's event before-call)."""
        name = unquote(params["url_path"]).split(":function:")[1].split("/")[0]
        event = json.loads(params["body"])
        with self._quiet:
            if self._is_over or self.failing(name):
                self.called.append(name)
                return _answer({"errorType": "Broken", "errorMessage": "broken"}, FunctionError="Unhandled")
            self._working += 1
            self.called.append(name)
            self._functions.pass_time(60.0)  # at the services, where nobody waits for the interpreter
        try:
            answer = handled(name, event)
        finally:
            with self._quiet:
                self._working -= 1
                self._quiet.notify_all()
        return _answer(answer | ({"wait": self.wait} if "wait" in answer else {}))

    def end(self) -> None:
        """Answer no more calls, and wait for those that are being answered: the next test finds a quiet process."""
        with self._quiet:
            self._is_over = True
            self._quiet.wait_for(lambda: not self._working, PATIENCE)


def handled(name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Return what the handler answers. Unlike `Functions` it leaves the process's environment alone: other threads read it."""
    handler = importlib.import_module(f"functions.{name}.app").handler
    with calling(name):
        return json.loads(json.dumps(handler(event, Context(name, str(uuid4()))))) or {}


def _answer(payload: Any, **more: Any) -> tuple[Any, dict[str, Any]]:
    class Http:
        status_code = 200

    class Body:
        def read(self) -> bytes:
            return json.dumps(payload).encode()

    return Http(), {"StatusCode": 200, "Payload": Body(), "ExecutedVersion": "$LATEST", **more}


@pytest.fixture
def steps(functions: Functions, monkeypatch: pytest.MonkeyPatch) -> Iterator[Steps]:
    """The machine, deployed in moto's interpreter."""
    monkeypatch.setitem(default_user_config, "stepfunctions", {"execute_state_machine": True})
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    boto3.setup_default_session()
    found = Steps(functions)
    assert boto3.DEFAULT_SESSION is not None
    boto3.DEFAULT_SESSION._session.register("before-call.lambda.Invoke", found.invoke)  # type: ignore[arg-type]  # this event takes an answer
    wiring.forget()
    text = (ROOT / "statemachine/batch_job.asl.json").read_text()
    for name in ("Plan", "Admit", "Advance", "Collect", "Announce"):
        arn = f"arn:aws:lambda:{REGION}:123456789012:function:{name.lower()}"
        text = text.replace(f"${{{name}Function}}", arn)
    text = text.replace("${Table}", "batchdrop").replace("${Partition}", "aws")
    machine = boto3.client("stepfunctions", region_name=REGION)
    made = machine.create_state_machine(
        name="batchdrop-batch_job", definition=text, roleArn="arn:aws:iam::123456789012:role/machine"
    )
    assert made["stateMachineArn"] == MACHINE
    yield found
    found.end()
    for each in machine.list_executions(stateMachineArn=MACHINE, statusFilter="RUNNING")["executions"]:
        machine.stop_execution(executionArn=each["executionArn"])


def until(true: Callable[[], Any]) -> Any:
    """Return what `true` gives once it gives something."""
    deadline = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.05)
    return found


def ended(job: str, run: int = 0, status: str = "SUCCEEDED") -> Any:
    """Return the execution of a run once it has ended in this way."""
    machine = boto3.client("stepfunctions", region_name=REGION)
    arn = f"{MACHINE.replace(':stateMachine:', ':execution:')}:{execution_name(job, run)}"

    def described() -> Any:
        found = machine.describe_execution(executionArn=arn)
        return found if found["status"] != "RUNNING" else None

    found = until(described)
    assert found["status"] == status, found
    return found


def dropped(functions: Functions, route: str, name: str = "customers.csv") -> str:
    """Drop a file; return the job's id."""
    handled("submit", functions.drop(f"incoming/{route}/{name}", ADDRESSES))
    machine = boto3.client("stepfunctions", region_name=REGION)
    found = machine.list_executions(stateMachineArn=MACHINE)["executions"]
    [job] = {
        each["name"].removesuffix("-r0") for each in found if each["name"].startswith(name.partition(".")[0])
    }
    return job


def define(functions: Functions, name: str, **entry: Any) -> None:
    """Define a route in the inbox bucket."""
    body = json.dumps({"repeats": "allow", **entry}).encode()
    functions.client("s3").put_object(Bucket=functions.bucket, Key=f"routes/{name}.json", Body=body)


def document(functions: Functions, job: str) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(functions.results(f"jobs/{job}/job.json"))
    return shown


def sleeps(key: Key) -> bool:
    """Whether a token was left in this row."""
    return "token" in (wiring.table().get(key) or {})


@pytest.mark.parametrize("route", ["geoapify-geocode", "here-geocode"])
def test_a_job_goes_its_whole_road(functions: Functions, steps: Steps, route: str) -> None:
    job = dropped(functions, route)
    ended(job)
    found = document(functions, job)
    assert (found["status"], found["records"]["matched"], found["records"]["noMatch"]) == ("completed", 3, 1)
    assert steps.called[:3] == ["plan", "admit", "advance"]
    assert steps.called[-2:] == ["collect", "announce"]


def test_a_refused_file_is_announced(functions: Functions, steps: Steps) -> None:
    job = dropped(functions, "no-such-route")
    ended(job)
    assert document(functions, job)["status"] == "failure"
    assert steps.called == ["plan", "announce"]


def test_a_held_job_sleeps_on_its_token_until_it_is_started(functions: Functions, steps: Steps) -> None:
    define(functions, "held", extends="geoapify-geocode", hold=True)
    job = dropped(functions, "held")
    until(lambda: sleeps(job_key(job)))
    assert steps.called == ["plan", "admit"]
    wiring.jobs().start(job)
    ended(job)
    assert document(functions, job)["status"] == "completed"
    assert steps.called[2] == "admit"


def test_a_lane_listens_until_its_service_rings(functions: Functions, steps: Steps) -> None:
    steps.wait = 25  # long enough to listen: Listen30
    job = dropped(functions, "here-geocode")
    lane = lane_key(job, 1)
    until(lambda: sleeps(lane))
    began = time.monotonic()
    steps.wait = 0
    ring(wiring.table(), wiring.machine(), lane)
    ended(job)
    assert time.monotonic() - began < 20, "it was not the time-out"
    assert document(functions, job)["status"] == "completed"


def test_a_job_over_its_budget_ends_the_run_and_start_begins_another(
    functions: Functions, steps: Steps
) -> None:
    define(functions, "dear", extends="geoapify-geocode", budget={"job": 1})
    job = dropped(functions, "dear")
    ended(job)
    assert document(functions, job)["attention"]["code"] == "OVER_BUDGET"
    assert "advance" not in steps.called
    wiring.jobs().start(job)
    ended(job, run=1)
    assert document(functions, job)["status"] == "completed"


def test_a_job_is_stopped_started_again_and_deleted(functions: Functions, steps: Steps) -> None:
    define(functions, "held", extends="geoapify-geocode", hold=True)
    job = dropped(functions, "held")
    until(lambda: sleeps(job_key(job)))
    wiring.jobs().stop(job)
    ended(job)
    assert document(functions, job)["status"] == "stopped"
    wiring.jobs().start(job)
    ended(job, run=1)
    assert document(functions, job)["status"] == "completed"
    wiring.jobs().delete(job)
    ended(job, run=2)
    assert document(functions, job)["status"] == "deleted"
    assert steps.called[-1] == "announce"


def test_a_job_without_a_slot_sleeps_until_the_one_at_work_has_ended(
    functions: Functions, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATCHDROP_JOBS_AT_ONCE", "1")
    steps.wait = 25
    define(functions, "mine", extends="here-geocode")
    first = dropped(functions, "mine", "first.csv")
    until(lambda: sleeps(lane_key(first, 1)))
    second = dropped(functions, "mine", "second.csv")
    until(lambda: sleeps(job_key(second)))
    assert document(functions, second)["status"] == "queued"
    steps.wait = 0
    began = time.monotonic()
    ring(wiring.table(), wiring.machine(), lane_key(first, 1))
    for job in (first, second):
        ended(job)
        assert document(functions, job)["status"] == "completed"
    assert time.monotonic() - began < 20, "it was no time-out"


def test_a_step_that_breaks_ends_the_run_as_failed_and_the_next_run_goes_on(
    functions: Functions, steps: Steps
) -> None:
    steps.failing = lambda name: name == "collect"
    job = dropped(functions, "geoapify-geocode")
    assert ended(job, status="FAILED")["error"] == "JobFailed"
    assert steps.called[-2:] == ["collect", "announce"]
    steps.failing = lambda _name: False
    row = wiring.table().get(job_key(job))
    assert row is not None
    assert wiring.jobs().drive_again(row)
    ended(job, run=1)
    assert document(functions, job)["status"] == "completed"
