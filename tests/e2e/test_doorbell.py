"""The doorbell on the local AWS: states that listen, and HERE jobs that are rung, or never."""

from __future__ import annotations

import json
from contextlib import ExitStack, closing
from datetime import datetime
from http.client import HTTPConnection
from importlib.resources import files
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from batchdrop import wiring
from batchdrop.aws.machine import StepMachine
from batchdrop.aws.table import DynamoTable
from batchdrop.batches.states import batch_key, get_tag_base, job_key, job_pk, lane_key, tag
from batchdrop.ports import Change
from batchdrop.settings import VARIABLES
from batchdrop.steps.doorbell import registration_key
from batchdrop.steps.ringing import ring
from tests.e2e.command import main
from tests.e2e.listening import until
from tests.template.loading import load_definition, states
from tests.workflow.walk import RANG_BEFORE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchdrop.ports import Row, Table
    from batchdrop_sandbox.simulators.server import SimulatorServer
    from batchdrop_sandbox.stack import Stack

pytestmark = pytest.mark.e2e

STATES = states(load_definition())
NUMBERS = count(1)
FILE = (files("batchdrop_sandbox") / "data/us_addresses.csv").read_bytes()
NEXT_LOOK = 600
"""Seconds of the state machine until a slow route looks at a job: twelve of the wall."""


class Sleeper:
    """One state of ours that listens, alone in a machine of its own, with a time-out of its own."""

    def __init__(self, stack: Stack, clients: ExitStack, name: str) -> None:
        self._sfn = clients.enter_context(closing(stack.client("stepfunctions")))
        dynamodb = clients.enter_context(closing(stack.client("dynamodb")))
        self.table: Table = DynamoTable(dynamodb, stack.outputs["TableName"])
        self._table_name = stack.outputs["TableName"]
        self.name, self.job = name, f"sleeper-{next(NUMBERS)}"
        self.key = job_key(self.job) if name == "Hold" else lane_key(self.job, 1)

    def sleep(self, *, seen: int, seconds: int, table: str = "") -> Any:
        """Start it; gives what asks for the place where it ended, or None while it sleeps."""
        after = {"Advance", "Pause", "Admit", "Queue"}
        going_on: dict[str, Any] = {
            name: {"Type": "Pass", "Result": name, "ResultPath": "$.went", "End": True} for name in after
        }
        state = json.loads(json.dumps(STATES[self.name]).replace("${Table}", table or self._table_name)) | {
            "TimeoutSeconds": seconds
        }
        definition = {"StartAt": self.name, "States": {self.name: state, **going_on}}
        machine = self._sfn.create_state_machine(
            name=self.job, definition=json.dumps(definition), roleArn="arn:aws:iam::000000000000:role/any"
        )["stateMachineArn"]
        given = {
            "job": self.job,
            "lane": {"pk": self.key.pk, "sk": self.key.sk},
            "now": {"rings": seen, "wait": 600},
            "admitted": {"rings": seen, "wait": 60},
        }
        execution = self._sfn.start_execution(stateMachineArn=machine, input=json.dumps(given))[
            "executionArn"
        ]

        def ended() -> dict[str, Any] | None:
            found = self._sfn.describe_execution(executionArn=execution)
            if found["status"] == "RUNNING":
                return None
            assert found["status"] == "SUCCEEDED", found
            output: dict[str, Any] = json.loads(found["output"])
            return output

        self.machine = StepMachine(self._sfn, machine)
        return ended

    def token(self) -> str:
        """The token it has left on its row, if any."""
        return str((self.table.get(self.key) or {}).get("token", ""))


@pytest.fixture(scope="module")
def clients() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.fixture(params=["Listen30", "Listen600", "Hold"])
def sleeper(request: pytest.FixtureRequest, stack: Stack, clients: ExitStack) -> Sleeper:
    return Sleeper(stack, clients, request.param)


def again(sleeper: Sleeper) -> str:
    return "Admit" if sleeper.name == "Hold" else "Advance"


def test_whoever_sleeps_is_woken_by_a_ring(sleeper: Sleeper) -> None:
    sleeper.table.write(Change(sleeper.key, put={"rings": 3}))
    ended = sleeper.sleep(seen=3, seconds=60)
    until(sleeper.token)
    assert ended() is None
    assert ring(sleeper.table, sleeper.machine, sleeper.key)
    output = until(ended)
    assert output["went"] == again(sleeper)
    assert set(output) == {"job", "lane", "now", "admitted", "went"}  # the ring brings nothing with it
    assert ring(sleeper.table, sleeper.machine, sleeper.key)  # nobody waits any more: no error


def test_a_ring_before_the_sleep_is_not_missed(sleeper: Sleeper) -> None:
    sleeper.table.write(Change(sleeper.key, put={"rings": 4}))
    assert until(sleeper.sleep(seen=3, seconds=60))["went"] == again(sleeper)
    assert not sleeper.token()


def test_a_row_that_is_gone_stays_gone(sleeper: Sleeper) -> None:
    assert until(sleeper.sleep(seen=0, seconds=60))["went"] == again(sleeper)
    assert sleeper.table.get(sleeper.key) is None


def test_a_safety_look_comes_without_a_ring(sleeper: Sleeper) -> None:
    sleeper.table.write(Change(sleeper.key, put={"rings": 3}))
    assert until(sleeper.sleep(seen=3, seconds=1))["went"] == again(sleeper)


def test_who_cannot_listen_waits(sleeper: Sleeper) -> None:
    output = until(sleeper.sleep(seen=0, seconds=60, table="no-such-table"))
    assert output["went"] == ("Queue" if sleeper.name == "Hold" else "Pause")
    assert output["trouble"]["Error"] != RANG_BEFORE


def test_a_held_job_that_nobody_ever_rang_sleeps_too(stack: Stack, clients: ExitStack) -> None:
    """A job row begins without a counter."""
    sleeper = Sleeper(stack, clients, "Hold")
    sleeper.table.write(Change(sleeper.key, put={"status": "submitted"}))
    ended = sleeper.sleep(seen=0, seconds=60)
    until(sleeper.token)
    ring(sleeper.table, sleeper.machine, sleeper.key)
    assert until(ended)["went"] == "Admit"


# ------------------------------------------------------------------------------------------------ whole jobs


def dropped(stack: Stack, clients: ExitStack, name: str, next_look: int = NEXT_LOOK) -> tuple[Row, Row, Row]:
    """Drop 50 addresses on a slow route, wait for the end; job, lane and batch as the table has them."""
    pace = {"first_look": next_look, "min_wait": next_look}
    slow = {"service": "here_batch_v7", "api": "geocode", "pace": pace}
    s3, dynamodb = (clients.enter_context(closing(stack.client(each))) for each in ("s3", "dynamodb"))
    table = DynamoTable(dynamodb, stack.outputs["TableName"])
    inbox, key = stack.outputs["InboxBucketName"], f"incoming/here-slow/{name}.csv"
    s3.put_object(Bucket=inbox, Key="routes/here-slow.json", Body=json.dumps(slow).encode())
    s3.put_object(
        Bucket=inbox, Key=key, Body=b"\n".join(FILE.splitlines()[:51]) + b"\n", Metadata={"again": "true"}
    )

    def ended() -> Row | None:
        found = (row for row in table.jobs("completed", limit=1000) if row["input"]["key"] == key)
        return next(found, None)

    job = until(ended)
    lane, batch = (table.get(each(job["id"], 1)) for each in (lane_key, batch_key))
    assert lane is not None
    assert batch is not None
    return job, lane, batch


def test_a_here_job_is_woken_by_its_ring(
    stack: Stack, clients: ExitStack, simulators: SimulatorServer
) -> None:
    """The next look would be in two hours; the ring comes first, and one look is all that is needed."""
    next_look = 12 * NEXT_LOOK
    simulators.ledger.reset()
    simulators.behaviours["here_batch_v7"].configure({"least_seconds": 60})
    job, lane, batch = dropped(stack, clients, "rung", next_look)
    simulators.behaviours["here_batch_v7"].configure({"least_seconds": 2})
    assert (job["records"]["matched"], job["records"]["processed"]) == (50, 50)
    assert (lane["rings"], batch["looks"]) == (1, 1)
    assert lane["ahead"] < next_look  # it was woken before it was time
    calls = simulators.ledger.snapshot()["here_batch_v7"]["calls"]
    assert (calls["ring"], calls["look"]) == (1, 2)  # one look at the job, one for the download
    [event] = until(lambda: [row for row in published(stack, clients, job["id"]) if row.get("published_at")])
    seconds = datetime.fromisoformat(event["published_at"]).timestamp() - batch["rang"]
    print(f"from the ring to the event: 1 look, 6 transitions (tests/workflow), {seconds:.2f} s here")  # noqa: T201  # shown with -s


def published(stack: Stack, clients: ExitStack, job: str) -> list[Row]:
    """The outbox rows of a job's end."""
    table = DynamoTable(clients.enter_context(closing(stack.client("dynamodb"))), stack.outputs["TableName"])
    return [row for row in table.query(job_pk(job), "event#") if row["detail"]["status"] == "completed"]


@pytest.mark.long
def test_with_every_callback_dropped_polling_alone_finishes(
    stack: Stack, clients: ExitStack, simulators: SimulatorServer
) -> None:
    here = simulators.behaviours["here_batch_v7"]
    here.configure({"ring_on": []})
    _, lane, batch = dropped(stack, clients, "never-rung")
    here.configure({"ring_on": ["completed", "failure", "stopped"]})
    assert lane["rings"] == 0
    assert batch["looks"] == 1
    assert lane["ahead"] > 0  # the safety look


def test_the_api_answers_at_its_door(stack: Stack, clients: ExitStack) -> None:
    secrets = clients.enter_context(closing(stack.client("secretsmanager")))
    secret = secrets.get_secret_value(SecretId=stack.outputs["CallbackSecretArn"])["SecretString"]
    api = stack.outputs["CallbackUrl"].removeprefix("https://").partition(".")[0]
    door = f"{stack.emulator.endpoint}/_aws/execute-api/{api}/v1/callback"
    ticket = "here_batch_v7/JOB-00000000-0000-0000-0000-000000000000"
    table = DynamoTable(clients.enter_context(closing(stack.client("dynamodb"))), stack.outputs["TableName"])
    if table.get(registration_key("here_batch_v7")):  # a ring that was noted a moment ago is not noted again
        table.write(Change(registration_key("here_batch_v7"), put={"heard": 0.0}))
    assert asked("HEAD", f"{door}/{secret}/{ticket}") == 200
    assert asked("GET", f"{door}/{secret}/{ticket}?status=completed") == 200
    assert (table.get(registration_key("here_batch_v7")) or {"heard": 1})["heard"] > 0
    for method in ("GET", "HEAD"):
        assert asked(method, f"{door}/{secret[::-1]}/{ticket}") == 404
        assert asked(method, f"{door}/{secret}/geoapify/x") == 404
    assert asked("POST", f"{door}/{secret}/{ticket}") in (
        403,
        404,
        405,
    )  # the local AWS knows no gateway responses
    assert secret not in "".join(stack.log_lines("callback") + stack.log_lines("advance"))


def test_the_webhook_can_be_tested_and_its_secret_rotated(
    stack: Stack, clients: ExitStack, simulators: SimulatorServer, run: Any
) -> None:
    """After a rotation the service calls by the new secret, and whoever still calls by the old one is heard."""
    secrets = clients.enter_context(closing(stack.client("secretsmanager")))
    arn = stack.outputs["CallbackSecretArn"]

    def door() -> str:
        found: str = secrets.get_secret_value(SecretId=arn)["SecretString"]
        return found

    def registered() -> int:
        calls: dict[str, int] = simulators.ledger.snapshot()["here_batch_v7"]["calls"]
        return calls.get("notification_create", 0)

    simulators.ledger.reset()
    assert run("webhook", "test") == 0
    first, made = door(), registered()
    assert run("webhook", "rotate") == 0
    assert door() != first
    assert run("webhook", "test", "--json") == 0
    assert registered() == made + 1
    api = stack.outputs["CallbackUrl"].removeprefix("https://").partition(".")[0]
    url = f"{stack.emulator.endpoint}/_aws/execute-api/{api}/v1/callback"
    ticket = "here_batch_v7/JOB-00000000-0000-0000-0000-000000000000"
    assert asked("HEAD", f"{url}/{first}/{ticket}") == asked("HEAD", f"{url}/{door()}/{ticket}") == 200


def test_orphans_at_the_service_are_listed_and_deleted(
    stack: Stack,
    clients: ExitStack,
    simulators: SimulatorServer,
    run: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A job that carries the tag of a batch which has another one is an orphan; what no job here knows is left alone."""
    s3 = clients.enter_context(closing(stack.client("s3")))
    table = DynamoTable(clients.enter_context(closing(stack.client("dynamodb"))), stack.outputs["TableName"])
    s3.put_object(
        Bucket=stack.outputs["InboxBucketName"], Key="incoming/here-geocode/orphans.csv", Body=b"q\nBerlin\n"
    )
    job = until(
        lambda: next((row for row in table.jobs("completed") if row["id"].startswith("orphans-")), None)
    )
    for mark in (tag(get_tag_base(job), 1), "0" * 64):
        query = f"serviceHrn=hrn:here:service::olp-here:search-geocode-7&startJob=false&tag={mark}&inputColumns=recId%7Cq&apiKey=k"
        assert posted(f"{simulators.urls['here_batch_v7']}/batch/jobs?{query}", b"1|Berlin\n") == 201
    capsys.readouterr()
    assert run("orphans", "--json") == 0
    found = {entry["is"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert set(found) == {"orphan", "foreign"}
    assert (found["orphan"]["job"], found["orphan"]["batch"]) == (job["id"], 1)
    assert run("orphans", "--delete", "--yes") == 0
    capsys.readouterr()
    assert run("orphans", "--json") == 0
    assert [entry["is"] for entry in json.loads(capsys.readouterr().out)] == ["foreign"]


def posted(url: str, body: bytes) -> int:
    """The status of one POST of text."""
    place = urlsplit(url)
    with closing(HTTPConnection(place.netloc, timeout=20)) as connection:
        connection.request("POST", url.partition(place.netloc)[2], body, {"Content-Type": "text/plain"})
        return connection.getresponse().status


@pytest.fixture
def run(stack: Stack) -> Iterator[Any]:
    """The command on this stack; what it leaves in the environment goes with the test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [*VARIABLES, *stack.environment]:
            patch.setenv(name, stack.environment.get(name, ""))
        yield lambda *arguments: main([*arguments, "--stack", stack.name])
    wiring.forget()


def asked(method: str, url: str) -> int:
    """The status of one call."""
    place = urlsplit(url)
    connection = HTTPConnection(place.netloc, timeout=20)
    try:
        connection.request(method, url.partition(place.netloc)[2])
        return connection.getresponse().status
    finally:
        connection.close()
