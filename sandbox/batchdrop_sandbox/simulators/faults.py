"""Scripted faults: what goes wrong, at which call of which service, in-process and over HTTP alike."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from email.utils import formatdate
from typing import Any

from batchdrop_sandbox.simulators.reply import Reply, json_reply

KINDS = ("status", "drop_before", "drop_after", "delay", "truncate", "html", "redirect")
_PAGE = (
    b"<!doctype html><html><head><title>Service</title></head><body><h1>One moment, please</h1></body></html>"
)


class ConnectionDropped(ConnectionError):
    """The service's side closed the connection without a reply."""


@dataclass(frozen=True)
class Fault:
    """One fault. It waits for the `nth` matching call after it was added and then plays `times` times.

    kind: `status` answers `status` with `body` (the service's own error body when None; text, or JSON for anything
    else), `retry_after` seconds, or as an HTTP date with `retry_as_date`; `drop_before` and `drop_after` close the
    connection before or after the effect; `delay` waits `seconds` first; `truncate` keeps `keep` of the body (a share
    below 1, or bytes) and breaks the connection unless `broken` is false; `html` answers 200 with a page;
    `redirect` answers `status` with `location`. `after`: the effect is done all the same, only the answer is this one.
    """

    service: str
    call: str
    kind: str
    nth: int = 1
    times: int = 1
    status: int = 0
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    retry_after: float | None = None
    retry_as_date: bool = False
    location: str = "http://127.0.0.1:9/"
    seconds: float = 0.0
    keep: float = 0.5
    broken: bool = True
    after: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for a kind that does not exist."""
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault kind {self.kind!r}; known: {', '.join(KINDS)}")

    def matches(self, service: str, call: str) -> bool:
        """Whether this fault is meant for such a call ("*" stands for any)."""
        return self.service in ("*", service) and self.call in ("*", call)


@dataclass(eq=False, slots=True)
class _Turn:
    """A fault in the script: how many calls it let pass, how often it played."""

    fault: Fault
    seen: int = 0
    played: int = 0


class Faults:
    """The script of faults that are still to come. Thread-safe; the first fault whose turn it is plays."""

    def __init__(
        self,
        wait: Callable[[float], object] = time.sleep,
        today: Callable[[], float] = time.time,
        report: Callable[[str, str, str], None] | None = None,
    ) -> None:
        """`wait` passes a delay (real seconds), `today` dates a Retry-After, `report` hears (service, call, kind)."""
        self._lock = threading.Lock()
        self._script: list[_Turn] = []
        self._wait = wait
        self._today = today
        self._report = report

    def add(self, fault: Mapping[str, Any]) -> None:
        """Add one fault, given as plain data. Raises ValueError for unknown keys or kinds."""
        unknown = set(fault) - {known.name for known in fields(Fault)}
        if unknown:
            raise ValueError(f"unknown fault keys: {', '.join(sorted(unknown))}")
        with self._lock:
            self._script.append(_Turn(Fault(**fault)))

    def clear(self) -> None:
        """Forget the rest of the script."""
        with self._lock:
            self._script.clear()

    @property
    def left(self) -> int:
        """How many faults have not played out yet."""
        return len(self._script)

    def around(
        self, service: str, call: str, effect: Callable[[], Reply], refusal: Callable[[int], Reply]
    ) -> Reply:
        """Do `effect`, or what the script says instead; `refusal` is the service's own error body for a status.

        Raises ConnectionDropped where the script closes the connection.
        """
        fault = self._take(service, call)
        if fault is None:
            return effect()
        if self._report:
            self._report(service, call, fault.kind)
        return self._play(fault, effect, refusal)

    def _take(self, service: str, call: str) -> Fault | None:
        """The first fault whose turn it is; those that are due behind it wait for the next call."""
        chosen: _Turn | None = None
        with self._lock:
            for turn in self._script:
                if not turn.fault.matches(service, call):
                    continue
                if turn.seen + 1 < turn.fault.nth:
                    turn.seen += 1
                elif chosen is None:
                    chosen = turn
            if chosen is None:
                return None
            chosen.played += 1
            if chosen.played >= chosen.fault.times:
                self._script.remove(chosen)
            return chosen.fault

    def _play(self, fault: Fault, effect: Callable[[], Reply], refusal: Callable[[int], Reply]) -> Reply:
        match fault.kind:
            case "drop_before":
                raise ConnectionDropped("closed before the request was read")
            case "drop_after":
                effect()
                raise ConnectionDropped("closed before the reply was written")
            case "truncate":
                return effect().cut(fault.keep, broken=fault.broken)
            case "delay":
                return self._delayed(fault, effect)
        if fault.after:
            effect()
        return self._instead(fault, refusal)

    def _delayed(self, fault: Fault, effect: Callable[[], Reply]) -> Reply:
        if not fault.after:
            self._wait(fault.seconds)
            return effect()
        reply = effect()
        self._wait(fault.seconds)
        return reply

    def _instead(self, fault: Fault, refusal: Callable[[int], Reply]) -> Reply:
        if fault.kind == "html":
            return Reply(fault.status or 200, {"Content-Type": "text/html", **fault.headers}, _PAGE)
        if fault.kind == "redirect":
            return Reply(fault.status or 302, {"Location": fault.location, **fault.headers})
        reply = refusal(fault.status or 500)
        if fault.body is not None:
            reply = _worded(reply.status, fault.body)
        return reply.with_headers({**self._retry_after(fault), **fault.headers})

    def _retry_after(self, fault: Fault) -> dict[str, str]:
        if fault.retry_after is None:
            return {}
        if fault.retry_as_date:
            return {"Retry-After": formatdate(self._today() + fault.retry_after, usegmt=True)}
        return {"Retry-After": f"{fault.retry_after:g}"}


def _worded(status: int, body: object) -> Reply:
    if isinstance(body, str):
        return Reply(status, {"Content-Type": "text/plain; charset=utf-8"}, body.encode())
    return json_reply(status, body)
