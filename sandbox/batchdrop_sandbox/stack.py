"""The whole product on one machine: a local AWS with the real template in it.

    with Stack.up(root, simulators={"geoapify": "http://127.0.0.1:8001"}) as stack:
        ...  # stack.environment for AWS clients, stack.outputs for the names of things

Ends with the `with` block, with an exception, with Ctrl-C and with this process. With `live_on` it stays; another
process finds it by `Stack.find(root, name)` and ends it by `down()`. Several stacks may be up at once.
"""

from __future__ import annotations

import atexit
import json
import secrets
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from batchdrop_sandbox import deploy
from batchdrop_sandbox.emulator import Emulator, SandboxError, boot, end_group, is_healthy, is_running
from batchdrop_sandbox.timekeeper import Timekeeper

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

__all__ = ["SandboxError", "Stack", "project_root"]


def project_root() -> Path:
    """The checkout this package is installed from; the template and the tools' environments are there."""
    root = Path(__file__).resolve().parents[2]
    if not (root / "template.yaml").exists():
        raise SandboxError("the sandbox runs from a checkout of the project: clone it and run `make install`")
    return root


@dataclass(slots=True)
class Stack:
    """A deployed stack on a local AWS. `outputs` are the template's; `environment` is what AWS clients need."""

    root: Path
    name: str
    emulator: Emulator
    outputs: dict[str, str] = field(default_factory=dict)
    companions: dict[str, int] = field(default_factory=dict)
    _timekeeper: Timekeeper | None = None

    @classmethod
    def up(
        cls,
        root: Path,
        *,
        name: str = "",
        wait_scale: float = 1.0,
        simulators: Mapping[str, str] | None = None,
        live_on: bool = False,
        environment: Mapping[str, str] | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> Self:
        """Boots a local AWS on a free port and deploys the unmodified template into it.

        `simulators` are base URLs by service; `wait_scale` multiplies every Wait of the state machine;
        `environment`: variables that handlers see beside the template's; `tell` hears of each step. Raises SandboxError, with nothing left running.
        """
        name = name or f"batchdrop-{secrets.token_hex(3)}"
        run = _run_folder(root, name)
        if (run / "stack.json").exists() and cls.find(root, name).is_up():
            raise SandboxError(f"a sandbox named {name} is up already")
        shutil.rmtree(run, ignore_errors=True)
        run.mkdir(parents=True)
        tell("starting the local AWS")
        try:
            emulator = boot(root, run, wait_scale=wait_scale, live_on=live_on, environment=environment)
            stack = cls(root, name, emulator)
        except BaseException:
            shutil.rmtree(run, ignore_errors=True)
            raise
        if not live_on:
            atexit.register(stack.down)
        try:
            stack._save()
            tell("building and deploying the template")
            stack.outputs = deploy.deploy(root, run, stack.emulator.endpoint, name, simulators or {})
            stack._save()
            deploy.introduce(simulators or {}, stack.emulator.endpoint)
            if wait_scale != 1.0:
                stack._keep_time(wait_scale, live_on=live_on)
        except BaseException:
            stack.down()
            raise
        return stack

    @classmethod
    def find(cls, root: Path, name: str) -> Self:
        """The stack that this or another process brought up under this name. Raises SandboxError if there is none."""
        run = _run_folder(root, name)
        try:
            state = json.loads((run / "stack.json").read_text())
        except FileNotFoundError:
            raise SandboxError(f"no sandbox named {name} is up") from None
        return cls(
            root, name, Emulator(run, state["port"], state["pid"]), state["outputs"], state["companions"]
        )

    @classmethod
    def names(cls, root: Path) -> list[str]:
        """The names of all stacks that were brought up and not taken down."""
        return sorted(state.parent.name for state in _run_folder(root, "any").parent.glob("*/stack.json"))

    def is_up(self) -> bool:
        """Whether its process runs and answers."""
        return is_running(self.emulator.pid, self.emulator.run) and is_healthy(self.emulator.port)

    def accompany(self, what: str, pid: int) -> None:
        """Ends this process too when the stack goes down.

        It must lead its own process group and have the stack's run folder (`stack.emulator.run`) on its command line.
        """
        self.companions[what] = pid
        self._save()

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables for anything that is to work with this stack."""
        return {**deploy.aws_environment(self.emulator.endpoint), "BATCHDROP_STACK": self.name}

    def client(self, service: str) -> Any:
        """A boto3 client of this stack's local AWS; close it after use."""
        return deploy.client(service, self.emulator.endpoint)

    def log_lines(self, function: str) -> list[str]:
        """What a function (by its folder's name) has logged, oldest first; for tests and for looking into failures."""
        logs = self.client("logs")
        try:
            pages = logs.get_paginator("filter_log_events").paginate(
                logGroupName=f"/aws/lambda/{self.name}/{function}"
            )
            return [event["message"] for page in pages for event in page["events"]]
        finally:
            logs.close()

    def down(self) -> None:
        """Ends the stack's own processes and deletes its folders; may be called again."""
        atexit.unregister(self.down)
        if self._timekeeper is not None:
            self._timekeeper.stop()
        run = self.emulator.run
        for pid in self.companions.values():
            if is_running(pid, run):
                end_group(pid)
        self.emulator.end()
        shutil.rmtree(run, ignore_errors=True)
        shutil.rmtree(self.root / "build/sam" / self.name, ignore_errors=True)
        with suppress(OSError):
            run.parent.rmdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()

    def _keep_time(self, scale: float, *, live_on: bool) -> None:
        """Lets time-outs of listening lanes come in scaled time: from here, or from a process that lives on with the stack."""
        endpoint, table = self.emulator.endpoint, self.outputs["TableName"]
        if not live_on:
            self._timekeeper = Timekeeper(endpoint, table, scale)
            self._timekeeper.start()
            return
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [
                *(sys.executable, "-m", "batchdrop_sandbox.timekeeper"),
                *(endpoint, table, str(scale), str(self.emulator.run)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.accompany("timekeeper", process.pid)
        process.returncode = 0  # from here on it is known by its id alone: it outlives this process

    def _save(self) -> None:
        emulator = self.emulator
        state = {
            "pid": emulator.pid,
            "port": emulator.port,
            "outputs": self.outputs,
            "companions": self.companions,
        }
        unfinished = emulator.run / "stack.json.new"
        unfinished.write_text(json.dumps(state))
        unfinished.replace(emulator.run / "stack.json")


def _run_folder(root: Path, name: str) -> Path:
    return root / "build/sandbox" / name
