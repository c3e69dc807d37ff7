"""The local AWS as a process: boot, health, end."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_BOOT = Path(__file__).with_name("boot_emulator.py")
_BOOT_SECONDS = 120.0  # a busy machine takes long; one that has broken down is noticed at once
_END_SECONDS = 10.0
_TRIES = 3  # a free port can be taken by somebody else between our look and the emulator's


class SandboxError(Exception):
    """The sandbox could not be brought up or found; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running local AWS on 127.0.0.1; `run` is the folder that holds its log and temporary files."""

    run: Path
    port: int
    pid: int

    @property
    def endpoint(self) -> str:
        """What AWS clients are to be pointed at."""
        return f"http://127.0.0.1:{self.port}"

    def end(self) -> None:
        """Ends this very process and its workers, and nothing else; fine if it is gone already."""
        if is_running(self.pid, self.run):
            end_group(self.pid)


def boot(
    root: Path, run: Path, *, wait_scale: float, live_on: bool, environment: Mapping[str, str] | None = None
) -> Emulator:
    """Starts the emulator and waits until it answers.

    `wait_scale` multiplies every Wait of a state machine. With `live_on` it outlives this process; else it ends with
    it, even after a kill -9. `environment`: variables that handlers see beside the template's.
    Raises SandboxError with the end of its log.
    """
    for _ in range(_TRIES):
        emulator = _start(root, run, environment or {}, wait_scale=wait_scale, live_on=live_on)
        try:
            if _answers(emulator):
                return emulator
        except BaseException:
            end_group(emulator.pid)
            raise
        end_group(emulator.pid)
    raise SandboxError(f"the local AWS did not start:\n{_tail(run / 'emulator.log')}")


def _start(root: Path, run: Path, more: Mapping[str, str], *, wait_scale: float, live_on: bool) -> Emulator:
    python, packages = root / ".envs/runtime/bin/python", root / ".envs/emulator"
    if not python.exists() or not packages.is_dir():
        raise SandboxError("the local AWS is not installed: run `make install`")
    temporary = run / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    port = free_port()
    # A clean environment: handlers inherit it, and a variable missing in the template must be missing there too.
    # The IoT listener would open a port on every address of the machine.
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "TMPDIR": str(temporary),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "EDGE_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SFN_WAIT_SCALE": str(wait_scale),
        **more,
    }
    parent = "0" if live_on else str(os.getpid())
    with (run / "emulator.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and script
            [str(python), "-I", str(_BOOT), str(packages), str(run), parent],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=run,
        )
    # From here on the process is known by its id alone, so that another `batchdrop` can end it as well.
    process.returncode = 0
    return Emulator(run, port, process.pid)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(emulator: Emulator) -> bool:
    deadline = time.monotonic() + _BOOT_SECONDS
    # Not is_running: for a moment after its start a process has no command line, and would pass for gone.
    while time.monotonic() < deadline and _lives(emulator.pid):
        if is_healthy(emulator.port):
            return True
        time.sleep(0.05)
    return False


def _lives(pid: int) -> bool:
    _reap(pid)
    return _group_lives(pid)


def is_healthy(port: int) -> bool:
    """Whether a local AWS answers on this port."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


def is_running(pid: int, run: Path) -> bool:
    """Whether this process id still belongs to a process of this run; ids are used again by the system.

    A child of ours is known for certain. Another one is known by its command line, which a process that has only just
    started may not have yet.
    """
    try:
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return str(run) in _command_line(pid)


def _command_line(pid: int) -> str:
    """Empty for a process that is gone or only waits to be reaped."""
    with suppress(OSError):
        if Path("/proc/self").exists():
            return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
        # No /proc on macOS.
        ps = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
        return subprocess.run(ps, capture_output=True, text=True, check=False).stdout  # noqa: S603 - ps of the system
    return ""


def end_group(pid: int) -> None:
    """Ends a process that leads its own group, with its children: first politely, after ten seconds by force."""
    for strike in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, strike)
        deadline = time.monotonic() + _END_SECONDS
        while time.monotonic() < deadline:
            _reap(pid)
            if not _group_lives(pid):
                return
            time.sleep(0.05)


def _group_lives(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _reap(pid: int) -> None:
    """Takes the exit status of a child of ours, else it stays a zombie until we end."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else "(no log)"
