"""The sandbox as this command uses it: simulators and local AWS up and down, and what the simulators billed."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from batchdrop.settings import WEBHOOK, is_loopback
from batchdrop_cli import stacks
from batchdrop_cli.exits import Exit
from batchdrop_cli.trouble import Trouble
from batchdrop_sandbox.emulator import end_group
from batchdrop_sandbox.simulators.clock import Clock
from batchdrop_sandbox.simulators.serve import serve as serve_simulators
from batchdrop_sandbox.simulators.server import SimulatorServer
from batchdrop_sandbox.stack import SandboxError, project_root
from batchdrop_sandbox.stack import Stack as LocalStack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from types import FrameType

NAME = stacks.SANDBOX
_BOOT_SECONDS = 120.0  # as for the local AWS
WAIT_SCALE = 0.02
"""Waits of the state machine last a fiftieth; the simulators' clock runs fifty times faster, so both agree."""

Ledger = dict[str, Any]
"""Service → what it was asked to do and what it billed."""


@dataclass(frozen=True, slots=True)
class Staying:
    """A sandbox that was booted to stay: AWS_… variables, the stack's outputs, base URL of each simulated service."""

    environment: dict[str, str]
    outputs: dict[str, str]
    simulators: dict[str, str]


@dataclass(frozen=True, slots=True)
class Running:
    """A sandbox in use: its stack, and the base URL of each simulated service."""

    stack: stacks.Stack
    urls: Mapping[str, str]


@contextmanager
def temporary(tell: Callable[[str], None]) -> Iterator[Running]:
    """A sandbox that ends with the block, whatever ends it."""
    with _ends_by_signal(), _in_words():
        server = SimulatorServer.start(clock=Clock(speed=1 / WAIT_SCALE))
        try:
            with LocalStack.up(
                project_root(), wait_scale=WAIT_SCALE, simulators=server.urls, tell=tell
            ) as up:
                reached = stacks.Sandboxed(up.environment, up.outputs)
                yield Running(stacks.from_environment(reached), server.urls)
        finally:
            server.stop()


def up(tell: Callable[[str], None], events_to: str = "") -> Staying:
    """Boot a sandbox that outlives this command; `events_to`: URL of a server that stands for the user's own.

    Raises Trouble when one is up already, or when the server is not on this machine.
    """
    if events_to and not is_loopback(events_to):
        raise Trouble("A sandbox delivers events to this machine only.", "Give http://127.0.0.1:PORT/WORD.")
    with _in_words():
        root = project_root()
        if running() is not None:
            raise Trouble(
                "A sandbox is up already.", "Use it with --stack sandbox, or end it: batchdrop sandbox down"
            )
        tell("starting the simulators")
        pid, urls = _start_simulators(root / "build/sandbox" / NAME)
        try:
            stand_ins = {**urls, WEBHOOK: events_to} if events_to else urls
            local = LocalStack.up(
                root, name=NAME, wait_scale=WAIT_SCALE, simulators=stand_ins, live_on=True, tell=tell
            )
            local.accompany("simulators", pid)
        except BaseException:
            end_group(pid)
            raise
        return Staying(local.environment, local.outputs, urls)


def down() -> None:
    """End the sandbox that is up, whole or half. Raises Trouble when there is none."""
    try:
        LocalStack.find(project_root(), NAME).down()
    except SandboxError as error:
        raise Trouble("No sandbox is up.") from error


def running() -> stacks.Sandboxed | None:
    """The sandbox that `up` booted, or None when there is none or it does not answer."""
    try:
        local = LocalStack.find(project_root(), NAME)
    except SandboxError:
        return None
    return stacks.Sandboxed(local.environment, local.outputs) if local.is_up() else None


def serve() -> None:
    """Only the simulators, at the pace of the wall clock, until Ctrl-C; the first line on stdout is {service: url}."""
    serve_simulators()


def demo_folder() -> Path:
    """Where the demo leaves what came back: one folder for each route."""
    with _in_words():
        return project_root() / "build/demo"


def ledger_of(urls: Mapping[str, str]) -> Ledger:
    """What the simulators at these base URLs billed, service by service."""
    found: Ledger = {}
    for url in sorted(set(urls.values())):
        found |= _get_json(url, "/_sandbox/ledger")
    return found


def _start_simulators(run: Path) -> tuple[int, dict[str, str]]:
    """Start the simulators as a process of their own; gives its id and {service: base URL}.

    The path of the port file begins with the run folder: that is how the stack knows the process again when it ends it.
    """
    port_file = run.with_name(run.name + ".simulators.json")
    port_file.parent.mkdir(parents=True, exist_ok=True)
    port_file.unlink(missing_ok=True)
    module = "batchdrop_sandbox.simulators"
    with TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", module, "--speed", str(1 / WAIT_SCALE), "--port-file", str(port_file)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True,
        )  # fmt: skip
        deadline = time.monotonic() + _BOOT_SECONDS
        while not port_file.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        if not port_file.exists():
            end_group(process.pid)
            errors.seek(0)
            raise SandboxError(
                f"the simulators did not start:\n{errors.read()[-2000:].decode(errors='replace')}"
            )
    process.returncode = 0  # from here on it is known by its id alone: it outlives this command
    urls: dict[str, str] = json.loads(port_file.read_bytes())
    port_file.unlink()
    return process.pid, urls


def _get_json(base: str, path: str) -> Any:
    place = urlsplit(base)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=10)
    try:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except SandboxError as error:
        raise Trouble(f"The sandbox is not up: {error}", exit=Exit.FAILED) from error


@contextmanager
def _ends_by_signal() -> Iterator[None]:
    """SIGTERM and SIGHUP end the block like an exception does, so that nothing stays behind."""

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
