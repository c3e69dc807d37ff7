"""The rest of the world: the state machine, the outgoing events, secrets, the time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Machine(Protocol):
    """The state machine `batch_job`."""

    def start(self, name: str, payload: Mapping[str, Any]) -> bool:
        """Start an execution; False when one of that name was begun before (which is fine)."""
        ...

    def is_running(self, name: str) -> bool | None:
        """Whether the execution of that name runs; None when there is none."""
        ...

    def ring(self, token: str) -> None:
        """Wake whoever waits with this task token; never raises when nobody waits with it any more."""
        ...


class Publisher(Protocol):
    """The outgoing side: bus, topic, and the queue of the user's URL. At least once: the same event id may go out again."""

    def publish(self, detail_type: str, detail: Mapping[str, Any], *, topic: bool) -> None:
        """Put the event on the bus and, when `topic`, on the topic and in the queue as well. Raises when one did not take it."""
        ...


class Secrets(Protocol):
    """Secret values by service."""

    def get(self, service: str, *, fresh: bool = False) -> Mapping[str, str]:
        """The secret's JSON object; `fresh` reads past the cache.

        Raises ConfigurationError (never with the value), and ServiceBusy when it cannot be read at this moment.
        """
        ...


class PathSecret(Protocol):
    """The secret in the callback's path, which the template generated."""

    def values(self, *, fresh: bool = False) -> Sequence[str]:
        """The valid values: the current one, then the previous one if there is one, so that calls under way survive a rotation.

        fresh: read past the cache, but not more than every few seconds: strangers may ask. Raises ConfigurationError.
        """
        ...


class SigningSecret(Protocol):
    """The secret by which events to the user's URL are signed."""

    def values(self, *, fresh: bool = False) -> Sequence[str]:
        """The current value, then the previous one if there is one; `whsec_` and base64. Raises ConfigurationError."""
        ...


class Endpoint(Protocol):
    """The user's URL."""

    @property
    def place(self) -> str:
        """Host and port: what a log may say."""
        ...

    def post(self, body: bytes, headers: Mapping[str, str]) -> None:
        """One attempt, once sent; returns when the receiver answered 2xx. Raises ServiceError or ConfigurationError."""
        ...


class Queue(Protocol):
    """The queue that a message was received from."""

    def later(self, receipt: str, seconds: int) -> None:
        """Let the message be seen again after this time, at most twelve hours."""
        ...


class Clock(Protocol):
    """The time of day."""

    def __call__(self) -> float:
        """Seconds since the epoch."""
        ...
