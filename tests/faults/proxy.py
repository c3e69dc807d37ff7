"""microburst as a process: a proxy in front of the local AWS that throttles, cuts and resets calls by rule, and says which."""

from __future__ import annotations

import http.client
import json
import subprocess
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchdrop_sandbox import deploy
from batchdrop_sandbox.emulator import SandboxError, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BOOT = Path(__file__).with_name("boot_microburst.py")
_BOOT_SECONDS = 60.0
_MOST = 1_000_000
_FIRST_CALLS = {
    "dynamodb": "list_tables",
    "s3": "list_buckets",
    "sns": "list_topics",
    "events": "list_event_buses",
    "stepfunctions": "list_state_machines",
    "secretsmanager": "list_secrets",
}


@dataclass(frozen=True, slots=True)
class Proxy:
    """A running proxy on 127.0.0.1."""

    port: int

    @property
    def endpoint(self) -> str:
        """What AWS clients are to be pointed at, so that their calls can be broken."""
        return f"http://127.0.0.1:{self.port}"

    def play(self, rules: Sequence[dict[str, Any]]) -> list[int]:
        """Break calls by these rules, the first that fits, and by no others; their ids. The list of broken calls begins anew."""
        self._control("DELETE", "fired")
        return [rule["id"] for rule in self._control("POST", "rules", list(rules))]

    def fired(self) -> list[dict[str, Any]]:
        """The calls that were broken since `play`: `rule_id`, `service`, `operation`, `action`, …"""
        found: list[dict[str, Any]] = self._control("GET", f"fired?limit={_MOST}")
        return found

    def is_up(self) -> bool:
        """Whether it answers."""
        with suppress(OSError):
            return bool(self._control("GET", "health")["status"] == "ok")
        return False

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            text = None if body is None else json.dumps(body)
            connection.request(method, f"/_microburst/{path}", text, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            said = answer.read()
        if answer.status != http.client.OK:
            raise SandboxError(f"microburst answers {method} {path} with {answer.status}: {said[:200]!r}")
        return json.loads(said)


@contextmanager
def in_front_of(root: Path, upstream: str, log: Path) -> Iterator[Proxy]:
    """A proxy in front of an endpoint, warmed up; ends with the block. Raises SandboxError when it does not start."""
    python = root / ".envs/microburst/bin/python"
    if not python.exists():
        raise SandboxError("microburst is not installed: run `make install`")
    proxy = Proxy(free_port())
    command = [str(python), str(_BOOT), "--upstream", upstream, "--port", str(proxy.port)]
    with (
        log.open("ab") as out,
        subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--no-resign"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            deadline = time.monotonic() + _BOOT_SECONDS
            while not proxy.is_up():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SandboxError(f"microburst did not start:\n{log.read_text()[-2000:]}")
                time.sleep(0.1)
            _warm(proxy)
            yield proxy
        finally:
            process.terminate()


def _warm(proxy: Proxy) -> None:
    """The first call of a service takes it seconds [measured]: it reads the service's model."""
    for service, call in _FIRST_CALLS.items():
        with closing(deploy.client(service, proxy.endpoint)) as client:
            getattr(client, call)()
