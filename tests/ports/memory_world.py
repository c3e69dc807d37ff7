"""The machine, the publisher, the secrets and the clock in memory."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchdrop.aws.events import message
from batchdrop.aws.machine import execution_input
from batchdrop.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

START = 1_800_000_000.0


class ManualClock:
    """A clock that only tests move. Seconds since the epoch."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    def __call__(self) -> float:
        """The time."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Move on; also fits where a `sleep` is asked for."""
        self.now += seconds


class MemoryMachine:
    """Executions that never do anything. `started`: payloads by name, in order; `finish` ends one."""

    def __init__(self) -> None:
        self._inputs: dict[str, str] = {}
        self._ended: set[str] = set()
        self.rung: list[str] = []

    @property
    def started(self) -> dict[str, dict[str, Any]]:
        """What was started: for asserting."""
        return {name: json.loads(text) for name, text in self._inputs.items()}

    def start(self, name: str, payload: Mapping[str, Any]) -> bool:
        """See Machine.start; like AWS, a running execution with the same input counts as started."""
        text = execution_input(name, payload)
        if name in self._inputs:
            return text == self._inputs[name] and name not in self._ended
        self._inputs[name] = text
        return True

    def is_running(self, name: str) -> bool | None:
        """See Machine.is_running."""
        return None if name not in self._inputs else name not in self._ended

    def ring(self, token: str) -> None:
        """See Machine.ring: kept in `rung`."""
        self.rung.append(token)

    def finish(self, name: str) -> None:
        """End an execution, well or badly."""
        self._ended.add(name)


@dataclass(frozen=True, slots=True)
class Published:
    """One event that went out; `topic`: on the topic too."""

    detail_type: str
    detail: dict[str, Any]
    topic: bool


class MemoryPublisher:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.published: list[Published] = []

    @property
    def on_topic(self) -> list[Published]:
        """Ends and calls for a person: what the topic hears."""
        return [each for each in self.published if each.topic]

    def publish(self, detail_type: str, detail: Mapping[str, Any], *, topic: bool) -> None:
        """See Publisher.publish."""
        self.published.append(Published(detail_type, json.loads(message(detail)), topic))


class MemorySecrets:
    """Secrets by service, for a test to change at will. `reads`: (service, fresh) of every call."""

    def __init__(self, values: Mapping[str, Mapping[str, str]]) -> None:
        self.values = {service: dict(members) for service, members in values.items()}
        self.reads: list[tuple[str, bool]] = []

    def get(self, service: str, *, fresh: bool = False) -> Mapping[str, str]:
        """See Secrets.get."""
        self.reads.append((service, fresh))
        if service not in self.values:
            raise ConfigurationError(f"no secret is set for {service}")
        return self.values[service]
