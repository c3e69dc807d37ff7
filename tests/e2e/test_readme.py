"""The README and docs/deploy.md as somebody reads them who has just cloned the project: each of their commands is run as it stands there."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
from contextlib import closing
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pexpect
import pytest

from batchdrop_sandbox.deploy import SANDBOX_KEY
from tests.e2e.listening import until
from tests.template.loading import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from batchdrop_sandbox.simulators.server import SimulatorServer
    from batchdrop_sandbox.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.long]

LINES = (files("batchdrop_sandbox") / "data/us_addresses.csv").read_bytes().splitlines(keepends=True)
NOWHERE = b"C99999,Nowhere Lane 99999,,Atlantis,ZZ,00000,Neverland\n"
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", ".envs", ".aws-sam", "build", "__pycache__", ".*_cache")
BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
REMARK = re.compile(r"\s+#\s.*$")
WORD = re.compile(r"\b[A-Z][A-Z_]+\b")
JOB = re.compile(r"[a-z]+-[0-9a-f]{16}")
PATIENCE = 300.0

ELSEWHERE = {"make test", "make e2e"}
"""What runs this test and its like."""


def commands(page: Path) -> list[str]:
    """The commands of a page in their order, each on one line and without its remark."""
    text = "".join(block[1] for block in BLOCK.finditer(page.read_text(encoding="utf-8")))
    whole = re.sub(r"\\\n\s*", "", text)
    return [REMARK.sub("", line).strip() for line in whole.splitlines() if line.strip()]


@dataclass
class Reader:
    """Runs commands in a copy of the checkout, against the local AWS.

    words: what stands for the capitals of a command; answers: to questions that hold these words, elsewhere what is offered is taken.
    """

    checkout: Path
    environment: Mapping[str, str]
    words: dict[str, str]
    answers: dict[str, str] = field(default_factory=dict)
    ran: set[str] = field(default_factory=set)

    def run(self, command: str) -> str:
        """What it printed. Fails when it did not end well."""
        self.ran.add(command)
        line = WORD.sub(lambda word: self.words.get(word[0], word[0]), command)
        return self._asked(line) if line.endswith(("--guided", "make deploy")) else self._unasked(line)

    def _unasked(self, line: str) -> str:
        done = subprocess.run(
            ["/bin/bash", "-c", line],
            cwd=self.checkout,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def _asked(self, line: str) -> str:
        said = io.StringIO()
        child = pexpect.spawn(
            "/bin/bash", ["-c", line], cwd=str(self.checkout), env={**self.environment}, encoding="utf-8",
            timeout=PATIENCE, dimensions=(60, 200),
        )  # fmt: skip
        child.logfile_read = said
        while child.expect([r"\]: $", pexpect.EOF]) == 0:
            asked = said.getvalue().splitlines()[-1]
            child.sendline(next((answer for words, answer in self.answers.items() if words in asked), ""))
        child.close()
        assert child.exitstatus == 0, said.getvalue()
        return said.getvalue()


@pytest.fixture
def reader(stack: Stack, tmp_path: Path) -> Reader:
    """Somebody with a clone, the tools' environments, and an account in which nothing of theirs is yet."""
    checkout = tmp_path / "batchdrop"
    shutil.copytree(ROOT, checkout, ignore=NOT_COPIED)
    (checkout / ".venv").symlink_to(ROOT / ".venv")
    (
        checkout / ".envs"
    ).mkdir()  # each by itself: what `make install` has to add is no good where the copy is gone
    for made in (ROOT / ".envs").iterdir():
        (checkout / ".envs" / made.name).symlink_to(made)
    (checkout / "addresses.csv").write_bytes(b"".join([*LINES[:41], NOWHERE]))
    for name in ("geoapify.json", "here.json"):
        (checkout / name).write_text(json.dumps({"apiKey": SANDBOX_KEY}))
    mine = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "MAKE", "MFLAGS", "BATCHDROP_"))
    }
    mine |= {name: value for name, value in stack.environment.items() if name.startswith("AWS_")}
    mine |= {"PATH": f"{ROOT}/.envs/awscli/bin:{mine['PATH']}", "TERM": "xterm"}
    return Reader(checkout, mine, {"FILE": "addresses.csv", "DIR": "back"})


def outputs(stack: Stack, name: str) -> dict[str, str]:
    """The outputs of a stack in the account."""
    with closing(stack.client("cloudformation")) as formation:
        [found] = formation.describe_stacks(StackName=name)["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}


def secret_arn(stack: Stack, name: str) -> str:
    with closing(stack.client("secretsmanager")) as secrets:
        return str(secrets.describe_secret(SecretId=name)["ARN"])


def test_every_command_of_the_readme_and_of_the_page_on_deploying_works_as_it_stands(
    reader: Reader, stack: Stack, simulators: SimulatorServer
) -> None:
    readme = commands(ROOT / "README.md")
    said: dict[str, str] = {}
    for command in readme:
        if command in ELSEWHERE:
            continue
        if command.startswith("aws cloudformation deploy"):
            found = outputs(stack, "batchdrop")
            reader.words |= {"TOPIC_ARN": found["TopicArn"], "BUS_NAME": found["BusName"]}
        reader.words["DIR"] = (
            "tried" if " sandbox run " in command else "back"
        )  # a folder that holds another job is refused
        if "DIR/errors.csv" in command:  # a person edits it: as it is it would be held
            errors = reader.checkout / "back/errors.csv"
            errors.write_bytes(errors.read_bytes() + b"\n")
        said[command] = reader.run(command)
        if command.startswith("aws secretsmanager"):
            reader.answers |= {
                "GeoapifySecretArn": secret_arn(stack, "batchdrop/geoapify"),
                "SimulatorEndpoints": json.dumps(simulators.urls),
                "Is this okay?": "y",
                "Deploy this changeset?": "y",
            }
        if " put FILE " in command:
            job = JOB.search(said[command])
            assert job, said[command]
            reader.words["JOB"] = job[0]
    assert_readme_kept(reader, stack)

    with closing(stack.client("s3")) as s3, closing(stack.client("iam")) as iam:
        s3.create_bucket(Bucket="my-bucket")
        iam.create_role(RoleName="crm-export", AssumeRolePolicyDocument="{}")
        with closing(stack.client("secretsmanager")) as secrets:
            secrets.delete_secret(SecretId="batchdrop/geoapify", ForceDeleteWithoutRecovery=True)
        reader.words["DIR"] = "later"
        reader.words["FILE"] = "later.csv"  # the same bytes again would be held
        file = (reader.checkout / "addresses.csv").read_bytes()
        (reader.checkout / "later.csv").write_bytes(file + b"\n")
        for command in commands(ROOT / "docs/deploy.md"):
            said[command] = reader.run(command)
            if command.startswith("aws secretsmanager"):
                reader.answers["GeoapifySecretArn"] = secret_arn(stack, "batchdrop/geoapify")
        [policy] = iam.list_attached_role_policies(RoleName="crm-export")["AttachedPolicies"]
        assert policy["PolicyArn"] == outputs(stack, "batchdrop")["DropperPolicyArn"]


def assert_readme_kept(reader: Reader, stack: Stack) -> None:
    """What came of the commands of the README: results, errors, one complete file, and who has heard of it."""

    def rows(path: str) -> list[dict[str, str]]:
        with (reader.checkout / path).open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))

    assert len(rows("back/results.csv")) == 40
    [wrong] = rows("back/errors.csv")
    assert (wrong["customer_id"], wrong["bd_outcome"]) == ("C99999", "noMatch")
    assert len(rows("people.csv")) == 40
    with closing(stack.client("sqs")) as sqs:
        url = outputs(stack, "batchdrop-queue")["QueueUrl"]

        def message() -> Any:
            got = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages")
            return got and json.loads(got[0]["Body"])

        heard = until(message)
    assert (heard["status"], heard["route"]) == ("completed", "geoapify-geocode")
